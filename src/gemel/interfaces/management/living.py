"""How does the network live on while it is being watched and turned?

It lives in chunks of a few steps; between two of them somebody may turn it. At speed
`real` a chunk is lived when the clock on the wall has reached its end. At speed `max`
there is no waiting but one: after every period, until all who subscribed have answered
the news of it. That is how a loop outside keeps up.
"""

import logging
import threading
import time
from typing import Any, Literal

import numpy as np

from gemel.interfaces.management.alarms import AlarmBoard
from gemel.interfaces.management.calendar import at, stamp
from gemel.interfaces.management.desk import Desk
from gemel.interfaces.management.equipment import Ledger
from gemel.interfaces.management.plan_jobs import ACTIVATION, PlanJobs
from gemel.interfaces.management.plan_store import TRIGGERS, PlanStore
from gemel.interfaces.management.reporting import Reporter
from gemel.interfaces.management.subscribers import Subscribers
from gemel.interfaces.management.triggers import condition_of
from gemel.interfaces.standards.naming import SUB_NETWORK

log = logging.getLogger("gemel.interfaces.management.living")

NOT_KEPT = "checkpointCannotBeWritten"
Speed = Literal["real", "max"]
SPEEDS = ("real", "max")


def added(ledger: Ledger, more: Ledger) -> Ledger:
    """Both together; int64 and float64 throughout, whatever was counted on the way.

    Of a name that ends in `max_connected` the larger is kept.
    """
    if not ledger:
        return dict(more)
    return {
        name: np.asarray(
            np.maximum(ledger[name], value)
            if name.endswith("max_connected")
            else ledger[name] + value
        )
        for name, value in more.items()
    }


class Living:
    """The clock of one network.

    steps, step_s:  of a chunk
    """

    def __init__(
        self,
        desk: Desk,
        reporter: Reporter,
        subscribers: Subscribers,
        alarms: AlarmBoard,
        store: PlanStore,
        jobs: PlanJobs,
        period_s: float,
        steps: int,
        step_s: float,
        speed: Speed,
        wait_for: int = 0,
    ):
        self._desk, self._reporter = desk, reporter
        self._subscribers, self._alarms = subscribers, alarms
        self._store, self._jobs = store, jobs
        self._period_s, self._steps, self._step_s = period_s, steps, step_s
        self._speed, self._wait_for = speed, wait_for
        self._ledger: Ledger = {}
        self._causes: set[str] = set()
        self._evaluated: dict[str, float] = {}
        self._stop = threading.Event()

    def run(self) -> None:
        """Live until stopped."""
        self._subscribers.wait_for(self._wait_for, self._stop.is_set)
        began, began_s = time.monotonic(), self._desk.equipment.elapsed_s
        while not self._stop.is_set():
            if self._speed == "real":
                lived_s = self._desk.equipment.elapsed_s - began_s
                due = began + lived_s + self._steps * self._step_s
                if self._stop.wait(max(0.0, due - time.monotonic())):
                    return
            if self.chunk() and self._speed == "max":
                self._subscribers.wait_for_answers(self._stop.is_set)

    def stop(self) -> None:
        """After the chunk that is being lived."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    def look_back(self, periods: int) -> None:
        """Live so many periods before now quickly, for their files."""
        equipment = self._desk.equipment
        now_s = equipment.elapsed_s
        ledgers = equipment.look_back(periods, self._period_s)
        for number, ledger in enumerate(ledgers):
            begin_s = now_s - (periods - number) * self._period_s
            end_s = begin_s + self._period_s
            measured = equipment.report(ledger, end_s)
            self._reporter.period(measured, begin_s, end_s, told=False)

    def chunk(self) -> bool:
        """A few steps; whether a period ended with them."""
        desk = self._desk
        with desk.turnstile.live():
            more = desk.equipment.live(self._steps, self._step_s)
            self._ledger = added(self._ledger, more)
            desk.refresh(more.get("users_s"))
            elapsed_s = desk.equipment.elapsed_s
            self._complain()
            ended = float(self._ledger["elapsed_s"]) >= self._period_s - 1e-3
            if ended:
                measured = desk.equipment.report(self._ledger, elapsed_s)
                begin_s = elapsed_s - self._period_s
                self._ledger = {}
                self._reporter.period(measured, begin_s, elapsed_s)
            else:
                self._reporter.send_due(elapsed_s)
            self._pull_triggers(elapsed_s)
            self._keep()
        return ended

    def _keep(self) -> None:
        """Write the checkpoint; if that fails, say so and live on."""
        try:
            self._desk.keep()
        except OSError as error:
            why = error.strerror or str(error)
            log.warning("the checkpoint could not be written: %s", why)
            self._alarms.raise_(
                SUB_NETWORK, "PROCESSING_ERROR_ALARM", NOT_KEPT, "MAJOR", why
            )
        else:
            self._alarms.clear(SUB_NETWORK, NOT_KEPT)

    def _complain(self) -> None:
        """Alarms as cells complain now, and no longer than they do."""
        wanted = set()
        for each in self._desk.equipment.complaints():
            dn = self._desk.facts.names.cell_du[each.cell]
            wanted.add((dn, each.probable_cause))
            self._causes.add(each.probable_cause)
            self._alarms.raise_(
                dn, each.alarm_type, each.probable_cause, each.severity, each.text
            )
        self._alarms.keep_only(wanted, self._causes)

    def _pull_triggers(self, elapsed_s: float) -> None:
        now = at(elapsed_s)
        for trigger in self._store.all(TRIGGERS):
            identity = trigger["id"]
            last_s = self._evaluated.get(identity, -np.inf)
            if (
                not trigger["isTriggerActive"]
                or elapsed_s - last_s < trigger["evaluationPeriod"]
            ):
                continue
            self._evaluated[identity] = elapsed_s
            holds = condition_of(trigger["conditionExpression"])
            if not holds(now, self._reporter.last):
                self._store.update(TRIGGERS, identity, currentEvaluationResult=False)
                continue
            for job in trigger["activationJobs"]:
                self._jobs.start(ACTIVATION, str(job))
            self._store.update(
                TRIGGERS,
                identity,
                currentEvaluationResult=True,
                lastTriggeredAt=stamp(elapsed_s),
                isTriggerActive=not trigger["isTriggerOnce"],
            )

    def saved(self) -> dict[str, np.ndarray]:
        """The counts of the period that is not over."""
        return {f"ledger.{name}": np.asarray(v) for name, v in self._ledger.items()}

    def resume(self, arrays: dict[str, np.ndarray], kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._ledger = {
            name.removeprefix("ledger."): value
            for name, value in arrays.items()
            if name.startswith("ledger.")
        }
        self._causes = set(kept["causes"])
        self._evaluated = kept["evaluated"]

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        return {"causes": sorted(self._causes), "evaluated": self._evaluated}
