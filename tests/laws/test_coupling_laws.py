"""Is there one load for every demand, found from anywhere, and are its slopes right?"""

import functools
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.network.association import Served, associate
from gemel.network.candidates import Places, find_candidates
from gemel.network.controls import Controls
from gemel.network.coupling import MOST_ROUNDS, RESIDUAL, rounds_to_settle, settle_load
from gemel.network.own_layer import own_layer
from gemel.network.simulator import Network, Users
from gemel.network.surroundings import Still
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts

USERS = 120
CELLS = 42  # seven sites, two carriers, three sectors
# Sums of a few dozen float32 numbers, and a logarithm near one: 1e-6 each.
ROUNDING = 2e-5
# Near its fixed point F contracts by this factor or better (tested below), so that a
# search ends within residual · q / (1 - q) of it.
CONTRACTION = 2 / 3
ERROR = CONTRACTION / (1 - CONTRACTION)


class Town(NamedTuple):
    network: Network
    controls: Controls
    users: Users
    served: Served


@functools.cache
def town() -> Town:
    """Seven sites and people all over them, each served once and for all."""
    facts = public_facts(hexagons(1, rings=1), 1)
    rng = np.random.default_rng(5)
    place_m = np.full((USERS, 3), 1.5)
    place_m[:, :2] = rng.uniform(-700.0, 700.0, (USERS, 2))
    places = Places(
        jnp.asarray(place_m, jnp.float32),
        jnp.zeros(USERS, bool),
        jnp.zeros((USERS, 2)),
    )
    cells, controls = facts.cells, facts.controls
    find = eqx.filter_jit(find_candidates)
    candidates = find(facts.propagation, cells, controls, places)
    nobody = jnp.full(USERS, -1, jnp.int32)
    ones = jnp.ones(CELLS)
    network = Network(cells, facts.propagation, Still(), ones, ones)
    users = Users(places, candidates, jnp.ones(USERS), jnp.ones(USERS), nobody)
    return Town(
        network, controls, users, associate(cells, candidates, controls, nobody)
    )


def map_of(town: Town, demand_bps, power_dbm):
    """F of the town: serving cells stay, demand and power are as given."""
    controls = eqx.tree_at(lambda c: c.power_dbm, town.controls, power_dbm)
    users = town.users
    candidates, ones = users.candidates, users.weight
    layer = own_layer(
        town.network.cells, candidates, town.served, controls, demand_bps, ones
    )
    return layer.next_load


@eqx.filter_jit
def once(town: Town, demand_bps, power_dbm, load):
    return map_of(town, demand_bps, power_dbm)(load)


@eqx.filter_jit
def rounds(town: Town, demand_bps, power_dbm, start, residual):
    return rounds_to_settle(map_of(town, demand_bps, power_dbm), start, residual)


@eqx.filter_jit
def coupling(town: Town, demand_bps, power_dbm, load):
    return jax.jacfwd(map_of(town, demand_bps, power_dbm))(load)


def settled(demand_bps, power_dbm, start, residual=RESIDUAL):
    load, count, change = rounds(town(), demand_bps, power_dbm, start, residual)
    assert count < MOST_ROUNDS
    assert change <= residual
    return np.asarray(load)


def draw(luck: int, bps: float, spread_db: float):
    """Demands around a level, and powers around those of the plan."""
    rng = np.random.default_rng(luck)
    demand_bps = bps * rng.exponential(size=USERS)
    power_dbm = town().controls.power_dbm
    shift_db = jnp.asarray(spread_db * rng.normal(size=CELLS), jnp.float32)
    return jnp.asarray(demand_bps, jnp.float32), power_dbm + shift_db, rng


def loads(rng: np.random.Generator):
    return jnp.asarray(rng.random(CELLS), jnp.float32)


# From a town that is idle to one that wants a hundred times what it can carry.
levels_bps = st.floats(4.0, 9.0).map(lambda exponent: 10.0**exponent)
lucks = st.integers(0, 2**31 - 1)
spreads_db = st.floats(0.0, 6.0)


