"""How does the stand-in look from outside: counters out, plans in, secrets kept?

Reports carry what TS 28.552 says a cell reports, as whole numbers where it wants whole
numbers. Nothing else leaves: no true angle, gain, place or wish. Where a schedule of
faults says so, reports do not arrive as they were sent, and orders are answered "done"
and not carried out.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from gemel.autonomy.actuator import AbstractActuator
from gemel.emulator.faults.base import ReportHarm
from gemel.emulator.faults.fate import Fate
from gemel.emulator.phones import rsrp_counts
from gemel.emulator.stand_in import StandIn
from gemel.interfaces.networks.arrivals import Arrivals
from gemel.network.controls import Controls
from gemel.network.counters import Counters, measurements
from gemel.twin.source import AbstractSource, Measured, Observation

LOOKS = 5  # at every period of yesterday
WHOLE = ("RRU.PrbTotDl", "DRB.PdcpSduVolumeDL")  # integers in TS 28.552


def reported(
    counters: Counters,
    controls: Controls,
    elapsed_s: float,
    period_s: float,
    rsrp_count: np.ndarray | None = None,
) -> Observation:
    """The report of one period, as the management system would send it.

    rsrp_count:  [cell bin], what phones told at its end
    """
    measured = {}
    awake = np.asarray(controls.awake)
    for name, value in measurements(counters).items():
        number = np.asarray(value, np.float64)
        number = np.floor(number) if name in WHOLE else number
        # A cell asleep has nothing to say of throughput; its blocks and bits are zero.
        present = (
            awake & (number > 0) if name == "DRB.UEThpDl" else awake | (number >= 0)
        )
        measured[name] = Measured(
            jnp.asarray(number, jnp.float32),
            jnp.asarray(present),
            jnp.zeros(number.shape),
        )
    return Observation(
        jnp.asarray(elapsed_s, jnp.float32),
        jnp.asarray(period_s, jnp.float32),
        measured,
        controls,
        None if rsrp_count is None else jnp.asarray(rsrp_count, jnp.float32),
    )


def harmed(
    report: Observation, harm: ReportHarm, before: Observation | None
) -> Observation:
    """What of a report is there when its period ends, and by whose clock.

    A value that is not there is the last one that was (`before`), a period older and
    not present. A second copy says nothing new. A clock that is ahead makes its values
    look younger than they are.
    """
    there = jnp.asarray(~harm.absent)
    younger_s = jnp.asarray(harm.skew_s, jnp.float32)

    def one(name: str, fresh: Measured) -> Measured:
        last = jax.tree.map(jnp.zeros_like, fresh)
        last = last if before is None else before.measured[name]
        return Measured(
            jnp.where(there, fresh.value, last.value),
            fresh.present & there,
            jnp.where(there, fresh.age_s - younger_s, last.age_s + report.period_s),
        )

    measured = {name: one(name, fresh) for name, fresh in report.measured.items()}
    phones = report.rsrp_count
    phones = None if phones is None else jnp.where(there[:, None], phones, 0.0)
    return dataclasses.replace(report, measured=measured, rsrp_count=phones)


class EmulatedSource(AbstractSource):
    """One life of a stand-in, observed.

    fate:      what befalls this network; None is nothing
    arrivals:  counts what becomes of the cells' reports
    """

    def __init__(
        self,
        stand_in: StandIn,
        life: int,
        period_s: float,
        fate: Fate | None = None,
    ):
        self.arrivals = Arrivals()
        self._stand_in = stand_in
        self._life = life
        self._period_s = period_s
        self._fate = fate
        self._report: Observation | None = None

    def observe(self) -> Observation:
        lived = self._stand_in.lived(self._life)
        if lived is None:
            raise RuntimeError("the stand-in has not lived a period yet")
        began_s = self._stand_in.elapsed_s - self._period_s
        if self._report is None or float(self._report.elapsed_s) != np.float32(began_s):
            # Plans are activated between periods, so today's knobs may be newer than
            # the report: remember those it was lived under.
            report = reported(
                lived.counted(),
                lived.controls,
                began_s,
                self._period_s,
                rsrp_counts(self._stand_in, self._life),
            )
            absent = 0
            if self._fate is not None:
                harm = self._fate.report_harm(self._stand_in.elapsed_s)
                report = harmed(report, harm, self._report)
                self._count(harm)
                absent = int(harm.absent.sum())
            self.arrivals.count("whole", many=len(lived.controls.awake) - absent)
            self._report = report
        return self._report

    def _count(self, harm: ReportHarm) -> None:
        """A report counts once as absent; a second copy and a clock count beside."""
        late = ~harm.lost & (harm.late_s > 0.0)
        for fate, cells in (
            ("missing", harm.lost),
            ("late", late),
            ("corrupt", ~harm.lost & ~late & harm.unreadable),
            ("again", ~harm.absent & (harm.copies > 0.0)),
            ("skewed", ~harm.absent & (harm.skew_s != 0.0)),
        ):
            self.arrivals.count(fate, many=int(cells.sum()))

    def controls(self) -> Controls:
        return self._stand_in.controls(self._life)


class EmulatedActuator(AbstractActuator):
    """One life of a stand-in, turned.

    fate:  what befalls this network; None is nothing
    """

    def __init__(self, stand_in: StandIn, life: int, fate: Fate | None = None):
        super().__init__()
        self._stand_in = stand_in
        self._life = life
        self._fate = fate

    def _now(self) -> tuple[Controls, float]:
        return self._stand_in.controls(self._life), self._stand_in.elapsed_s

    def _set(self, controls: Controls) -> None:
        if self._fate is not None:
            stays = jnp.asarray(self._fate.ignored(self._stand_in.elapsed_s))
            before = self._stand_in.controls(self._life)
            controls = jax.tree.map(
                lambda old, new: jnp.where(stays, old, new), before, controls
            )
        self._stand_in.turn(self._life, controls)


def recall(
    stand_in: StandIn, began_s: float, periods: int, period_s: float, steps: int
) -> list[Observation]:
    """Yesterday's reports: the same network, lived through with few looks a period.

    steps:  of one call of the stand-in; a period is looked at LOOKS times, so that one
            call tells of steps / LOOKS periods. Moves the stand-in's clock along.
    """
    told: list[Observation] = []
    stand_in.elapsed_s = began_s
    looks = LOOKS if steps % LOOKS == 0 else 1
    while len(told) < periods:
        stand_in.advance(steps, period_s / looks)
        lived = stand_in.lived(0)
        assert lived is not None
        for row in range(0, steps, looks):
            part = slice(row, row + looks)
            counters = jax.tree.map(
                lambda leaf, part=part: leaf[part].sum(0), lived.counters
            )
            when_s = began_s + len(told) * period_s
            told.append(reported(counters, lived.controls, when_s, period_s))
    return told[:periods]
