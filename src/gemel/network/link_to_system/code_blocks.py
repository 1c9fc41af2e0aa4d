"""How many bits make a transport block, and into how many code blocks is it cut?

Size: 3GPP TS 38.214, clause 5.1.3.2 and table 5.1.3.2-1. Base graph, CRC and
segmentation: TS 38.212, clauses 5.2.2, 7.2.1 and 7.2.2. Plain Python integers: a block
is cut before anything is traced.
"""

import csv
import dataclasses
import functools
import importlib.resources
import math

from gemel.errors import ScenarioError

SOURCE = "block_sizes_38214.csv"
LARGEST_LISTED_BITS = 3_824  # above, a formula replaces the table
SHORT_CRC_BITS, LONG_CRC_BITS = 16, 24  # TS 38.212, clause 7.2.1: long above 3824 bit
BLOCK_CRC_BITS = 24  # on every block once there is more than one
MOST_BITS = {1: 8_448, 2: 3_840}  # K_cb by base graph
MOTHER_RATE = {1: 1.0 / 3.0, 2: 1.0 / 5.0}  # the lowest rate before bits repeat


@dataclasses.dataclass(frozen=True)
class Segmentation:
    """One transport block, cut.

    base_graph:   1 or 2
    code_blocks:  C
    block_bits:   information bits and CRC of one code block, K'
    mother_rate:  the lowest code rate before bits are sent twice
    """

    base_graph: int
    code_blocks: int
    block_bits: float
    mother_rate: float


@functools.cache
def _listed_bits() -> tuple[int, ...]:
    """Table 5.1.3.2-1."""
    source = importlib.resources.files("gemel.network.link_to_system") / SOURCE
    with source.open(encoding="utf-8") as lines:
        return tuple(int(row["value"]) for row in csv.DictReader(lines))


def base_graph(size_bits: int, code_rate: float) -> int:
    """TS 38.212, clause 7.2.2: 2 for small blocks and low rates."""
    if size_bits <= 292 or code_rate <= 0.25:
        return 2
    return 2 if size_bits <= LARGEST_LISTED_BITS and code_rate <= 0.67 else 1


def transport_block_bits(
    resource_elements: int, code_rate: float, bits_per_symbol: int, layers: int = 1
) -> int:
    """N_RE · R · Q_m · v, rounded as steps 2 to 4 of clause 5.1.3.2 say.

    resource_elements:  that carry data in the allocation, N_RE
    """
    if resource_elements < 1:
        raise ScenarioError(
            f"{resource_elements} resource elements carry no transport block; "
            "allocate at least one resource block."
        )
    bits = resource_elements * code_rate * bits_per_symbol * layers
    if bits <= LARGEST_LISTED_BITS:
        exponent = max(3, math.floor(math.log2(bits)) - 6) if bits >= 1.0 else 3
        rounded = max(24, 2**exponent * math.floor(bits / 2**exponent))
        return next(size for size in _listed_bits() if size >= rounded)
    exponent = math.floor(math.log2(bits - 24)) - 5
    # The clause rounds halves up; Python rounds them to even.
    steps = math.floor((bits - 24) / 2**exponent + 0.5)
    rounded = max(3_840, 2**exponent * steps)
    if code_rate <= 0.25:
        per_block = 3_816
    elif rounded > 8_424:
        per_block = 8_424
    else:
        return 8 * math.ceil((rounded + 24) / 8) - 24
    blocks = math.ceil((rounded + 24) / per_block)
    return 8 * blocks * math.ceil((rounded + 24) / (8 * blocks)) - 24


def segment(size_bits: int, code_rate: float) -> Segmentation:
    """TS 38.212, clause 5.2.2."""
    graph = base_graph(size_bits, code_rate)
    crc = LONG_CRC_BITS if size_bits > LARGEST_LISTED_BITS else SHORT_CRC_BITS
    with_crc, most = size_bits + crc, MOST_BITS[graph]
    if with_crc <= most:
        return Segmentation(graph, 1, float(with_crc), MOTHER_RATE[graph])
    blocks = math.ceil(with_crc / (most - BLOCK_CRC_BITS))
    bits = with_crc / blocks + BLOCK_CRC_BITS
    return Segmentation(graph, blocks, bits, MOTHER_RATE[graph])
