"""Over which air does the flow travel?"""

import dataclasses
import math

from gemel.errors import ScenarioError
from gemel.network.link_to_system.overhead import SlotPattern

DIRECTIONS = ("ul", "dl")
FADINGS = ("none", "rayleigh", "rician")
RICIAN_K = 5.0  # 7 dB, the mean of indoor factories with line of sight, TR 38.901
MOST_LOAD = 0.95  # beyond, waiting would be all there is
SPACINGS_KHZ = (15, 30, 60, 120)


@dataclasses.dataclass(frozen=True)
class Air:
    """One link of one cell, and what is left of the cell for it.

    scs_khz:     subcarrier spacing
    pattern:     of the slots; "D" alone is FDD, where every slot is for both directions
    direction:   "ul" or "dl"
    sinr_db:     mean, after combining the branches
    fading:      "none", "rayleigh" or "rician" (7 dB), flat over the block
    branches:    receiving antennas that fade apart
    doppler_hz:  largest; attempts and packets see one fading that moves on with it
    load:        share of the transmission occasions that others have taken, each by
                 chance; what is configured is never taken
    prb:         resource blocks that one transmission may have
    """

    scs_khz: int = 30
    pattern: str = "D"
    direction: str = "ul"
    sinr_db: float = 15.0
    fading: str = "rayleigh"
    branches: int = 4
    doppler_hz: float = 10.0
    load: float = 0.3
    prb: int = 273

    def __post_init__(self):
        SlotPattern(self.pattern)  # it refuses other letters
        for name, known in (
            ("scs_khz", SPACINGS_KHZ),
            ("direction", DIRECTIONS),
            ("fading", FADINGS),
        ):
            if getattr(self, name) not in known:
                raise ScenarioError(
                    f"{name} is {getattr(self, name)!r}; choose one of {known}."
                )
        if not -30.0 <= self.sinr_db <= 50.0:
            raise ScenarioError(
                f"sinr_db is {self.sinr_db}; give a mean between -30 and 50 dB."
            )
        if not 0.0 <= self.load <= MOST_LOAD:
            raise ScenarioError(
                f"load is {self.load}; give a share between 0 and {MOST_LOAD}."
            )
        if not (1 <= self.branches <= 64 and 1 <= self.prb <= 275):
            raise ScenarioError(
                f"{self.branches} branches and {self.prb} resource blocks cannot be; "
                "give 1 to 64 and 1 to 275 (TS 38.211 clause 4.4.2)."
            )
        if not 0.0 <= self.doppler_hz <= 10_000.0:
            raise ScenarioError(
                f"doppler_hz is {self.doppler_hz}; give 0 to 10,000, e.g. 10 for a "
                "walk at 3.5 GHz."
            )
        if math.isclose(SlotPattern(self.pattern).downlink_symbols, 1.0):
            if self.pattern.strip("D"):
                raise ScenarioError(f"pattern {self.pattern!r} has no uplink.")
        elif "U" not in self.pattern or "D" not in self.pattern:
            raise ScenarioError(
                f"pattern {self.pattern!r} has no whole slot for one of the directions;"
                ' give e.g. "DDDSU", or "D" for FDD.'
            )

    @property
    def slot_ms(self) -> float:
        """TS 38.211 clause 4.3.2."""
        return 15.0 / self.scs_khz

    @property
    def symbol_ms(self) -> float:
        """The mean over a slot; the longer prefix of every seventh is spread evenly."""
        return self.slot_ms / 14

    @property
    def k_factor(self) -> float:
        """Line of sight over all the rest, as a ratio."""
        return RICIAN_K if self.fading == "rician" else 0.0
