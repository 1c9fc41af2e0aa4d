"""Who hears which antenna how well in the hall of the indoor hotspot?

Report ITU-R M.2412, table 5, indoor hotspot, configuration A (4 GHz), and annex 1,
clause 2.1: 120 by 50 m, twelve sites under the ceiling 20 m apart, one or three
transmission points each, ten users a point. Power that is scattered arrives from
around the line of sight, with the spreads of TR 38.901, so that a beam is never
sharper than the air.
"""

import functools
import statistics

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int, PRNGKeyArray

from gemel.network.link_to_system.multi_user import overlap
from gemel.network.link_to_system.type_two import kept_share
from gemel.radio.arrays import PanelArray, port_gain_db
from gemel.radio.elements import ceiling_element
from gemel.radio.link import Link
from gemel.radio.propagation.base import AbstractPathLoss
from gemel.radio.rotation import Orientation, angles_deg, unit_vector
from gemel.units import THERMAL_NOISE_DBM_PER_HZ, ratio_from_db

HALL_M = (120.0, 50.0)
SITES_M = tuple((10.0 + 20.0 * i, 15.0 + 20.0 * j) for j in (0, 1) for i in range(6))
BASE_M, USER_M = 3.0, 1.5
USERS_PER_POINT = 10
CARRIER_GHZ = 4.0
POWER_DBM_PER_HZ = 24.0 - 73.0103  # 24 dBm over 20 MHz
NOISE_FIGURE_DB = 7.0
SECTORS_DEG = (30.0, 150.0, 270.0)
PORTS = 32.0  # both polarisations, with one sector and with three

# TR 38.901, table 7.5-6, indoor office with line of sight, at 4 GHz (7.5-10 for ZSD);
# without line of sight they are 2 degrees wider and 5 narrower.
K_FACTOR_DB = 7.0
AZIMUTH_SPREAD_DEG, ZENITH_SPREAD_DEG = 40.0, 17.0
SPREAD_POINTS = (4, 8)  # zenith, azimuth: quantiles of a normal spread

SOUNDING_ALPHA = 0.8  # fractional power control (TS 38.213, clause 7.3.1): usual


class Placed(eqx.Module):
    """One drop of users, attached.

    others, noise:    over the wanted signal, one antenna to one antenna, ratios
    sounding_others:  the same in the uplink: pilots of one user of every other point
    k_factor:         of the serving link; 0 without line of sight
    overlap:          of a user's directions with another user of the same point, 0..1
    neighbours:       other users of that point
    """

    point: Int[Array, " user"]
    others: Float[Array, " user"]
    noise: Float[Array, " user"]
    sounding_others: Float[Array, " user"]
    k_factor: Float[Array, " user"]
    overlap: Float[Array, " user"]
    neighbours: Int[Array, " user"]


@functools.cache
def _offsets_deg() -> np.ndarray:
    """Directions of the scattered power around line of sight: zenith, azimuth."""
    normal = statistics.NormalDist()

    def quantiles(count: int, spread_deg: float) -> list[float]:
        middle = [(i + 0.5) / count for i in range(count)]
        return [spread_deg * normal.inv_cdf(p) for p in middle]

    zenith = quantiles(SPREAD_POINTS[0], ZENITH_SPREAD_DEG)
    azimuth = quantiles(SPREAD_POINTS[1], AZIMUTH_SPREAD_DEG)
    return np.array([(z, a) for z in zenith for a in azimuth], np.float32)


class Antennas(eqx.Module):
    """Of every transmission point at a site.

    port:   what one port is made of; its elements are in phase straight ahead
    ports:  how the ports of one polarisation lie
    """

    port: PanelArray
    ports: PanelArray
    bearing_deg: Float[Array, " sector"]
    downtilt_deg: Float[Array, " sector"]


def antennas(sectors: int) -> Antennas:
    """Looking down, or around and 20 degrees down."""
    element = ceiling_element()
    if sectors == 1:
        one = PanelArray(element, rows=1)
        return Antennas(one, PanelArray(element, 4, 4), jnp.zeros(1), jnp.full(1, 90.0))
    ports = PanelArray(element, 2, 8, row_spacing_wl=2.0, column_spacing_wl=1.0)
    around_deg = 90.0 - jnp.asarray(SECTORS_DEG)
    return Antennas(PanelArray(element, 4, 2), ports, around_deg, jnp.full(3, 20.0))


