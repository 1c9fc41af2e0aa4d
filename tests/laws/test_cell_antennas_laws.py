"""May every cell carry another antenna, and does the network then use that one?"""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.network.antennas import ParabolicAntennas, ShelvedAntennas
from gemel.network.cell_gain import turned
from gemel.network.cells import Cells, cells_of
from gemel.network.controls import Controls, controls_of
from gemel.radio.angles import bearing_and_fall_deg
from gemel.radio.named_antennas import antenna_named
from gemel.scenarios.hexagons import hexagons
from gemel.world.inventory import Inventory

NAMED = ("column_10", "macro_36814", "column_8", "element_38901")
USERS = 200
# Between samples of a table, see gemel.radio.tabulated: within 20 dB of the peak.
TABLE_DB, WITHIN_DB = 0.1, 20.0


@functools.cache
def network(named: bool) -> tuple[Cells, Controls, Inventory]:
    """Seven sites whose first cells carry named antennas, the others usual ones."""
    inventory = hexagons(0, rings=1).inventory
    cells = [
        dataclasses.replace(cell, antenna=antenna)
        for cell, antenna in zip(inventory.cells, NAMED, strict=False)
    ] + list(inventory.cells[len(NAMED) :])
    inventory = Inventory(tuple(cells if named else inventory.cells))
    return cells_of(inventory), controls_of(inventory), inventory


@functools.cache
def places_m() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.c_[rng.uniform(-900.0, 900.0, (USERS, 2)), np.full(USERS, 1.5)]


def gains_db(cells: Cells, controls: Controls, number: int) -> np.ndarray:
    @eqx.filter_jit
    def everywhere(cells, controls, cell, user_m):
        def one(user_m):
            direction = bearing_and_fall_deg(user_m - cells.position_m[cell])
            return turned(cells, controls).gain_db(cell, *direction)

        return jax.vmap(one)(user_m)

    user_m = jnp.asarray(places_m(), jnp.float32)
    return np.asarray(everywhere(cells, controls, jnp.asarray(number), user_m))


@pytest.mark.parametrize("number", range(len(NAMED) + 2))
def test_a_cell_sends_with_its_own_antenna(number):
    cells, controls, inventory = network(True)
    assert isinstance(cells.antennas, ShelvedAntennas)
    cell = inventory.cells[number]
    found_db = gains_db(cells, controls, number)
    if cell.antenna is None:
        usual_cells, usual_controls, _ = network(False)
        own_db = gains_db(usual_cells, usual_controls, number)
    else:
        antenna = antenna_named(cell.antenna)
        mast_m = np.array([cell.x_m, cell.y_m, cell.height_m])
        offset_m = jnp.asarray(places_m() - mast_m, jnp.float32)
        turned = jnp.float32(cell.azimuth_deg), jnp.float32(cell.tilt_deg)
        one = jax.jit(jax.vmap(lambda off_m: antenna.gain_db(off_m, *turned)))
        own_db = np.asarray(one(offset_m))
    strong = own_db > own_db.max() - WITHIN_DB
    assert strong.sum() > 10
    # Tilts between the tabulated ones are mixed of two tables.
    assert np.abs(found_db - own_db)[strong].max() < 2 * TABLE_DB


def test_a_network_of_parabolas_keeps_no_tables():
    cells, _, _ = network(False)
    assert isinstance(cells.antennas, ParabolicAntennas)
    # Two bands, so two kinds, and the number of every cell's.
    shapes = {leaf.shape for leaf in jax.tree.leaves(cells.antennas)}
    assert shapes == {(2,), (len(cells.name),)}


def test_neighbours_on_one_mast_differ():
    cells, controls, _ = network(True)
    first, third = gains_db(cells, controls, 0), gains_db(cells, controls, 2)
    assert np.abs(first - third).max() > 3.0
