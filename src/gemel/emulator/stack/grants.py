"""How does an uplink packet get its block: by asking, or because one is kept for it?

A scheduling request waits for its occasion, a grant comes back, and the block follows
(TS 38.321 clauses 5.4.4 and 5.4.1). A configured grant (clause 5.8.2) is there all the
time, also when nobody uses it. In the downlink only the second changes anything: blocks
are kept there, too (semi-persistent scheduling).
"""

import dataclasses

from gemel.emulator.stack.base import AbstractFunction, refuse_below
from gemel.emulator.stack.plan import Plan


@dataclasses.dataclass(frozen=True)
class SchedulingRequest(AbstractFunction):
    """period_ms: between occasions for a request."""

    period_ms: float = 2.5

    def __post_init__(self):
        refuse_below(self, "period_ms", 0.125)

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, request_period_ms=self.period_ms)


@dataclasses.dataclass(frozen=True)
class ConfiguredGrant(AbstractFunction):
    """period_symbols: from one kept block to the next, TS 38.331 periodicity."""

    period_symbols: int = 7

    def __post_init__(self):
        refuse_below(self, "period_symbols", 2)

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, grant_period_symbols=self.period_symbols)
