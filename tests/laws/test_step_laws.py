"""Does a step of network life count rightly, and is the day around it as promised?"""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.emulator.city import City
from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.network.controls import Controls
from gemel.network.counters import MEASUREMENTS, Counters, measurements, zero_counters
from gemel.network.coupling import RESIDUAL
from gemel.network.energy import DEEP_SLEEP, transition_j
from gemel.network.link_rate import LINK_RATES
from gemel.network.simulator import Network, State, step
from gemel.network.surroundings import Still
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts, stand_in_for

CELLS, USERS = 42, 300
EVENING_S = 19.0 * 3_600.0
STEP_S = 60.0
ROUNDING = 2e-5  # sums of a few hundred float32 numbers, 6e-8 each at worst

lucks = st.integers(0, 2**31 - 1)
live = eqx.filter_jit(step)


@functools.cache
def evening() -> tuple[Network, State, Controls]:
    """Seven sites and three hundred people, a fifth of them on the move, all served."""
    plan = dataclasses.replace(hexagons(1, rings=1), users=USERS)
    stand_in = stand_in_for(public_facts(plan, 1), 1, EVENING_S, 1, Secrets())
    network, controls = stand_in.network, stand_in.controls(0)
    state, _, _ = once(network, stand_in.state(0), controls, 0)
    return network, state, controls


def once(network, state, controls, luck: int, seconds: float = STEP_S):
    key = jax.random.key(luck)
    times = jnp.asarray(EVENING_S), jnp.asarray(seconds)
    return live(network, state, controls, key, *times)


def asleep(controls: Controls, who) -> Controls:
    awake = np.array(controls.awake)
    awake[who] = False  # in numpy: every number of sleepers would compile again
    return eqx.tree_at(lambda c: c.awake, controls, jnp.asarray(awake))


def some_cells(luck: int) -> np.ndarray:
    rng = np.random.default_rng(luck)
    return rng.permutation(CELLS)[: rng.integers(1, CELLS)]


def watts_per_unit(network: Network) -> np.ndarray:
    carriers = network.cells.carriers
    return np.asarray(carriers.watts_per_unit[network.cells.layer])


