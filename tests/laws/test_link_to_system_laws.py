"""Does more signal always mean more bits, from the SINR to the delivered block?"""

import contextlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.network.link_to_system import (
    COMBININGS,
    block_error,
    cqi_table,
    effective_sinr,
    mcs_table,
)
from gemel.network.link_to_system.adaptation import choose, cqi_of, errors_by_index
from gemel.network.link_to_system.block_error import (
    TARGET,
    required_sinr_db,
    transport_block_error,
)
from gemel.network.link_to_system.harq import delivered_efficiency, failures
from gemel.network.link_to_system.mutual_information import ORDERS, information_table
from gemel.units import ratio_from_db

TABLES = (1, 2, 3)
BITS = (40.0, 500.0, 8_448.0)  # very short, a data block of a sensor, a full block
FULL = 8_448.0
GRID_DB = np.arange(-20.0, 40.0, 0.5)
SINRS_DB = st.lists(st.floats(-20.0, 40.0), min_size=8, max_size=8)
DRAWS = 300
ROUNDING = 1e-5  # relative: a dozen float32 operations, a logarithm among them


def ratios(sinr_db) -> jax.Array:
    return ratio_from_db(jnp.asarray(sinr_db, float))


@pytest.fixture(params=[False, True], ids=["float32", "float64"])
def precision(request):
    with jax.enable_x64(True) if request.param else contextlib.nullcontext():
        yield


@pytest.fixture(scope="module")
def errors():
    return block_error()


effective = jax.jit(effective_sinr)


@pytest.mark.parametrize("beta", [1.6, 20.0, 132.0])
@given(SINRS_DB)
def test_effective_sinr_lies_between_the_lowest_and_the_highest(beta, sinr_db):
    sinr = ratios(sinr_db)
    found = effective(sinr, jnp.asarray(beta))
    assert sinr.min() * (1 - ROUNDING) <= found <= sinr.max() * (1 + ROUNDING)


@pytest.mark.parametrize("beta", [1.6, 132.0])
@pytest.mark.parametrize("sinr_db", [-20.0, 0.0, 17.0, 40.0])
def test_flat_channel_is_its_own_effective_sinr(precision, beta, sinr_db):
    sinr = ratios(sinr_db)
    assert effective(jnp.full(50, sinr), jnp.asarray(beta)) == sinr


@given(SINRS_DB, st.integers(0, 7), st.floats(0.1, 10.0))
def test_effective_sinr_rises_with_every_group(sinr_db, group, more_db):
    beta = jnp.asarray(5.0)
    better = list(sinr_db)
    better[group] += more_db
    before = effective(ratios(sinr_db), beta)
    assert effective(ratios(better), beta) >= before * (1 - ROUNDING)


@given(SINRS_DB, st.permutations(range(8)))
def test_effective_sinr_does_not_care_about_the_order_of_groups(sinr_db, order):
    sinr, beta = ratios(sinr_db), jnp.asarray(5.0)
    shuffled = effective(sinr[jnp.asarray(order)], beta)
    # The same numbers are added in another order.
    assert shuffled == pytest.approx(float(effective(sinr, beta)), rel=ROUNDING)


@pytest.mark.parametrize("order", ORDERS)
def test_a_symbol_carries_ever_more_bits_up_to_all_of_them(precision, order):
    table, bits_per_symbol = information_table(), jnp.asarray(float(order))
    sinr = ratios(np.arange(-30.0, 45.0, 0.3))
    bits, variance = jax.jit(
        jax.vmap(lambda sinr: table.look_up(sinr, bits_per_symbol))
    )(sinr)
    assert (jnp.diff(bits) >= -1e-6).all()  # float32, where all bits are carried
    assert (variance >= 0.0).all()
    assert float(bits[-1]) == pytest.approx(order, abs=1e-5)
    assert (bits > 0.0).all()
    # A chord over a quarter of a decibel lies (0.058)²/8 = 4e-4 above an exponential.
    assert (bits <= jnp.log2(1.0 + sinr) * (1 + 5e-4)).all(), "more than Shannon"


def failing(errors, table, bits):
    """Of every entry of the table, by SINR."""

    @jax.jit
    def by_sinr(sinr):
        def one(sinr, bits_per_symbol, code_rate):
            return errors.rate(sinr, bits_per_symbol, code_rate, jnp.asarray(bits))

        per_entry = jax.vmap(one, (None, 0, 0))
        return jax.vmap(per_entry, (0, None, None))(
            sinr, table.bits_per_symbol, table.code_rate
        )

    return by_sinr


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("number", TABLES)
def test_fewer_blocks_fail_at_a_higher_sinr(precision, number, bits):
    found = failing(block_error(), mcs_table(number), bits)(ratios(GRID_DB))
    assert ((found >= 0.0) & (found <= 1.0)).all()
    # Near 1 and near 0 float32 leaves rounding of the normal integral.
    assert (jnp.diff(found, axis=0) <= 1e-6).all()
    assert (found[0] > 0.5).all() and (found[-1] < 1e-3).all()


