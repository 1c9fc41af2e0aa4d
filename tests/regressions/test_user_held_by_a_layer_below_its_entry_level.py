"""A user at -115 dBm of 3.5 GHz, which asks for -114, was kept there; 700 MHz was fit.

The lowest layer had priority zero, which is no priority: between it, above its entry
level, and a higher layer below its own, only strength decided.
"""

import jax.numpy as jnp
import numpy as np

from gemel.network.association import associate, per_element_db
from gemel.network.candidates import Candidates
from gemel.network.cells import cells_of
from gemel.network.controls import controls_of
from gemel.world.inventory import Inventory, PlannedCell


def test_the_layer_that_is_fit_serves():
    low = PlannedCell("L", "S", 0.0, 0.0, 25.0, 0.0, 5.0, 49.0, 0.7, 10.0)
    high = PlannedCell("H", "S", 0.0, 0.0, 25.0, 0.0, 5.0, 53.0, 3.5, 80.0)
    inventory = Inventory((low, high))
    cells, controls = cells_of(inventory), controls_of(inventory)
    rsrp_dbm = jnp.asarray([-120.0, -115.0])  # asked for are -125 and -114
    gain_db = rsrp_dbm - controls.power_dbm - per_element_db(cells)
    candidates = Candidates(
        jnp.asarray([[[0], [1]]], jnp.int32),
        gain_db.reshape(1, 2, 1),
        jnp.zeros((1, 2)),
        jnp.zeros((1, 3)),
    )
    newcomer = jnp.asarray([-1], jnp.int32)
    served = associate(cells, candidates, controls, newcomer)
    assert np.asarray(served.cell).tolist() == [0]
