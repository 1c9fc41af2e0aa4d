"""How is a carrier cut into slots and groups of resource blocks, and what do all share?

Slots: TS 38.211 clause 4.3.2. Groups: TS 38.214 clause 5.1.2.2.1, table
5.1.2.2.1-1. Slot patterns last as long as TS 38.331 lets them (dl-UL-Transmission-
Periodicity). What a cell sends to everybody (SSB, SIB1) takes resources also where
nobody is served; how much is `Broadcast`.
"""

import dataclasses

import numpy as np
from jaxtyping import Bool, Int

from gemel.errors import ScenarioError
from gemel.network.link_to_system.overhead import (
    BLOCK_CARRIERS,
    SLOT_SYMBOLS,
    SSB_ELEMENTS,
    SlotPattern,
)

SLOTS_PER_MS = {15: 1, 30: 2, 60: 4, 120: 8}  # by subcarrier spacing, kHz
PERIODS_MS = (0.5, 0.625, 1.0, 1.25, 2.0, 2.5, 3.0, 4.0, 5.0, 10.0)
# Largest bandwidth in resource blocks, and the group size of configurations 1 and 2.
GROUP_SIZES = ((36, 2, 4), (72, 4, 8), (144, 8, 16), (275, 16, 16))
BROADCAST_MS = 20  # what a user expects who looks for a cell, TS 38.213 clause 4.1
SSB_PER_SLOT = 2  # all cases of TS 38.213 clause 4.1 but the shared spectrum
SIB_BLOCKS = 24  # of one slot: the narrowest initial bandwidth, TS 38.213 table 13-1


def slots_per_ms(scs_khz: int) -> int:
    """How many slots a millisecond has."""
    if scs_khz not in SLOTS_PER_MS:
        raise ScenarioError(
            f"no carrier has a subcarrier spacing of {scs_khz} kHz; give one of "
            f"{sorted(SLOTS_PER_MS)}."
        )
    return SLOTS_PER_MS[scs_khz]


@dataclasses.dataclass(frozen=True)
class Groups:
    """What is scheduled as one.

    nominal:  resource blocks of every group but the last, which may have fewer
    size:     of each group
    """

    nominal: int
    size: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.size)


def resource_block_groups(prb: int, configuration: int = 2) -> Groups:
    """The groups of a bandwidth part of so many resource blocks that starts at 0."""
    most = GROUP_SIZES[-1][0]
    if not 1 <= prb <= most or configuration not in (1, 2):
        raise ScenarioError(
            f"{prb} resource blocks in configuration {configuration} have no group "
            f"size; give 1 to {most} blocks and configuration 1 or 2."
        )
    nominal = next(row[configuration] for row in GROUP_SIZES if prb <= row[0])
    whole, rest = divmod(prb, nominal)
    return Groups(nominal, (nominal,) * whole + ((rest,) if rest else ()))


@dataclasses.dataclass(frozen=True)
class SlotSymbols:
    """For what the symbols of every slot of a pattern are, of 14; the rest is guard."""

    downlink: Int[np.ndarray, " slot"]
    uplink: Int[np.ndarray, " slot"]


def slot_symbols(pattern: SlotPattern, scs_khz: int) -> SlotSymbols:
    """Raises ScenarioError for a pattern that no carrier of this spacing can have.

    "D" alone is FDD: all symbols are downlink, and the uplink has a carrier of its own.
    """
    letters, period_ms = pattern.letters, len(pattern.letters) / slots_per_ms(scs_khz)
    special, guard = pattern.special_symbols, pattern.guard_symbols
    if min(special, guard) < 0 or special + guard > SLOT_SYMBOLS:
        raise ScenarioError(
            f"{special} downlink and {guard} guard symbols do not fit the "
            f"{SLOT_SYMBOLS} of a special slot; give e.g. 10 and 2."
        )
    if set(letters) == {"D"}:
        full = np.full(len(letters), SLOT_SYMBOLS)
        return SlotSymbols(full, full)
    uplink_of_special = SLOT_SYMBOLS - special - guard
    heard = "U" in letters or ("S" in letters and uplink_of_special > 0)
    if "D" not in letters or not heard or period_ms not in PERIODS_MS:
        raise ScenarioError(
            f"slot pattern {letters!r} lasts {period_ms:g} ms at {scs_khz} kHz; a TDD "
            f"pattern has downlink and uplink and lasts one of {PERIODS_MS} ms. Give "
            'e.g. "DDDSU".'
        )
    down = {"D": SLOT_SYMBOLS, "S": special, "U": 0}
    up = {"D": 0, "S": uplink_of_special, "U": SLOT_SYMBOLS}
    return SlotSymbols(
        np.array([down[letter] for letter in letters]),
        np.array([up[letter] for letter in letters]),
    )


def most_beams(carrier_ghz: float) -> int:
    """How many SSBs fit a burst, TS 38.213 clause 4.1."""
    if carrier_ghz <= 3.0:
        return 4
    return 8 if carrier_ghz <= 7.125 else 64


@dataclasses.dataclass(frozen=True)
class Broadcast:
    """What every cell sends, every 20 ms, whoever listens.

    beams:       one SSB and one SIB1 for each
    sib_blocks:  resource blocks that SIB1 and its control channel take in one slot
    """

    beams: int = 1
    sib_blocks: int = SIB_BLOCKS

    def __post_init__(self):
        if not 1 <= self.beams <= 64 or self.sib_blocks < 0:
            raise ScenarioError(
                f"a burst of {self.beams} beams and {self.sib_blocks} resource blocks "
                "of SIB1 cannot be sent; give 1 to 64 beams and 0 or more blocks."
            )

    def common_share(self, prb: int, scs_khz: int, pattern: SlotPattern) -> float:
        """Of the downlink's resource elements, 0..1; counts as load and in energy."""
        blocks = min(self.sib_blocks, prb)
        system = blocks * BLOCK_CARRIERS * SLOT_SYMBOLS
        symbols = slot_symbols(pattern, scs_khz).downlink.mean()
        slots = BROADCAST_MS * slots_per_ms(scs_khz)
        there = slots * symbols * prb * BLOCK_CARRIERS
        share = self.beams * (SSB_ELEMENTS + system) / there
        if share >= 1.0:
            raise ScenarioError(
                f"{self.beams} beams of SSB and SIB1 fill {prb} resource blocks at "
                f"{scs_khz} kHz; give fewer beams or a wider carrier."
            )
        return float(share)

    def busy_slots(self, scs_khz: int, pattern: SlotPattern) -> Bool[np.ndarray, "t"]:
        """In which slots of the 20 ms a cell cannot sleep, even if it serves nobody.

        The burst comes in the first slots that have room, and SIB1 of each beam in a
        slot of its own behind it.
        """
        slots = BROADCAST_MS * slots_per_ms(scs_khz)
        down = slot_symbols(pattern, scs_khz).downlink
        room = np.resize(down, slots) >= 12  # the second SSB ends in symbol 11
        wanted = -(-self.beams // SSB_PER_SLOT) + self.beams * (self.sib_blocks > 0)
        return room & (np.cumsum(room) <= wanted)
