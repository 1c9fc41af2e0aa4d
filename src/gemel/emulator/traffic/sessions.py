"""Who is using a stream right now, so that the mean rate is what is wanted?

Every user has a level between 0 and 1 and streams while his level lies below the share
of time that he needs. Now and then he draws a new level. So the share is exact at any
moment, follows a demand that changes, and a user streams for `hold / (1 - share)` on
average, geometrically distributed.

Who wants more than one stream's rate gets larger units: he stands for several.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray, UInt32

from gemel.emulator.traffic.base import US_PER_MS
from gemel.emulator.traffic.luck import shares

NEW_LEVEL, IS_NEW = 1, 2  # purposes of luck; families begin with 8


class Streaming(eqx.Module):
    """A tick of sessions.

    level:   to be kept for the next tick
    on:      who streams
    larger:  times the usual size of a unit, 1 or more
    """

    level: Float[Array, " user"]
    on: Bool[Array, " user"]
    larger: Float[Array, " user"]


def begin_levels(users: int, key: PRNGKeyArray) -> Float[Array, " user"]:
    """Levels of users who have been at it for long."""
    return jax.random.uniform(key, (users,), jnp.float32)


def streaming(
    level: Float[Array, " user"],
    wanted_bps: Float[Array, " user"],
    nominal_bps: float,
    hold_s: float,
    seed: UInt32[Array, "2"],
    tick_ms: int,
) -> Streaming:
    """Who streams in this tick."""
    users = level.shape[0]
    often = min(tick_ms / US_PER_MS / hold_s, 1.0)
    again = shares(seed, IS_NEW, users)[0] < often
    level = jnp.where(again, shares(seed, NEW_LEVEL, users)[0], level)
    share = wanted_bps.astype(jnp.float32) / nominal_bps
    return Streaming(level, level < share, jnp.maximum(share, 1.0))
