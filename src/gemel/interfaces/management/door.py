"""Which parts make a stand-in a managed network, and how do they know each other?"""

import dataclasses
import itertools
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from gemel.errors import ScenarioError
from gemel.interfaces.management.alarms import AlarmBoard
from gemel.interfaces.management.calendar import at, stamp
from gemel.interfaces.management.desk import Desk
from gemel.interfaces.management.drive_tests import TraceJobs
from gemel.interfaces.management.equipment import AbstractEquipment
from gemel.interfaces.management.facts import Facts
from gemel.interfaces.management.files import FileStore
from gemel.interfaces.management.living import SPEEDS, Living, Speed
from gemel.interfaces.management.memory import Memory
from gemel.interfaces.management.plan_jobs import PlanJobs
from gemel.interfaces.management.plan_store import PlanStore
from gemel.interfaces.management.reporting import JOB, Deliver, Reporter, Skew, at_once
from gemel.interfaces.management.subscribers import Post, Subscribers, post
from gemel.interfaces.management.tree import Extra
from gemel.interfaces.standards.naming import SUB_NETWORK
from gemel.interfaces.standards.ves import ves_event

PROVISIONING = "3GPP-Provisioning"
CHANGES_SCHEMA = (
    "https://forge.3gpp.org/rep/sa5/MnS/raw/Rel-18/OpenAPI/TS28532_ProvMnS.yaml"
    "#components/schemas/NotifyMoiAttributeValueChanges"
)


@dataclasses.dataclass(frozen=True)
class DoorOptions:
    """How the network lives and reports.

    period_s:  of a report, whole minutes
    step_s:    of network life
    chunk:     steps between two looks at what somebody wants turned
    speed:     real or max
    history:   periods before the start that there are files of
    wait_for:  how many subscribers there must be before the clock starts
    """

    period_s: float = 900.0
    step_s: float = 60.0
    chunk: int = 5
    speed: Speed = "real"
    history: int = 0
    wait_for: int = 0
    seed: int = 0

    def __post_init__(self):
        if not (self.period_s >= 60 and self.period_s % 60 == 0):
            raise ScenarioError(
                f"a report every {self.period_s:g} s cannot be: files are named by the "
                "minute. Give whole minutes, e.g. --period 900."
            )
        chunk_s = self.step_s * self.chunk
        if self.chunk < 1 or not (chunk_s > 0 and self.period_s % chunk_s == 0):
            raise ScenarioError(
                f"{self.chunk} steps of {self.step_s:g} s do not fill a period of "
                f"{self.period_s:g} s. Give steps that do."
            )
        if self.speed not in SPEEDS:
            raise ScenarioError(
                f"speed {self.speed!r} is unknown. Give one of {', '.join(SPEEDS)}."
            )
        if self.history < 0 or self.wait_for < 0:
            raise ScenarioError("--history and --wait-for count. Give 0 or more.")


