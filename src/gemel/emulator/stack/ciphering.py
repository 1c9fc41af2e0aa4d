"""How long does ciphering take?

Ciphering itself adds no byte (TS 38.323 clause 5.8), only time: 10 cycles a byte at
each end is our assumption for 128-bit AES in counter mode without an engine of its own.
"""

import dataclasses

from gemel.emulator.stack.base import AbstractFunction, refuse_below
from gemel.emulator.stack.plan import Plan


@dataclasses.dataclass(frozen=True)
class Ciphering(AbstractFunction):
    """cycles_per_byte: of a processor at 1 GHz, at each end."""

    cycles_per_byte: float = 10.0

    def __post_init__(self):
        refuse_below(self, "cycles_per_byte", 0.0)

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, cycles_per_byte=self.cycles_per_byte)
