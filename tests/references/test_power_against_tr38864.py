"""Do the states of power cost what 3GPP TR 38.864 (V18.1.0) says, category by category?

Numbers were worked out by hand from tables 5.1-3 (powers), 5.1-4 (ways down and up
together, ms) and 5.1-5 (extra energy, relative power × ms).
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.power.rules import CATEGORIES, PowerRules, listed, power_rules
from gemel.emulator.power.states import PowerState, power_state_of, power_step
from gemel.network.carriers import BANDS, Carriers, carriers_of
from gemel.network.energy import DEEP_SLEEP, DEEP_TRANSITION_UNIT_S
from gemel.world.inventory import PlannedCell

# Sums of a few hundred thousand unit × ms in float32.
RELATIVE = 1e-5
KEYS = ((0.7, 10.0), (2.1, 20.0), (3.5, 100.0), (26.0, 100.0))
SETS = (2, 2, 1, 3)
step = jax.jit(power_step, static_argnames="tick_ms")


def radio() -> Carriers:
    """Four cells, each with the carrier of its own."""
    return carriers_of(
        tuple(
            PlannedCell(f"{ghz}", "S", 0.0, 0.0, 25.0, 0.0, 5.0, 49.0, ghz, mhz)
            for ghz, mhz in KEYS
        )
    )


def live(
    rules: PowerRules, state: PowerState, awake: bool, for_ms: int, tick_ms: int = 100
) -> tuple[PowerState, np.ndarray]:
    """Idle for a while: the state after it, and the unit × ms drawn."""
    none, wanted = jnp.zeros(4), jnp.full(4, awake)
    total = np.zeros(4)
    for _ in range(for_ms // tick_ms):
        state, energy_j, _ = step(rules, state, wanted, none, none, none, tick_ms)
        total += np.asarray(energy_j / rules.watts_per_unit, np.float64) * 1e3
    return state, total


def test_category_1_is_what_the_carriers_say():
    """The same table stands in the carriers, for the tempo of flows."""
    found = listed()
    for band, number in zip(BANDS, (2, 2, 1, 3), strict=True):
        for state in ("micro", "downlink", "uplink"):
            assert found[f"1.{number}.{state}"] == getattr(band, state)
    rules = power_rules(radio())
    for name in ("micro", "downlink", "uplink", "watts_per_unit"):
        np.testing.assert_array_equal(getattr(rules, name), getattr(radio(), name))
    assert found["1.1.deep"] == DEEP_SLEEP
    assert found["1.deep_extra"] == DEEP_TRANSITION_UNIT_S * 1e3


@pytest.mark.parametrize("category", CATEGORIES)
def test_powers_fall_from_sending_to_deep_sleep(category):
    rules = power_rules(radio(), category)
    falling = (rules.downlink, rules.uplink, rules.micro, rules.light, rules.deep)
    for more, less in itertools.pairwise(falling):
        assert (more > less).all()
    full_w = rules.watts_per_unit * rules.downlink
    np.testing.assert_allclose(
        full_w, power_rules(radio()).downlink * radio().watts_per_unit, rtol=RELATIVE
    )


@pytest.mark.parametrize(
    ("category", "way_ms", "extra"), [(1, 25, 500.0), (2, 5_000, 8_500.0)]
)
def test_a_round_trip_to_deep_sleep(category, way_ms, extra):
    """20 s of it: P1 all along, and both ways' extra energy on top."""
    rules = power_rules(radio(), category, notice_ms=0)
    state, slept = live(rules, power_state_of(jnp.ones(4, bool)), False, 20_000)
    np.testing.assert_allclose(slept, 20_000.0 * 1.0 + extra, rtol=RELATIVE)
    assert not state.on_air.any()
    state, woken = live(rules, state, True, way_ms // 100 * 100 or 25, 25)
    np.testing.assert_allclose(woken, way_ms * 1.0 + extra, rtol=RELATIVE)
    assert state.on_air.all()


@pytest.mark.parametrize(
    ("category", "way_ms", "light", "extra"), [(1, 3, 25.0, 45.0), (2, 320, 2.1, 544.0)]
)
def test_a_round_trip_to_light_sleep(category, way_ms, light, extra):
    """A second of it: P2 all along, and 90 (or 1,088) more for both ways."""
    rules = power_rules(radio(), category, hold_ms=10**6, notice_ms=0)
    state, slept = live(rules, power_state_of(jnp.ones(4, bool)), False, 1_000)
    np.testing.assert_allclose(slept, 1_000.0 * light + extra, rtol=RELATIVE)
    state, woken = live(rules, state, True, way_ms, 1)
    np.testing.assert_allclose(woken, way_ms * light + extra, rtol=RELATIVE)
    assert state.on_air.all()


def test_deep_sleep_by_way_of_light_sleep_costs_the_extra_energy_once():
    """45 + 455 down, 500 up; 3 ms and 200 ms at P2, the rest at P1."""
    rules = power_rules(radio(), hold_ms=200, notice_ms=0)
    state, slept = live(rules, power_state_of(jnp.ones(4, bool)), False, 1_000)
    np.testing.assert_allclose(slept, 500.0 + 203 * 25.0 + 797 * 1.0, rtol=RELATIVE)
    _, woken = live(rules, state, True, 25, 25)
    np.testing.assert_allclose(woken, 500.0 + 25.0, rtol=RELATIVE)


@pytest.mark.parametrize("tick_ms", [40, 100])
def test_sending_by_hand(tick_ms):
    """Half the symbols, half the band: s_f s_p = 0.5, eta 1, bracket 0.7.

    700 MHz: 20 of 52 blocks broadcast in 7 % of symbols, bracket 0.703644;
    3.5 GHz: 20 of 273, bracket 0.457837; 3 of 4 symbols go down, and the fourth
    receives in a fifth of the time.
    """
    rules = power_rules(radio())
    half, fifth = jnp.full(4, 0.5), jnp.full(4, 0.2)
    awake = jnp.ones(4, bool)
    _, energy_j, _ = step(
        rules, power_state_of(awake), awake, half, half, fifth, tick_ms
    )
    units = np.asarray(energy_j / rules.watts_per_unit) * 1e3 / tick_ms
    low = 50 + 150 * (0.07 * 0.703644 + 0.5 * 0.7)
    high = 55 + 0.75 * 225 * (0.07 * 0.457837 + 0.5 * 0.7) + 0.25 * 0.2 * 55
    np.testing.assert_allclose(units[[0, 2]], [low, high], rtol=RELATIVE)
