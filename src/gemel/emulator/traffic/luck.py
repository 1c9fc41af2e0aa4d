"""Which numbers look random without asking an expensive generator for every one?

One call of the generator a tick makes a seed; everything else is a hash of the seed,
of what the number is for, and of who it is for.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from gemel.radio.mixing import mixed

ONE = 2.0**24  # a float32 has 24 digits: one more and a share could round up to 1


def seed_of(key: PRNGKeyArray) -> UInt32[Array, "2"]:
    """What a tick's luck hangs on."""
    return jax.random.bits(key, (2,), jnp.uint32)


def bits_of(
    seed: UInt32[Array, "2"], what: int, users: int, rows: int = 1
) -> UInt32[Array, "{rows} {users}"]:
    """32 bits for every row and user.

    what:  the purpose; two purposes of one tick share no number
    """
    user = jnp.arange(users, dtype=jnp.uint32) * np.uint32(0x9E3779B1)
    own = mixed(user + seed[0]) ^ seed[1]
    row = jnp.arange(rows, dtype=jnp.uint32) + np.uint32(what << 8)
    return mixed(own[None, :] + (row * np.uint32(0x85EBCA77))[:, None])


def share_of(bits: UInt32[Array, "*axes"]) -> Float[Array, "*axes"]:
    """Uniform from 0 to below 1."""
    return (bits >> np.uint32(8)).astype(jnp.float32) * np.float32(1.0 / ONE)


def shares(
    seed: UInt32[Array, "2"], what: int, users: int, rows: int = 1
) -> Float[Array, "{rows} {users}"]:
    """Uniform numbers for every row and user."""
    return share_of(bits_of(seed, what, users, rows))


def waits(share: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
    """Exponential numbers with the mean 1."""
    return -jnp.log1p(-share)


def whole(
    amount: Float[Array, "*axes"], share: Float[Array, "*axes"]
) -> Int[Array, "*axes"]:
    """Rounded up or down by chance, so that the mean stays."""
    below = jnp.floor(amount)
    return (below + jnp.where(share < amount - below, 1.0, 0.0)).astype(jnp.int32)