def _seen(
    antennas: Antennas,
    bearing_deg: Float[Array, ""],
    downtilt_deg: Float[Array, ""],
    zenith_deg: Float[Array, ""],
    azimuth_deg: Float[Array, ""],
) -> tuple[Float[Array, ""], Complex[Array, " port"]]:
    """Gain of a port into a direction, a ratio, and the phases of all of them."""
    turned = Orientation(bearing_deg, downtilt_deg)
    even = jnp.full(antennas.port.elements, antennas.port.elements**-0.5) + 0.0j
    gain_db = port_gain_db(antennas.port, even, turned, zenith_deg, azimuth_deg)
    local = turned.to_local(unit_vector(zenith_deg, azimuth_deg))
    return ratio_from_db(gain_db), antennas.ports.steering_towards(local)


def _directions(
    user_m: Float[Array, "3"], site_m: Float[Array, "3"], k_factor: Float[Array, ""]
) -> tuple[Float[Array, "ray 2"], Float[Array, " ray"]]:
    """Zenith and azimuth of line of sight and of what is scattered, and their power."""
    offset = user_m - site_m
    straight = jnp.stack(angles_deg(offset / jnp.linalg.norm(offset)))
    scattered = straight[None, :] + jnp.asarray(_offsets_deg(), straight.dtype)
    count = scattered.shape[0]
    rest = jnp.full(count, 1.0 / count) / (1.0 + k_factor)
    power = jnp.concatenate([(k_factor / (1.0 + k_factor))[None], rest])
    return jnp.concatenate([straight[None, :], scattered]), power


def _port_gain(
    antennas: Antennas,
    sector: Int[Array, ""],
    user_m: Float[Array, "3"],
    site_m: Float[Array, "3"],
    k_factor: Float[Array, ""],
) -> tuple[Float[Array, ""], Complex[Array, "port port"]]:
    """Mean gain of one port over all directions, and the covariance of all ports."""
    directions, power = _directions(user_m, site_m, k_factor)

    def one(direction: Float[Array, "2"]) -> tuple:
        return _seen(
            antennas,
            antennas.bearing_deg[sector],
            antennas.downtilt_deg[sector],
            *direction,
        )

    gain, response = jax.vmap(one)(directions)
    heard = power * gain
    amplitude = jnp.sqrt(heard).astype(response.dtype)
    rays = jax.vmap(jnp.multiply)(amplitude, response)
    covariance = jax.vmap(lambda ray: jnp.outer(ray, jnp.conj(ray)))(rays)
    return heard.sum(), covariance.sum(0)


def _large_scale(
    model: AbstractPathLoss,
    user_m: Float[Array, "3"],
    site_m: Float[Array, "3"],
    key: PRNGKeyArray,
) -> tuple[Float[Array, ""], Bool[Array, ""]]:
    """Loss with its shadow, dB, and whether the site is seen: drawn anew for a link."""
    sight_key, shadow_key = jax.random.split(key)
    unseen = Link.between(user_m, site_m, jnp.asarray(CARRIER_GHZ), jnp.asarray(False))
    likely = model.line_of_sight_probability(
        unseen.distance_2d_m, unseen.user_height_m, unseen.base_height_m
    )
    seen = jax.random.uniform(sight_key) < likely
    link = eqx.tree_at(lambda link: link.line_of_sight, unseen, seen)
    shadow_db = model.shadowing_sigma_db(link) * jax.random.normal(shadow_key)
    return model.loss_db(link) + shadow_db, seen


@eqx.filter_jit
def drop_users(sectors: int, model: AbstractPathLoss, key: PRNGKeyArray) -> Placed:
    """Users all over the hall, each attached to the point it hears best."""
    place_key, link_key = jax.random.split(key)
    count = USERS_PER_POINT * len(SITES_M) * sectors
    flat = jax.random.uniform(place_key, (count, 2)) * jnp.asarray([HALL_M])
    user_m = jnp.concatenate([flat, jnp.full((count, 1), USER_M)], axis=1)
    site_m = jnp.asarray([(*site, BASE_M) for site in SITES_M])
    keys = jax.random.split(link_key, (count, len(SITES_M)))
    set_up = antennas(sectors)

    def one_link(
        user_m: Float[Array, "3"], site_m: Float[Array, "3"], key: PRNGKeyArray
    ) -> tuple:
        loss_db, seen = _large_scale(model, user_m, site_m, key)
        k_factor = jnp.where(seen, 10.0 ** (K_FACTOR_DB / 10.0), 0.0)

        def one_sector(sector: Int[Array, ""]) -> Float[Array, ""]:
            return _port_gain(set_up, sector, user_m, site_m, k_factor)[0]

        gain = jax.vmap(one_sector)(jnp.arange(sectors))
        return gain * ratio_from_db(-loss_db), k_factor

    one_user = jax.vmap(one_link, (None, 0, 0))
    gain, k_factor = jax.vmap(one_user, (0, None, 0))(user_m, site_m, keys)
    gain = gain.reshape(count, -1)
    point = jnp.argmax(gain, axis=1)
    wanted = gain.max(axis=1)
    site, sector = point // sectors, point % sectors
    k_served = jnp.take_along_axis(k_factor, site[:, None], axis=1)[:, 0]
    covariance = jax.vmap(lambda s, u, m, k: _port_gain(set_up, s, u, m, k)[1])(
        sector, user_m, site_m[site], k_served
    )
    noise_dbm_per_hz = THERMAL_NOISE_DBM_PER_HZ + NOISE_FIGURE_DB
    overlap, neighbours = _mean_overlap(covariance, point)
    return Placed(
        point=point,
        others=(gain.sum(axis=1) - wanted) / wanted,
        noise=10.0 ** (0.1 * (noise_dbm_per_hz - POWER_DBM_PER_HZ)) / wanted,
        sounding_others=_sounding_others(gain, point, SOUNDING_ALPHA),
        k_factor=k_served,
        overlap=overlap,
        neighbours=neighbours,
    )


