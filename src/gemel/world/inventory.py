"""Which cells does the inventory say there are, and where do they point?"""

import dataclasses

from gemel.errors import ScenarioError


@dataclasses.dataclass(frozen=True)
class SiteRow:
    """One line of a sites table. None means that the table did not say.

    name:           of the cell; None lets the planner name it after the site
    site:           of the mast or roof that carries it
    x_m, y_m:       east and north of the inventory's origin
    height_m:       of the antenna above ground
    azimuth_deg:    clockwise from north
    tilt_deg:       electrical plus mechanical, downwards positive
    power_dbm:      of the whole carrier at the antenna port
    carrier_ghz, bandwidth_mhz:  of the carrier
    antenna:        a name that radio knows; None is what is usual for the carrier
    where:          "FILE, row N", for messages
    """

    name: str | None
    site: str
    x_m: float
    y_m: float
    height_m: float | None = None
    azimuth_deg: float | None = None
    tilt_deg: float | None = None
    power_dbm: float | None = None
    carrier_ghz: float | None = None
    bandwidth_mhz: float | None = None
    antenna: str | None = None
    where: str = ""


@dataclasses.dataclass(frozen=True)
class PlannedCell:
    """One cell as the inventory knows it; fields as in SiteRow, nothing missing but the
    antenna, where it is the usual one."""

    name: str
    site: str
    x_m: float
    y_m: float
    height_m: float
    azimuth_deg: float
    tilt_deg: float
    power_dbm: float
    carrier_ghz: float
    bandwidth_mhz: float
    antenna: str | None = None


@dataclasses.dataclass(frozen=True)
class Origin:
    """The point on Earth where x_m and y_m are zero (WGS 84)."""

    latitude_deg: float
    longitude_deg: float


@dataclasses.dataclass(frozen=True)
class Inventory:
    """All cells of one network, and where on Earth they are (None: nowhere real)."""

    cells: tuple[PlannedCell, ...]
    origin: Origin | None = None

    def __post_init__(self):
        if len(self.cells) < 2:
            raise ScenarioError(
                f"the network has {len(self.cells)} cell(s); coupling needs at least "
                "2. Give a sites table with more rows."
            )
        seen: set[str] = set()
        for cell in self.cells:
            if cell.name in seen:
                raise ScenarioError(
                    f"two cells are called {cell.name!r}. Give every cell its own name."
                )
            seen.add(cell.name)
