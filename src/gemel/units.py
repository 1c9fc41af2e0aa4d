"""How do we convert between decibels and ratios, once, at the border?"""

import jax.numpy as jnp
from jaxtyping import Array, Float

LN10_OVER_10 = 0.23025850929940458  # exp() of this is far cheaper for XLA than 10 ** x
DB_PER_NEPER = 4.342944819032518  # 10 / ln(10)
THERMAL_NOISE_DBM_PER_HZ = -174.0  # k·T at 290 K
JOULE_PER_KWH = 3.6e6
BIT_PER_KBIT = 1_000.0  # the kbit of TS 28.552 is 1,000 bit


def ratio_from_db(value_db: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """The power ratio that a number of decibels stands for."""
    return jnp.exp(value_db * LN10_OVER_10)


def db_from_ratio(ratio: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """Decibels of a power ratio; the ratio must be above zero."""
    return jnp.log(ratio) * DB_PER_NEPER


def mw_from_dbm(power_dbm: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """Milliwatts of a power level."""
    return ratio_from_db(power_dbm)
