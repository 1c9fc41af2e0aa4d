"""Which faults can strike, by the names that a schedule uses?"""

from gemel.emulator.faults.actuators import LyingActuator
from gemel.emulator.faults.base import AnyFault
from gemel.emulator.faults.crowd import FlashCrowd
from gemel.emulator.faults.equipment import (
    DeadCell,
    SleepingCell,
    WeakAmplifier,
    WrongNeighbours,
)
from gemel.emulator.faults.reports import (
    ClockSkew,
    CorruptReport,
    DuplicateReport,
    LateReport,
    LostReport,
)

FAULTS: dict[str, type[AnyFault]] = {
    "dead_cell": DeadCell,
    "sleeping_cell": SleepingCell,
    "weak_amplifier": WeakAmplifier,
    "wrong_neighbours": WrongNeighbours,
    "flash_crowd": FlashCrowd,
    "late_report": LateReport,
    "lost_report": LostReport,
    "duplicate_report": DuplicateReport,
    "corrupt_report": CorruptReport,
    "clock_skew": ClockSkew,
    "lying_actuator": LyingActuator,
}

__all__ = [
    "FAULTS",
    "AnyFault",
    "ClockSkew",
    "CorruptReport",
    "DeadCell",
    "DuplicateReport",
    "FlashCrowd",
    "LateReport",
    "LostReport",
    "LyingActuator",
    "SleepingCell",
    "WeakAmplifier",
    "WrongNeighbours",
]
