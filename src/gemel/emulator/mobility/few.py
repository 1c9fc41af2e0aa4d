"""How is work done for those few users alone who need it?

Inside jit nothing can grow, so a fixed few are taken at a time until none is left.
"""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PyTree

AT_ONCE = 16  # a quiet tick needs one round, a busy one a few

Carried = TypeVar("Carried")


def few_at_a_time(
    work: Callable[[Carried, Int[Array, " few"]], Carried],
    carried: Carried,
    left: Bool[Array, " user"],
) -> Carried:
    """`work` for all that are `left`; user numbers beyond the last one mean nobody."""
    users = left.size
    number = jnp.where(left, jnp.cumsum(left, dtype=jnp.int32), 0)[None, :]
    place = jnp.arange(AT_ONCE, dtype=jnp.int32)[:, None]
    columns = jnp.arange(users, dtype=jnp.int32)[None, :]

    def some(now):
        carried, done = now
        mine = number == done + place + 1
        who = jnp.where(mine, columns, users).min(1)
        return work(carried, who), done + AT_ONCE

    count, none = number.max(), jnp.zeros((), jnp.int32)
    return jax.lax.while_loop(lambda now: now[1] < count, some, (carried, none))[0]


def taken(table: PyTree, who: Int[Array, " few"]) -> PyTree:
    """The columns of these users; nobody gets the last user's."""
    return jax.tree.map(
        lambda leaf: leaf[..., jnp.minimum(who, leaf.shape[-1] - 1)], table
    )


def put(table: PyTree, who: Int[Array, " few"], columns: PyTree) -> PyTree:
    """The table with these users' columns; those of nobody are dropped."""
    return jax.tree.map(
        lambda leaf, column: leaf.at[..., who].set(column, mode="drop"), table, columns
    )
