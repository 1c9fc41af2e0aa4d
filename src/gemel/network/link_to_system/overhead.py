"""Which part of a downlink carrier is left for data?

Guard bands, control channel and reference signals of 3GPP TS 38.211 and 38.214, counted
in resource elements over 20 ms. What does not grow with the bandwidth (control channel
of a given number of users, SSB, TRS) is why wide carriers are more efficient.
"""

import dataclasses
import math

from gemel.errors import ScenarioError

SLOT_SYMBOLS, BLOCK_CARRIERS = 14, 12
WINDOW_MS = 20.0  # period of the SSB and of the tracking reference signal
SSB_ELEMENTS = 4 * 240  # TS 38.211, table 7.4.3.1-1: four symbols, 20 blocks
TRACKING_ELEMENTS = 2 * 2 * 3  # per block: two slots, two symbols, three elements
CONTROL_BLOCKS = 52  # the control channel and the TRS stay this wide: 10 MHz at 15 kHz
LAYERS_PER_GROUP, ELEMENTS_PER_GROUP = 2, 4  # DM-RS type 2, TS 38.211 clause 7.4.1.1
REPORT_SLOTS = 5  # CSI-RS come every fifth slot


@dataclasses.dataclass(frozen=True)
class SlotPattern:
    """What the slots of a period are for.

    letters:          D downlink, U uplink, S special; "D" alone is FDD
    special_symbols:  downlink symbols of an S slot
    guard_symbols:    of an S slot; half of them count as downlink time
    """

    letters: str = "D"
    special_symbols: int = 11
    guard_symbols: int = 1

    def __post_init__(self):
        if not self.letters or set(self.letters) - set("DSU"):
            raise ScenarioError(
                f"slot pattern {self.letters!r} must be made of D, S and U. "
                'Give e.g. "DDDSU", or "D" for FDD.'
            )

    @property
    def downlink_slots(self) -> float:
        """Share of the slots that carry any downlink."""
        return 1.0 - self.letters.count("U") / len(self.letters)

    @property
    def downlink_symbols(self) -> float:
        """Share of the symbols that are downlink."""
        full = SLOT_SYMBOLS * self.letters.count("D")
        special = self.special_symbols * self.letters.count("S")
        return (full + special) / (SLOT_SYMBOLS * len(self.letters))

    @property
    def downlink_time(self) -> float:
        """Share of the time that a spectral efficiency is counted over: with half of
        the guard, as 3GPP TR 37.910 shares it out."""
        guard = 0.5 * self.guard_symbols * self.letters.count("S")
        return self.downlink_symbols + guard / (SLOT_SYMBOLS * len(self.letters))


@dataclasses.dataclass(frozen=True)
class Downlink:
    """One downlink carrier.

    resource_blocks:       of the transmission bandwidth
    subcarrier_khz:        15 or 30
    bandwidth_mhz:         of the channel, guard bands included
    pattern:               of the slots
    control_symbols:       per slot, as wide as CONTROL_BLOCKS or the carrier
    csi_elements:          CSI-RS and interference measurement per block and report
    """

    resource_blocks: int
    subcarrier_khz: int
    bandwidth_mhz: float
    pattern: SlotPattern
    control_symbols: int
    csi_elements: int

    def data_share(self, layers: int) -> float:
        """Data elements over bandwidth and downlink time, 0..1, with so many layers."""
        slots = WINDOW_MS * self.subcarrier_khz / 15.0
        symbols = slots * SLOT_SYMBOLS
        narrow = min(1.0, CONTROL_BLOCKS / self.resource_blocks)
        groups = math.ceil(layers / LAYERS_PER_GROUP)
        with_downlink = slots * self.pattern.downlink_slots
        # Elements per resource block in the window.
        control = self.control_symbols * BLOCK_CARRIERS * narrow * with_downlink
        reference = groups * ELEMENTS_PER_GROUP * with_downlink
        measured = self.csi_elements * slots / REPORT_SLOTS
        tracked = TRACKING_ELEMENTS * narrow
        broadcast = SSB_ELEMENTS / self.resource_blocks
        there = symbols * self.pattern.downlink_symbols * BLOCK_CARRIERS
        data = there - control - reference - measured - tracked - broadcast
        counted = symbols * self.pattern.downlink_time * BLOCK_CARRIERS
        block_mhz = BLOCK_CARRIERS * self.subcarrier_khz / 1_000.0
        inside = self.resource_blocks * block_mhz / self.bandwidth_mhz
        return inside * data / counted
