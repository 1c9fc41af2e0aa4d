"""What do the urban macrocell and the street canyon have in common?

Both lose along two slopes in line of sight, the second one beyond the distance where
the wave reflected by the ground arrives in opposition (3GPP TR 38.901, table 7.4.1-1,
rows UMa and UMi-Street Canyon, PL1, PL2 and note 1), and both let the line of sight
fade alike (table 7.4.2-1).
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import (
    NEAREST_M,
    SPEED_OF_LIGHT_M_PER_NS,
    log10_distance_3d,
)

ALWAYS_SEEN_M = 18.0  # table 7.4.2-1, rows UMi and UMa
FAR_SLOPE_DB = 40.0  # per decade: the ray off the ground cancels the direct one


def breakpoint_m(link: Link, ground_m: Float[Array, ""] | float) -> Float[Array, ""]:
    """d'_BP of note 1, m; at least 1 m, also where heights make no sense."""
    base_m = link.base_height_m - ground_m
    user_m = link.user_height_m - ground_m
    return jnp.maximum(
        4.0 * base_m * user_m * (link.carrier_ghz / SPEED_OF_LIGHT_M_PER_NS), NEAREST_M
    )


def two_slope_loss_db(
    link: Link,
    ground_m: Float[Array, ""] | float,
    first_metre_db: float,
    near_slope_db: float,
) -> Float[Array, ""]:
    """Line-of-sight loss, dB; both slopes per decade of 3-D distance.

    first_metre_db:  at 1 m and 1 GHz, along the near slope
    """
    turn_m = breakpoint_m(link, ground_m)
    steeper_db = FAR_SLOPE_DB - near_slope_db
    log10_m = log10_distance_3d(link)
    log10_turn_m = 0.5 * jnp.log10(turn_m**2 + link.height_difference_m**2)
    beyond_db = jnp.where(
        link.distance_2d_m <= turn_m, 0.0, steeper_db * (log10_m - log10_turn_m)
    )
    return (
        first_metre_db
        + near_slope_db * log10_m
        + 20.0 * jnp.log10(link.carrier_ghz)
        + beyond_db
    )


def seen_from_street_probability(
    distance_2d_m: Float[Array, ""], fades_over_m: float
) -> Float[Array, ""]:
    """Line of sight of a user in the street, 0..1; certain up to 18 m."""
    far_m = jnp.maximum(distance_2d_m, ALWAYS_SEEN_M)
    near = ALWAYS_SEEN_M / far_m
    return near + jnp.exp(far_m * (-1.0 / fades_over_m)) * (1.0 - near)


def inside_urban_table(link: Link) -> Bool[Array, ""]:
    """The ranges of both rows: 10 m to 5 km, users at 1.5 to 22.5 m, 0.5 to 100 GHz.

    The table names one base height a row, 25 m and 10 m; that is the height of the
    scenario rather than a limit, and real networks have others: only a base below the
    effective ground, where the formula stops making sense, is refused.
    """
    distance_m, user_m = link.distance_2d_m, link.user_height_m
    return (
        (10.0 <= distance_m)
        & (distance_m <= 5_000.0)
        & (1.5 <= user_m)
        & (user_m <= 22.5)
        & (link.base_height_m > link.effective_ground_m)
        & (user_m > link.effective_ground_m)
        & (0.5 <= link.carrier_ghz)
        & (link.carrier_ghz <= 100.0)
    )
