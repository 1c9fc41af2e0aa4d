"""Who gets one of the seats that a cell has left?"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int


def admitted(
    asks: Bool[Array, " user"],
    asked_ms: Int[Array, " user"],
    serving: Int[Array, " user"],
    seats: Int[Array, " cell"],
) -> Bool[Array, " user"]:
    """First come, first served; of the same millisecond the lower number."""
    cells = seats.shape[0]
    where = jnp.where(asks, serving, cells)
    asking = jnp.zeros(cells + 1, jnp.int32).at[where].add(1)[:cells]

    def in_order() -> Bool[Array, " user"]:
        # Two stable sorts order by cell, then time; rank is the place within the cell.
        by_time = jnp.argsort(asked_ms, stable=True)
        order = by_time[jnp.argsort(where[by_time], stable=True)]
        cell = where[order]
        place = jnp.arange(len(order), dtype=jnp.int32)
        first = jnp.searchsorted(cell, cell).astype(jnp.int32)
        fits = place - first < seats[jnp.minimum(cell, cells - 1)]
        return jnp.zeros(len(order), bool).at[order].set(fits)

    # Sorting is dear, and nearly always there are seats for all.
    crowded = (asking > jnp.maximum(seats, 0)).any()
    return asks & jax.lax.cond(crowded, in_order, lambda: jnp.ones_like(asks))
