"""How much is lost by looking at the nearest masts alone, and keeping twelve cells?

Full draws: line of sight by chance, shadows, antennas; a network with more masts than
anybody looks at. A dense search prices every pair of a user and a cell.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from gemel.network.candidates import Places
from gemel.network.cell_gain import turned
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.path_gain import Mast, Propagation, carrier_of, way_gain_db
from gemel.radio.angles import bearing_and_fall_deg
from gemel.scenarios.coupled import (
    equipment_of,
    found,
    layout_of,
    places_in,
    propagation_of,
)

CELLS, USERS, SEEDS = 1_200, 4_000, (0, 1)


@eqx.filter_jit
def dense_level_dbm(
    propagation: Propagation, cells: Cells, controls: Controls, places: Places
):
    """[user cell]: what arrives from everybody."""
    carrier = carrier_of(cells, jnp.int32(0))
    heads, sectors = cells.head_cell.shape
    owner = jnp.repeat(jnp.arange(heads, dtype=jnp.int32), sectors)
    cell = cells.head_cell.reshape(-1)
    head_of = jnp.zeros(cells.layer.size, jnp.int32).at[cell].set(owner)

    def one(user_m, indoor, cell):
        head = head_of[cell]
        mast = Mast(head, cells.head_site[head], cells.head_m[head])
        way_db = way_gain_db(propagation, carrier, user_m, indoor, mast)
        bearing_deg, fall_deg = bearing_and_fall_deg(user_m - mast.position_m)
        gain_db = turned(cells, controls).gain_db(cell, bearing_deg, fall_deg)
        return controls.power_dbm[cell] + way_db + gain_db

    number = jnp.arange(cells.layer.size)
    return jax.lax.map(
        lambda place: jax.vmap(one, (None, None, 0))(place[0], place[1], number),
        (places.position_m, places.indoor),
        batch_size=64,
    )


@functools.cache
def compared(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """SINR apart in dB, and whether the strongest cell is a candidate; at full load."""
    layout = layout_of(CELLS, USERS, "full", seed)
    cells, controls = equipment_of(layout)
    propagation = propagation_of(layout, cells, controls, seed)
    places = places_in(layout)
    few = found(propagation, cells, controls, places)
    every_dbm = np.asarray(dense_level_dbm(propagation, cells, controls, places))
    every_mw = 10.0 ** (every_dbm.astype(float) / 10.0)
    noise_mw = float(cells.carriers.noise_mw[0])
    best = every_mw.argmax(1)
    signal_mw = every_mw.max(1)
    dense = signal_mw / (noise_mw + every_mw.sum(1) - signal_mw)
    kept_dbm = controls.power_dbm[few.cell] + few.gain_db
    kept_mw = 10.0 ** (np.asarray(kept_dbm, float)[:, 0] / 10.0)
    ours_mw = kept_mw.max(1)
    rest_mw = kept_mw.sum(1) - ours_mw + np.asarray(few.tail_mw, float)[:, 0]
    apart_db = 10.0 * np.log10(ours_mw / (noise_mw + rest_mw) / dense)
    return apart_db, (np.asarray(few.cell)[:, 0] == best[:, None]).any(1)


def test_sinr_is_that_of_a_dense_search():
    apart_db = np.abs(np.concatenate([compared(seed)[0] for seed in SEEDS]))
    assert np.percentile(apart_db, 50) < 0.1
    assert np.percentile(apart_db, 95) < 0.3


def test_the_strongest_cell_is_among_the_candidates():
    kept = np.concatenate([compared(seed)[1] for seed in SEEDS])
    assert kept.mean() >= 0.999


def test_the_masts_left_out_neither_add_nor_take_power_on_average():
    """A tail that is biased would move every SINR the same way."""
    apart_db = np.concatenate([compared(seed)[0] for seed in SEEDS])
    assert abs(apart_db.mean()) < 0.05
