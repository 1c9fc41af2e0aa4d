"""What do cells count in a second of ticks or of slots?

Whole numbers wherever something is counted, so that volume in is volume out, dropped,
lost and still queued, to the byte. One second fits 32 bits; whoever adds seconds does
so in 64.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.emulator.access.counters import AccessCounters, zero_access_counters
from gemel.network.counters import Counters, zero_counters


class Way(eqx.Module):
    """One direction of every cell.

    offered_byte:    came to queues of users of the cell
    dropped_byte:    of it, found no room
    delivered_byte:  in order, beyond the air
    lost_byte:       given up by HARQ where nobody sends again
    first, first_failed, sent, failed, given_up: blocks, see `slot.transmission`
    bursts, waited, late: delivered ones, 64ths of a millisecond, beyond their budget
    waiting, busy:   users times slots with data, and still with data afterwards
    busy_byte:       sent in busy slots
    prb:             resource blocks times slots
    slots:           in which the cell sent or received
    """

    offered_byte: Int[Array, " cell"]
    dropped_byte: Int[Array, " cell"]
    delivered_byte: Int[Array, " cell"]
    lost_byte: Int[Array, " cell"]
    first: Int[Array, " cell"]
    first_failed: Int[Array, " cell"]
    sent: Int[Array, " cell"]
    failed: Int[Array, " cell"]
    given_up: Int[Array, " cell"]
    bursts: Int[Array, " cell"]
    waited: Int[Array, " cell"]
    late: Int[Array, " cell"]
    waiting: Int[Array, " cell"]
    busy: Int[Array, " cell"]
    busy_byte: Int[Array, " cell"]
    prb: Int[Array, " cell"]
    slots: Int[Array, " cell"]


class OfFlows(eqx.Module):
    """One direction of every user: the same as in `Way`, flow by flow."""

    offered_byte: Int[Array, " user"]
    dropped_byte: Int[Array, " user"]
    delivered_byte: Int[Array, " user"]
    lost_byte: Int[Array, " user"]
    bursts: Int[Array, " user"]
    waited: Int[Array, " user"]
    late: Int[Array, " user"]


class Sums(eqx.Module):
    """Of a second.

    flow:           what every tempo counts
    of_down, of_up: what became of every user's data
    got_byte:       downlink, user by user
    waiting_ms:     user by user, with downlink data waiting
    """

    flow: Counters
    down: Way
    up: Way
    of_down: OfFlows
    of_up: OfFlows
    access: AccessCounters
    got_byte: Float[Array, " user"]
    waiting_ms: Float[Array, " user"]

    def __add__(self, other: "Sums") -> "Sums":
        both = jax.tree.map(jnp.add, self, other)
        return eqx.tree_at(lambda s: s.access, both, self.access + other.access)


def no_way(cells: int) -> Way:
    """Zeros."""
    zeros = jnp.zeros(cells, jnp.int32)
    return Way(*([zeros] * 17))


def no_flows(users: int) -> OfFlows:
    """Zeros."""
    zeros = jnp.zeros(users, jnp.int32)
    return OfFlows(*([zeros] * 7))


def no_sums(cells: int, users: int) -> Sums:
    """Zeros."""
    return Sums(
        zero_counters(cells),
        no_way(cells),
        no_way(cells),
        no_flows(users),
        no_flows(users),
        zero_access_counters(cells),
        jnp.zeros(users),
        jnp.zeros(users),
    )
