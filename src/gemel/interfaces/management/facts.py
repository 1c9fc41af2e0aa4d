"""What do the managed objects say of the equipment that nobody can change?"""

import dataclasses

import numpy as np
from jaxtyping import Float

from gemel.interfaces.maps.coordinates import latitude_longitude_deg
from gemel.interfaces.standards.naming import LocalNames, local_names
from gemel.network.carriers import band_of
from gemel.network.cells import Cells
from gemel.world.inventory import Inventory, Origin, PlannedCell

NOWHERE = Origin(0.0, 0.0)  # of a network that is no real place
PCIS = 1_008  # physical cell identities, TS 38.211 clause 7.4.2.1
# TS 38.104 table 5.4.2.1-1: from MHz, step in kHz, first number
RASTER = ((0.0, 5.0, 0), (3_000.0, 15.0, 600_000), (24_250.08, 60.0, 2_016_667))


@dataclasses.dataclass(frozen=True)
class Facts:
    """The inventory, as a management system shows it; never the truth.

    most_power_mw:  what the equipment can send, by the inventory
    place_deg:      latitude and longitude
    """

    names: LocalNames
    planned: tuple[PlannedCell, ...]
    origin: Origin
    most_power_mw: tuple[int, ...]
    place_deg: Float[np.ndarray, "cell 2"]

    @property
    def cells(self) -> int:
        """How many there are."""
        return len(self.planned)

    def frequency_attributes(self, cell: int) -> dict[str, int]:
        """arfcnDL and bSChannelBwDL of a cell."""
        planned = self.planned[cell]
        return {
            "arfcnDL": arfcn(planned.carrier_ghz),
            "bSChannelBwDL": round(planned.bandwidth_mhz),
        }

    def subcarrier_khz(self, cell: int) -> int:
        """The spacing of the cell's band."""
        return band_of(self.planned[cell].carrier_ghz).scs_khz

    def site_attributes(self, cell: int) -> list[dict[str, str | float]]:
        """peeParametersList of a cell or its element."""
        planned, (latitude, longitude) = self.planned[cell], self.place_deg[cell]
        return [
            {
                "siteIdentification": planned.site,
                "siteLatitude": round(float(latitude), 6),
                "siteLongitude": round(float(longitude), 6),
                "siteDescription": f"antenna {planned.height_m:g} m above ground",
                "equipmentType": "RRU",
                "environmentType": "Outdoor",
                "powerInterface": "AC",
            }
        ]


def facts_of(inventory: Inventory, cells: Cells) -> Facts:
    """What is public; `cells` are those of the inventory, not the true ones."""
    origin = inventory.origin or NOWHERE
    place_m = np.array([(c.x_m, c.y_m) for c in inventory.cells], np.float64)
    return Facts(
        names=local_names(cells.name, np.asarray(cells.site)),
        planned=inventory.cells,
        origin=origin,
        most_power_mw=tuple(mw_of_dbm(c.power_dbm) for c in inventory.cells),
        place_deg=latitude_longitude_deg(origin, place_m),
    )


def mw_of_dbm(power_dbm: float) -> int:
    """As configuredMaxTxPower has it, in whole milliwatts."""
    return max(1, round(10.0 ** (power_dbm / 10.0)))


def arfcn(carrier_ghz: float) -> int:
    """The number of a frequency on the global raster, NR-ARFCN."""
    mhz = 1_000.0 * carrier_ghz
    from_mhz, step_khz, first = [row for row in RASTER if row[0] <= mhz][-1]
    return first + round((mhz - from_mhz) * 1_000.0 / step_khz)
