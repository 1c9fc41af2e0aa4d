"""What waits in a user's queue, since when, and what of it has arrived over there?

Bytes of a flow are numbered from the first one on (32 bits that wrap). Three numbers
say everything: how many came in, how many were sent, how many were delivered in order.
A burst is the number of its last byte and the time it came: it is delivered when that
byte is. Sums are exact, since all of them are whole.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.emulator.slot.plan import UNITS_PER_MS

MOST_DONE = 2  # bursts told of in one slot; what is beyond is told in the next


class Bursts(eqx.Module):
    """What came in, in the order of coming; entries are reused ring by ring.

    end_byte:  number of the last byte
    came:      64ths of a millisecond on the network's clock
    """

    end_byte: Int[Array, "ring *row"]
    came: Int[Array, "ring *row"]


class Queue(eqx.Module):
    """One direction of every row.

    filled, seen, done:        bursts written, come to light, delivered; they only grow
    arrived, sent, delivered:  bytes; what was given up counts as delivered here
    """

    filled: Int[Array, "*row"]
    seen: Int[Array, "*row"]
    done: Int[Array, "*row"]
    arrived: Int[Array, "*row"]
    sent: Int[Array, "*row"]
    delivered: Int[Array, "*row"]


class Told(eqx.Module):
    """Of bursts delivered in a slot.

    count:      how many
    waited:     64ths of a millisecond from coming to delivery, summed
    late:       how many of them beyond their budget
    """

    count: Int[Array, "*row"]
    waited: Int[Array, "*row"]
    late: Int[Array, "*row"]


def empty_queue(*shape: int) -> Queue:
    """Nothing came yet."""
    zeros = jnp.zeros(shape, jnp.int32)
    return Queue(zeros, zeros, zeros, zeros, zeros, zeros)


def no_bursts(ring: int, *shape: int) -> Bursts:
    """An unwritten ring."""
    zeros = jnp.zeros((ring, *shape), jnp.int32)
    return Bursts(zeros, zeros)


def at(table: Int[Array, "ring *row"], number: Int[Array, "*row"]) -> Array:
    """The entry of a running number."""
    place = (number & (table.shape[0] - 1))[None]
    return jnp.take_along_axis(table, place, 0)[0]


def come_to_light(bursts: Bursts, queue: Queue, now: Int[Array, ""]) -> Queue:
    """The next burst enters the queue if its time has come; one a slot."""
    due = (queue.seen < queue.filled) & (at(bursts.came, queue.seen) - now <= 0)
    arrived = jnp.where(due, at(bursts.end_byte, queue.seen), queue.arrived)
    seen = queue.seen + due.astype(jnp.int32)
    return eqx.tree_at(lambda q: (q.seen, q.arrived), queue, (seen, arrived))


def waiting_ms(
    bursts: Bursts, queue: Queue, now: Int[Array, ""]
) -> Float[Array, "*row"]:
    """Age of the oldest burst that is not delivered yet; 0 where there is none."""
    age = (now - at(bursts.came, queue.done)).astype(jnp.float32)
    return jnp.where(queue.done < queue.seen, age * (1.0 / UNITS_PER_MS), 0.0)


def told(
    bursts: Bursts, queue: Queue, now: Int[Array, ""], budget: Int[Array, "*row"]
) -> tuple[Queue, Told]:
    """Bursts whose last byte has been delivered by the end of this slot."""
    zero = jnp.zeros_like(queue.done)
    count, waited, late, done = zero, zero, zero, queue.done
    for _ in range(MOST_DONE):
        # Numbers wrap: compare the difference, not the numbers.
        behind = at(bursts.end_byte, done) - queue.delivered
        whole = (done < queue.seen) & (behind <= 0)
        age = now - at(bursts.came, done)
        count = count + whole.astype(jnp.int32)
        waited = waited + jnp.where(whole, age, 0)
        late = late + (whole & (age > budget)).astype(jnp.int32)
        done = done + whole.astype(jnp.int32)
    return eqx.tree_at(lambda q: q.done, queue, done), Told(count, waited, late)


def inserted(
    bursts: Bursts,
    queue: Queue,
    came: Int[Array, "event user"],
    size_byte: Int[Array, "event user"],
) -> tuple[Bursts, Queue, Int[Array, " user"]]:
    """With a tick's arrivals written down; and how many bytes found no room.

    came:       64ths of a millisecond, not falling; events without bytes come last
    """
    ring = bursts.end_byte.shape[0]
    users = jnp.arange(size_byte.shape[1], dtype=jnp.int32)
    number = jnp.cumsum((size_byte > 0).astype(jnp.int32), 0, dtype=jnp.int32) - 1
    free = ring - (queue.filled - queue.done)
    takes = (size_byte > 0) & (number < free[None])
    taken = jnp.where(takes, size_byte, 0)
    last = at(bursts.end_byte, queue.filled - 1)
    end_byte = last[None] + jnp.cumsum(taken, 0, dtype=jnp.int32)
    place = jnp.where(takes, (queue.filled[None] + number) & (ring - 1), ring)
    at_user = jnp.broadcast_to(users[None], place.shape)
    written = Bursts(
        bursts.end_byte.at[place, at_user].set(end_byte, mode="drop"),
        bursts.came.at[place, at_user].set(came, mode="drop"),
    )
    filled = queue.filled + takes.sum(0, dtype=jnp.int32)
    dropped = size_byte.sum(0, dtype=jnp.int32) - taken.sum(0, dtype=jnp.int32)
    return written, eqx.tree_at(lambda q: q.filled, queue, filled), dropped


def waiting_byte(bursts: Bursts, queue: Queue) -> Int[Array, "*row"]:
    """All that was written down and is not delivered, seen or not."""
    return at(bursts.end_byte, queue.filled - 1) - queue.delivered


def begun_again(queue: Queue, moved: Array) -> Queue:
    """Where `moved`, what was under way is sent again from the new cell."""
    sent = jnp.where(moved, queue.delivered, queue.sent)
    return eqx.tree_at(lambda q: q.sent, queue, sent)
