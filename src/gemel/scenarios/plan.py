"""What must be known of a place before a day can be lived there?"""

import dataclasses

from gemel.interfaces.raytracing.survey import Survey
from gemel.radio.propagation import PATH_LOSSES, AbstractPathLoss
from gemel.world.buildings import Buildings
from gemel.world.density import Density
from gemel.world.inventory import Inventory

FEWEST_USERS = 5_000
USERS_PER_COVERAGE_CELL = 10
BUSY_HOUR_LOAD = 0.15  # mean PRB load over all cells at the busy hour


@dataclasses.dataclass(frozen=True)
class WorldPlan:
    """A place, as far as anybody may know it.

    path_loss:    a key of PATH_LOSSES
    calibrated:   a path loss learned from measurements, instead of that one
    buildings:    None where nobody mapped them: line of sight is then by chance
    survey:       radio maps to be traced, which go before `path_loss` where they know
    rain_mm_h:    everywhere, all day, as heavy
    link_rate:    a key of LINK_RATES
    attribution:  one line a data source
    notes:        what a reader of results must know
    """

    name: str
    inventory: Inventory
    density: Density
    path_loss: str = "uma"
    calibrated: AbstractPathLoss | None = dataclasses.field(default=None, compare=False)
    buildings: Buildings | None = None
    survey: Survey | None = None
    users: int | None = None
    busy_hour_load: float = BUSY_HOUR_LOAD
    rain_mm_h: float = 0.0
    link_rate: str = "attenuated"
    attribution: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def loss(self) -> AbstractPathLoss:
        """How much is lost on the way, as far as anybody may know it."""
        if self.calibrated is not None:
            return self.calibrated
        return PATH_LOSSES[self.path_loss]()

    @property
    def people(self) -> int:
        """At least 5,000, and ten for every cell of the coverage layer."""
        if self.users is not None:
            return self.users
        lowest = min(cell.carrier_ghz for cell in self.inventory.cells)
        layer = sum(cell.carrier_ghz == lowest for cell in self.inventory.cells)
        return max(FEWEST_USERS, USERS_PER_COVERAGE_CELL * layer)
