"""What befalls this network, whoever asks and whenever?

One schedule, tied to one network, clock and seed. Whoever lives the network asks what
ails it, whoever reports asks what becomes of a report, whoever turns knobs asks which
orders are carried out. Without faults every answer is "nothing".
"""

import dataclasses

import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.emulator.faults.alarms import Alarm, alarms_of
from gemel.emulator.faults.base import Ailments, ReportHarm
from gemel.emulator.faults.delivery import deliver
from gemel.emulator.faults.moments import ailments_at, ignored_at, report_harm_at
from gemel.emulator.faults.schedule import FaultSchedule, placed
from gemel.network.cells import Cells


@dataclasses.dataclass(frozen=True)
class Fate:
    """All times are on the network's clock.

    schedule:  with names of cells everywhere
    names:     of all cells
    seed:      of the luck that reports have
    """

    schedule: FaultSchedule
    names: tuple[str, ...]
    seed: int = 0

    @property
    def smiles(self) -> bool:
        """Nothing ever goes wrong."""
        return not self.schedule.faults

    def ailments(
        self, cells: Cells, user_m: Float[Array, "user 3"], elapsed_s: float
    ) -> Ailments:
        """What is wrong with equipment and people now."""
        return ailments_at(self.schedule, cells, user_m, elapsed_s)

    def report_harm(self, sent_s: float) -> ReportHarm:
        """What becomes of the reports that cells send now."""
        return report_harm_at(self.schedule, self.names, sent_s, self.seed)

    def arrivals(self, report: bytes, sent_s: float) -> list[tuple[float, bytes]]:
        """When a file of the whole network arrives, how often, with which bytes."""
        return deliver(report, sent_s, self.report_harm(sent_s), self.seed)

    def skewed_s(self, elapsed_s: float) -> float:
        """What the clock says by which files of the whole network are stamped."""
        return elapsed_s + self.report_harm(elapsed_s).file_skew_s

    def ignored(self, elapsed_s: float) -> Bool[np.ndarray, " cell"]:
        """Which cells answer "done" now and do nothing."""
        return ignored_at(self.schedule, self.names, elapsed_s)

    def alarms(self, elapsed_s: float) -> list[Alarm]:
        """What cells complain of now."""
        return alarms_of(self.schedule, elapsed_s)

    def next_change_s(self, elapsed_s: float) -> float:
        """Until when all of this stays as it is."""
        return self.schedule.next_change_s(elapsed_s)


def fate_of(
    schedule: FaultSchedule,
    cells: Cells,
    sites: tuple[str, ...],
    seed: int,
    starts_s: float,
) -> Fate:
    """A schedule for any network, tied to this one.

    sites:     of every cell, as the inventory calls them
    starts_s:  what the network's clock says when the trial begins

    A random cell is drawn by its bandwidth: what strikes should be felt. Raises
    ScenarioError for a place that is not in this network.
    """
    width_hz = np.asarray(cells.carriers.bandwidth_hz, np.float64)
    weight = tuple(width_hz[np.asarray(cells.layer)].tolist())
    there = placed(schedule, cells.name, sites, seed, starts_s, weight)
    return Fate(there, cells.name, seed)


def no_fate(names: tuple[str, ...]) -> Fate:
    """Everything goes right."""
    return Fate(FaultSchedule(), names)
