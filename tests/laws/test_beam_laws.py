"""Which laws does every set of beams obey?"""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.radio.arrays import PanelArray, port_gain_db
from gemel.radio.beams import (
    BeamedAntenna,
    beam_gains_db,
    best_beam,
    best_beam_gain_db,
    data_beams,
    dense_urban_beams,
    dft_beams,
    oversampled_dft_beams,
    random_beam_gain_db,
    ssb_beams,
)
from gemel.radio.elements import Isotropic, macro_element
from gemel.radio.rotation import Orientation

ARRAY = PanelArray(Isotropic(), 8, 8, row_spacing_wl=0.8, slants_deg=(45.0, -45.0))
BEAMS = {
    "dense urban": dense_urban_beams,
    "ssb": ssb_beams,
    "data": data_beams,
    "oversampled": oversampled_dft_beams,
    "one": lambda array: dft_beams(array, jnp.asarray([10.0]), jnp.asarray([95.0])),
}
EVERY_SET = {name: make(ARRAY) for name, make in BEAMS.items()}
every_set = pytest.mark.parametrize("name", BEAMS)

zenith = st.floats(0.0, 180.0, width=32)
azimuth = st.floats(-180.0, 180.0, width=32)

jitted_gains = eqx.filter_jit(beam_gains_db)
jitted_best = eqx.filter_jit(best_beam_gain_db)
jitted_which = eqx.filter_jit(best_beam)
jitted_port = eqx.filter_jit(port_gain_db)


def scalars(*values: float):
    return [jnp.asarray(float(value)) for value in values]


def level(azimuth_deg: float = 0.0) -> Orientation:
    return Orientation.of_azimuth(jnp.asarray(azimuth_deg))


@every_set
def test_every_beam_has_power_one(name):
    power = np.abs(np.asarray(EVERY_SET[name])) ** 2
    assert power.shape[1] == 64
    assert np.allclose(power.sum(1), 1.0, atol=1e-5)


@every_set
@given(zenith_deg=zenith, azimuth_deg=azimuth, bearing_deg=azimuth)
def test_the_best_beam_beats_all_others(name, zenith_deg, azimuth_deg, bearing_deg):
    beams, orientation = EVERY_SET[name], Orientation(jnp.asarray(bearing_deg))
    seen = scalars(zenith_deg, azimuth_deg)
    gains_db = np.asarray(jitted_gains(ARRAY, beams, orientation, *seen))
    best_db = float(jitted_best(ARRAY, beams, orientation, *seen))
    assert best_db == gains_db.max()
    assert gains_db[int(jitted_which(ARRAY, beams, orientation, *seen))] == best_db
    assert best_db <= 10.0 * math.log10(64.0) + 1e-4


@every_set
@given(zenith_deg=zenith, azimuth_deg=azimuth)
def test_a_beam_of_many_is_that_port_alone(name, zenith_deg, azimuth_deg):
    beams, seen = EVERY_SET[name], scalars(zenith_deg, azimuth_deg)
    gains_db = np.asarray(jitted_gains(ARRAY, beams, level(), *seen))
    last_db = float(jitted_port(ARRAY, beams[-1], level(), *seen))
    # Two orders of summing 64 numbers: as amplitudes, a null has no decibels.
    found, expected = 10.0 ** (gains_db[-1] / 20.0), 10.0 ** (last_db / 20.0)
    assert found == pytest.approx(expected, abs=1e-4)


def test_the_dense_urban_beams_point_where_the_set_up_says():
    directions = [
        (zenith_deg, azimuth_deg)
        for zenith_deg in (112.5, 157.5)
        for azimuth_deg in (-56.25, -33.75, -11.25, 11.25, 33.75, 56.25)
    ]
    beams = EVERY_SET["dense urban"]
    assert len(beams) == len(directions)
    for number, direction in enumerate(directions):
        gains_db = jitted_gains(ARRAY, beams, level(), *scalars(*direction))
        assert float(gains_db[number]) == pytest.approx(18.0618, abs=1e-3)


