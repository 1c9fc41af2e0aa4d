"""What is wrong with the equipment, as far as it knows and tells?"""

import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from gemel.interfaces.standards.ts28111 import (
    AlarmRecord,
    Kind,
    alarm_event,
    alarm_of,
)

Tell = Callable[[str, dict[str, Any]], None]


class AlarmBoard:
    """The active alarms; whoever subscribed is told of each that comes or goes.

    clock:   the time of the network
    tell:    takes the type of a notification and its event
    number:  counts notifications
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        tell: Tell,
        number: Callable[[], int],
    ):
        self._clock, self._tell, self._number = clock, tell, number
        self._lock = threading.Lock()
        self._active: dict[tuple[str, str], AlarmRecord] = {}
        self._raised = 0
        self._changed: datetime | None = None

    def raise_(
        self,
        object_instance: str,
        alarm_type: str,
        probable_cause: str,
        severity: str,
        text: str,
    ) -> AlarmRecord:
        """Raise an alarm; the same cause at the same object stays one alarm."""
        key, now = (object_instance, probable_cause), self._clock()
        with self._lock:
            known = self._active.get(key)
            if known is not None and (known.severity, known.text) == (severity, text):
                return known
            kind: Kind = "notifyNewAlarm"
            if known is None:
                self._raised += 1
                record = AlarmRecord(
                    str(self._raised),
                    object_instance,
                    alarm_type,
                    probable_cause,
                    severity,
                    text,
                    now,
                )
            else:
                kind = "notifyChangedAlarm"
                record = dataclasses.replace(
                    known, severity=severity, text=text, changed=now
                )
            self._active = {**self._active, key: record}
            self._changed = now
        self._tell(kind, alarm_event(kind, record, now, self._number()))
        return record

    def clear(self, object_instance: str, probable_cause: str) -> None:
        """It is over. Clearing what was never raised does nothing."""
        now = self._clock()
        with self._lock:
            active = dict(self._active)
            record = active.pop((object_instance, probable_cause), None)
            if record is None:
                return
            self._active, self._changed = active, now
        gone = dataclasses.replace(record, cleared=now)
        kind: Kind = "notifyClearedAlarm"
        self._tell(kind, alarm_event(kind, gone, now, self._number()))

    def keep_only(self, wanted: set[tuple[str, str]], among: set[str]) -> None:
        """Clear those of the causes `among` that are not wanted any more."""
        for instance, cause in [k for k in self._active if k[1] in among]:
            if (instance, cause) not in wanted:
                self.clear(instance, cause)

    def active(self) -> list[AlarmRecord]:
        """Those that are not cleared, oldest first."""
        return list(self._active.values())

    def attributes(self) -> dict[str, Any]:
        """Of the AlarmList object, TS 28.111."""
        records = {record.alarm_id: record.as_json() for record in self.active()}
        return {
            "administrativeState": "UNLOCKED",
            "operationalState": "ENABLED",
            "numOfAlarmRecords": len(records),
            "lastModification": self._changed.isoformat() if self._changed else None,
            "alarmRecords": records,
        }

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        return {
            "raised": self._raised,
            "changed": self._changed.isoformat() if self._changed else None,
            "active": [record.as_json() for record in self.active()],
        }

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._raised = kept["raised"]
        if kept["changed"] is not None:
            self._changed = datetime.fromisoformat(kept["changed"])
        records = [alarm_of(body, "the checkpoint") for body in kept["active"]]
        self._active = {(r.object_instance, r.probable_cause): r for r in records}