@given(lucks)
def test_the_same_key_is_the_same_minute(luck):
    network, state, controls = evening()
    first = once(network, state, controls, luck)
    again = once(network, state, controls, luck)
    pairs = zip(jax.tree.leaves(first), jax.tree.leaves(again), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    other = once(network, state, controls, luck + 1)
    wanted_bps, other_bps = first[0].users.demand_bps, other[0].users.demand_bps
    assert not np.array_equal(wanted_bps, other_bps)


@given(lucks)
def test_nobody_gets_more_than_was_wanted(luck):
    network, state, controls = evening()
    controls = asleep(controls, some_cells(luck))
    after, counted, felt = once(network, state, controls, luck)
    demand_bps, cell = np.asarray(after.users.demand_bps), np.asarray(after.serving)
    wanted_bit = STEP_S * np.bincount(cell, demand_bps, CELLS)
    assert (np.asarray(counted.volume_bit) <= wanted_bit * (1 + ROUNDING)).all()
    assert (np.asarray(counted.volume_bit) >= 0.0).all()
    assert (
        np.asarray(counted.users_s) <= STEP_S * np.bincount(cell, None, CELLS)
    ).all()
    assert (np.asarray(felt.throughput_bps) >= 0.0).all()


def test_with_room_for_all_everything_wanted_is_delivered():
    """Who is out of reach, below a tenth of the noise, wants nothing of a cell."""
    network, state, controls = evening()
    city = network.surroundings
    assert isinstance(city, City)
    calm = dataclasses.replace(city, base_bps=0.05 * city.base_bps)
    network = dataclasses.replace(network, surroundings=calm)
    after, counted, felt = once(network, state, controls, 1)
    assert 0.0 < float(after.load.max()) < 1.0
    carriers, cells = network.cells.carriers, network.cells
    element = 12.0 * np.asarray(carriers.prb)[cells.layer][after.serving]
    signal_mw = element * 10.0 ** (np.asarray(felt.rsrp_dbm) / 10.0)
    noise_mw = np.asarray(carriers.noise_mw)[cells.layer][after.serving]
    reached_bps = np.where(
        signal_mw > 0.1 * noise_mw, np.asarray(after.users.demand_bps), 0.0
    )
    wanted_bit = STEP_S * np.bincount(after.serving, reached_bps, CELLS)
    assert np.allclose(counted.volume_bit, wanted_bit, rtol=ROUNDING)


def test_a_minute_counts_what_its_two_halves_count():
    """For people who stand still; the second half begins with a settled load."""
    network, state, controls = evening()
    network = dataclasses.replace(network, surroundings=Still())
    _, whole, _ = once(network, state, controls, 0)
    middle, first, _ = once(network, state, controls, 0, STEP_S / 2)
    _, second, _ = once(network, middle, controls, 0, STEP_S / 2)
    halves = first + second
    assert float(halves.elapsed_s) == STEP_S
    assert np.allclose(halves.users_s, whole.users_s, rtol=ROUNDING)
    # Each search for the load ends within a residual; two of them, in both halves.
    off = np.abs(halves.prb_s - whole.prb_s)
    assert off.max() <= 2 * RESIDUAL * STEP_S


def test_reports_of_two_periods_together_are_the_report_of_both():
    network, state, controls = evening()
    _, one, _ = once(network, state, controls, 1)
    _, other, _ = once(network, state, controls, 2, 3 * STEP_S)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(
            jax.tree.leaves(one + zero_counters(CELLS)),
            jax.tree.leaves(one),
            strict=True,
        )
    )
    first, second, both = (
        measurements(one),
        measurements(other),
        measurements(one + other),
    )
    for name in ("RRU.PrbTotDl", "RRC.ConnMean"):
        mean = 0.25 * first[name] + 0.75 * second[name]
        assert np.allclose(both[name], mean, rtol=ROUNDING), name
    for name in ("DRB.PdcpSduVolumeDL", "PEE.Energy"):
        assert np.allclose(both[name], first[name] + second[name], rtol=ROUNDING), name
    slow = np.minimum(first["DRB.UEThpDl"], second["DRB.UEThpDl"])
    fast = np.maximum(first["DRB.UEThpDl"], second["DRB.UEThpDl"])
    assert (both["DRB.UEThpDl"] >= slow * (1 - ROUNDING)).all()
    assert (both["DRB.UEThpDl"] <= fast * (1 + ROUNDING)).all()


def test_a_period_of_the_stand_in_is_the_sum_of_its_steps():
    stand_in = StandIn(*evening(), jax.random.key(1), EVENING_S, 1)
    stand_in.advance(5, STEP_S)
    lived = stand_in.lived(0)
    assert lived is not None
    by_step = [
        jax.tree.map(lambda leaf, n=n: leaf[n], lived.counters) for n in range(5)
    ]
    added: Counters = functools.reduce(lambda a, b: a + b, by_step)
    counted = lived.counted()
    assert float(counted.elapsed_s) == 5 * STEP_S
    assert stand_in.elapsed_s == EVENING_S + 5 * STEP_S
    for a, b in zip(jax.tree.leaves(added), jax.tree.leaves(counted), strict=True):
        assert np.allclose(a, b, rtol=ROUNDING)


@given(lucks)
def test_sleepers_draw_deep_sleep_and_do_nothing(luck):
    network, state, controls = evening()
    who = some_cells(luck)
    night = asleep(controls, who)
    after, falling, _ = once(network, state, night, luck)
    _, sleeping, _ = once(network, after, night, luck)
    radio = jax.tree.map(lambda x: x[network.cells.layer], network.cells.carriers)
    deep_j = DEEP_SLEEP * watts_per_unit(network) * STEP_S
    assert np.allclose(np.asarray(sleeping.energy_j)[who], deep_j[who], rtol=ROUNDING)
    down_j = deep_j + np.asarray(transition_j(radio))
    assert np.allclose(np.asarray(falling.energy_j)[who], down_j[who], rtol=ROUNDING)
    nothing = sleeping.prb_s, sleeping.volume_bit, sleeping.users_s, sleeping.active_s
    assert all((np.asarray(leaf)[who] == 0.0).all() for leaf in nothing)
    up = np.setdiff1d(np.arange(CELLS), who)
    assert (np.asarray(sleeping.energy_j)[up] > deep_j[up]).all()


