"""Which 32 bits look random, whoever asks and how often?"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt32


def mixed(bits: UInt32[Array, "*axes"]) -> UInt32[Array, "*axes"]:
    """Multiply and fold, so that neighbours part."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = (bits ^ (bits >> np.uint32(shift))) * np.uint32(factor)
    return bits ^ (bits >> np.uint32(16))


def mixed_of(
    one: Int[Array, "*axes"], other: Int[Array, "*axes"]
) -> UInt32[Array, "*axes"]:
    """Of two numbers; the other way round they are other bits."""
    bits = one.astype(jnp.uint32) * np.uint32(0x9E3779B1)
    return mixed(bits + other.astype(jnp.uint32) * np.uint32(0x85EBCA77))
