"""How is a carrier's time and band cut, and how large are the tables of its slots?

All of it is known before anything runs, so a program can be compiled for it. Time is
counted in 64ths of a millisecond, in which the slots of every numerology are whole.
"""

import dataclasses
import math

from gemel.errors import ScenarioError
from gemel.network.link_to_system.overhead import SLOT_SYMBOLS

UNITS_PER_MS = 64
TICK_MS = 40  # between two looks at movement, handover and access
REPORT_MS = 10  # between two reports of channel quality
FDD_LETTERS = "FFFFF"  # both directions in every slot
USUAL_TDD_LETTERS = "DDDSU"
SPECIAL_SYMBOLS = 10  # downlink symbols of an S slot


@dataclasses.dataclass(frozen=True)
class SlotPlan:
    """One carrier.

    scs_khz:        subcarrier spacing, 15 to 120 kHz
    prb:            resource blocks of the carrier
    letters:        D downlink, U uplink, S special, F both; repeated without end
    group_prb:      resource blocks of a group, TS 38.214 clause 5.1.2.2.1
    seats:          users a cell can be connected to
    ring:           bursts a queue can hold, a power of two
    processes:      of HARQ in the downlink, one a downlink slot
    up_processes:   the same in the uplink
    explicit:       interferers counted one by one; the others as an average
    passes:         how often free groups are offered again within a slot
    outer_step_db:  of link adaptation, up after a block that came through; 0 for none
    together:       users of one group at most, apart by their beams (MU-MIMO); 1 or 2
    """

    scs_khz: int = 30
    prb: int = 273
    letters: str = USUAL_TDD_LETTERS
    group_prb: int = 16
    seats: int = 32
    ring: int = 64
    processes: int = 8
    up_processes: int = 4
    explicit: int = 8
    passes: int = 2
    outer_step_db: float = 0.02
    together: int = 1

    def __post_init__(self):
        if self.scs_khz not in (15, 30, 60, 120):
            raise ScenarioError(
                f"subcarrier spacing of {self.scs_khz} kHz is none of 15, 30, 60, 120."
            )
        if not self.letters or set(self.letters) - set("DSUF"):
            raise ScenarioError(
                f"slot pattern {self.letters!r} must be made of D, S, U and F. "
                'Give e.g. "DDDSU", or "F" for FDD.'
            )
        if not (set(self.letters) & set("DSF") and set(self.letters) & set("UF")):
            raise ScenarioError(
                f"slot pattern {self.letters!r} lacks a direction: data needs both. "
                'Give e.g. "DDDSU", or "F" for FDD.'
            )
        if REPORT_MS * self.slots_per_ms % len(self.letters):
            raise ScenarioError(
                f"slot pattern {self.letters!r} does not fit into {REPORT_MS} ms at "
                f"{self.scs_khz} kHz, which is {REPORT_MS * self.slots_per_ms} slots. "
                "Give a length that divides it."
            )
        if self.together not in (1, 2):
            raise ScenarioError(
                f"{self.together} users cannot share a group; give 1, or 2 for MU-MIMO."
            )
        if self.ring & (self.ring - 1) or not 1 <= self.seats <= 256:
            raise ScenarioError(
                f"a ring of {self.ring} bursts and {self.seats} seats cannot be: the "
                "ring must be a power of two, seats 1 to 256."
            )

    @property
    def slots_per_ms(self) -> int:
        return self.scs_khz // 15

    @property
    def slot_units(self) -> int:
        """Length of a slot in 64ths of a millisecond."""
        return UNITS_PER_MS // self.slots_per_ms

    @property
    def periods_per_report(self) -> int:
        """How often the pattern fits between two reports."""
        return REPORT_MS * self.slots_per_ms // len(self.letters)

    @property
    def group_sizes(self) -> tuple[int, ...]:
        """Resource blocks of every group; the last one may be smaller."""
        count = math.ceil(self.prb / self.group_prb)
        last = self.prb - (count - 1) * self.group_prb
        return (self.group_prb,) * (count - 1) + (last,)

    @property
    def groups(self) -> int:
        return len(self.group_sizes)

    @property
    def down(self) -> tuple[int, ...]:
        """Which slots of the pattern carry any downlink."""
        return tuple(i for i, kind in enumerate(self.letters) if kind in "DSF")

    @property
    def up(self) -> tuple[int, ...]:
        """Which slots of the pattern carry uplink."""
        return tuple(i for i, kind in enumerate(self.letters) if kind in "UF")

    def down_symbols(self, slot: int) -> int:
        """Downlink symbols of one slot of the pattern."""
        return SPECIAL_SYMBOLS if self.letters[slot] == "S" else SLOT_SYMBOLS
