"""How do users change cells, tick by tick, and what is counted on the way?

The standard tree has no attribute for the margin (A3 offset), hysteresis, time to
trigger and conditional handover; outside they are a vendor's data container, and
ping-pongs are a `VS.` counter. The cell individual offset is the standard's own.
"""

from gemel.emulator.mobility.counters import (
    COUNTS,
    EVENTS,
    RELATION_COUNTS,
    STANDARD_NAMES,
    MobilityCounters,
    nothing_counted,
)
from gemel.emulator.mobility.relations import Relations, relations_of
from gemel.emulator.mobility.rules import MobilityRules, usual_rules
from gemel.emulator.mobility.state import (
    Felt,
    MobilityState,
    Seen,
    phase_of,
    settled,
)
from gemel.emulator.mobility.step import mobility_step

__all__ = [
    "COUNTS",
    "EVENTS",
    "RELATION_COUNTS",
    "STANDARD_NAMES",
    "Felt",
    "MobilityCounters",
    "MobilityRules",
    "MobilityState",
    "Relations",
    "Seen",
    "mobility_step",
    "nothing_counted",
    "phase_of",
    "relations_of",
    "settled",
    "usual_rules",
]
