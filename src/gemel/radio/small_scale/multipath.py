"""How much louder or fainter is a link for the antennas that its rays meet?

Multipath RSRP, 3GPP TR 36.873, clause 8.1, equation 8.1-1: the powers of all rays add
up, port 0 of the base station to each port of the user, whose mean counts. Path loss
and shadow are not in it: between isotropic antennas of one polarisation the gain would
be 0 dB but for polarisation. The direct ray as in TR 38.901, equations 7.5-29 and -30.

A field is a function of a direction, zenith_deg and azimuth_deg of TR 38.901, to its
parts along theta and phi; |field|² is a gain.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Inexact

from gemel.radio.small_scale.rays import Rays
from gemel.units import db_from_ratio

BaseField = Callable[[Float[Array, ""], Float[Array, ""]], Inexact[Array, "2"]]
UserField = Callable[[Float[Array, ""], Float[Array, ""]], Inexact[Array, "port 2"]]

LEAST_GAIN = 1e-20  # -200 dB: where both antennas have a null


def isotropic_ports(
    slants_deg: Sequence[float],
) -> Callable[[Float[Array, ""], Float[Array, ""]], Float[Array, "port 2"]]:
    """Ports of an antenna with no direction, one a slant; 0° is vertical.

    TR 38.901, clause 7.3.2, polarisation model 2: F_theta = cos ζ, F_phi = sin ζ.
    """
    slant = np.radians(np.asarray(slants_deg, float))
    parts = np.stack([np.cos(slant), np.sin(slant)], -1)

    def field(
        zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
    ) -> Float[Array, "port 2"]:
        del azimuth_deg
        return jnp.asarray(parts, zenith_deg.dtype)

    return field


def multipath_gain_db(
    rays: Rays, base_field: BaseField, user_field: UserField
) -> Float[Array, ""]:
    """Gain over the path loss, dB, of both antennas and all rays.

    base_field:  of port 0, both polarisations: [2]
    user_field:  of every port: [port 2]
    """
    base, user = _fields(rays, base_field, user_field)
    turn = jax.lax.complex(jnp.cos(rays.phase_rad), jnp.sin(rays.phase_rad))
    cross = jnp.sqrt(rays.cross_power)
    cross, base, user = (part.astype(turn.dtype) for part in (cross, base, user))
    along_theta = turn[0] * base[..., 0] + cross * turn[1] * base[..., 1]
    along_phi = cross * turn[2] * base[..., 0] + turn[3] * base[..., 1]
    received = (
        user[..., 0] * along_theta[..., None] + user[..., 1] * along_phi[..., None]
    )
    power = jnp.mean(_square(received), axis=-1)
    return _total_db(rays, power, base_field, user_field)


def expected_multipath_gain_db(
    rays: Rays, base_field: BaseField, user_field: UserField
) -> Float[Array, ""]:
    """The same, expected over the phases that polarisations have: cheaper by far."""
    base, user = _fields(rays, base_field, user_field)
    base, user = _square(base), jnp.mean(_square(user), axis=-2)
    kept = user[..., 0] * base[..., 0] + user[..., 1] * base[..., 1]
    crossed = user[..., 0] * base[..., 1] + user[..., 1] * base[..., 0]
    power = kept + rays.cross_power * crossed
    return _total_db(rays, power, base_field, user_field)


def _fields(
    rays: Rays, base_field: BaseField, user_field: UserField
) -> tuple[Inexact[Array, "cluster ray 2"], Inexact[Array, "cluster ray port 2"]]:
    base = jax.vmap(jax.vmap(base_field))
    user = jax.vmap(jax.vmap(user_field))
    return (
        base(rays.departure_zenith_deg, rays.departure_azimuth_deg),
        user(rays.arrival_zenith_deg, rays.arrival_azimuth_deg),
    )


def _total_db(
    rays: Rays,
    power: Float[Array, "cluster ray"],
    base_field: BaseField,
    user_field: UserField,
) -> Float[Array, ""]:
    base = base_field(
        rays.direct_departure_zenith_deg, rays.direct_departure_azimuth_deg
    )
    user = user_field(rays.direct_arrival_zenith_deg, rays.direct_arrival_azimuth_deg)
    direct = user[:, 0] * base[0] - user[:, 1] * base[1]
    scattered = jnp.sum(rays.power * power)
    total = scattered + rays.direct_power * jnp.mean(_square(direct))
    return db_from_ratio(jnp.maximum(total, LEAST_GAIN))


def _square(field: Inexact[Array, "*axes"]) -> Float[Array, "*axes"]:
    """|field|²; a product for real numbers, which need no root."""
    return jnp.real(field * jnp.conj(field))