def _sounding_others(
    gain: Float[Array, "user point"], point: Int[Array, " user"], alpha: float
) -> Float[Array, " user"]:
    """What arrives at a user's point from one user of every other point, over what
    arrives from the user itself.

    alpha: of fractional power control: a user sends its path gain to the power -alpha
    """
    points = gain.shape[1]
    own = jnp.take_along_axis(gain, point[:, None], axis=1)
    arriving = gain * own ** (-alpha)
    users = jax.ops.segment_sum(jnp.ones_like(own[:, 0]), point, points)
    summed = jax.ops.segment_sum(arriving, point, points)
    mean = jax.vmap(jnp.divide)(summed, jnp.maximum(users, 1.0))
    from_others = mean.sum(axis=0) - jnp.diagonal(mean)
    return from_others[point] / own[:, 0] ** (1.0 - alpha)


def _mean_overlap(
    covariance: Complex[Array, "user port port"], point: Int[Array, " user"]
) -> tuple[Float[Array, " user"], Int[Array, " user"]]:
    """With the other users of a point, in the mean, and how many these are."""
    pairs = jax.vmap(jax.vmap(overlap, (None, 0)), (0, None))(covariance, covariance)
    together = (point[:, None] == point[None, :]) & ~jnp.eye(len(point), dtype=bool)
    neighbours = together.sum(axis=1)
    shared = jnp.where(together, pairs, 0.0).sum(axis=1)
    alone = 1.0 / PORTS  # nobody to be told apart from: the rich field's value
    mean = shared / jnp.maximum(neighbours, 1).astype(shared.dtype)
    return jnp.where(neighbours > 0, mean, alone), neighbours


@eqx.filter_jit
def codebook_fidelity(
    sectors: int, key: PRNGKeyArray, draws: int = 2_000
) -> Float[Array, ""]:
    """What a Type II report keeps of a scattered channel, in the mean over users of
    one site's share of the hall, each served by the point that looks its way."""
    set_up = antennas(sectors)
    rows, columns = set_up.ports.rows, set_up.ports.columns

    def one(key: PRNGKeyArray) -> Float[Array, ""]:
        place_key, phase_key = jax.random.split(key)
        corner = jnp.asarray([10.0, 12.5])  # half the distance to the next site
        flat = jax.random.uniform(place_key, (2,), minval=-corner, maxval=corner)
        user_m = jnp.append(flat, USER_M)
        site_m = jnp.asarray([0.0, 0.0, BASE_M])
        directions, power = _directions(user_m, site_m, jnp.asarray(0.0))

        def seen(sector: Int[Array, ""]) -> tuple:
            turned = set_up.bearing_deg[sector], set_up.downtilt_deg[sector]
            return jax.vmap(lambda d: _seen(set_up, *turned, *d))(directions)

        gain, response = jax.vmap(seen)(jnp.arange(sectors))
        best = jnp.argmax((gain * power[None, :]).sum(axis=1))
        amplitude = jnp.sqrt(power * gain[best])
        turn = 2.0 * jnp.pi * jax.random.uniform(phase_key, (2, len(power)))
        fading = jax.vmap(
            lambda turn: jax.lax.complex(
                amplitude * jnp.cos(turn), amplitude * jnp.sin(turn)
            )
        )(turn)
        # Ports are numbered with rows fastest.
        channel = (fading @ response[best]).reshape(2, columns, rows)
        return kept_share(channel)

    return jax.vmap(one)(jax.random.split(key, draws)).mean()
