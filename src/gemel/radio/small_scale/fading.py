"""How does the power of a link swing along a user's way and across the band?

A few traces of power over place and resource block group are drawn once. A user in
motion reads along one of them: one look a slot instead of fresh numbers. Places count
in wavelengths, so that a trace serves every speed: the autocorrelation of the scattered
amplitude over a way d is J0(2π d / λ), waves coming from all around (Clarke). Over
frequency it is that of an exponential profile of delays, 1 / (1 + 2πj f T), with T such
that the delay spread, the direct ray included, is the link's (TR 38.901, table 7.5-6).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from gemel.errors import ScenarioError
from gemel.radio.mixing import mixed_of
from gemel.radio.small_scale.parameters import STATES, ClusterTable
from gemel.radio.small_scale.spreads import Sight, draw_spreads

SPEED_OF_LIGHT_M_PER_NS = 0.299792458
TAPS = 64  # of equal power; an exponential profile within a percent
FULL_TURN = 2.0**32  # a trace in the units of a place, which wrap by themselves


class FadingTraces(eqx.Module):
    """Power of links over their mean.

    power:      every trace has the mean 1 and ends where it begins
    per_state:  traces of each state of a link, one state after the other
    """

    power: Float[Array, "trace place group"]
    per_state: int = eqx.field(static=True)

    def at(
        self, trace: Int[Array, ""], place: UInt32[Array, ""]
    ) -> Float[Array, " group"]:
        """Power of each resource block group at a place of a trace."""
        bits = (self.power.shape[1] - 1).bit_length()
        number = place >> np.uint32(32 - bits)
        return self.power[trace, number.astype(jnp.int32)]

    def trace_of(
        self, user: Int[Array, ""], cell: Int[Array, ""], state: Int[Array, ""]
    ) -> tuple[Int[Array, ""], UInt32[Array, ""]]:
        """Which trace a user reads of a cell, and from which place on.

        state:  0 seen, 1 hidden, 2 and 3 the same indoors
        """
        bits = mixed_of(user, cell)
        trace = (bits & np.uint32(0xFFFF)) % np.uint32(self.per_state)
        start = mixed_of(cell, user)
        return state * self.per_state + trace.astype(jnp.int32), start


def place_step(
    speed_m_s: Float[Array, ""],
    carrier_ghz: Float[Array, ""],
    tick_s: float,
    wavelengths: int = 128,
) -> UInt32[Array, ""]:
    """How far a user gets in a tick, in the units of a place.

    The place after so many ticks is start + ticks · step, all in 32 unsigned bits: it
    wraps with the trace and never loses digits, however long it goes on.
    """
    wavelength_m = SPEED_OF_LIGHT_M_PER_NS / carrier_ghz
    turns = speed_m_s * tick_s / wavelength_m / wavelengths
    # What exceeds a full trace in one tick is no motion anybody follows.
    return jnp.round((turns - jnp.floor(turns)) * FULL_TURN).astype(jnp.uint32)


def fading_traces(
    key: PRNGKeyArray,
    ds_s: Float[np.ndarray, " trace"],
    direct_power: Float[np.ndarray, " trace"],
    group_hz: float,
    groups: int,
    *,
    wavelengths: int = 128,
    places_per_wavelength: int = 16,
    points: int = 12,
    per_state: int | None = None,
) -> FadingTraces:
    """Traces of given delay spreads; set-up work, in float64 on the host.

    direct_power:  share of the direct ray in all power, 0..1
    group_hz:      bandwidth of a resource block group
    points:        frequencies in a group whose mean power counts

    Raises ScenarioError if a trace would have a number of places that is no power of
    two (2 to 2^20), or if anything that must be positive is not.
    """
    places = wavelengths * places_per_wavelength
    if not 2 <= places <= 2**20 or places & (places - 1):
        raise ScenarioError(
            f"{wavelengths} wavelengths of {places_per_wavelength} places cannot wrap; "
            "give powers of two, e.g. 128 and 16."
        )
    if min(group_hz, groups, points, *ds_s) <= 0:
        raise ScenarioError(
            f"fading over {groups} groups of {group_hz} Hz at {points} points needs "
            "all of them above zero, and every delay spread."
        )
    # Middles of equal parts of every group.
    offset_hz = (np.arange(groups * points) + 0.5) * (group_hz / points)
    power = np.empty((len(ds_s), places, groups), np.float32)
    for number, (spread_s, direct) in enumerate(zip(ds_s, direct_power, strict=True)):
        gain = _amplitudes(
            jax.random.fold_in(key, number),
            _profile_s(spread_s, direct),
            direct,
            offset_hz,
            wavelengths,
            places,
        )
        mean = (np.abs(gain) ** 2).reshape(places, groups, points).mean(-1)
        power[number] = mean / mean.mean()
    return FadingTraces(jnp.asarray(power), per_state or len(ds_s))


def environment_traces(
    key: PRNGKeyArray,
    table: ClusterTable,
    sight: Sight,
    group_hz: float,
    groups: int,
    per_state: int = 32,
    wavelengths: int = 128,
    places_per_wavelength: int = 16,
) -> FadingTraces:
    """Traces for every state of a link, with spreads drawn from the environment.

    sight:  of a usual link; its states are not asked
    """
    spread_key, trace_key = jax.random.split(key)
    normals = jax.random.normal(spread_key, (per_state, 7), jnp.float32)
    normals = normals.astype(table.cluster_count.dtype)
    ds_s, direct = [], []
    for state in range(len(STATES)):
        seen, indoor = jnp.asarray(state % 2 == 0), jnp.asarray(state >= 2)
        row = table.of(seen, indoor)
        drawn = jax.vmap(lambda one, row=row: draw_spreads(row, sight, one))(normals)
        k_factor = 10.0 ** (np.asarray(drawn.k_factor_db, float) / 10.0)
        has_direct = float(row.has_direct_ray)
        ds_s.append(np.asarray(drawn.ds_s, float))
        direct.append(has_direct * k_factor / (1.0 + k_factor))
    return fading_traces(
        trace_key,
        np.concatenate(ds_s),
        np.concatenate(direct),
        group_hz,
        groups,
        per_state=per_state,
        wavelengths=wavelengths,
        places_per_wavelength=places_per_wavelength,
    )


def _profile_s(ds_s: float, direct_power: float) -> float:
    """T of the scattered profile that makes the spread of all power `ds_s`.

    With a share s scattered after exp(-t / T) and the rest at once, the mean delay is
    s T, the mean square 2 s T², and the spread T · sqrt(s (2 - s)).
    """
    scattered = 1.0 - direct_power
    return ds_s / float(np.sqrt(scattered * (2.0 - scattered)))


def _amplitudes(
    key: PRNGKeyArray,
    profile_s: float,
    direct_power: float,
    offset_hz: Float[np.ndarray, " point"],
    wavelengths: int,
    places: int,
) -> np.ndarray:
    """Complex amplitude [place point] with the mean power 1."""
    noise_key, tap_key, direct_key = jax.random.split(key, 3)
    # Whole numbers of waves per trace, so that its end meets its beginning.
    waves = np.arange(-wavelengths, wavelengths + 1)
    edges = np.clip((waves[:, None] + [-0.5, 0.5]) / wavelengths, -1.0, 1.0)
    # Waves from all around: the share between two edges is that of the arcs.
    share = np.diff(np.arcsin(edges), axis=1)[:, 0] / np.pi
    noise = jax.random.normal(noise_key, (2, len(waves), TAPS), jnp.float32)
    noise = np.asarray(noise, float)
    spectrum = np.zeros((places, TAPS), complex)
    spectrum[waves] = (noise[0] + 1j * noise[1]) * np.sqrt(share / 2.0)[:, None]
    taps = np.fft.ifft(spectrum, axis=0) * places
    # Taps of equal power, one in each of so many equal parts of the profile: no common
    # spacing, so that the band does not repeat itself.
    within = np.asarray(jax.random.uniform(tap_key, (TAPS,), jnp.float32), float)
    delay_s = -profile_s * np.log1p(-(np.arange(TAPS) + within) / TAPS)
    across = np.exp(-2j * np.pi * delay_s[:, None] * offset_hz)
    gain = taps @ across * np.sqrt((1.0 - direct_power) / TAPS)
    ahead = np.cos(2.0 * np.pi * float(jax.random.uniform(direct_key)))
    turns = np.round(ahead * wavelengths) * np.arange(places) / places
    return gain + np.sqrt(direct_power) * np.exp(2j * np.pi * turns)[:, None]
