"""What do the functions of a stack amount to, once they are composed?

Every function changes a few of these numbers; the simulation, the bound and the slots
read them and know no function by name.
"""

import dataclasses

SLOT_SYMBOLS = 14  # TS 38.211 table 4.3.2-1, normal cyclic prefix
PROCESSOR_HZ = 1e9  # our assumption: what a modem's processor spends on a flow


@dataclasses.dataclass(frozen=True)
class Plan:
    """A stack without any function: whole slots, one attempt, nobody asks.

    compressed_byte:      of IP, UDP and RTP together; None is as they came
    layer_byte:           of headers on every IP packet
    block_byte:           of headers on every transport block, short and long
    segment_byte:         more on every segment but the first
    cycles_per_byte:      of ciphering, at each end
    in_order:             a packet waits for the earlier ones
    reordering_ms:        but no longer than this
    segmentation:         a packet may travel in several blocks
    most_transmissions:   of a block by HARQ, the first included
    more_rounds:          that ARQ starts after HARQ gave up
    poll_ms:              from sending a block to asking where it stayed
    request_period_ms:    between occasions for a scheduling request; None is none
    grant_period_symbols: between occasions of a configured grant; None is none
    symbols:              of one transmission
    repetitions:          of every transmission
    cells:                that send a copy each
    capability:           of processing, TS 38.214
    """

    compressed_byte: float | None = None
    layer_byte: float = 0.0
    block_byte: tuple[float, float] = (0.0, 0.0)
    segment_byte: float = 0.0
    cycles_per_byte: float = 0.0
    in_order: bool = False
    reordering_ms: float = 0.0
    segmentation: bool = False
    most_transmissions: int = 1
    more_rounds: int = 0
    poll_ms: float = 0.0
    request_period_ms: float | None = None
    grant_period_symbols: int | None = None
    symbols: int = SLOT_SYMBOLS
    repetitions: int = 1
    cells: int = 1
    capability: int = 1

    @property
    def one_chance(self) -> bool:
        """Nobody would notice, or mend, a block that is lost."""
        return self.most_transmissions == 1 and self.more_rounds == 0

    def header_byte(self, ip_byte: float) -> float:
        """On one IP packet, block headers not counted."""
        kept = ip_byte if self.compressed_byte is None else self.compressed_byte
        return min(kept, ip_byte) + self.layer_byte

    def ciphering_ms(self, payload_byte: float) -> float:
        """At one end."""
        return 1e3 * self.cycles_per_byte * payload_byte / PROCESSOR_HZ
