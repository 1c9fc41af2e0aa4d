"""Who may speak with the network: states, timers and random access?"""

from gemel.emulator.access.counters import (
    MEASUREMENTS,
    AccessCounters,
    zero_access_counters,
)
from gemel.emulator.access.rules import (
    ACCESSING,
    CONNECTED,
    IDLE,
    INACTIVE,
    AccessRules,
)
from gemel.emulator.access.state import AccessState, begin_access
from gemel.emulator.access.step import access_step

__all__ = [
    "ACCESSING",
    "CONNECTED",
    "IDLE",
    "INACTIVE",
    "MEASUREMENTS",
    "AccessCounters",
    "AccessRules",
    "AccessState",
    "access_step",
    "begin_access",
    "zero_access_counters",
]
