"""In which direction does a user lie, fast enough for millions of links?

XLA's arctan2 costs more on a CPU than the rest of an antenna together; a polynomial
of five terms is off by less than a thousandth of a degree.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

# Ours: least maximum error of t·(c0 + c1·t² + …) against arctan t, degrees, on 0..1.
ARCTAN_DEG = (
    57.288120767589554,
    -18.925070368443944,
    10.32236813385607,
    -4.87910094330502,
    1.194337807699767,
)
LEAST_M = 1e-2  # a centimetre: keeps "nowhere" apart from division by zero


def direction_deg(
    ahead_m: Float[Array, ""], aside_m: Float[Array, ""]
) -> Float[Array, ""]:
    """The angle from ahead towards aside, -180..180 degrees, within 0.001 degrees."""
    ahead, aside = jnp.abs(ahead_m), jnp.abs(aside_m)
    steep = aside > ahead
    # Selecting, not min and max, keeps the gradient right on the diagonal.
    shorter = jnp.where(steep, ahead, aside)
    longer = jnp.maximum(jnp.where(steep, aside, ahead), LEAST_M)
    ratio = shorter / longer
    square = ratio * ratio
    angle_deg = jnp.full_like(ratio, ARCTAN_DEG[-1])
    for coefficient in reversed(ARCTAN_DEG[:-1]):
        angle_deg = angle_deg * square + coefficient
    angle_deg = angle_deg * ratio
    angle_deg = jnp.where(steep, 90.0 - angle_deg, angle_deg)
    angle_deg = jnp.where(ahead_m < 0.0, 180.0 - angle_deg, angle_deg)
    return jnp.where(aside_m < 0.0, -angle_deg, angle_deg)


def turn_deg(from_deg: Float[Array, ""], to_deg: Float[Array, ""]) -> Float[Array, ""]:
    """The shorter way round between two bearings, -180..180 degrees."""
    difference_deg = to_deg - from_deg
    return difference_deg - 360.0 * jnp.round(difference_deg / 360.0)


def bearing_and_fall_deg(
    offset_m: Float[Array, "3"],
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Where a user lies, seen from an antenna: clockwise from north, and how far below
    the horizon, degrees.

    offset_m:  user minus antenna: east, north, up
    """
    east_m, north_m, up_m = offset_m[0], offset_m[1], offset_m[2]
    level_m = jnp.sqrt(jnp.maximum(east_m**2 + north_m**2, LEAST_M**2))
    return direction_deg(north_m, east_m), direction_deg(level_m, -up_m)
