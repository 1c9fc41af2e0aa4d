"""What does a schedule of faults do to reports, orders and alarms at the door?

What it does to the equipment itself is the stand-in's own affair.
"""

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from gemel.emulator.faults.alarms import alarms_of
from gemel.emulator.faults.delivery import deliver
from gemel.emulator.faults.moments import ignored_at, report_harm_at
from gemel.emulator.faults.schedule import FaultSchedule
from gemel.interfaces.management.equipment import Complaint
from gemel.interfaces.management.knobs import Knobs
from gemel.interfaces.management.reporting import Delivery


@dataclasses.dataclass(frozen=True)
class Misfortune:
    """A placed schedule, for a network with cells of these names."""

    schedule: FaultSchedule
    names: tuple[str, ...]
    seed: int

    def deliver(self, data: bytes, when_s: float) -> list[Delivery]:
        """When a file arrives, how often, and with which of its bytes."""
        harm = report_harm_at(self.schedule, self.names, when_s, self.seed)
        arrivals = deliver(data, when_s, harm, self.seed)
        return [Delivery(arrives_s, received) for arrives_s, received in arrivals]

    def skew(self, elapsed_s: float) -> float:
        """The time as the network's own clock has it."""
        harm = report_harm_at(self.schedule, self.names, elapsed_s, self.seed)
        return elapsed_s + harm.file_skew_s

    def told(
        self, measured: Mapping[str, Float[np.ndarray, " cell"]], when_s: float
    ) -> dict[str, Float[np.ndarray, " cell"]]:
        """The same report without the cells whose part did not get into the file."""
        harm = report_harm_at(self.schedule, self.names, when_s, self.seed)
        if harm.absent.all():  # then it is the file that is struck
            return dict(measured)
        return {n: np.where(harm.absent, np.nan, v) for n, v in measured.items()}

    def obeyed(self, before: Knobs, wanted: Knobs, elapsed_s: float) -> Knobs:
        """What is really set when that is ordered and answered with "done"."""
        ignored = ignored_at(self.schedule, self.names, elapsed_s)
        return kept_where(ignored, before, wanted) if ignored.any() else wanted

    def complaints(self, elapsed_s: float) -> list[Complaint]:
        """Of the cells that notice their faults."""
        return [
            Complaint(
                self.names.index(alarm.cell),
                alarm.alarm_type,
                alarm.probable_cause,
                alarm.severity,
                alarm.text,
            )
            for alarm in alarms_of(self.schedule, elapsed_s)
        ]


def kept_where(
    ignored: Bool[np.ndarray, " cell"], before: Knobs, wanted: Knobs
) -> Knobs:
    """Everything as it was at these cells, and as it is wanted at the others."""

    def one(old: jax.Array, new: jax.Array) -> jax.Array:
        return jnp.where(ignored.reshape(-1, *[1] * (old.ndim - 1)), old, new)

    def plain(name: str) -> np.ndarray:
        old, new = getattr(before, name), getattr(wanted, name)
        return np.where(ignored.reshape(-1, *[1] * (old.ndim - 1)), old, new)

    own = ("unlocked", "saving", "offset_db", "other_offset_db", "allowed")
    return dataclasses.replace(
        wanted,
        controls=jax.tree.map(one, before.controls, wanted.controls),
        settings=jax.tree.map(one, before.settings, wanted.settings),
        **{name: plain(name) for name in own},
    ).settled()
