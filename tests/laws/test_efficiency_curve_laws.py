"""Is the curve from SINR to bits one that a fixed point of loads can stand on?"""

import contextlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.network.link_rate import Attenuated
from gemel.network.link_to_system import (
    block_error,
    efficiency_curve,
    mcs_table,
    table_efficiency,
)
from gemel.network.link_to_system.efficiency_curve import HIGHEST_DB, staircase
from gemel.network.link_to_system.rank import best_rank
from gemel.network.link_to_system.shannon_gap import (
    ALPHA,
    GAP_DB,
    ShannonGap,
    closest_gap,
    gap_error,
)
from gemel.units import ratio_from_db

FULL = 8_448.0
ROUNDING = 1e-5  # relative: a dozen float32 operations, a logarithm among them


def ratios(sinr_db) -> jax.Array:
    return ratio_from_db(jnp.asarray(sinr_db, float))


@pytest.fixture(scope="module")
def curve():
    return efficiency_curve(2)


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_more_interference_carries_less_but_never_out_of_proportion(number, x64):
    """Bits rise with the ratio, and bits per ratio fall, also between the points."""
    with jax.enable_x64(True) if x64 else contextlib.nullcontext():
        curve = efficiency_curve(number)
        sinr = ratios(np.arange(-60.0, HIGHEST_DB + 20.0, 0.05))
        bits = curve.read(sinr)
        per_ratio = bits / sinr
        assert (bits > 0.0).all()
        assert (bits[1:] >= bits[:-1] * (1 - 1e-6)).all()
        # Over 0.05 dB the ratio moves by 1.2 %; the curve is steep to within 1e-4.
        assert (per_ratio[1:] <= per_ratio[:-1] * (1 + 1e-4)).all()
        highest = float(mcs_table(number).efficiency[-1])
        assert float(bits[-1]) == pytest.approx(highest, rel=ROUNDING)


def test_curve_stays_close_to_the_staircase_it_smooths(curve):
    errors, table, bits = block_error(), mcs_table(2), jnp.asarray(FULL)
    sinr = ratios(np.arange(-5.0, 30.0, 0.05))
    steps = jax.jit(jax.vmap(lambda sinr: staircase(errors, table, sinr, bits)))(sinr)
    off = curve.read(sinr) - steps
    assert abs(float(off.mean())) < 0.01  # bit/s/Hz: smoothing takes from no one
    # Half the highest step of the table, 0.43.
    assert float(jnp.abs(off).max()) < 0.22


@given(st.floats(-30.0, 40.0), st.sampled_from([1.0, 2.0, 4.0]))
def test_curve_and_bound_answer_the_same_question(curve, sinr_db, streams):
    sinr, streams = ratios(sinr_db), jnp.asarray(streams)
    bits = table_efficiency(curve, sinr, streams)
    alone = streams * curve.read(sinr / streams)
    assert bits == pytest.approx(float(alone), rel=ROUNDING)
    assert 0.0 < bits <= streams * 7.40625 * (1 + ROUNDING)
    # The bound in use, 0.6 of Shannon, is within a factor of two everywhere.
    assert 0.5 < bits / Attenuated().spectral_efficiency(sinr, streams) < 2.0


def test_shannon_gap_is_the_closest_there_is(curve):
    found = closest_gap(curve)
    assert float(found.alpha) == pytest.approx(ALPHA, abs=0.011)  # a step of the search
    assert float(found.gap_db) == pytest.approx(GAP_DB, abs=0.11)


def test_shannon_gap_is_within_a_tenth_of_a_bit_of_the_tables(curve):
    """What speed costs, between -10 and 30 dB."""
    off = gap_error(curve, ShannonGap())
    print(f"mean {off.mean_abs:.3f}, max {off.max_abs:.3f} at {off.worst_db:.1f} dB")
    assert float(off.mean_abs) < 0.03
    assert float(off.max_abs) < 0.10


def test_a_free_choice_of_rank_beats_every_fixed_one(curve):
    sinr_key, gain_key = jax.random.split(jax.random.key(3))
    sinr = ratios(jax.random.uniform(sinr_key, (300,), minval=-20.0, maxval=40.0))
    gains = -jnp.sort(-jax.random.uniform(gain_key, (300, 4), maxval=16.0), axis=1)
    choice = jax.jit(jax.vmap(lambda s, g: best_rank(curve, s, g)))(sinr, gains)
    for layers in range(1, 5):
        used = sinr[:, None] * gains[:, :layers] / layers
        fixed = curve.read(used).sum(axis=1)
        assert (choice.efficiency >= fixed * (1 - ROUNDING)).all()
    assert np.unique(choice.layers).tolist() == [1, 2, 3, 4]


def test_rank_rises_with_sinr(curve):
    gain = jnp.asarray([8.0, 4.0, 2.0, 1.0])
    find = jax.jit(lambda sinr: best_rank(curve, sinr, gain).layers)
    ranks = [int(find(ratios(sinr_db))) for sinr_db in (-15, 5, 15, 40)]
    assert ranks[0] == 1 and ranks[-1] == 4
    assert ranks == sorted(ranks)
