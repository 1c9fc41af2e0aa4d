"""What makes one transmission itself quicker?

A block of 2, 4 or 7 symbols instead of a slot (TS 38.214 clauses 5.1.2.1 and 6.1.2.1,
mapping type B), and the faster processing that some phones offer (capability 2, tables
5.3-2 and 6.4-2).
"""

import dataclasses

from gemel.emulator.stack.base import AbstractFunction
from gemel.emulator.stack.plan import Plan
from gemel.errors import ScenarioError

MINI_SLOTS = (2, 4, 7)


@dataclasses.dataclass(frozen=True)
class MiniSlot(AbstractFunction):
    """symbols: of one transmission, the DM-RS symbol included."""

    symbols: int = 2

    def __post_init__(self):
        if self.symbols not in MINI_SLOTS:
            raise ScenarioError(
                f"a mini-slot has {MINI_SLOTS} symbols, not {self.symbols}. "
                "Give one of these."
            )

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, symbols=self.symbols)


class FastProcessing(AbstractFunction):
    """Capability 2."""

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, capability=2)
