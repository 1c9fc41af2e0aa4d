"""Who sends a lost block again: HARQ at once, or ARQ when HARQ has given up?

HARQ combines what it has (TS 38.321 clause 5.4.2). ARQ numbers its packets, which takes
two bytes more (TS 38.322 clause 6.2.2.4, 18-bit number), and asks with a poll when the
last packet in the buffer is sent; unanswered for t-PollRetransmit the packet goes again
(clause 5.3.3). 45 ms and 8 times are the defaults of TS 38.331 clause 9.2.1.
"""

import dataclasses

from gemel.emulator.stack.base import AbstractFunction, refuse_below
from gemel.emulator.stack.plan import Plan


@dataclasses.dataclass(frozen=True)
class Harq(AbstractFunction):
    """most_transmissions: of one block, the first included."""

    most_transmissions: int = 4

    def __post_init__(self):
        refuse_below(self, "most_transmissions", 2)

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, most_transmissions=self.most_transmissions)


@dataclasses.dataclass(frozen=True)
class Arq(AbstractFunction):
    """more_rounds: of HARQ after the first; poll_ms: t-PollRetransmit."""

    more_rounds: int = 8
    poll_ms: float = 45.0

    def __post_init__(self):
        refuse_below(self, "more_rounds", 1)
        refuse_below(self, "poll_ms", 0.0)

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(
            plan,
            more_rounds=self.more_rounds,
            poll_ms=self.poll_ms,
            layer_byte=plan.layer_byte + 2.0,
        )
