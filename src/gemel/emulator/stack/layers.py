"""Which headers does a packet carry from layer to layer?

Classic: SDAP 1 byte (TS 37.324 clause 6.2.2), PDCP with the 18-bit number 3 bytes (TS
38.323 clause 6.2.2.3), RLC without a number 1 byte (TS 38.322 clause 6.2.2.3), and a
MAC subheader of 2 or 3 bytes on every block (TS 38.321 clause 6.1.2). Merged: one
header of 3 bytes says flow, number and length (our design); the block needs none.
"""

import dataclasses

from gemel.emulator.stack.base import AbstractFunction
from gemel.emulator.stack.plan import Plan


class ClassicLayers(AbstractFunction):
    """SDAP, PDCP, RLC and MAC, each with its own header."""

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(
            plan, layer_byte=plan.layer_byte + 5.0, block_byte=(2.0, 3.0)
        )


class MergedLayers(AbstractFunction):
    """One layer, one header."""

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, layer_byte=plan.layer_byte + 3.0)
