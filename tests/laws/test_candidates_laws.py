"""Do a few candidates tell each user what all cells together would have told?"""

import dataclasses
import functools
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.network.bins import bins_of
from gemel.network.candidates import (
    LIKE_DB,
    Candidates,
    Places,
    find_candidates,
    refresh,
)
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.line_of_sight import ByChance
from gemel.network.path_gain import Mast, Propagation, carrier_of, way_gain_db
from gemel.radio.antenna import SectorPattern
from gemel.radio.propagation import UrbanMacro
from gemel.radio.shadowing import CorrelatedField
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts

USERS, LAYERS, K = 48, 2, 5
MOVERS, BUDGET = 30, 10
SIDE_LOBE_DB, FRONT_TO_BACK_DB = 20.0, 25.0  # what the candidates' antennas have
# Two compilations of one formula in float32: levels near 100 dB have steps of 8e-6 dB,
# and a dozen operations add up.
ROUNDING_DB = 2e-4

find = eqx.filter_jit(find_candidates)
again = eqx.filter_jit(refresh)


class World(NamedTuple):
    propagation: Propagation
    cells: Cells
    controls: Controls
    places: Places


@functools.cache
def world() -> World:
    """Seven sites; a mast is never nearer to a user than 60 m."""
    facts = public_facts(hexagons(1, rings=1), 1)
    propagation = dataclasses.replace(facts.propagation, k=K)
    rng = np.random.default_rng(2)
    place_m = np.full((4 * USERS, 3), 1.5)
    place_m[:, :2] = rng.uniform(-800.0, 800.0, (4 * USERS, 2))
    mast_m = np.asarray(facts.cells.head_m)[:, :2]
    away_m = np.hypot(*(place_m[:, None, :2] - mast_m).T).T.min(1)
    place_m = place_m[away_m > 60.0][:USERS]
    assert len(place_m) == USERS
    indoor = np.arange(USERS) % 3 == 0
    wall_db = indoor[:, None] * rng.uniform(5.0, 30.0, (USERS, LAYERS))
    places = Places(
        jnp.asarray(place_m, jnp.float32),
        jnp.asarray(indoor),
        jnp.asarray(wall_db, jnp.float32),
    )
    return World(propagation, facts.cells, facts.controls, places)


@eqx.filter_jit
def every_gain_db(world: World):
    """[user cell]: every path with every antenna, the slow way."""
    propagation, cells, controls, places = world
    # Gain, width and height of the lobe at 0.7 and at 3.5 GHz.
    usual = jnp.array([15.0, 23.0]), jnp.array([65.0, 65.0]), jnp.array([10.0, 20.0])
    heads, sectors = cells.head_cell.shape
    owner = jnp.repeat(jnp.arange(heads, dtype=jnp.int32), sectors)
    head_of = jnp.zeros_like(cells.layer).at[cells.head_cell.reshape(-1)].set(owner)

    def one(user_m, indoor, wall_db, cell):
        layer = cells.layer[cell]
        gain_dbi, wide_deg, high_deg = (leaf[layer] for leaf in usual)
        pattern = SectorPattern(
            gain_dbi, wide_deg, high_deg, SIDE_LOBE_DB, FRONT_TO_BACK_DB
        )
        head = head_of[cell]
        mast = Mast(head, cells.head_site[head], cells.head_m[head])
        path_db = way_gain_db(
            propagation, carrier_of(cells, layer), user_m, indoor, mast
        )
        offset_m = user_m - cells.position_m[cell]
        antenna_db = pattern.gain_db(
            offset_m,
            cells.azimuth_deg[cell] + controls.azimuth_turn_deg[cell],
            controls.tilt_deg[cell],
        )
        return path_db + antenna_db - wall_db[layer]

    each_cell = jax.vmap(one, (None, None, None, 0))
    each_user = jax.vmap(each_cell, (0, 0, 0, None))
    number = jnp.arange(cells.layer.size)
    return each_user(places.position_m, places.indoor, places.penetration_db, number)


