"""What became of the data of each kind of application, queue by queue?"""

import dataclasses

import numpy as np

from gemel.emulator.slot.plan import UNITS_PER_MS
from gemel.emulator.tempos.life import Books
from gemel.emulator.traffic import TrafficMix


@dataclasses.dataclass(frozen=True)
class Carried:
    """One family in one direction; shares are nan where there was nothing.

    bursts:         delivered whole
    mean_delay_ms:  of those, from coming to delivery
    late_share:     of those, beyond their 5QI's budget
    dropped_share:  of the bytes offered, found no room
    lost_share:     of the bytes offered, given up by the protocol stack
    """

    users: int
    offered_byte: int
    delivered_byte: int
    bursts: int
    mean_delay_ms: float
    late_share: float
    dropped_share: float
    lost_share: float


def by_family(books: Books, mix: TrafficMix, way: str = "down") -> dict[str, Carried]:
    """Of every family in the mix.

    books: of slots that were lived, as `Lived` has them
    way:   "down" or "up"
    """
    return {
        name: _carried(books, np.asarray(members), f"of_{way}")
        for name, members in zip(mix.names, mix.members, strict=True)
    }


def _carried(books: Books, members: np.ndarray, way: str) -> Carried:
    def total(name: str) -> int:
        return int(books[f"{way}.{name}"][members].sum())

    def share(part: int, whole: int) -> float:
        return part / whole if whole else float("nan")

    offered, bursts = total("offered_byte"), total("bursts")
    return Carried(
        users=len(members),
        offered_byte=offered,
        delivered_byte=total("delivered_byte"),
        bursts=bursts,
        mean_delay_ms=share(total("waited"), bursts * UNITS_PER_MS),
        late_share=share(total("late"), bursts),
        dropped_share=share(total("dropped_byte"), offered),
        lost_share=share(total("lost_byte"), offered),
    )