@given(
    azimuth_deg=st.floats(-60.0, 60.0, width=32),
    zenith_deg=st.floats(60.0, 150.0, width=32),
    aside_deg=azimuth,
    seen_deg=zenith,
)
def test_a_dft_beam_is_strongest_where_it_points(
    azimuth_deg, zenith_deg, aside_deg, seen_deg
):
    beams = dft_beams(ARRAY, jnp.asarray([azimuth_deg]), jnp.asarray([zenith_deg]))
    there = jitted_best(ARRAY, beams, level(), *scalars(zenith_deg, azimuth_deg))
    elsewhere = jitted_best(ARRAY, beams, level(), *scalars(seen_deg, aside_deg))
    assert float(there) == pytest.approx(10.0 * math.log10(64.0), abs=1e-4)
    assert float(elsewhere) <= float(there) + 1e-4


def test_critically_sampled_beams_are_orthogonal_and_share_the_sphere():
    """Isotropic elements half a wavelength apart: together they send 0 dB on average.

    The trace of the coupling matrix is the number of elements, whatever couples.
    """
    array = PanelArray(Isotropic(), 4, 4)
    beams = oversampled_dft_beams(array, 1, 1)
    overlap = np.abs(np.asarray(beams @ beams.conj().T))
    assert np.allclose(overlap, np.eye(16), atol=1e-5)
    height, weight = np.polynomial.legendre.leggauss(24)
    zenith_deg = jnp.asarray(np.degrees(np.arccos(height)), float)
    azimuth_deg = jnp.asarray(np.arange(48) * 7.5 - 180.0, float)

    def power(zenith_deg, azimuth_deg):
        gains_db = beam_gains_db(array, beams, level(), zenith_deg, azimuth_deg)
        return jnp.exp(gains_db * 0.23025850929940458)

    rows = jax.vmap(jax.vmap(power, (None, 0)), (0, None))
    found = np.asarray(jax.jit(rows)(zenith_deg, azimuth_deg), float)
    mean = (weight / 2.0) @ found.mean(1)
    assert mean.mean() == pytest.approx(1.0, abs=1e-4)  # float32 sums


def test_oversampled_beams_come_in_orthogonal_groups():
    beams = np.asarray(oversampled_dft_beams(ARRAY, 4, 4)).reshape(32, 32, 64)
    group = beams[1::4, 2::4].reshape(-1, 64)
    assert np.allclose(np.abs(group @ group.conj().T), np.eye(64), atol=1e-5)
    # One step of m turns every row by 2 pi / (N2 · O2); rows are counted fastest.
    turn = beams[0, 1, 1] / beams[0, 1, 0]
    assert turn == pytest.approx(np.exp(2j * np.pi / 32.0), abs=1e-5)
    turn = beams[1, 0, 8] / beams[1, 0, 0]
    assert turn == pytest.approx(np.exp(2j * np.pi / 32.0), abs=1e-5)


@pytest.mark.parametrize("count", [1, 4, 8])
def test_ssb_beams_are_wider_and_weaker_than_data_beams(count):
    beams = ssb_beams(ARRAY, count)
    assert len(beams) == count
    azimuth_deg = jnp.asarray(np.linspace(-60.0, 60.0, 241), float)

    def best_db(beams):
        def one(azimuth_deg):
            seen = jnp.asarray(97.0), azimuth_deg
            return best_beam_gain_db(ARRAY, beams, level(), *seen)

        return np.asarray(jax.jit(jax.vmap(one))(azimuth_deg))

    found_db = best_db(beams)
    assert found_db.max() < best_db(data_beams(ARRAY)).max() - 3.0
    # Neighbours meet near their half power, and the sector's edge is half a beam off:
    # -3 dB of a beam straight ahead, broader but not deeper towards 60 degrees.
    assert found_db.min() > found_db.max() - 6.0