@given(lucks, lucks)
def test_more_sleepers_take_no_user_from_those_awake(luck, more_luck):
    network, state, controls = evening()
    few = asleep(controls, some_cells(luck))
    many = asleep(few, some_cells(more_luck))
    _, before, _ = once(network, state, few, 7)
    _, after, _ = once(network, state, many, 7)
    awake = np.asarray(many.awake)
    assert (np.asarray(after.users_s) >= np.asarray(before.users_s))[awake].all()


def test_names_and_units_are_those_of_ts28552():
    # TS 28.552 V18: clause, name and unit as its clause headings and d), e) say. The
    # energy is a PNF's there; a mean number of connections has no unit.
    assert MEASUREMENTS == {
        "RRU.PrbTotDl": ("%", "5.1.1.2.1"),
        "DRB.UEThpDl": ("kbit/s", "5.1.1.3.1"),
        "RRC.ConnMean": ("1", "5.1.1.4.1"),
        "PEE.Energy": ("kWh", "5.1.1.19.3"),
        "DRB.PdcpSduVolumeDL": ("kbit", "5.1.2.1.1.1"),
    }
    network, state, controls = evening()
    _, counted, _ = once(network, state, controls, 1)
    assert set(measurements(counted)) == set(MEASUREMENTS)


def test_a_report_is_in_the_units_of_the_standard():
    counted = Counters(
        elapsed_s=jnp.asarray(900.0),
        prb_s=jnp.asarray([450.0]),
        volume_bit=jnp.asarray([8e9]),
        active_s=jnp.asarray([400.0]),
        users_s=jnp.asarray([1_800.0]),
        energy_j=jnp.asarray([3.6e5]),
    )
    expected = {
        "RRU.PrbTotDl": 50.0,  # half of the blocks
        "DRB.UEThpDl": 20_000.0,  # 8 Gbit in 400 s
        "DRB.PdcpSduVolumeDL": 8e6,  # a kbit is 1,000 bit
        "RRC.ConnMean": 2.0,
        "PEE.Energy": 0.1,  # a kWh is 3.6 MJ
    }
    report = {name: float(value[0]) for name, value in measurements(counted).items()}
    assert report == pytest.approx(expected, rel=1e-6)  # float32


BEST_BPS_PER_HZ = {
    "attenuated": 7.4063 * 0.6,  # TS 38.214 table 5.1.3.1-2, TR 36.942
    "gap": 7.40625 * 0.86,  # TS 38.306: 14 % of the downlink is overhead
    "tables": 7.40625 * 0.86,
    "slots": 7.40625 * 132 / 168,  # two symbols of control, one of DM-RS
}


@functools.cache
def link_rate(name: str):
    rate = LINK_RATES[name]()
    return jax.jit(lambda sinr, streams: rate.spectral_efficiency(sinr, streams))


@pytest.mark.parametrize("name", LINK_RATES)
@given(
    st.floats(-40.0, 60.0).map(lambda sinr_db: 10.0 ** (sinr_db / 10.0)),
    st.floats(1.0, 4.0),
    st.sampled_from([1.0, 2.0, 4.0]),
)
def test_a_better_signal_carries_more_up_to_the_best_modulation(
    name, sinr, factor, streams
):
    def bps_per_hz(ratio):
        return float(link_rate(name)(jnp.asarray(ratio), jnp.asarray(streams)))

    worse, better = bps_per_hz(sinr), bps_per_hz(sinr * factor)
    best = streams * BEST_BPS_PER_HZ[name]
    assert 0.0 < worse <= better * (1 + 1e-6)
    assert better <= best * (1 + 1e-6)
    # More than its share of a better ratio nobody gets: the loads must settle. One
    # plus a small ratio is rounded to float32 before its logarithm.
    assert better <= factor * worse * (1 + 1e-4 + 2.0**-22 * streams / sinr)
    if sinr / streams > 10.0**3.5:
        assert worse == pytest.approx(best, rel=2e-3)