class Door:
    """A network with everything that manages it.

    folder:  where its files lie
    memory:  where it survives; None where it does not
    send:    how a notification gets to an address
    deliver, skew:  what befalls reports on their way
    """

    def __init__(
        self,
        equipment: AbstractEquipment,
        facts: Facts,
        options: DoorOptions,
        folder: Path,
        memory: Memory | None = None,
        send: Post = post,
        deliver: Deliver = at_once,
        skew: Skew = lambda elapsed_s: elapsed_s,
    ):
        self.options, self._memory = options, memory
        self.base_url = "http://127.0.0.1"
        self._numbers = itertools.count(1)
        self._number = 0
        self.desk = Desk(equipment, facts)
        self.files = FileStore(folder)
        self.subscribers = Subscribers(send)
        self.alarms = AlarmBoard(
            lambda: at(equipment.elapsed_s), self.subscribers.tell, self.number
        )
        self.traces = TraceJobs(facts, options.seed)
        self.store = PlanStore(self.clock)
        self.jobs = PlanJobs(self.desk, self.store, self.clock, self.keep)
        self.reporter = Reporter(
            self.desk,
            self.files,
            self.subscribers,
            self.alarms,
            self.traces,
            self.number,
            lambda: self.base_url,
            deliver,
            skew,
        )
        self.living = Living(
            self.desk,
            self.reporter,
            self.subscribers,
            self.alarms,
            self.store,
            self.jobs,
            options.period_s,
            options.chunk,
            options.step_s,
            options.speed,
            options.wait_for,
        )
        self.desk.keep, self.desk.tell = self.keep, self._tell_changes
        self._living_thread = ThreadPoolExecutor(1)
        self._life: Future[None] | None = None

    def clock(self) -> str:
        """The time of the network, as text."""
        return stamp(self.desk.equipment.elapsed_s)

    def number(self) -> int:
        """Of the next notification."""
        self._number = next(self._numbers)
        return self._number

    def open(self) -> bool:
        """Go on where the last process was, or begin with yesterday's files.

        Whether there was something to go on with. ScenarioError, InterfaceError: there
        is, but not of this network.
        """
        kept = self._memory.load() if self._memory else None
        if kept is not None:
            self._resume(*kept)
            return True
        if self.options.history:
            self.living.look_back(self.options.history)
        self.keep()
        return False

    def warm_up(self) -> None:
        """Compile what a chunk of life takes, and leave no trace of it.

        Else whoever asks first would wait until that is done.
        """
        equipment = self.desk.equipment
        before = equipment.saved()
        equipment.live(self.options.chunk, self.options.step_s)
        equipment.resume(before)

    def start(self) -> None:
        """Let it live, beside whoever asks."""
        self._life = self._living_thread.submit(self.living.run)

    def broken(self) -> BaseException | None:
        """What ended its life, if that was not we."""
        if self._life is None or not self._life.done():
            return None
        return self._life.exception()

    def close(self) -> None:
        """Stop after this chunk of life; what was kept is whole."""
        self.living.stop()
        self._living_thread.shutdown(wait=True)
        self.jobs.close()
        self.subscribers.close()

    def keep(self) -> None:
        """Write the checkpoint. Only while nobody else may touch the network."""
        if self._memory is None:
            return
        arrays = {
            **{f"network.{n}": a for n, a in self.desk.equipment.saved().items()},
            **self.living.saved(),
            "status.users": self.desk.now.status.users,
        }
        parts = self._parts()
        document = {name: part.as_json() for name, part in parts.items()}
        self._memory.save(arrays, {**document, "number": self._number})

    def _parts(self) -> dict[str, Any]:
        """What is kept in the document, each with as_json and resume."""
        return {
            "files": self.files,
            "subscribers": self.subscribers,
            "alarms": self.alarms,
            "traces": self.traces,
            "store": self.store,
            "jobs": self.jobs,
            "reporter": self.reporter,
        } | {"living": self.living}

    def _resume(self, arrays: dict[str, np.ndarray], document: dict[str, Any]) -> None:
        inside = {
            name.removeprefix("network."): array
            for name, array in arrays.items()
            if name.startswith("network.")
        }
        self.desk.equipment.resume(inside)
        self._number = document["number"]
        self._numbers = itertools.count(self._number + 1)
        for name, part in self._parts().items():
            if name == "living":
                self.living.resume(arrays, document[name])
            else:
                part.resume(document[name])
        self.desk.refresh(arrays["status.users"])

    def extras(self) -> list[Extra]:
        """The objects under the SubNetwork that are no equipment."""
        made = [
            Extra(f"{SUB_NETWORK},AlarmList=1", self.alarms.attributes()),
            Extra(f"{SUB_NETWORK},PerfMetricJob=1", self._measurement_job()),
        ]
        for one in self.subscribers.all():
            dn = f"{SUB_NETWORK},NtfSubscriptionControl={one.id}"
            made.append(Extra(dn, one.attributes()))
        for job in self.traces.all():
            made.append(Extra(f"{SUB_NETWORK},TraceJob={job.id}", job.attributes))
        return made

    def _measurement_job(self) -> dict[str, Any]:
        names = sorted({name.partition("#")[2] for name in self.reporter.last})
        return {
            "administrativeState": "UNLOCKED",
            "operationalState": "ENABLED",
            "jobId": JOB,
            "performanceMetrics": names,
            "granularityPeriod": round(self.options.period_s),
            "rootObjectInstances": [SUB_NETWORK],
            "reportingCtrl": {
                "fileReportingPeriod": round(self.options.period_s / 60.0),
                "fileLocation": "/files",
            },
        }

    def _tell_changes(self, names: Sequence[str]) -> None:
        when = at(self.desk.equipment.elapsed_s)
        for dn in dict.fromkeys(names):
            number = self.number()
            kind = "notifyMOIAttributeValueChanges"
            data = {
                "href": dn,
                "notificationId": number,
                "notificationType": kind,
                "eventTime": when.isoformat(),
                "systemDN": SUB_NETWORK,
            }
            event = ves_event(
                kind, PROVISIONING, CHANGES_SCHEMA, data, dn, when, number
            )
            self.subscribers.tell(kind, event)
