"""Which single SINR decodes as well as many different ones?

Exponential effective SINR mapping: every resource-block group votes with exp(-SINR /
beta), where beta belongs to the modulation and coding scheme (3GPP TR 25.892, annex
A.4.3; betas in `modulation`). Ratios everywhere, not decibels.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def effective_sinr(
    sinr: Float[Array, " group"], beta: Float[Array, ""]
) -> Float[Array, ""]:
    """-beta ln(mean(exp(-SINR / beta))) of one block, a ratio.

    Between the lowest and the highest SINR; the SINR itself where all are alike.
    """
    lowest = sinr.min()
    # Counted from the lowest: no exponential vanishes, and alike means exactly zero.
    missing = jnp.expm1((lowest - sinr) / beta).mean()
    return lowest - beta * jnp.log1p(missing)