@given(lucks, levels_bps, spreads_db)
def test_one_load_from_wherever_the_search_begins(luck, bps, spread_db):
    demand_bps, power_dbm, rng = draw(luck, bps, spread_db)
    starts = (jnp.zeros(CELLS), jnp.ones(CELLS), loads(rng))
    found = [settled(demand_bps, power_dbm, start) for start in starts]
    for load in found:
        assert load.min() >= 0.0
        assert load.max() <= 1.0
        # Two searches, each with its own error.
        assert np.abs(load - found[0]).max() <= 2 * ERROR * RESIDUAL


@pytest.mark.parametrize("exponent", np.arange(5.0, 9.01, 0.25))
def test_every_demand_settles_long_before_the_last_round(exponent):
    """Also where some cells are full and others about to be: the slowest case."""
    demand_bps, power_dbm, _ = draw(1, 10.0**exponent, 0.0)
    for start in (jnp.zeros(CELLS), jnp.ones(CELLS)):
        _, count, _ = rounds(town(), demand_bps, power_dbm, start, RESIDUAL)
        # A larger network couples more strongly: half the rounds are its reserve.
        assert 2 * int(count) < MOST_ROUNDS


@pytest.mark.parametrize("exponent", np.arange(5.0, 9.01, 0.25))
def test_every_round_brings_the_load_closer(exponent):
    demand_bps, power_dbm, _ = draw(1, 10.0**exponent, 0.0)
    load = jnp.asarray(settled(demand_bps, power_dbm, jnp.zeros(CELLS)))
    matrix = np.asarray(coupling(town(), demand_bps, power_dbm, load))
    assert np.abs(np.linalg.eigvals(matrix)).max() <= CONTRACTION


def test_the_demands_tried_reach_from_idle_to_overload():
    """Else the laws above would hold for want of coupling."""
    seen = []
    for bps in (1e5, 1e7, 1e9):
        demand_bps, power_dbm, _ = draw(1, bps, 0.0)
        seen.append(settled(demand_bps, power_dbm, jnp.zeros(CELLS)))
    idle, busy, full = seen
    assert 0.0 < idle.max() < 0.1
    assert ((busy > 0.1) & (busy < 1.0)).any()
    serving = np.unique(np.asarray(town().served.cell))
    assert (full[serving] == 1.0).all()


@given(lucks, levels_bps, spreads_db)
def test_more_load_elsewhere_never_lowers_a_load(luck, bps, spread_db):
    demand_bps, power_dbm, rng = draw(luck, bps, spread_db)
    lower = loads(rng)
    higher = lower + (1.0 - lower) * loads(rng)
    less = np.asarray(once(town(), demand_bps, power_dbm, lower))
    more = np.asarray(once(town(), demand_bps, power_dbm, higher))
    assert (less <= more * (1.0 + ROUNDING)).all()


@given(lucks, levels_bps, spreads_db, st.floats(1.0, 20.0, width=32))
def test_scaling_every_load_scales_no_load_by_more(luck, bps, spread_db, factor):
    """Scalability of a standard interference function: F(ax) <= a F(x) for a > 1."""
    demand_bps, power_dbm, rng = draw(luck, bps, spread_db)
    load = loads(rng)
    plain = np.asarray(once(town(), demand_bps, power_dbm, load))
    scaled = np.asarray(once(town(), demand_bps, power_dbm, factor * load))
    assert (scaled <= factor * plain * (1.0 + ROUNDING)).all()


@given(lucks, levels_bps, spreads_db)
def test_more_demand_never_lowers_any_load(luck, bps, spread_db):
    demand_bps, power_dbm, rng = draw(luck, bps, spread_db)
    growth = jnp.asarray(1.0 + rng.exponential(size=USERS), jnp.float32)
    close = 1e-5
    less = settled(demand_bps, power_dbm, jnp.zeros(CELLS), close)
    more = settled(demand_bps * growth, power_dbm, jnp.zeros(CELLS), close)
    assert (less <= more + ERROR * close + ROUNDING).all()