def test_data_beams_leave_no_hole_in_their_sector():
    beams = data_beams(ARRAY)
    rng = np.random.default_rng(3)
    azimuth_deg = jnp.asarray(rng.uniform(-60.0, 60.0, 2_000), float)
    zenith_deg = jnp.asarray(rng.uniform(85.0, 120.0, 2_000), float)

    def one(zenith_deg, azimuth_deg):
        return best_beam_gain_db(ARRAY, beams, level(), zenith_deg, azimuth_deg)

    found_db = np.asarray(jax.jit(jax.vmap(one))(zenith_deg, azimuth_deg))
    # Half a null away in both cuts: 2 · 3.9 dB of a sinc at 0.5; the sine of azimuth
    # shrinks with the sine of zenith, which moves users off the grid a little more.
    assert found_db.min() > 10.0 * math.log10(64.0) - 9.0


@every_set
def test_a_random_beam_is_one_of_them_and_any_of_them(name):
    beams, seen = EVERY_SET[name], scalars(100.0, 20.0)
    gains_db = np.asarray(jitted_gains(ARRAY, beams, level(), *seen), float)

    def one(key):
        return random_beam_gain_db(ARRAY, beams, level(), seen[0], seen[1], key)

    draws = 20 * len(beams)
    keys = jax.random.split(jax.random.key(5), draws)
    found_db = np.asarray(jax.jit(jax.vmap(one))(keys), float)
    off_db = np.abs(found_db[:, None] - gains_db[None, :])
    # Programs may sum in another order: a null moves, but to no other beam's gain.
    assert (off_db.min(1) < np.where(found_db > -20.0, 1e-3, np.inf)).all()
    mean = (10.0 ** (gains_db / 10.0)).mean()
    spread = (10.0 ** (gains_db / 10.0)).std() / draws**0.5
    assert (10.0 ** (found_db / 10.0)).mean() == pytest.approx(
        mean, abs=5 * spread + 1e-3
    )


@given(
    bearing_deg=azimuth,
    tilt_deg=st.floats(-10.0, 40.0, width=32),
    east_m=st.floats(-300.0, 300.0, width=32),
    north_m=st.floats(-300.0, 300.0, width=32),
)
def test_a_beamed_antenna_is_the_best_beam_of_its_turned_array(
    bearing_deg, tilt_deg, east_m, north_m
):
    antenna = BeamedAntenna(ARRAY, EVERY_SET["dense urban"])
    offset_m = jnp.asarray([east_m, north_m, -20.0], float)
    found_db = float(jitted_antenna(antenna, offset_m, *scalars(bearing_deg, tilt_deg)))
    seen = scalars(
        math.degrees(math.atan2(math.hypot(east_m, north_m), -20.0)),
        math.degrees(math.atan2(north_m, east_m)),
    )
    orientation = Orientation(*scalars(bearing_deg, tilt_deg))
    expected_db = float(jitted_best(ARRAY, antenna.beams, orientation, *seen))
    found, expected = 10.0 ** (found_db / 20.0), 10.0 ** (expected_db / 20.0)
    # Amplitudes of up to 8: phases of 2 pi · 6 turns, angles to 1e-6 radians.
    assert found == pytest.approx(expected, abs=1e-3)


jitted_antenna = eqx.filter_jit(BeamedAntenna.gain_db)


@pytest.mark.parametrize("make", [ssb_beams, data_beams])
def test_beams_of_one_column_stay_in_it(make):
    beams = make(PanelArray(macro_element(), 10))
    assert beams.shape[1] == 10


def test_sets_that_make_no_sense_are_refused():
    with pytest.raises(ScenarioError, match="at least one"):
        ssb_beams(ARRAY, 0)
    several = PanelArray(Isotropic(), 4, 4, panel_columns=2)
    with pytest.raises(ScenarioError, match="dft_beams"):
        oversampled_dft_beams(several)
