"""How much smaller do IP, UDP and RTP headers become?

ROHC (RFC 5795, profiles of RFC 3095): once the context stands, what changes fits into 3
bytes, the UDP checksum included. The first packets of a flow, which build the context,
are not counted.
"""

import dataclasses

from gemel.emulator.stack.base import AbstractFunction, refuse_below
from gemel.emulator.stack.plan import Plan


@dataclasses.dataclass(frozen=True)
class HeaderCompression(AbstractFunction):
    """compressed_byte: what stays of IP, UDP and RTP together."""

    compressed_byte: float = 3.0

    def __post_init__(self):
        refuse_below(self, "compressed_byte", 1.0)

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(plan, compressed_byte=self.compressed_byte)