@given(lucks, spreads_db)
def test_a_cell_without_demand_carries_nothing(luck, spread_db):
    _, power_dbm, _ = draw(luck, 1.0, spread_db)
    assert (settled(jnp.zeros(USERS), power_dbm, jnp.ones(CELLS)) == 0.0).all()


@eqx.filter_jit
def slopes(town: Town, demand_bps, power_dbm, weight, direction, step):
    """Slope of a mean of the settled load: in reverse, forwards, by differences."""

    def value(demand_bps, power_dbm):
        start = jnp.zeros(CELLS, demand_bps.dtype)
        load = settle_load(map_of(town, demand_bps, power_dbm), start, 0.0)
        return (weight * load).sum()

    at = demand_bps, power_dbm
    reverse = jax.grad(value, (0, 1))(*at)
    there = sum(
        (slope * way).sum() for slope, way in zip(reverse, direction, strict=True)
    )
    _, forwards = jax.jvp(value, at, direction)

    def beside(sign):
        moved = (x + sign * step * d for x, d in zip(at, direction, strict=True))
        return value(*moved)

    return there, forwards, (beside(1.0) - beside(-1.0)) / (2.0 * step)


@pytest.mark.parametrize("bps", [1e5, 3e6, 1e7, 1e8])
@pytest.mark.parametrize("turned", ["demand", "power"])
def test_slopes_of_the_settled_load_are_those_of_small_differences(bps, turned):
    """In float64, which differences need; serving cells held fixed."""
    demand_bps, power_dbm, rng = draw(3, bps, 2.0)
    with jax.enable_x64(True):

        def wide(leaf):
            is_float = eqx.is_inexact_array(leaf)
            return leaf.astype(jnp.float64) if is_float else leaf

        demand_bps, power_dbm = wide(demand_bps), wide(power_dbm)
        shares = jnp.asarray(rng.random(USERS))
        more_bps = shares * demand_bps * float(turned == "demand")
        more_db = jnp.asarray(rng.normal(size=CELLS)) * float(turned == "power")
        reverse, forwards, differences = slopes(
            jax.tree.map(wide, town()),
            demand_bps,
            power_dbm,
            jnp.asarray(rng.random(CELLS)),
            (more_bps, more_db),
            1e-5,
        )
        assert abs(float(differences)) > 1e-6  # far above what the last line forgives
        assert float(forwards) == pytest.approx(float(reverse), rel=1e-9)
        # Sixty rounds leave (2/3)^60 = 3e-11 of the load and forty (2/3)^40 = 1e-7 of
        # the slope. Differences err by the step squared, 1e-10, and by the rounding of
        # a sum of 42 loads over the step, 42 · 1e-16 / 1e-5 = 4e-10.
        close = pytest.approx(float(differences), rel=1e-6, abs=1e-9)
        assert float(reverse) == close


def test_slopes_of_a_strong_coupling_are_those_of_the_inverse_matrix():
    """A ring in which every cell feels its two neighbours as much as F ever does."""
    ring = np.roll(np.eye(CELLS), 1, axis=0) + np.roll(np.eye(CELLS), -1, axis=0)
    matrix = CONTRACTION / 2 * ring
    rng = np.random.default_rng(6)
    weight, own = rng.random(CELLS), 0.3 * rng.random(CELLS)

    def value(own):
        felt = jnp.asarray(matrix, jnp.float32)
        load = settle_load(lambda load: own + felt @ load, jnp.zeros(CELLS))
        return (jnp.asarray(weight, jnp.float32) * load).sum()

    slope = jax.jit(jax.grad(value))(jnp.asarray(own, jnp.float32))
    expected = np.linalg.solve(np.eye(CELLS) - matrix.T, weight)
    # Forty rounds leave (2/3)^40 = 1e-7, as float32 does of every sum.
    assert np.allclose(slope, expected, rtol=1e-5)
