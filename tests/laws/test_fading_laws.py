"""Does fading swing as theory says: how deep, over which way, over which band?"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ive, j0

from gemel.errors import ScenarioError
from gemel.radio.small_scale import (
    FadingTraces,
    Sight,
    cluster_table,
    environment_traces,
    fading_traces,
    place_step,
)

TRACES, WAVELENGTHS, PLACES = 48, 128, 16
SPREAD_S = 300e-9
GROUP_HZ = 360e3
K_FACTOR = 4.0  # 6 dB
# Powers of a trace are alike over half a wavelength or so: twice as many independent
# ones as wavelengths, in each of the traces.
INDEPENDENT = 2 * WAVELENGTHS * TRACES


@functools.cache
def narrow(direct_power: float = 0.0) -> np.ndarray:
    """One frequency a group: nothing is averaged away."""
    traces = fading_traces(
        jax.random.key(3),
        np.full(TRACES, SPREAD_S),
        np.full(TRACES, direct_power),
        GROUP_HZ,
        4,
        points=1,
    )
    return np.asarray(traces.power, float)


@pytest.mark.parametrize("direct_power", [0.0, K_FACTOR / (1.0 + K_FACTOR)])
def test_the_mean_of_every_trace_is_one(direct_power):
    mean = narrow(direct_power).mean((1, 2))
    assert mean == pytest.approx(1.0, abs=1e-5)  # float32 of 8,192 numbers


@pytest.mark.parametrize("power", [0.03, 0.1, 0.5, 1.0, 2.0, 4.0])
def test_scattered_power_is_exponential(power):
    """Rayleigh: the share below p is 1 - exp(-p)."""
    expected = 1.0 - np.exp(-power)
    sampling = np.sqrt(expected * (1.0 - expected) / INDEPENDENT)
    # Making the mean of each trace exact takes what it varied: some 1/(2 · 128 · 4).
    assert (narrow()[..., 0] < power).mean() == pytest.approx(
        expected, abs=4 * sampling + 1e-3
    )


@pytest.mark.parametrize("power", [0.2, 0.5, 1.0, 1.5, 2.0])
def test_power_with_a_direct_ray_is_ricean(power):
    """The density (1+K) exp(-K-(1+K)p) I0(2 sqrt(K(1+K)p)), integrated."""
    k = K_FACTOR
    step = power / 2_000
    at = (np.arange(2_000) + 0.5) * step
    inside = 2.0 * np.sqrt(k * (1.0 + k) * at)
    density = (1.0 + k) * np.exp(-k - (1.0 + k) * at + inside) * ive(0, inside)
    expected = density.sum() * step
    found = (narrow(k / (1.0 + k))[..., 0] < power).mean()
    sampling = np.sqrt(expected * (1.0 - expected) / INDEPENDENT)
    assert found == pytest.approx(expected, abs=4 * sampling + 1e-3)


@pytest.mark.parametrize("places", [1, 2, 4, 6, 8, 12, 16, 40])
def test_way_decorrelates_as_waves_from_all_around(places):
    """Power of Rayleigh fading: J0²(2π d / λ); at speed v that is J0²(2π f_d t)."""
    power = narrow()
    found = (power * np.roll(power, places, axis=1)).mean() - 1.0
    expected = float(j0(2.0 * np.pi * places / PLACES)) ** 2
    # A product of exponentials varies by sqrt(1 + 2r + …) <= sqrt(20) about its mean.
    deviation = (power * np.roll(power, places, axis=1)).std()
    assert found == pytest.approx(expected, abs=4 * deviation / np.sqrt(INDEPENDENT))


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("direct_power", [0.0, K_FACTOR / (1.0 + K_FACTOR)])
def test_frequencies_decorrelate_by_the_delay_spread(groups, direct_power):
    """s²|ρ|² + 2 s (1-s) Re ρ, with ρ = 1/(1 + 2πj f T), T = spread / sqrt(s(2-s))."""
    scattered = 1.0 - direct_power
    profile_s = SPREAD_S / np.sqrt(scattered * (2.0 - scattered))
    rho = 1.0 / (1.0 + 2j * np.pi * groups * GROUP_HZ * profile_s)
    expected = scattered**2 * abs(rho) ** 2 + 2 * scattered * direct_power * rho.real
    power = narrow(direct_power)
    product = power[..., 0] * power[..., groups]
    found = product.mean() - power[..., 0].mean() * power[..., groups].mean()
    sampling = product.std() / np.sqrt(INDEPENDENT)
    assert found == pytest.approx(expected, abs=4 * sampling)


def test_groups_wider_than_the_coherence_bandwidth_swing_less():
    """The variance of a mean over a band is that of all pairs of frequencies in it."""
    wide_hz, points = 2_880e3, 12
    wide = fading_traces(
        jax.random.key(4),
        np.full(TRACES, SPREAD_S),
        np.zeros(TRACES),
        wide_hz,
        1,
        points=points,
    )
    apart_hz = np.subtract.outer(np.arange(points), np.arange(points)) * (
        wide_hz / points
    )
    expected = (1.0 / (1.0 + (2.0 * np.pi * apart_hz * SPREAD_S) ** 2)).mean()
    found = np.asarray(wide.power, float).var()
    # Squares of a sum of some 1 / 0.3 exponentials: a kurtosis below 9.
    assert found == pytest.approx(
        expected, abs=4 * expected * np.sqrt(8.0 / INDEPENDENT)
    )


@pytest.mark.parametrize("direct_power", [0.0, K_FACTOR / (1.0 + K_FACTOR)])
def test_a_trace_ends_where_it_begins(direct_power):
    """The step across its end is as small as any other."""
    power = narrow(direct_power)
    steps = np.abs(np.diff(power, axis=1, append=power[:, :1]))
    assert steps[:, -1].max() <= steps[:, :-1].max()
    # Of 48 traces; steps of a trace vary about as much as their mean.
    assert steps[:, -1].mean() == pytest.approx(
        steps.mean(), abs=4 * steps.std() / np.sqrt(TRACES)
    )


def some(power) -> FadingTraces:
    return FadingTraces(jnp.asarray(power, jnp.float32), per_state=len(power))


@given(start=st.integers(0, 2**32 - 1), speed_m_s=st.floats(0.0, 140.0, width=32))
def test_a_place_never_loses_digits(start, speed_m_s):
    """After 2^31 ticks as exactly as after one: the step is whole, and it wraps."""
    step = place_step(jnp.asarray(speed_m_s, jnp.float32), jnp.asarray(3.5), 5e-4)
    ticks = np.uint32(2**31 + 12_345)
    found = jnp.uint32(start) + ticks * step
    assert int(found) == (start + int(ticks) * int(step)) % 2**32


@pytest.mark.parametrize("carrier_ghz", [0.7, 3.5, 28.0])
@pytest.mark.parametrize("speed_m_s", [0.0, 0.83, 8.3, 33.3])
def test_a_second_of_motion_is_so_many_wavelengths(speed_m_s, carrier_ghz):
    """The Doppler frequency is speed over wavelength."""
    step = place_step(jnp.asarray(speed_m_s), jnp.asarray(carrier_ghz), 1e-3)
    found = 1_000 * int(step) / 2**32 * WAVELENGTHS
    expected = speed_m_s * carrier_ghz / 0.299792458
    assert found == pytest.approx(expected, rel=1e-5)  # float32, rounded step


def test_looking_up_finds_the_place_of_the_trace():
    power = np.arange(2 * 64 * 3).reshape(2, 64, 3)
    traces = some(power)
    for place in (0, 1, 31, 63):
        bits = jnp.uint32(place << 26) + jnp.uint32(1234)
        found = traces.at(jnp.asarray(1), bits)
        assert np.array_equal(found, power[1, place])


def test_users_and_cells_read_different_places():
    """Every trace is used alike, and starts are spread over all of it."""
    traces = FadingTraces(jnp.ones((4 * 8, 2, 1)), per_state=8)

    def one(user, cell):
        return traces.trace_of(user, cell, jnp.asarray(2))

    cells = jnp.arange(50, dtype=jnp.int32)
    users = jnp.arange(200, dtype=jnp.int32)
    pick = jax.vmap(jax.vmap(one, (None, 0)), (0, None))
    trace, start = map(np.asarray, pick(users, cells))
    assert trace.min() == 16
    assert trace.max() == 23
    share = np.bincount(trace.ravel() - 16, minlength=8) / trace.size
    assert share == pytest.approx(1 / 8, abs=4 * np.sqrt(1 / 8 * 7 / 8 / trace.size))
    assert len(np.unique(start)) == pytest.approx(start.size, abs=5)  # n²/2^33 = 0.01
    even = np.sort(start.ravel() / 2**32)
    # Kolmogorov: 1.95 / sqrt(n) is exceeded once in a thousand.
    assert np.abs(even - np.arange(even.size) / even.size).max() < (
        1.95 / np.sqrt(even.size)
    )


def test_an_environment_has_traces_of_each_state():
    number = jnp.asarray
    sight = Sight.along(
        number([200.0, 0.0, -23.5]),
        number(25.0),
        number(3.5),
        number(True),
        number(False),
    )
    traces = environment_traces(
        jax.random.key(1), cluster_table("uma"), sight, 2_880e3, 5, per_state=4
    )
    assert traces.power.shape == (16, 2_048, 5)
    seen, hidden, *_ = np.asarray(traces.power, float).reshape(4, 4, 2_048, 5)
    # A direct ray steadies: K of 9 dB, against none at all.
    assert seen.std() < 0.8 * hidden.std()


@pytest.mark.parametrize(
    ("wavelengths", "places"), [(100, 16), (128, 10), (2**20, 16), (1, 1)]
)
def test_refuses_a_trace_that_cannot_wrap(wavelengths, places):
    with pytest.raises(ScenarioError, match="powers of two"):
        fading_traces(
            jax.random.key(0),
            np.array([1e-7]),
            np.array([0.0]),
            1e6,
            2,
            wavelengths=wavelengths,
            places_per_wavelength=places,
        )


@pytest.mark.parametrize("spread_s", [0.0, -1e-7])
def test_refuses_a_delay_spread_that_is_none(spread_s):
    with pytest.raises(ScenarioError, match="above zero"):
        fading_traces(jax.random.key(0), np.array([spread_s]), np.array([0.0]), 1e6, 2)