def turned(luck: int, spread_db: float) -> World:
    """The world with powers, tilts and azimuths of its own."""
    rng = np.random.default_rng(luck)
    now = world().controls

    def moved(value, spread):
        by = jnp.asarray(spread * rng.normal(size=value.shape), jnp.float32)
        return value + by

    controls = eqx.tree_at(
        lambda c: (c.power_dbm, c.tilt_deg, c.azimuth_turn_deg),
        now,
        (
            moved(now.power_dbm, spread_db),
            moved(now.tilt_deg, 2.0),
            moved(now.azimuth_turn_deg, 10.0),
        ),
    )
    return world()._replace(controls=controls)


def level_dbm(controls: Controls, candidates: Candidates) -> np.ndarray:
    return np.asarray(controls.power_dbm[candidates.cell] + candidates.gain_db)


@given(st.integers(0, 2**31 - 1), st.floats(0.0, 10.0))
def test_the_strongest_are_those_of_a_search_through_all(luck, spread_db):
    turned_world = turned(luck, spread_db)
    found = find(*turned_world)
    gain_db = np.asarray(every_gain_db(turned_world))
    everything_dbm = gain_db + np.asarray(turned_world.controls.power_dbm)
    cell, layer = np.asarray(found.cell), np.asarray(world().cells.layer)
    by_name_db = np.take_along_axis(gain_db, cell.reshape(USERS, -1), 1)
    assert np.abs(by_name_db.reshape(cell.shape) - found.gain_db).max() < ROUNDING_DB
    kept_dbm = level_dbm(turned_world.controls, found)
    for number in range(LAYERS):
        assert (layer[cell[:, number]] == number).all()
        of_layer_dbm = -np.sort(-everything_dbm[:, layer == number], axis=1)
        strongest_dbm = of_layer_dbm[:, :K]
        apart_db = np.abs(kept_dbm[:, number] - strongest_dbm).max()
        assert apart_db < LIKE_DB + 2 * ROUNDING_DB
        rest_mw = (10.0 ** (of_layer_dbm[:, K:] / 10.0)).sum(1)
        # Who changes places with somebody as strong at the edge takes that difference
        # along; the rounding of levels in decibels is 5e-5 of a power.
        alike = 0.2303 * LIKE_DB * 10.0 ** (strongest_dbm[:, -1] / 10.0)
        wrong_mw = np.abs(found.tail_mw[:, number] - rest_mw)
        assert (wrong_mw <= 2e-4 * rest_mw + alike).all()


def test_nothing_is_as_large_as_users_by_cells():
    found = find(*world())
    shapes = [leaf.shape for leaf in jax.tree.leaves(found)]
    assert shapes == [(USERS, LAYERS, K)] * 2 + [(USERS, LAYERS), (USERS, 3)]


def test_working_memory_depends_on_the_batch_and_not_on_the_users():
    def temporary_bytes(users: int) -> int:
        def sized(leaf):
            return jax.ShapeDtypeStruct((users, *leaf.shape[1:]), leaf.dtype)

        propagation, cells, controls, places = world()
        numbers, rest = eqx.partition(propagation, eqx.is_array)

        def small_batches(numbers, cells, controls, places):
            whole = eqx.combine(numbers, rest)
            return find_candidates(whole, cells, controls, places, batch=16)

        many = jax.tree.map(sized, places)
        lowered = jax.jit(small_batches).lower(numbers, cells, controls, many)
        analysis = lowered.compile().memory_analysis()
        assert analysis is not None
        return analysis.temp_size_in_bytes

    few, many = 160, 1_600
    candidates_bytes = LAYERS * (8 * K + 4) + 12
    grown_bytes = temporary_bytes(many) - temporary_bytes(few)
    # Room for a second copy of the results and of the places, not for a user's heads.
    assert grown_bytes <= (many - few) * 2 * (candidates_bytes + 4 * (4 + LAYERS))


def test_who_renumbers_users_renumbers_answers():
    order = np.random.default_rng(4).permutation(USERS)
    propagation, cells, controls, places = world()
    plain = find(propagation, cells, controls, places)
    mixed = jax.tree.map(lambda leaf: leaf[order], places)
    shuffled = find(propagation, cells, controls, mixed)
    assert (shuffled.cell == plain.cell[order]).all()
    assert np.abs(shuffled.gain_db - plain.gain_db[order]).max() < ROUNDING_DB


