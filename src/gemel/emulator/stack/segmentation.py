"""May a packet that is too large for one block travel in several?

TS 38.322 clauses 5.2.3.1 and 6.2.2: every segment but the first says in two bytes where
it belongs.
"""

import dataclasses

from gemel.emulator.stack.base import AbstractFunction
from gemel.emulator.stack.plan import Plan


class Segmentation(AbstractFunction):
    """Yes."""

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, segmentation=True, segment_byte=2.0)
