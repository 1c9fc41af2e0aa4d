"""Candidates were ranked by gain alone: low-power cells near by hid a mast.

Whoever stood among more small cells than a list is long was served by one of them,
however much stronger the mast beyond arrived.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from gemel.network.association import associate
from gemel.network.bins import bins_of
from gemel.network.candidates import Places, find_candidates
from gemel.network.cells import cells_of
from gemel.network.controls import controls_of
from gemel.network.line_of_sight import ByChance
from gemel.network.path_gain import Propagation
from gemel.radio.propagation import UrbanMacro
from gemel.radio.shadowing import CorrelatedField
from gemel.world.inventory import Inventory, PlannedCell


def cell(name: str, east_m: float, power_dbm: float) -> PlannedCell:
    """On a mast of 25 m, looking back at the user in the west."""
    return PlannedCell(name, name, east_m, 0.0, 25.0, 270.0, 5.0, power_dbm, 2.1, 20.0)


def test_the_mast_behind_two_small_cells_serves():
    """As many as a list holds, of 20 dBm at 200 m; the mast has 49 dBm at 260 m."""
    small = [cell(f"small {n}", 200.0 + n, 20.0) for n in range(2)]
    inventory = Inventory((*small, cell("mast", 260.0, 49.0)))
    cells, controls = cells_of(inventory), controls_of(inventory)
    flat = CorrelatedField(jnp.zeros((256, 256)))
    bins = bins_of(cells, UrbanMacro(), controls, near=4)
    propagation = Propagation(
        UrbanMacro(), ByChance(flat, UrbanMacro()), flat, bins, k=2
    )
    user = Places(
        jnp.asarray([[0.0, 0.0, 1.5]]), jnp.asarray([False]), jnp.zeros((1, 1))
    )
    find = eqx.filter_jit(find_candidates)
    candidates = find(propagation, cells, controls, user)
    newcomer = jnp.asarray([-1], jnp.int32)
    served = associate(cells, candidates, controls, newcomer)
    assert np.asarray(served.cell).tolist() == [2]
