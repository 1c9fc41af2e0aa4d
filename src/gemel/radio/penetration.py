"""How much more is lost through the wall of a house or the body of a car?

3GPP TR 38.901, clause 7.4.3.1 with tables 7.4.3-1 to 7.4.3-3, and clause 7.4.3.2.
Rural macrocells know low-loss houses only, and factory halls high-loss ones only.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.units import db_from_ratio, ratio_from_db

SLANTED_DB = 5.0  # table 7.4.3-2: added because waves do not meet walls at right angles
INDOOR_DB_PER_M = 0.5  # tables 7.4.3-2 and 7.4.3-3, PL_in
DEEPEST_M = 25.0  # clause 7.4.3.1: d_2D-in in cities
DEEPEST_RURAL_M = 10.0  # and in the country
LEGACY_WALL_DB = 20.0  # table 7.4.3-3, PL_tw
LEGACY_SHADOWING_SIGMA_DB = 7.0  # table 7.4.3-3, instead of that of table 7.4.1-1
CAR_MEAN_DB = 9.0  # clause 7.4.3.2, ordinary windows
METALLISED_MEAN_DB = 20.0  # clause 7.4.3.2, metallised windows
CAR_SIGMA_DB = 5.0


def indoor_distance_m(
    one: Float[Array, ""], other: Float[Array, ""], rural: Bool[Array, ""]
) -> Float[Array, ""]:
    """d_2D-in, from the wall to the user, m: the smaller of two even draws.

    one, other:  uniform 0..1, one pair a user
    rural:       up to 10 m deep, not 25 m
    """
    deepest_m = jnp.where(rural, DEEPEST_RURAL_M, DEEPEST_M)
    return deepest_m * jnp.minimum(one, other)


def building_entry_loss_db(
    carrier_ghz: Float[Array, ""],
    high_loss: Bool[Array, ""],
    indoor_distance_m: Float[Array, ""],
    deviation: Float[Array, ""],
) -> Float[Array, ""]:
    """Through an outer wall and on to a user inside, dB: PL_tw + PL_in + N(0, sigma_P).

    high_loss:          coated glass and concrete, as in modern offices
    indoor_distance_m:  d_2D-in, see the function of that name
    deviation:          standard normal, one a user; the table's sigma is in here
    """
    glass_db = jnp.where(high_loss, 23.0 + 0.3 * carrier_ghz, 2.0 + 0.2 * carrier_ghz)
    concrete_db = 5.0 + 4.0 * carrier_ghz
    glass_share = jnp.where(high_loss, 0.7, 0.3)
    sigma_db = jnp.where(high_loss, 6.5, 4.4)
    through = glass_share * ratio_from_db(-glass_db)
    through += (1.0 - glass_share) * ratio_from_db(-concrete_db)
    return (
        SLANTED_DB
        - db_from_ratio(through)
        + INDOOR_DB_PER_M * indoor_distance_m
        + sigma_db * deviation
    )


def legacy_building_entry_loss_db(
    indoor_distance_m: Float[Array, ""],
) -> Float[Array, ""]:
    """The same as table 7.4.3-3 has it for one carrier below 6 GHz in UMa and UMi, dB.

    Its shadows then have a sigma of 7 dB, LEGACY_SHADOWING_SIGMA_DB.

    indoor_distance_m:  one even draw a link from 0 to 25 m, not the smaller of two
    """
    return LEGACY_WALL_DB + INDOOR_DB_PER_M * indoor_distance_m


def car_loss_db(
    deviation: Float[Array, ""], metallised: Bool[Array, ""] | bool = False
) -> Float[Array, ""]:
    """Into a car, dB, for 0.6 to 60 GHz.

    deviation:   standard normal, one a user
    metallised:  windows that keep heat out, and waves with it
    """
    mean_db = jnp.where(metallised, METALLISED_MEAN_DB, CAR_MEAN_DB)
    return mean_db + CAR_SIGMA_DB * deviation
