"""What is an alarm, and how is it told: AlarmRecord and notifications of TS 28.111?"""

import dataclasses
from datetime import datetime
from typing import Any, Literal

from gemel.errors import InterfaceError
from gemel.interfaces.standards.attributes import Attributes
from gemel.interfaces.standards.ves import FAULTS, FORGE, SYSTEM_DN, ves_event

ALARM_TYPES = (
    "COMMUNICATIONS_ALARM",
    "QUALITY_OF_SERVICE_ALARM",
    "PROCESSING_ERROR_ALARM",
    "EQUIPMENT_ALARM",
    "ENVIRONMENTAL_ALARM",
)
SEVERITIES = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE", "CLEARED")
# What a collector may sort by; CLEARED is news, not a worry.
PRIORITY = {"CRITICAL": "High", "MAJOR": "High", "MINOR": "Medium", "WARNING": "Normal"}
SCHEMAS = f"{FORGE}/Rel-18/OpenAPI/TS28111_FaultNrm.yaml#components/schemas"
Kind = Literal["notifyNewAlarm", "notifyClearedAlarm", "notifyChangedAlarm"]
KINDS = {
    "notifyNewAlarm": "NotifyNewAlarm",
    "notifyClearedAlarm": "NotifyClearedAlarm",
    "notifyChangedAlarm": "NotifyChangedAlarm",
}


@dataclasses.dataclass(frozen=True)
class AlarmRecord:
    """One entry of an AlarmList.

    alarm_id:         never used twice
    object_instance:  distinguished name of what is broken
    probable_cause:   in the words of TS 28.111 or X.733, e.g. "outOfService"
    text:             for people
    raised, changed, cleared:  when; None where it has not been
    """

    alarm_id: str
    object_instance: str
    alarm_type: str
    probable_cause: str
    severity: str
    text: str
    raised: datetime
    changed: datetime | None = None
    cleared: datetime | None = None

    def __post_init__(self):
        for name, value, known in (
            ("alarm type", self.alarm_type, ALARM_TYPES),
            ("severity", self.severity, SEVERITIES),
        ):
            if value not in known:
                raise InterfaceError(
                    f"alarm {self.alarm_id}: {name} is {value!r}. "
                    f"Give one of {', '.join(known)}."
                )

    def as_json(self) -> dict[str, Any]:
        """As the standard spells it."""
        told = {
            "objectInstance": self.object_instance,
            "alarmRaisedTime": self.raised.isoformat(),
            "alarmId": self.alarm_id,
            "alarmType": self.alarm_type,
            "probableCause": self.probable_cause,
            "perceivedSeverity": self.severity,
            "additionalText": self.text,
            "ackState": "UNACKNOWLEDGED",
        }
        for name, when in (
            ("alarmChangedTime", self.changed),
            ("alarmClearedTime", self.cleared),
        ):
            if when is not None:
                told[name] = when.isoformat()
        return told


def alarm_of(body: Any, where: str) -> AlarmRecord:
    """One AlarmRecord. Raises InterfaceError where it is none."""
    if not isinstance(body, dict):
        raise InterfaceError(f"{where} is no object. Give an AlarmRecord of TS 28.111.")
    read = Attributes(body, where, "TS 28.111")

    def when(name: str) -> datetime | None:
        if read.get(name) is None:
            return None
        try:
            found = datetime.fromisoformat(read.text(name))
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise read.wrong(name, "a time with its zone")
        return found

    raised = when("alarmRaisedTime")
    if raised is None:
        raise read.wrong("alarmRaisedTime", "a time with its zone")
    return AlarmRecord(
        alarm_id=read.text("alarmId"),
        object_instance=read.text("objectInstance"),
        alarm_type=read.choice("alarmType", ALARM_TYPES),
        probable_cause=str(read.required("probableCause")),
        severity=read.choice("perceivedSeverity", SEVERITIES),
        text=str(read.get("additionalText") or ""),
        raised=raised,
        changed=when("alarmChangedTime"),
        cleared=when("alarmClearedTime"),
    )


def alarm_event(
    kind: Kind, alarm: AlarmRecord, when: datetime, sequence: int
) -> dict[str, Any]:
    """A notification about an alarm in its VES envelope."""
    if kind not in KINDS:
        raise InterfaceError(f"{kind!r} is no alarm notification: {', '.join(KINDS)}.")
    data = {
        "href": alarm.object_instance,
        "notificationId": sequence,
        "notificationType": kind,
        "eventTime": when.isoformat(),
        "systemDN": SYSTEM_DN,
        "alarmId": alarm.alarm_id,
        "alarmType": alarm.alarm_type,
        "probableCause": alarm.probable_cause,
        "perceivedSeverity": (
            "CLEARED" if kind == "notifyClearedAlarm" else alarm.severity
        ),
    }
    if kind != "notifyClearedAlarm":
        data["additionalText"] = alarm.text
    priority = PRIORITY.get(str(data["perceivedSeverity"]), "Low")
    schema = f"{SCHEMAS}/{KINDS[kind]}"
    source = alarm.object_instance
    return ves_event(kind, FAULTS, schema, data, source, when, sequence, priority)
