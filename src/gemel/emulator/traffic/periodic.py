"""When does something that comes at a steady beat come within a tick?"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from gemel.emulator.traffic.base import US_PER_MS, rows_of


class Beats(eqx.Module):
    """Those of a tick.

    at_us:    one row a beat
    there:    false for beats after the tick
    next_us:  until the first beat of the next tick, from its beginning
    """

    at_us: Int[Array, "row user"]
    there: Bool[Array, "row user"]
    next_us: Int[Array, " user"]


def begin_beats(users: int, period_us: int, key: PRNGKeyArray) -> Int[Array, " user"]:
    """Everybody with a beat of his own."""
    return jax.random.randint(key, (users,), 0, period_us, jnp.int32)


def beats(next_us: Int[Array, " user"], period_us: int, tick_ms: int) -> Beats:
    """All beats before the tick ends."""
    tick_us = tick_ms * US_PER_MS
    row = jnp.arange(rows_of(tick_ms, period_us), dtype=jnp.int32)[:, None]
    at_us = next_us[None, :] + row * period_us
    there = at_us < tick_us
    gone = there.sum(0, dtype=jnp.int32)
    return Beats(at_us, there, next_us + gone * period_us - tick_us)
