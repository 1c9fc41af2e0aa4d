"""How are groups added up seat by seat?

Sums over groups are written as chains of one term each: compiled, a chain is a single
loop along the cells, several times faster than a reduction.
"""

import functools
from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from gemel.network.once import once

NEVER = jnp.iinfo(jnp.int32).min  # a time that no clock shows


def always_at(now: Int[Array, ""]) -> Bool[Array, ""]:
    """True, as `once` wants it: no compiler can know what the clock says."""
    return now != NEVER


def over_groups(
    always: Bool[Array, ""],
    owner: Int[Array, "group cell"],
    seats: int,
    value: Callable[[int], Array],
) -> Array:
    """For every seat the sum of value(group), which is [cell] or [seat cell]."""
    seat = jnp.arange(seats, dtype=jnp.int32)[:, None]

    def term(group: int) -> Array:
        mine = owner[group][None] == seat
        found = jnp.broadcast_to(value(group), mine.shape)
        return jnp.where(mine, found, jnp.zeros_like(found))

    total = functools.reduce(jnp.add, [term(g) for g in range(owner.shape[0])])
    return once(total, always)
