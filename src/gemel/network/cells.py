"""Which cells are there, as arrays that physics can use?"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.network.antennas import AbstractCellAntennas, antennas_of
from gemel.network.carriers import Carriers, carriers_of, layer_keys, usual_antenna
from gemel.network.link_rate import LINK_RATES, AbstractLinkRate
from gemel.radio.antenna import AbstractAntenna
from gemel.radio.named_antennas import antenna_named
from gemel.world.inventory import Inventory, PlannedCell


class Cells(eqx.Module):
    """Struct of arrays.

    A *head* is what hangs at one place for one layer: its cells share path, line of
    sight and shadow, and differ only by antenna direction. `head_cell` is padded with
    -1.
    What nobody knows of a real network (`mount_tilt_deg` beside the tilt that is set,
    `gain_error_db`) is zero here; the stand-in has secrets there.
    """

    name: tuple[str, ...] = eqx.field(static=True)
    position_m: Float[Array, "cell 3"]
    azimuth_deg: Float[Array, " cell"]
    mount_tilt_deg: Float[Array, " cell"]
    gain_error_db: Float[Array, " cell"]
    layer: Int[Array, " cell"]
    site: Int[Array, " cell"]
    head_m: Float[Array, "head 3"]
    head_layer: Int[Array, " head"]
    head_site: Int[Array, " head"]
    head_cell: Int[Array, "head sector"]
    antennas: AbstractCellAntennas
    carriers: Carriers
    link_rate: AbstractLinkRate

    @property
    def sites(self) -> int:
        """How many places carry antennas."""
        return int(np.asarray(self.head_site).max()) + 1


def cells_of(
    inventory: Inventory, rain_mm_h: float = 0.0, link_rate: str = "attenuated"
) -> Cells:
    """The arrays of an inventory; cells keep the inventory's order.

    rain_mm_h:  everywhere, as heavy
    link_rate:  a key of LINK_RATES
    """
    cells = inventory.cells
    keys = {key: index for index, key in enumerate(layer_keys(cells))}
    layer = np.array([keys[c.carrier_ghz, c.bandwidth_mhz] for c in cells])
    position_m = np.array([(c.x_m, c.y_m, c.height_m) for c in cells], np.float32)
    places: dict[tuple[float, float], int] = {}
    site = np.array([places.setdefault((c.x_m, c.y_m), len(places)) for c in cells])
    heads: dict[tuple[int, int, float], list[int]] = {}
    for index, cell in enumerate(cells):
        key = (int(site[index]), int(layer[index]), cell.height_m)
        heads.setdefault(key, []).append(index)
    head_cell = np.full((len(heads), max(map(len, heads.values()))), -1)
    for row, members in enumerate(heads.values()):
        head_cell[row, : len(members)] = members
    first = head_cell[:, 0]
    return Cells(
        name=tuple(c.name for c in cells),
        position_m=jnp.asarray(position_m),
        azimuth_deg=jnp.asarray([c.azimuth_deg for c in cells], jnp.float32),
        mount_tilt_deg=jnp.zeros(len(cells), jnp.float32),
        gain_error_db=jnp.zeros(len(cells), jnp.float32),
        layer=jnp.asarray(layer, jnp.int32),
        site=jnp.asarray(site, jnp.int32),
        head_m=jnp.asarray(position_m[first]),
        head_layer=jnp.asarray(layer[first], jnp.int32),
        head_site=jnp.asarray(site[first], jnp.int32),
        head_cell=jnp.asarray(head_cell, jnp.int32),
        antennas=_antennas_of(cells),
        carriers=carriers_of(cells, rain_mm_h),
        link_rate=LINK_RATES[link_rate](),
    )


def _antennas_of(cells: tuple[PlannedCell, ...]) -> AbstractCellAntennas:
    """Those named in the inventory; the usual one of the band for the others."""
    made: dict[str | float, AbstractAntenna] = {}

    def one(cell: PlannedCell) -> AbstractAntenna:
        key = cell.antenna or cell.carrier_ghz
        if key not in made:
            made[key] = (
                antenna_named(cell.antenna)
                if cell.antenna
                else usual_antenna(cell.carrier_ghz)
            )
        return made[key]

    return antennas_of([one(cell) for cell in cells])
