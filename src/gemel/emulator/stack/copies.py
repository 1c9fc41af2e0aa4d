"""How often is one packet sent without waiting for an answer?

Repetition: the same block in the next occasions of the same cell, combined by the
receiver (TS 38.214 clauses 5.1.2.1 and 6.1.2.1). Duplication: PDCP gives a copy to each
of several cells, the first to arrive wins (TS 38.323 clause 5.11); cells fade apart.
"""

import dataclasses

from gemel.emulator.stack.base import AbstractFunction, refuse_below
from gemel.emulator.stack.plan import Plan
from gemel.errors import ScenarioError

MOST_CELLS = 4  # one primary and three more, TS 38.323 clause 5.11
MOST_REPETITIONS = 16  # TS 38.331, numberOfRepetitions


@dataclasses.dataclass(frozen=True)
class Repetition(AbstractFunction):
    """repetitions: of every transmission, 1 is once."""

    repetitions: int = 2

    def __post_init__(self):
        refuse_below(self, "repetitions", 1)
        if self.repetitions > MOST_REPETITIONS:
            raise ScenarioError(
                f"a block is repeated {MOST_REPETITIONS} times at most, not "
                f"{self.repetitions}. Give fewer."
            )

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, repetitions=self.repetitions)


@dataclasses.dataclass(frozen=True)
class Duplication(AbstractFunction):
    """cells: that send a copy each."""

    cells: int = 2

    def __post_init__(self):
        refuse_below(self, "cells", 1)
        if self.cells > MOST_CELLS:
            raise ScenarioError(
                f"a packet is copied to {MOST_CELLS} cells at most, not {self.cells}. "
                "Give fewer."
            )

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, cells=self.cells)
