"""What must a slot know of a flow's protocol stack?

Plain numbers, so that a scheduler can keep them in arrays, one entry a flow.
"""

from typing import NamedTuple


class FlowRules(NamedTuple):
    """What a composition of functions asks of whoever carries its packets.

    header_byte:         added to every packet, after header compression
    arq:                 whether a block that HARQ gave up is sent again
    most_transmissions:  of one block, the first included; 1 is no HARQ
    configured_grant:    whether the uplink sends without asking for each packet
    repetitions:         of every transmission, without waiting for an answer
    cells:               that send the packet, each its own copy
    in_order:            whether a packet waits for the earlier ones of its flow
    processing_ms:       at both ends together, ciphering included, without waiting
    symbols:             of one transmission: 14 a slot, 2, 4 or 7 a mini-slot
    """

    header_byte: float
    arq: bool
    most_transmissions: int
    configured_grant: bool
    repetitions: int
    cells: int
    in_order: bool
    processing_ms: float
    symbols: int
