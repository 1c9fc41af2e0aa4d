"""How many bits does a signal-to-interference ratio carry, over how many streams?

The attenuated Shannon bound of TR 36.942 clause A.2 (alpha 0.6 in the downlink), equal
power on every stream, capped at the highest efficiency of 256QAM (TS 38.214 table
5.1.3.1-2: 7.4063 bit/s/Hz) times the same alpha. The reference lets nothing through
below -10 dB; here the curve goes on, so that more interference always means fewer bits
and never a user less: the fixed point of the loads needs that.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

ALPHA = 0.6
HIGHEST_BPS_PER_HZ = 7.4063 * ALPHA


def spectral_efficiency(
    sinr: Float[Array, "*axes"], streams: Float[Array, "*axes"]
) -> Float[Array, "*axes"]:
    """bit/s/Hz over all streams, from the ratio (not dB) before the power is split."""
    one_of_many = jnp.minimum(
        ALPHA * jnp.log2(1.0 + sinr / streams), HIGHEST_BPS_PER_HZ
    )
    return streams * one_of_many
