"""Which standard normal number is not exceeded with a probability in percent?"""

import jax.numpy as jnp
from jax.scipy.special import ndtri
from jaxtyping import Array, Float

RAREST = 1e-30  # keeps the quantile finite at 0 and at 100 %, where none is valid


def tails(percent: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The probabilities below and above, both exact in their leading digits.

    Above one half, 100 - percent is exact while percent / 100 rounds to one.
    """
    below = jnp.clip(percent / 100.0, RAREST, 1.0)
    above = jnp.clip((100.0 - percent) / 100.0, RAREST, 1.0)
    return below, above


def normal_quantile(percent: Float[Array, ""]) -> Float[Array, ""]:
    """F⁻¹ of the standard normal distribution; finite for every percent.

    ±11.5 at and beyond 0 and 100 %. In float32 no number lies between 99.999992 and
    100 %: whoever needs such quantiles computes in float64.
    """
    below, above = tails(percent)
    rarer = ndtri(jnp.minimum(below, above))
    return jnp.where(percent > 50.0, -rarer, rarer)
