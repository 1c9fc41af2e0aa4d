"""Do the states of power keep books, whatever the order to sleep and the tick?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.emulator.power.rules import CATEGORIES, PowerRules, power_rules
from gemel.emulator.power.states import (
    ACTIVE,
    DEEP,
    PowerState,
    power_state_of,
    power_step,
)
from gemel.errors import ScenarioError
from gemel.network.carriers import Carriers, carriers_of
from gemel.network.energy import ALWAYS_ON_SYMBOLS, power_w, transition_j
from gemel.world.inventory import PlannedCell

KEYS = ((0.7, 10.0), (2.1, 20.0), (3.5, 100.0), (26.0, 100.0))
CELLS = len(KEYS)
step = jax.jit(power_step, static_argnames="tick_ms")
# Sums of up to a few thousand ticks in float32 (here added up in float64).
RELATIVE = 1e-5


def radio() -> Carriers:
    return carriers_of(
        tuple(
            PlannedCell(f"{ghz}", "S", 0.0, 0.0, 25.0, 0.0, 5.0, 49.0, ghz, mhz)
            for ghz, mhz in KEYS
        )
    )


def full(value: float) -> jax.Array:
    return jnp.full(CELLS, value, jnp.float32)


def live(
    rules: PowerRules,
    state: PowerState,
    orders: list[bool],
    load: float,
    tick_ms: int,
) -> tuple[PowerState, np.ndarray, np.ndarray]:
    """The last state, joules of every cell, and who was on the air after each tick."""
    joules, heard = np.zeros(CELLS), []
    sending = full(load * (1.0 - ALWAYS_ON_SYMBOLS))
    for awake in orders:
        wanted = jnp.full(CELLS, awake)
        state, energy_j, on_air = step(
            rules, state, wanted, sending, full(1.0), full(load), tick_ms
        )
        joules += np.asarray(energy_j, np.float64)
        heard.append(np.asarray(on_air))
    return state, joules, np.stack(heard)


@pytest.mark.parametrize("tick_ms", [40, 100, 7])
@pytest.mark.parametrize("load", [0.0, 0.3, 1.0])
def test_a_cell_awake_draws_what_it_draws_at_the_tempo_of_flows(tick_ms, load):
    """At the same load of the blocks, sent over the whole band."""
    awake = jnp.ones(CELLS, bool)
    rules = power_rules(radio())
    _, joules, _ = live(rules, power_state_of(awake), [True] * 20, load, tick_ms)
    usual = power_w(radio(), full(load), awake) * (20 * tick_ms * 1e-3)
    np.testing.assert_allclose(joules, usual, rtol=RELATIVE)


def test_an_hour_with_a_nap_draws_what_it_draws_at_the_tempo_of_flows():
    """Flows know neither notice nor the ways: of 600 s asleep that is 1 s awake."""
    awake = jnp.ones(CELLS, bool)
    orders = [True] * 300 + [False] * 600 + [True] * 300
    rules = power_rules(radio())
    state, joules, _ = live(rules, power_state_of(awake), orders, 0.0, 1_000)
    idle_w, asleep_w = (
        power_w(radio(), full(0.0), awake),
        power_w(radio(), full(0.0), ~awake),
    )
    usual = 600 * idle_w + 600 * asleep_w + transition_j(radio())
    np.testing.assert_allclose(joules, usual, rtol=0.01)
    assert (state.phase == ACTIVE).all()


def test_spreading_the_same_load_over_more_symbols_costs_more():
    """A of the power is spent however few blocks are sent at once."""
    rules, awake = power_rules(radio()), jnp.ones(CELLS, bool)
    begin = power_state_of(awake)
    _, dense, _ = step(rules, begin, awake, full(0.3), full(1.0), full(0.0), 100)
    _, thin, _ = step(rules, begin, awake, full(0.6), full(0.5), full(0.0), 100)
    assert (thin > dense).all()


@given(
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.sampled_from(CATEGORIES),
    st.sampled_from([0, 30, 450]),
    st.sampled_from([0, 200, 1_000]),
)
def test_the_length_of_a_tick_changes_no_bill(orders, category, hold_ms, notice_ms):
    """An idle cell costs the same lived in ticks of 600, 100 and 40 ms."""
    rules = power_rules(radio(), category, hold_ms, notice_ms)
    begin = power_state_of(jnp.ones(CELLS, bool))
    bills, ends = [], []
    for tick_ms in (600, 100, 40):
        finer = [order for order in orders for _ in range(600 // tick_ms)]
        state, joules, _ = live(rules, begin, finer, 0.0, tick_ms)
        bills.append(joules)
        ends.append(np.asarray(state.phase))
    np.testing.assert_allclose(bills[1], bills[0], rtol=1e-4)
    np.testing.assert_allclose(bills[2], bills[0], rtol=1e-4)
    np.testing.assert_array_equal(ends[1], ends[0])
    np.testing.assert_array_equal(ends[2], ends[0])


@given(st.lists(st.booleans(), min_size=20, max_size=20), st.sampled_from(CATEGORIES))
def test_no_tick_is_dearer_than_full_power_or_cheaper_than_deep_sleep(orders, category):
    rules = power_rules(radio(), category, hold_ms=70, notice_ms=300)
    state, phases = power_state_of(jnp.ones(CELLS, bool)), []
    for order in orders:
        wanted = jnp.full(CELLS, order)
        state, energy_j, on_air = step(
            rules, state, wanted, full(0.93), full(1.0), full(1.0), 100
        )
        units = np.asarray(energy_j / rules.watts_per_unit) * 10.0
        assert (units >= np.asarray(rules.deep) * (1 - RELATIVE)).all()
        # The extra energy of at most two ways may begin in one tick of 100 ms.
        most = rules.downlink + rules.uplink + 20.0 * rules.deep_unit_ms
        assert (units <= np.asarray(most)).all()
        assert (state.remaining_ms >= 0).all()
        np.testing.assert_array_equal(on_air, state.on_air)
        phases.append(np.asarray(state.phase))
    assert len(np.unique(phases)) > 1 or all(orders)


@pytest.mark.parametrize("tick_ms", [40, 100])
def test_users_have_notice_before_a_cell_falls_asleep(tick_ms):
    rules = power_rules(radio(), notice_ms=1_000)
    state = power_state_of(jnp.ones(CELLS, bool))
    wanted, ticks = jnp.zeros(CELLS, bool), 1_000 // tick_ms
    for number in range(ticks + 2):
        state, _, on_air = step(
            rules, state, wanted, full(0.0), full(0.0), full(0.0), tick_ms
        )
        assert bool(on_air.all()) == (number + 1 < ticks), number
        assert bool(state.leaving.all()) == (number + 1 < ticks)


def test_a_change_of_mind_within_the_notice_costs_nothing():
    rules = power_rules(radio(), notice_ms=1_000)
    begin = power_state_of(jnp.ones(CELLS, bool))
    changed = live(rules, begin, [True] * 5 + [False] * 9 + [True] * 6, 0.2, 100)
    stayed = live(rules, begin, [True] * 20, 0.2, 100)
    np.testing.assert_array_equal(changed[1], stayed[1])
    assert changed[2].all() and (changed[0].phase == ACTIVE).all()


@pytest.mark.parametrize(("category", "ticks"), [(1, 1), (2, 50)])
def test_waking_takes_its_time(category, ticks):
    """25 ms are over within a tick of 100; five seconds take fifty of them."""
    rules = power_rules(radio(), category)
    asleep = power_state_of(jnp.zeros(CELLS, bool))
    _, _, heard = live(rules, asleep, [True] * (ticks + 1), 0.0, 100)
    assert not heard[: ticks - 1].any() and heard[ticks - 1 :].all()


def test_a_broken_cell_is_gone_at_once_and_its_neighbours_are_not():
    rules, awake = power_rules(radio()), jnp.ones(CELLS, bool)
    broken = jnp.array([True, False, False, False])
    state = power_state_of(awake)
    args = (awake, full(0.5), full(1.0), full(0.5), 100)
    struck, energy_j, on_air = step(rules, state, *args, broken=broken)
    whole, usual_j, _ = step(rules, state, *args)
    assert not on_air[0] and on_air[1:].all()
    np.testing.assert_array_equal(energy_j[1:], usual_j[1:])
    np.testing.assert_allclose(
        energy_j[0], 0.1 * rules.deep[0] * rules.watts_per_unit[0], rtol=RELATIVE
    )
    assert int(struck.phase[0]) == DEEP and bool((whole.phase == ACTIVE).all())
    mended, _, on_air = step(rules, struck, *args)
    assert on_air.all() and (mended.phase == ACTIVE).all()


def test_no_fault_is_as_no_argument():
    rules, awake = power_rules(radio()), jnp.ones(CELLS, bool)
    args = (awake, full(0.5), full(1.0), full(0.5), 100)
    one = step(rules, power_state_of(awake), *args)
    other = step(rules, power_state_of(awake), *args, broken=~awake)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"category": 3}, "category 3"),
        ({"hold_ms": -1}, "hold_ms"),
        ({"notice_ms": -5}, "notice_ms"),
    ],
)
def test_rules_that_cannot_be_are_refused(wrong, said):
    with pytest.raises(ScenarioError, match=said):
        power_rules(radio(), **wrong)
