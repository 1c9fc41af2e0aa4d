"""Does a beam arrive most where it points, and at others as much as is assumed?"""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.network.beam_leak import beam_leak, beams_of
from gemel.network.carriers import BANDS

COUNTS = [1, 2, 4, 8, 16]


@pytest.mark.parametrize("beams", COUNTS)
def test_a_beam_is_strongest_where_it_points(beams):
    leak = np.asarray(beam_leak(beams).leak)
    assert np.diag(leak) == pytest.approx(np.ones(beams), abs=1e-5)  # float32
    assert ((leak > 0.0) & (leak <= 1.0 + 1e-5)).all()
    # The same row of columns seen from the other side.
    assert leak == pytest.approx(leak[::-1, ::-1], rel=1e-3, abs=1e-6)


def test_an_antenna_that_is_not_steered_leaks_everything_everywhere():
    still = beam_leak(1)
    assert float(still.mean) == pytest.approx(1.0)
    assert not still.pairable.any()
    assert (still.beam_of(jnp.linspace(-180.0, 180.0, 37)) == 0).all()


def test_more_beams_leak_less():
    means = [float(beam_leak(beams).mean) for beams in COUNTS]
    assert (np.diff(means) < 0.0).all()


def test_mean_leak_is_about_the_spill_of_a_flow():
    for band in BANDS:
        spill = 10.0 ** (band.spill_db / 10.0)
        found_db = 10.0 * np.log10(float(beam_leak(beams_of(spill)).mean))
        # One row of columns: beams stacked in height, which FR2 has too, would add to
        # it. 8 columns have -7.6 dB, 16 have -10.5.
        assert found_db == pytest.approx(band.spill_db, abs=1.6)


def test_only_users_apart_are_paired():
    leak = beam_leak(8)
    pairable = np.asarray(leak.pairable)
    assert (pairable == pairable.T).all() and not np.diag(pairable).any()
    beside = np.abs(np.subtract.outer(np.arange(8), np.arange(8))) == 1
    assert not pairable[beside].any()
    assert pairable[0, 4:].all()


@given(st.floats(-60.0, 60.0), st.floats(0.0, 30.0))
def test_beams_are_numbered_across_the_sector(sideways_deg, more_deg):
    leak = beam_leak(8)
    first = int(leak.beam_of(jnp.asarray(sideways_deg)))
    assert 0 <= first < 8
    further = jnp.asarray(min(sideways_deg + more_deg, 90.0))
    assert int(leak.beam_of(further)) >= first


def test_outside_the_sector_the_outermost_beam_serves():
    ends = beam_leak(8).beam_of(jnp.asarray([-75.0, -59.0, 59.0, 75.0]))
    assert (ends == jnp.asarray([0, 0, 7, 7])).all()


@pytest.mark.parametrize("beams", [0, 65])
def test_impossible_rows_are_refused(beams):
    with pytest.raises(ScenarioError, match="give 1 to 64"):
        beam_leak(beams)


@pytest.mark.parametrize("spill", [0.0, 1.5])
def test_impossible_spill_is_refused(spill):
    with pytest.raises(ScenarioError, match="spill"):
        beams_of(spill)
