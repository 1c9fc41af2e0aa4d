"""What does a cell know of the users it is connected to?

Every cell has so many seats; a row is one seat of one cell. Users sit in rows while a
tick's slots are lived and go back to their own list afterwards. Seats come first and
cells last, so that arithmetic runs along the cells.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree


class Roster(eqx.Module):
    """Who sits where.

    user:  of every seat; 0 where nobody sits
    taken: whether somebody does
    seat:  of every user, counted seat by seat over all cells; -1 for who has none
    """

    user: Int[Array, "seat cell"]
    taken: Bool[Array, "seat cell"]
    seat: Int[Array, " user"]

    def seated(self, of_users: PyTree) -> PyTree:
        """The same leaves row by row; user was their last axis. What stands where
        nobody sits is somebody else's."""
        return jax.tree.map(lambda leaf: leaf[..., self.user], of_users)

    def seated_alone(self, of_users: PyTree) -> PyTree:
        """The same with zeros where nobody sits: an empty seat sends nothing."""

        def of(leaf: Array) -> Array:
            row = leaf[..., self.user]
            taken = jnp.broadcast_to(self.taken, row.shape)
            return jnp.where(taken, row, jnp.zeros_like(row))

        return jax.tree.map(of, of_users)

    def returned(self, rows: PyTree, of_users: PyTree) -> PyTree:
        """Users' leaves with what their rows say; who has no seat keeps the old."""
        at = jnp.maximum(self.seat, 0)
        has = self.seat >= 0

        def back(row: Array, old: Array) -> Array:
            flat = row.reshape((*row.shape[:-2], -1))
            return jnp.where(has, flat[..., at], old)

        return jax.tree.map(back, rows, of_users)


def roster_of(cell: Int[Array, " user"], cells: int, seats: int) -> Roster:
    """Seats for users in the order of their numbers; -1 is no cell of this carrier."""
    users = cell.shape[0]
    where = jnp.where(cell >= 0, cell, cells)
    # One sort a tick: users cell by cell, and where each cell's begin.
    order = jnp.argsort(where, stable=True).astype(jnp.int32)
    count = jnp.zeros(cells + 1, jnp.int32).at[where].add(1)
    first = jnp.cumsum(count).astype(jnp.int32) - count
    number = jnp.arange(seats, dtype=jnp.int32)[:, None]
    place = first[None, :cells] + number
    taken = number < count[None, :cells]
    user = jnp.where(taken, order[jnp.minimum(place, users - 1)], 0)
    rank = jnp.zeros(users, jnp.int32).at[order].set(jnp.arange(users, dtype=jnp.int32))
    in_cell = rank - first[where]
    has = (cell >= 0) & (in_cell < seats)
    seat = jnp.where(has, in_cell * cells + where, -1)
    return Roster(user, taken, seat)


class Sender(eqx.Module):
    """What of one direction stays for a tick, row by row.

    payload_share:  of a transport block; the rest is headers
    most_tries:     transmissions of a block
    arq:            whether a block that HARQ gave up is sent again
    at_once:        whether it sends without asking first (configured grant)
    budget:         delay budget, 64ths of a millisecond
    level:          priority level of its 5QI; lower goes first
    guaranteed_byte: a slot; 0 without a guaranteed rate
    slice:          0 eMBB, 1 URLLC, 2 MIoT
    backoff_db:     sent so much below what the report allows; where there is only one
                    try, this takes the place of the outer loop
    number:         of the user, for its luck
    """

    payload_share: Float[Array, "*row"]
    most_tries: Int[Array, "*row"]
    arq: Bool[Array, "*row"]
    at_once: Bool[Array, "*row"]
    budget: Int[Array, "*row"]
    level: Float[Array, "*row"]
    guaranteed_byte: Float[Array, "*row"]
    slice: Int[Array, "*row"]
    backoff_db: Float[Array, "*row"]
    number: Int[Array, "*row"]
