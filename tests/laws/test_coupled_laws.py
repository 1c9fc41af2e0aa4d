"""Is the network of the benchmark the one it says it is, and does it settle?"""

import jax.numpy as jnp
import numpy as np
import pytest

from gemel.network.candidates import find_candidates
from gemel.scenarios.coupled import (
    DEMAND_BPS_A_CELL,
    coupled_state,
    equipment_of,
    layout_of,
    places_in,
    propagation_of,
)

CELLS, USERS = 100, 1_500


@pytest.mark.parametrize("cells", [2, 3, 57, 100, 1_000])
@pytest.mark.parametrize("physics", ["crrm", "full"])
def test_it_has_as_many_cells_and_users_as_asked(cells, physics):
    layout = layout_of(cells, USERS, physics, 0)
    assert len(layout.site_m) == -(-cells // 3)
    assert layout.user_m.shape == (USERS, 3)
    assert len(equipment_of(layout)[0].name) == cells


def test_users_are_spread_evenly_over_the_hexagons_of_the_sites():
    layout = layout_of(300, 20_000, "full", 0)
    away_m = np.hypot(*(layout.user_m[:, None, :2] - layout.site_m[None, :, :2]).T).T
    nearest = away_m.argmin(1)
    # No hexagon reaches further than its corner.
    assert away_m.min(1).max() <= 500.0 / 3**0.5 + 1e-6
    count = np.bincount(nearest, minlength=100)
    assert abs(count - 200.0).max() < 5.0 * 200.0**0.5  # five sigma of chance


def test_loads_settle_where_everybody_is_served():
    state = coupled_state(layout_of(CELLS, USERS, "full", 0), 0)
    load = np.asarray(state.load)
    assert (0.0 < load).all() and (load <= 1.0).all()
    assert 0.1 < load.mean() < 0.6  # about a quarter, as the demand was chosen
    assert (np.asarray(state.throughput_bps) > 0.0).all()
    assert DEMAND_BPS_A_CELL * CELLS / USERS > 0.0


def test_with_crrm_everybody_of_a_cell_shares_its_band():
    layout = layout_of(CELLS, USERS, "crrm", 0)
    state = coupled_state(layout, 0)
    assert (np.asarray(state.load) == 1.0).all()
    count = np.bincount(np.asarray(state.serving), minlength=CELLS)
    alone_bps = np.asarray(state.throughput_bps) * count[np.asarray(state.serving)]
    # Who hears more gets more, whatever the cell: one curve for all.
    order = np.argsort(np.asarray(state.sinr))
    assert (np.diff(alone_bps[order]) >= -1e-3 * alone_bps[order][1:]).all()


def test_the_seed_decides_where_users_are_and_what_is_shadowed():
    one, other = (layout_of(CELLS, USERS, "full", seed) for seed in (0, 1))
    assert not np.allclose(one.user_m, other.user_m)
    cells, controls = equipment_of(one)
    gains = [
        find_candidates(
            propagation_of(one, cells, controls, seed), cells, controls, places_in(one)
        ).gain_db
        for seed in (0, 0, 1)
    ]
    assert jnp.array_equal(gains[0], gains[1])
    assert not jnp.allclose(gains[0], gains[2])
