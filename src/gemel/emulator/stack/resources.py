"""What does one packet cost the cell?

Counted in resource-element groups: one resource block during one symbol, TS 38.211
clause 7.3.2.2. Blocks that are kept cost what they are worth, used or not.
"""

import dataclasses

from gemel.emulator.stack.air import Air
from gemel.emulator.stack.block import Block
from gemel.emulator.stack.flows import Flow
from gemel.emulator.stack.machine import Machine
from gemel.emulator.stack.plan import Plan

GRANT = 24  # four control channel elements of six groups each
ANSWER = 1  # PUCCH format 0: one block, one symbol


@dataclasses.dataclass(frozen=True)
class Resources:
    """Of one packet on average, in resource-element groups.

    data:     blocks that were sent
    kept:     blocks that were configured and not used
    control:  grants, requests and answers
    """

    data: float
    kept: float
    control: float

    @property
    def total(self) -> float:
        return self.data + self.kept + self.control


def resources(
    plan: Plan,
    air: Air,
    flow: Flow,
    machine: Machine,
    block: Block,
    per_packet: tuple[float, float, float],
) -> Resources:
    """per_packet: attempts, rounds of ARQ and segments, copies counted."""
    attempts, rounds, segments = per_packet
    area = block.prb * plan.symbols * plan.repetitions
    kept, granted = 0.0, attempts
    if machine.kept:
        symbols = flow.period_ms / air.symbol_ms
        there = symbols * machine.calendar.kept.per_symbol * plan.cells
        kept = max(0.0, there - plan.cells) * area
        granted = attempts - plan.cells
    asked = plan.cells + rounds - segments if machine.asks else 0.0
    # A phone acknowledges what came down, if anybody would send it again.
    told = attempts if not machine.uplink and plan.most_transmissions > 1 else 0.0
    control = GRANT * granted + ANSWER * (asked + told)
    return Resources(attempts * area, kept, control)