def calm(seen: bool) -> tuple[CorrelatedField, ByChance]:
    """No shadows; and everybody sees every antenna, or nobody any."""
    shadow = world().propagation.shadow
    assert shadow is not None
    flat = jnp.zeros_like(shadow.texture)
    sure = jnp.full_like(flat, -9.0 if seen else 9.0)
    return CorrelatedField(flat), ByChance(CorrelatedField(sure), UrbanMacro())


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("shift_m", [(4_096.0, -2_048.0), (-777.5, 6_543.25)])
def test_moving_the_whole_world_changes_nothing(seen, shift_m):
    _, cells, controls, places = world()
    shadow, sight = calm(seen)

    def found(shift_m):
        by_m = jnp.asarray([[*shift_m, 0.0]])
        there = eqx.tree_at(
            lambda c: (c.position_m, c.head_m),
            cells,
            (cells.position_m + by_m, cells.head_m + by_m),
        )
        bins = bins_of(there, UrbanMacro(), controls, near=8)
        propagation = Propagation(UrbanMacro(), sight, shadow, bins, K)
        moved = eqx.tree_at(lambda p: p.position_m, places, places.position_m + by_m)
        return find(propagation, there, controls, moved)

    here, there = found((0.0, 0.0)), found(shift_m)
    # Beyond 4 km a float32 metre has steps of 0.5 mm. From a mast 60 m away that is
    # 5e-4 degrees, and the steepest flank of a lobe, 8 degrees wide and cut at 20 dB,
    # loses 2 · sqrt(12 · 20) / 8 = 4 dB a degree.
    apart_dbm = level_dbm(controls, there) - level_dbm(controls, here)
    assert np.abs(apart_dbm).max() < 4 * 2 * 5e-4
    assert np.allclose(there.tail_mw, here.tail_mw, rtol=2e-3)


def walked(by_m: np.ndarray) -> Places:
    places = world().places
    east_m = places.position_m[:, 0] + jnp.asarray(by_m, jnp.float32)
    moved_m = places.position_m.at[:, 0].set(east_m)
    return eqx.tree_at(lambda p: p.position_m, places, moved_m)


def renewed(places: Places, candidates: Candidates) -> Candidates:
    propagation, cells, controls, _ = world()
    return again(propagation, cells, controls, places, candidates, MOVERS, BUDGET)


def rows(candidates: Candidates, who) -> list[np.ndarray]:
    return [np.asarray(leaf)[who] for leaf in jax.tree.leaves(candidates)]


def same(one: Candidates, other: Candidates, who) -> bool:
    pairs = zip(rows(one, who), rows(other, who), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@given(st.permutations(range(MOVERS)))
def test_a_refresh_is_for_those_who_moved_most(order):
    far, others = np.array(order[:BUDGET]), np.array(order[BUDGET:])
    by_m = np.zeros(USERS)
    by_m[far] = 50.0 + np.arange(BUDGET)
    by_m[others] = 40.0 * np.arange(len(others)) / len(others)
    by_m[MOVERS:] = 500.0  # further, but not among the movers
    places, old = walked(by_m), find(*world())
    new = renewed(places, old)
    untouched = np.setdiff1d(np.arange(USERS), far)
    assert same(new, old, untouched)
    fresh = find(*world()._replace(places=places))
    assert np.array_equal(new.refreshed_m[far], places.position_m[far])
    assert (np.asarray(new.cell)[far] == np.asarray(fresh.cell)[far]).all()
    off_db = np.asarray(new.gain_db)[far] - np.asarray(fresh.gain_db)[far]
    assert np.abs(off_db).max() < ROUNDING_DB


def test_nobody_who_moved_is_forgotten():
    """Three refreshes of ten reach all thirty, though nobody stands out."""
    places, now = walked(np.full(USERS, 70.0)), find(*world())
    for _ in range(MOVERS // BUDGET):
        now = renewed(places, now)
    assert np.array_equal(now.refreshed_m[:MOVERS], places.position_m[:MOVERS])


def test_who_returns_finds_the_same_candidates():
    home = world().places
    by_m = np.where(np.arange(USERS) < BUDGET, 300.0, 0.0)
    first = renewed(home, find(*world()))
    away = renewed(walked(by_m), first)
    assert not same(away, first, np.arange(BUDGET))
    back = renewed(home, away)
    assert same(back, renewed(home, first), np.arange(BUDGET))
    assert np.abs(back.gain_db - first.gain_db).max() < ROUNDING_DB
    assert (back.cell == first.cell).all()