def needed_db(errors, table):
    @jax.jit
    def by_length(bits):
        def one(bits_per_symbol, code_rate):
            return required_sinr_db(errors, bits_per_symbol, code_rate, bits)

        return jax.vmap(one)(table.bits_per_symbol, table.code_rate)

    return by_length


@pytest.mark.parametrize("number", TABLES)
def test_higher_mcs_and_shorter_blocks_need_more_sinr(errors, number):
    """Also where the modulation changes, but for blocks so short that the scatter of
    bits counts more than their mean."""
    find = needed_db(errors, mcs_table(number))
    by_length = np.stack([find(jnp.asarray(bits)) for bits in BITS])
    assert (np.diff(by_length, axis=0) < 0.0).all(), by_length
    assert (np.diff(by_length[1:], axis=1) > 0.0).all(), by_length


@given(st.floats(0.0, 1.0), st.integers(1, 50))
def test_transport_block_fails_more_often_than_its_parts(failing, parts):
    whole = transport_block_error(jnp.asarray(failing), jnp.asarray(float(parts)))
    assert failing - 2e-6 <= whole <= min(1.0, parts * failing) + 2e-6  # float32


def by_combining(errors, name):
    """Failures after 1 … 4 transmissions, and what is delivered; by SINR and entry."""
    table = mcs_table(2)

    def one(sinr, bits_per_symbol, code_rate):
        failed = failures(
            errors,
            COMBININGS[name](),
            sinr,
            bits_per_symbol,
            code_rate,
            jnp.asarray(FULL),
        )
        return failed, delivered_efficiency(failed, bits_per_symbol, code_rate)

    per_entry = jax.vmap(one, (None, 0, 0))
    by_sinr = jax.jit(jax.vmap(per_entry, (0, None, None)))
    return by_sinr(ratios(GRID_DB), table.bits_per_symbol, table.code_rate)


@pytest.mark.parametrize("name", COMBININGS)
def test_repeating_never_hurts(errors, name):
    failed, delivered = by_combining(errors, name)
    assert (jnp.diff(failed, axis=-1) <= 0.0).all()
    assert (delivered <= mcs_table(2).efficiency[None, :]).all()
    # At least what giving up after one transmission would deliver.
    once = mcs_table(2).efficiency[None, :] * (1 - failed[..., 0])
    assert (delivered >= once - ROUNDING).all()


def test_new_bits_are_worth_at_least_the_same_bits_again(errors):
    fresh, _ = by_combining(errors, "incremental")
    again, _ = by_combining(errors, "chase")
    # A hundredth: the normal approximation, where a low rate leaves many symbols.
    assert (fresh <= again + 0.01).all()
    assert (fresh < again - 0.5).any(), "nothing is gained anywhere"


def test_unknown_table_is_named():
    with pytest.raises(ScenarioError, match="MCS table 4"):
        mcs_table(4)
    with pytest.raises(ScenarioError, match="CQI table 0"):
        cqi_table(0)


@pytest.mark.parametrize("number", TABLES)
def test_the_chosen_mcs_is_the_most_efficient_within_the_target(errors, number):
    table, bits = mcs_table(number), jnp.asarray(FULL)
    mean_db, spread_db = jax.random.split(jax.random.key(number))
    sinr_db = jax.random.uniform(mean_db, (DRAWS, 1), minval=-20.0, maxval=35.0)
    sinr = ratios(sinr_db + 3.0 * jax.random.normal(spread_db, (DRAWS, 8)))

    @jax.jit
    @jax.vmap
    def both(sinr):
        return (
            choose(errors, table, sinr, bits),
            errors_by_index(errors, table, sinr, bits),
        )

    choice, rates = both(sinr)
    within = np.asarray(rates) <= TARGET
    most = np.where(within, table.efficiency, 0.0).max(axis=1)
    possible = np.asarray(choice.possible)
    assert 0 < possible.sum() < DRAWS, "the draws test nothing"
    assert (possible == within.any(axis=1)).all()
    chosen = np.asarray(table.efficiency)[np.asarray(choice.index)]
    assert (chosen[possible] == most[possible]).all()
    assert (np.asarray(choice.index)[~possible] == 0).all()


def test_cqi_rises_from_out_of_range_to_the_highest(errors):
    @jax.jit
    @jax.vmap
    def report(sinr):
        groups = jnp.full(4, sinr)
        return cqi_of(choose(errors, cqi_table(2), groups, jnp.asarray(FULL)))

    reports = report(ratios(GRID_DB))
    assert (jnp.diff(reports) >= 0).all()
    assert np.unique(reports).tolist() == list(range(16))
