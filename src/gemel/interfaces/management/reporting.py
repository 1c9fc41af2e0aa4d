"""How do the counts of a period become files that everybody is told of?"""

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from gemel.interfaces.management.alarms import AlarmBoard
from gemel.interfaces.management.calendar import at
from gemel.interfaces.management.desk import Desk
from gemel.interfaces.management.drive_tests import TraceJobs, trace_file_name
from gemel.interfaces.management.files import FileStore, Listed, NotWritten
from gemel.interfaces.management.subscribers import Subscribers
from gemel.interfaces.standards.naming import SUB_NETWORK
from gemel.interfaces.standards.ts28532_pm import (
    MeasFile,
    file_name,
    object_dn,
    write_pm,
)
from gemel.interfaces.standards.ts28552 import meas_file
from gemel.interfaces.standards.ves import (
    FileDataType,
    FileInfo,
    file_error_event,
    file_info_of,
    file_ready_event,
)

JOB = "1"  # of the PerfMetricJob
KEPT = datetime.timedelta(days=2)  # of network time; a twin remembers yesterday
CAUSE = "fileCannotBeWritten"


@dataclasses.dataclass(frozen=True)
class Delivery:
    """Bytes of a report, and when they get out, seconds of network time."""

    when_s: float
    data: bytes


# (what was written, when) -> what gets out; faults lose, delay, repeat and spoil here
Deliver = Callable[[bytes, float], list[Delivery]]
# elapsed seconds as the equipment's clock has them; faults skew it
Skew = Callable[[float], float]


def at_once(data: bytes, when_s: float) -> list[Delivery]:
    """The usual way: everything, now, as it is."""
    return [Delivery(when_s, data)]


class Reporter:
    """Writes the files of a period and tells those who subscribed.

    base_url:  of the server, for where a file lies
    deliver:   what becomes of a report on its way
    """

    def __init__(
        self,
        desk: Desk,
        files: FileStore,
        subscribers: Subscribers,
        alarms: AlarmBoard,
        traces: TraceJobs,
        number: Callable[[], int],
        base_url: Callable[[], str],
        deliver: Deliver = at_once,
        skew: Skew = lambda elapsed_s: elapsed_s,
    ):
        self._desk, self._files, self._subscribers = desk, files, subscribers
        self._alarms, self._traces = alarms, traces
        self._number, self._base_url = number, base_url
        self._deliver, self._skew = deliver, skew
        self._late: list[tuple[float, FileDataType, Listed, bytes]] = []
        self.last: dict[str, float] = {}  # by "DN#measurement", for triggers

    def period(
        self,
        measured: Mapping[str, Float[np.ndarray, " cell"]],
        begin_s: float,
        end_s: float,
        told: bool = True,
    ) -> None:
        """Everything of one period that has just ended.

        told:  whether anybody is to be notified; not of what was before the start
        """
        now_s = end_s if told else self._desk.equipment.elapsed_s
        file = self._file(measured, begin_s, end_s)
        self.last = _by_name(file)
        listed = self._listed(
            file_name(file), "Performance", begin_s, end_s, "xml", JOB
        )
        batches: list[tuple[FileDataType, Listed, bytes]] = [
            ("Performance", listed, write_pm(file))
        ]
        if told:
            for job in self._traces.all():
                name, identity = trace_file_name(job, end_s), job.attributes["jobId"]
                place = self._listed(name, "Trace", begin_s, end_s, "jsonl", identity)
                data = self._traces.records(job, self._desk.equipment, end_s)
                batches.append(("Trace", place, data))
        for kind, place, data in batches:
            for delivery in (
                self._deliver(data, end_s) if told else at_once(data, end_s)
            ):
                self._late.append((delivery.when_s, kind, place, delivery.data))
        self.send_due(now_s, told)
        self._files.drop_expired(at(now_s))

    def send_due(self, now_s: float, told: bool = True) -> None:
        """Write and announce what should have got out by now."""
        due = [late for late in self._late if late[0] <= now_s]
        self._late = [late for late in self._late if late[0] > now_s]
        for _, kind, listed, data in due:
            info = dataclasses.replace(listed.info, size_bytes=len(data))
            self._send(kind, dataclasses.replace(listed, info=info), data, told)

    def _send(
        self, kind: FileDataType, listed: Listed, data: bytes, told: bool
    ) -> None:
        href = f"{self._base_url()}/files"
        try:
            self._files.put(listed, data)
        except NotWritten as error:
            when, number = at(self._desk.equipment.elapsed_s), self._number()
            self._subscribers.tell(
                "notifyFilePreparationError",
                file_error_event(
                    listed.info.location, kind, str(error), href, when, number
                ),
            )
            self._alarms.raise_(
                SUB_NETWORK, "PROCESSING_ERROR_ALARM", CAUSE, "MAJOR", str(error)
            )
            return
        self._alarms.clear(SUB_NETWORK, CAUSE)
        if told:
            when, number = listed.info.ready, self._number()
            event = file_ready_event([listed.info], href, when, number)
            self._subscribers.tell("notifyFileReady", event)

    def _file(
        self,
        measured: Mapping[str, Float[np.ndarray, " cell"]],
        begin_s: float,
        end_s: float,
    ) -> MeasFile:
        begin, end = at(self._skew(begin_s)), at(self._skew(end_s))
        seconds = round(end_s - begin_s)
        names = self._desk.facts.names
        return meas_file(measured, names, begin, end, seconds, JOB)

    def _listed(
        self,
        name: str,
        kind: FileDataType,
        begin_s: float,
        end_s: float,
        form: str,
        job: str,
    ) -> Listed:
        info = FileInfo(
            location=f"{self._base_url()}/files/{name}",
            size_bytes=0,
            ready=at(end_s),
            expires=at(end_s) + KEPT,
            data_type=kind,
            file_format=form,
            job_id=job,
        )
        return Listed(info, at(begin_s), at(end_s))

    def as_json(self) -> dict[str, Any]:
        """What is still on its way, to be kept."""
        late = [
            {
                "when_s": when_s,
                "kind": kind,
                "info": listed.info.as_json(),
                "begin": listed.begin.isoformat(),
                "end": listed.end.isoformat(),
                "data": data.decode("latin-1"),
            }
            for when_s, kind, listed, data in self._late
        ]
        return {"late": late, "last": self.last}

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self.last = kept["last"]
        self._late = [
            (
                late["when_s"],
                late["kind"],
                Listed(
                    file_info_of(late["info"], "the checkpoint"),
                    datetime.datetime.fromisoformat(late["begin"]),
                    datetime.datetime.fromisoformat(late["end"]),
                ),
                late["data"].encode("latin-1"),
            )
            for late in kept["late"]
        ]


def _by_name(file: MeasFile) -> dict[str, float]:
    """Every number of a report, for conditions that ask for one."""
    told = {}
    for element in file.elements:
        for info in element.infos:
            for ldn, row in info.values.items():
                dn = object_dn(element.entity_dn, ldn)
                for name, value in zip(info.names, row, strict=True):
                    if value is not None:
                        told[f"{dn}#{name}"] = float(value)
    return told
