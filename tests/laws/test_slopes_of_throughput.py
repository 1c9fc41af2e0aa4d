"""Is the slope of throughput in tilt and power what small differences say?

Serving cells and lines of sight stay what they are: a step of a thousandth of a degree
or decibel moves neither. In float64, which differences need.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gemel.network.candidates import Places, find_candidates
from gemel.network.controls import Controls
from gemel.network.simulator import Network, State, Users, settle
from gemel.network.surroundings import Still
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import PublicFacts, public_facts

USERS, CELLS = 60, 42
STEP = 1e-4  # degrees and decibels


def wide(tree):
    """The same numbers in float64."""

    def one(leaf):
        is_float = eqx.is_inexact_array(leaf)
        return leaf.astype(jnp.float64) if is_float else leaf

    return jax.tree.map(one, tree)


@functools.cache
def town() -> tuple[PublicFacts, np.ndarray]:
    facts = public_facts(hexagons(1, rings=1), 1)
    rng = np.random.default_rng(5)
    place_m = np.full((USERS, 3), 1.5)
    place_m[:, :2] = rng.uniform(-700.0, 700.0, (USERS, 2))
    return facts, place_m


@eqx.filter_jit
def throughput(network: Network, controls: Controls, places: Places, demand_bps):
    """Its logarithm, user by user: who gets little counts as much as who gets much."""
    candidates = find_candidates(
        network.propagation, network.cells, controls, places, batch=USERS
    )
    nobody = jnp.full(USERS, -1, jnp.int32)
    ones = jnp.ones(USERS, demand_bps.dtype)
    users = Users(places, candidates, demand_bps, ones, nobody)
    nothing = jnp.zeros(CELLS, demand_bps.dtype)
    state = State(users, nobody, nothing, controls.awake)
    step_s = jnp.asarray(60.0, demand_bps.dtype)
    after, _, felt = settle(network, state, controls, step_s, 0.0)
    return jnp.log(jnp.maximum(felt.throughput_bps, 1.0)).sum(), (
        after.serving,
        candidates.cell,
    )


def turned(controls: Controls, tilt_deg, power_dbm) -> Controls:
    return eqx.tree_at(
        lambda c: (c.tilt_deg, c.power_dbm),
        controls,
        (controls.tilt_deg + tilt_deg, controls.power_dbm + power_dbm),
    )


@pytest.mark.parametrize("knob", ["tilt_deg", "power_dbm"])
@given(luck=st.integers(0, 2**31 - 1), busy=st.sampled_from([0.3, 1.0, 3.0]))
def test_slopes_are_those_of_small_differences(knob, luck, busy):
    facts, place_m = town()
    rng = np.random.default_rng(luck)
    with jax.enable_x64(True):
        ones = jnp.ones(CELLS)
        network = wide(Network(facts.cells, facts.propagation, Still(), ones, ones))
        controls = wide(facts.controls)
        places = Places(
            jnp.asarray(place_m), jnp.zeros(USERS, bool), jnp.zeros((USERS, 2))
        )
        demand_bps = jnp.asarray(busy * 4e6 * rng.random(USERS))
        start = turned(
            controls,
            jnp.asarray(rng.normal(size=CELLS)),
            jnp.asarray(rng.normal(size=CELLS)),
        )
        way = jnp.asarray(rng.normal(size=CELLS))
        none = jnp.zeros(CELLS)

        def along(sign):
            moved = {"tilt_deg": none, "power_dbm": none, knob: sign * way}
            return throughput(network, turned(start, **moved), places, demand_bps)

        slope, chosen = jax.grad(lambda s: along(s), has_aux=True)(jnp.asarray(0.0))
        (up, there), (down, here) = along(STEP), along(-STEP)
    # Where somebody changes cells in between there is no slope to compare, nor where
    # another cell becomes his twelfth, and the one that was so goes into the sum.
    assume(eqx.tree_equal(there, here) and eqx.tree_equal(there, chosen))
    difference = float(up - down) / (2.0 * STEP)
    # Curvature times the step squared, and rounding of sixty logarithms over the step.
    assert float(slope) == pytest.approx(difference, rel=1e-4, abs=1e-6)
    assert abs(difference) > 1e-4  # else anything would agree
