"""Which faults does the network itself notice and raise an alarm for?

Alarm type, probable cause and severity are named as in ITU-T X.733. A sleeping cell
raises none: that it says nothing is what makes it one.
"""

import dataclasses

from gemel.emulator.faults.equipment import DeadCell
from gemel.emulator.faults.schedule import FaultSchedule


@dataclasses.dataclass(frozen=True)
class Alarm:
    """What a cell complains of.

    cell:      its name in the inventory
    raised_s:  on the network's clock
    text:      for people
    """

    cell: str
    alarm_type: str
    probable_cause: str
    severity: str
    text: str
    raised_s: float


def alarms_of(schedule: FaultSchedule, elapsed_s: float) -> list[Alarm]:
    """All alarms that are up at this moment; one a cell, raised when its first fault
    began. What is no longer among them has been cleared."""
    alarms: dict[str, Alarm] = {}
    for _, fault in schedule.at(elapsed_s):
        if isinstance(fault.what, DeadCell) and not fault.what.silent:
            for cell in fault.where:
                since_s = fault.begins_s
                if cell in alarms:
                    since_s = min(since_s, alarms[cell].raised_s)
                alarms[cell] = Alarm(
                    cell,
                    "EQUIPMENT_ALARM",
                    "transmitterFailure",
                    "CRITICAL",
                    f"{cell} is off the air",
                    since_s,
                )
    return list(alarms.values())
