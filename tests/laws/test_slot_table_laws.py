"""Do the tables of a slot say what the formulas say that they were made from?"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.network.link_to_system import (
    IncrementalRedundancy,
    block_error,
    efficiency_curve,
    mcs_table,
)
from gemel.network.link_to_system.block_error import transport_block_error
from gemel.network.link_to_system.code_blocks import segment, transport_block_bits
from gemel.network.link_to_system.harq import failures
from gemel.network.link_to_system.slot_curve import even_channels, slot_curve
from gemel.network.link_to_system.slot_tables import (
    block_sizes_byte,
    data_elements,
    slot_tables,
)
from gemel.units import ratio_from_db

PRB, SCHEMES = 273, 28
tables = functools.cache(lambda: slot_tables(PRB))
MCS = st.integers(0, SCHEMES - 1)
SIZES = st.integers(3, 157_000)
DRAWS = 20_000


@functools.cache
def failing():
    asked = eqx.filter_jit(lambda tables, *rest: tables.failing(*rest))
    return lambda *rest: np.asarray(asked(tables(), *(jnp.asarray(r) for r in rest)))


def in_every_case(sinr_db, mcs, size_byte):
    """failing() of all transmissions [4], for one block."""
    alike = np.full(4, sinr_db, np.float32)
    mcs, size = np.full(4, mcs, np.int32), np.full(4, size_byte, np.int32)
    return failing()(mcs, np.arange(1, 5, dtype=np.int32), alike, size)


@given(st.integers(1, 4), st.integers(1, PRB), MCS)
def test_sizes_are_those_of_the_standard_to_the_bit(layers, prb, mcs):
    table = mcs_table(2)
    rate, order = float(table.code_rate[mcs]), int(table.bits_per_symbol[mcs])
    bits = transport_block_bits(prb * data_elements(), rate, order, layers)
    assert int(tables().block_byte[layers - 1, prb, mcs]) * 8 == bits


def test_no_resource_block_carries_nothing():
    assert not tables().block_byte[:, 0].any()


def drawn_blocks():
    """Blocks of all sizes, near where they begin to arrive."""
    rng = np.random.default_rng(5)
    mcs = rng.integers(0, SCHEMES, DRAWS).astype(np.int32)
    prb = np.where(rng.random(DRAWS) < 0.5, 20, PRB + 1)
    prb = rng.integers(1, prb)
    size = np.asarray(tables().block_byte)[rng.integers(0, 4, DRAWS), prb, mcs]
    sent = rng.integers(1, 5, DRAWS).astype(np.int32)
    alone_db = np.asarray(tables().mcs_sinr_db)[mcs]
    sinr_db = alone_db - 10 * np.log10(sent) + rng.uniform(-4, 4, DRAWS)
    return mcs, sent, sinr_db.astype(np.float32), size


def worked_out(mcs, sent, sinr_db, size):
    """What the tables stand for, without any."""
    table, errors = mcs_table(2), block_error()
    rates = [float(rate) for rate in table.code_rate]
    cuts = [segment(int(b) * 8, rates[m]) for b, m in zip(size, mcs, strict=True)]

    def each(name):
        return jnp.asarray([getattr(cut, name) for cut in cuts], float)

    @jax.jit
    @jax.vmap
    def every(sinr, order, rate, mother_rate, bits, blocks):
        combining = IncrementalRedundancy(mother_rate)
        failed = failures(errors, combining, sinr, order, rate, bits)
        return jax.vmap(transport_block_error, (0, None))(failed, blocks)

    found = every(
        ratio_from_db(jnp.asarray(sinr_db)),
        table.bits_per_symbol[mcs],
        table.code_rate[mcs],
        each("mother_rate"),
        each("block_bits"),
        each("code_blocks"),
    )
    return np.asarray(found)[np.arange(len(mcs)), sent - 1]


def test_failures_are_those_of_the_formulas():
    blocks = drawn_blocks()
    expected, found = worked_out(*blocks), failing()(*blocks)
    off = np.abs(found - expected)
    # Straight lines over 0.25 dB and half an octave of length; the largest blocks go
    # from arriving to failing within half a decibel: 0.03 is 0.02 dB there.
    assert off.max() < 0.03
    undecided = (expected > 0.01) & (expected < 0.99)
    assert undecided.sum() > 500 and off[undecided].mean() < 0.003
    rare = (expected > 1e-6) & (expected < 1e-2)
    # What is rare stays rare, within what 0.1 dB change.
    assert np.quantile(np.abs(np.log10(found[rare] / expected[rare])), 0.9) < 0.2


@given(MCS, st.floats(-20.0, 50.0), SIZES)
def test_another_transmission_never_hurts(mcs, sinr_db, size):
    found = in_every_case(sinr_db, mcs, size)
    assert ((found >= 0.0) & (found <= 1.0)).all()
    assert (np.diff(found) <= 0.0).all(), found


@given(MCS, st.floats(-20.0, 45.0), st.floats(0.0, 5.0), SIZES)
def test_more_signal_never_hurts(mcs, sinr_db, more_db, size):
    before = in_every_case(sinr_db, mcs, size)
    # Float32 in two straight lines and an exponential of up to 14.
    assert (in_every_case(sinr_db + more_db, mcs, size) <= before + 1e-5).all()


@given(MCS)
def test_block_of_the_carrier_meets_the_target_at_its_threshold(mcs):
    size = int(tables().block_byte[0, PRB, mcs])
    found = in_every_case(float(tables().mcs_sinr_db[mcs]), mcs, size)
    assert found[0] == pytest.approx(0.1, abs=0.01)  # lengths are straight lines


@pytest.mark.parametrize("name", ["mcs", "cqi"])
def test_highest_index_whose_threshold_is_met(name):
    threshold_db = np.asarray(getattr(tables(), f"{name}_sinr_db"))
    assert (np.diff(threshold_db) > 0.0).all()
    grid_db = np.concatenate(
        [np.arange(-40.0, 60.0, 0.01), threshold_db, threshold_db - 1e-3]
    ).astype(np.float32)
    found = getattr(tables(), f"{name}_of")(jnp.asarray(grid_db))
    expected = (grid_db[:, None] >= threshold_db).sum(1) - 1
    assert (np.asarray(found) == np.maximum(expected, 0)).all()


def test_reports_stand_for_what_can_be_sent():
    """Every CQI is within the target with the MCS that has its efficiency."""
    carried = np.asarray(tables().efficiency)[
        np.asarray(tables().mcs_of(tables().cqi_sinr_db))
    ]
    # CQI 1 lies below the lowest MCS; 2 to 15 are rows of the MCS table.
    assert carried[2:] == pytest.approx(np.asarray(tables().cqi_efficiency)[2:])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: data_elements(15),
        lambda: data_elements(1, 12),
        lambda: data_elements(2, -1),
        lambda: block_sizes_byte(0, 132),
        lambda: block_sizes_byte(10, 157),
        lambda: block_sizes_byte(10, 132, 0),
        lambda: slot_tables(0),
    ],
)
def test_impossible_slots_are_refused(wrong):
    with pytest.raises(ScenarioError, match=r"give"):
        wrong()


def test_no_more_than_156_elements_count():
    assert data_elements(14, 0) == 156


def test_evenly_spread_channels_fade_like_drawn_ones():
    power = np.asarray(even_channels(512, 18, 1))
    # 512 · 18 points of an exponential distribution: mean and variance are one.
    assert power.mean() == pytest.approx(1.0, abs=1e-3)
    assert power.var() == pytest.approx(1.0, abs=0.05)
    across = np.corrcoef(power.T)[~np.eye(18, dtype=bool)]
    assert np.abs(across).mean() < 3 / 512**0.5


def test_fading_takes_from_the_curve_and_never_gives():
    sinr = ratio_from_db(jnp.arange(-10.0, 40.0, 0.5))
    faded, steady = slot_curve().read(sinr), efficiency_curve(2).read(sinr)
    assert (faded <= steady * 1.001).all()
    # Between a quarter and nothing: the groups of a wide carrier average the fading.
    assert (faded >= 0.75 * steady).all()


def test_channels_enough_for_the_curve():
    found, finer = slot_curve().efficiency, slot_curve(512).efficiency
    assert float(jnp.abs(found - finer).max()) < 0.02  # as the file says
