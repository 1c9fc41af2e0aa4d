"""What happens when everybody at one place wants something at once?"""

import dataclasses

import numpy as np

from gemel.emulator.faults.base import AbstractAilment, Ailments, Hit, refuse_outside


@dataclasses.dataclass(frozen=True)
class FlashCrowd(AbstractAilment):
    """Whoever is near one of the cells wants more than on a usual day.

    factor:    how many times as much, 1 to 1,000
    radius_m:  around the cells, 1 to 100,000
    """

    factor: float = 5.0
    radius_m: float = 250.0

    def __post_init__(self):
        refuse_outside("factor", self.factor, 1.0, 1_000.0)
        refuse_outside("radius_m", self.radius_m, 1.0, 100_000.0)

    def ails(self, ailments: Ailments, hit: Hit) -> Ailments:
        inside = hit.away_m <= self.radius_m
        more = np.where(inside, self.factor, 1.0).astype(np.float32)
        factor = np.asarray(ailments.demand_factor) * more
        return dataclasses.replace(ailments, demand_factor=factor)
