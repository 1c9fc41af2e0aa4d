"""How much more is lost through the wall of a house or the body of a car?

3GPP TR 38.901, clause 7.4.3.1 with tables 7.4.3-1 and 7.4.3-2, and clause 7.4.3.2.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.units import db_from_ratio, ratio_from_db

SLANTED_DB = 5.0  # table 7.4.3-2: added because waves do not meet walls at right angles
INDOOR_DB_PER_M = 0.5  # table 7.4.3-2, PL_in
CAR_MEAN_DB = 9.0  # clause 7.4.3.2, ordinary windows
CAR_SIGMA_DB = 5.0


def building_entry_loss_db(
    carrier_ghz: Float[Array, ""],
    high_loss: Bool[Array, ""],
    indoor_distance_m: Float[Array, ""],
    deviation: Float[Array, ""],
) -> Float[Array, ""]:
    """Through an outer wall and on to a user inside, dB: PL_tw + PL_in + N(0, sigma_P).

    high_loss:          coated glass and concrete, as in modern offices (rural
                        macrocells know low loss only)
    indoor_distance_m:  d_2D-in, from the wall to the user; the smaller of two uniform
                        draws up to 25 m in cities and 10 m in the country
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


def car_loss_db(deviation: Float[Array, ""]) -> Float[Array, ""]:
    """Into a car with ordinary windows, dB, for 0.6 to 60 GHz.

    deviation:  standard normal, one a user
    """
    return CAR_MEAN_DB + CAR_SIGMA_DB * deviation
