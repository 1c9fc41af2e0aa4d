"""Does a radio map answer what was drawn, and nothing where nothing was drawn?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.network.candidates import Places, find_candidates
from gemel.network.radio_maps import REACH_M, Grid, RadioMaps, SiteMap, radio_maps_of
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts

GRID = Grid(-40.0, 20.0, 5.0, rows=9, columns=12, level_m=(1.5, 10.5, 19.5))
HERE, NOWHERE = jnp.asarray(0, jnp.int32), jnp.asarray(1, jnp.int32)
# Levels near 100 dB have float32 steps of 8e-6 dB, the weights of eight pixels 6e-8
# each, of -100 dB.
ROUNDING_DB = 1e-4


def maps_with(map_db: np.ndarray, present: np.ndarray, grid: Grid = GRID) -> RadioMaps:
    """One map, and a head of number 1 that has none."""
    return RadioMaps(
        map_db=jnp.asarray(map_db[None], jnp.float32),
        present=jnp.asarray(present[None]),
        level_m=jnp.asarray(grid.level_m, jnp.float32),
        number=jnp.asarray([0, -1], jnp.int32),
        x0_m=grid.x0_m,
        y0_m=grid.y0_m,
        step_m=grid.step_m,
    )


def sloping_db(east_m, north_m, up_m):
    return -80.0 + 0.3 * east_m - 0.2 * north_m + 0.5 * up_m


def middles_m(grid: Grid = GRID) -> tuple[np.ndarray, ...]:
    """East, north and up of the middle of every pixel, [level row column] each."""
    east_m = grid.x0_m + (np.arange(grid.columns) + 0.5) * grid.step_m
    north_m = grid.y0_m + (np.arange(grid.rows) + 0.5) * grid.step_m
    up_m, north_m, east_m = np.meshgrid(grid.level_m, north_m, east_m, indexing="ij")
    return east_m, north_m, up_m


SLOPE = maps_with(sloping_db(*middles_m()), np.ones(GRID.shape, bool))
asked = eqx.filter_jit(lambda maps, user_m, head: maps.gain_db(user_m, head))


@given(
    east_m=st.floats(-37.5, 17.5),
    north_m=st.floats(22.5, 62.5),
    up_m=st.floats(1.5, 19.5),
)
def test_between_pixels_and_levels_it_is_linear(east_m, north_m, up_m):
    gain_db, known = asked(SLOPE, jnp.array([east_m, north_m, up_m]), HERE)
    assert known
    assert gain_db == pytest.approx(sloping_db(east_m, north_m, up_m), abs=ROUNDING_DB)


@pytest.mark.parametrize(
    "user_m",
    [
        (-40.1, 40.0, 1.5),
        (20.1, 40.0, 1.5),
        (0.0, 19.9, 1.5),
        (0.0, 65.1, 1.5),
        (0.0, 40.0, 19.6 + REACH_M),
        (0.0, 40.0, 1.4 - REACH_M),
    ],
    ids=["west", "east", "south", "north", "above", "below"],
)
def test_beyond_its_edge_it_knows_nothing(user_m):
    gain_db, known = asked(SLOPE, jnp.array(user_m), HERE)
    assert not known
    assert jnp.isfinite(gain_db)


def test_a_mast_without_a_map_is_not_answered_with_anothers():
    user_m = jnp.array([0.0, 40.0, 1.5])
    assert asked(SLOPE, user_m, HERE)[1]
    assert not asked(SLOPE, user_m, NOWHERE)[1]


@given(east_m=st.floats(-40.0, 19.9), north_m=st.floats(20.0, 64.9))
def test_what_no_ray_reached_is_unknown_and_colours_nothing(east_m, north_m):
    reached = np.random.default_rng(3).random(GRID.shape) < 0.6
    # What stands in a hole would be seen at once.
    holed_db = np.where(reached, -100.0, 1e6)
    maps = maps_with(holed_db, reached)
    # Away from the middle between two pixels, where rounding decides which is nearer.
    place = np.array([(east_m + 40.0) / 5.0, (north_m - 20.0) / 5.0])
    place = np.floor(place) + np.clip(place % 1.0, 1e-3, 1.0 - 1e-3)
    column, row = np.floor(place).astype(int)
    user_m = jnp.array([*(place * 5.0 + np.array([-40.0, 20.0])), 1.5])
    gain_db, known = asked(maps, user_m, HERE)
    assert bool(known) == reached[0, row, column]
    if known:
        assert gain_db == pytest.approx(-100.0, abs=ROUNDING_DB)


def test_moving_the_whole_world_changes_nothing():
    far = dataclasses.replace(GRID, x0_m=GRID.x0_m + 3_000.0, y0_m=GRID.y0_m - 2_000.0)
    moved = maps_with(np.asarray(SLOPE.map_db[0]), np.ones(GRID.shape, bool), far)
    rng = np.random.default_rng(1)
    place_m = jnp.asarray(rng.uniform((-40, 20, 0), (20, 65, 22), (64, 3)), jnp.float32)
    shift_m = jnp.array([[3_000.0, -2_000.0, 0.0]])
    every = eqx.filter_jit(
        lambda maps, user_m: jax.vmap(lambda one: maps.gain_db(one, HERE))(user_m)
    )
    here_db, known = every(SLOPE, place_m)
    there_db, known_there = every(moved, place_m + shift_m)
    assert jnp.array_equal(known, known_there)
    # 3 km in float32 has steps of 0.24 mm, and the slope is 0.3 dB a metre.
    assert jnp.allclose(here_db, there_db, rtol=0.0, atol=4e-4)


def test_single_and_double_precision_agree():
    user_m = np.array([3.3, 41.7, 7.0])
    single_db, _ = asked(SLOPE, jnp.asarray(user_m, jnp.float32), HERE)
    with jax.enable_x64(True):
        double_db, known = asked(SLOPE, jnp.asarray(user_m), HERE)
        assert double_db.dtype == jnp.float64
        assert known
    assert float(single_db) == pytest.approx(float(double_db), abs=ROUNDING_DB)


def flat_map(cells, head: int, gain_db: float) -> SiteMap:
    x_m, y_m, height_m = np.asarray(cells.head_m[head], np.float64).tolist()
    layer = int(cells.head_layer[head])
    return SiteMap(
        x_m,
        y_m,
        height_m,
        float(cells.carriers.carrier_ghz[layer]),
        np.full(GRID.shape, gain_db, np.float32),
        np.ones(GRID.shape, bool),
    )


def test_a_network_hears_by_the_map_where_it_has_one():
    facts = public_facts(hexagons(1, rings=1), 1)
    cells, layers = facts.cells, len(facts.cells.carriers.label)
    rng = np.random.default_rng(4)
    place_m = rng.uniform((-40, 20, 1.5), (20, 65, 22), (16, 3))
    place_m[8:, :2] += 200.0  # half of them off the map
    places = Places(
        jnp.asarray(place_m, jnp.float32), jnp.zeros(16, bool), jnp.zeros((16, layers))
    )
    everyone = dataclasses.replace(facts.propagation, k=len(cells.name))

    def gain_db(maps):
        mapped = dataclasses.replace(everyone, maps=maps)
        found = eqx.filter_jit(find_candidates)(mapped, cells, facts.controls, places)
        by_cell = np.full((16, len(cells.name)), np.nan)
        user = np.arange(16)[:, None, None]
        by_cell[user, np.asarray(found.cell)] = np.asarray(found.gain_db)
        return by_cell

    head = 3
    mine = np.asarray(cells.head_cell[head])
    others = np.setdiff1d(np.arange(len(cells.name)), mine)
    loud, louder = (
        gain_db(radio_maps_of(cells, GRID, [flat_map(cells, head, level)]))
        for level in (-90.0, -80.0)
    )
    usual = gain_db(None)
    # What differs is the map alone: 10 dB, up to the rounding of levels near 100 dB.
    assert louder[:8, mine] - loud[:8, mine] == pytest.approx(10.0, abs=1e-4)
    np.testing.assert_array_equal(loud[8:], usual[8:])
    np.testing.assert_array_equal(loud[:, others], usual[:, others])


def test_a_map_of_another_network_is_refused():
    cells = public_facts(hexagons(1, rings=1), 1).cells
    good = flat_map(cells, 0, -90.0)
    wrong = {
        "a metre away": dataclasses.replace(good, x_m=good.x_m + 1.0),
        "another carrier": dataclasses.replace(good, carrier_ghz=2.1),
        "other pixels": dataclasses.replace(
            good, gain_db=good.gain_db[:, 1:], present=good.present[:, 1:]
        ),
    }
    assert int(radio_maps_of(cells, GRID, [good]).number[0]) == 0
    for one in wrong.values():
        with pytest.raises(ScenarioError, match="fits no antenna"):
            radio_maps_of(cells, GRID, [one])


@pytest.mark.parametrize(
    "change",
    [{"step_m": 0.0}, {"rows": 1}, {"level_m": ()}, {"level_m": (3.0, 1.5)}],
    ids=str,
)
def test_a_grid_that_is_none_is_refused(change):
    with pytest.raises(ScenarioError, match="is no grid"):
        dataclasses.replace(GRID, **change)
