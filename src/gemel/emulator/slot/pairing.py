"""Who else is sent to in a group, in another beam?

MU-MIMO, abstracted: each of two users gets half of the power, and of the other's half
what leaks between their beams. A second user is added only for who fills the group, and
only where the reports promise that two carry clearly more bits than one does.
"""

import functools

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.network.scheduling.allocate import NOBODY, SEAT_MASK, Offer, ranked
from gemel.units import db_from_ratio

CLEARLY = 1.5  # times 1 + SINR: half a bit a symbol, or reports are not worth it


def second_owner(
    offer: Offer,
    owner: Int[Array, "group cell"],
    beam: Int[Array, "seat cell"],
    leak: Float[Array, "beam beam"],
    sinr: Float[Array, "seat group cell"],
) -> tuple[Int[Array, "group cell"], tuple[Float[Array, "group cell"], ...]]:
    """The second seat of each group, NOBODY where one has it alone; and what sharing
    takes from the reported SINR of the first and of the second, dB.

    sinr: as reported, a ratio
    """
    rank = ranked(offer.priority)
    at = jnp.maximum(owner, 0)
    first_beam = jnp.take_along_axis(beam, at, 0) * leak.shape[1]
    alone = jnp.take_along_axis(sinr, at[None], 0)[0]
    plain = jnp.take_along_axis(offer.fixed_group, at, 0) == 0
    may = (owner >= 0) & plain
    either_way = jnp.maximum(leak, leak.T).reshape(-1)

    def term(seat: int) -> Int[Array, "group cell"]:
        enough = offer.need_byte[seat][None] > offer.group_byte[seat]
        fills = offer.allowed[seat][None] & enough
        leaks = either_way[first_beam + beam[seat][None]]
        first = _shared(alone, leaks)
        second = _shared(sinr[seat], leaks)
        # Bits are logarithms: their sum is the logarithm of a product.
        better = (1.0 + first) * (1.0 + second) > CLEARLY * (1.0 + alone)
        return jnp.where(fills & better & (owner != seat), rank[seat], -1)

    best = functools.reduce(jnp.maximum, [term(s) for s in range(beam.shape[0])])
    both = may & (best >= 0)
    second = jnp.where(both, SEAT_MASK - (best & SEAT_MASK), NOBODY)
    there = jnp.maximum(second, 0)
    other = jnp.take_along_axis(sinr, there[None], 0)[0]
    leaks = either_way[first_beam + jnp.take_along_axis(beam, there, 0)]

    def taken_db(ratio: Float[Array, "group cell"]) -> Float[Array, "group cell"]:
        return jnp.where(both, db_from_ratio(ratio / _shared(ratio, leaks)), 0.0)

    return second, (taken_db(alone), taken_db(other))


def _shared(
    sinr: Float[Array, "group cell"], leaks: Float[Array, "group cell"]
) -> Float[Array, "group cell"]:
    """What is left of a ratio with half of the power, and the other half leaking."""
    half = 0.5 * sinr
    return half / (1.0 + leaks * half)
