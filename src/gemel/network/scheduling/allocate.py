"""Who sends in each group of resource blocks, once a scheduler has ranked the seats?

What is sent again comes first, then what is kept for slices. Then every free group goes
to the seat that ranks highest there; who won more groups than the queue fills keeps the
best ones, and the rest is offered again. What is left at last is dealt out without
regard to frequency, the highest seat first, so that no group stays free for long.

Sums and maxima over seats and groups are written as chains of one term each: compiled,
a chain is a single loop along the cells, several times faster than a reduction.
"""

import functools
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Shaped

from gemel.network.once import once
from gemel.network.scheduling.quotas import Quotas

SEAT_BITS = 8  # of a priority's 23: the number of the seat travels in them
SEAT_MASK = np.int32((1 << SEAT_BITS) - 1)
NOBODY = -1
LEAST_BYTE = 1e-3  # of a group: nobody needs infinitely many


class Offer(eqx.Module):
    """What is dealt out in a slot.

    priority:     from a scheduler, not negative
    group_byte:   what each group would carry for a seat
    need_byte:    in the queue
    allowed:      whether the seat may send anything new
    fixed_group:  groups that a repetition takes, all or none; such a seat gets no other
    """

    priority: Float[Array, "seat group cell"]
    group_byte: Float[Array, "seat group cell"]
    need_byte: Float[Array, "seat cell"]
    allowed: Bool[Array, "seat cell"]
    fixed_group: Int[Array, "seat cell"]

    @property
    def always(self) -> Bool[Array, ""]:
        """True, as `once` wants it: nobody needs less than nothing."""
        return self.need_byte[0, 0] >= 0.0


class _Dealt(eqx.Module):
    """So far: owner of each group, bytes and groups of slices that are still wanted."""

    owner: Int[Array, "group cell"]
    left_byte: Float[Array, "seat cell"]
    left_group: Int[Array, "slice cell"]


def allocate(
    offer: Offer, quotas: Quotas | None = None, passes: int = 2
) -> Int[Array, "group cell"]:
    """The seat of each group, NOBODY where it stays free.

    passes: by rank in each group; one more, without regard to frequency, follows
    """
    seats, groups, cells = offer.priority.shape
    fixed = offer.fixed_group > 0
    need = jnp.where(offer.allowed & ~fixed, offer.need_byte, 0.0)
    rank = ranked(offer.priority)
    # Unlike in any group, but as different between seats.
    wide_rank = _chain(offer.always, jnp.maximum, lambda group: rank[:, group], groups)
    total = _chain(
        offer.always, jnp.add, lambda group: offer.group_byte[:, group], groups
    )
    mean_byte = jnp.maximum(total * (1.0 / groups), LEAST_BYTE)
    rank, wide_rank, mean_byte = once((rank, wide_rank, mean_byte), offer.always)
    if quotas is None:
        quotas = _one_slice(seats, groups, cells)
    repeated = _repeated(offer.fixed_group, groups)
    # What is sent again is part of what a slice must have, and of what it may.
    wanted = quotas.least_group - _of_slices(offer, quotas, repeated)
    dealt = _Dealt(repeated, need, wanted)

    def in_order(dealt: _Dealt) -> _Dealt:
        return _in_order(offer, quotas, wide_rank, mean_byte, dealt)

    if quotas.least_group.shape[0] > 1:
        reserved = (quotas.least_group > 0).any()
        dealt = jax.lax.cond(reserved, in_order, lambda dealt: dealt, dealt)
    spent = quotas.least_group - dealt.left_group
    dealt = _Dealt(dealt.owner, dealt.left_byte, quotas.most_group - spent)
    dealt = _by_rank(offer, quotas, rank, dealt)
    dealt = in_order(dealt)

    def again(carry: tuple[Int[Array, ""], _Dealt]) -> tuple[Int[Array, ""], _Dealt]:
        number, dealt = carry
        return number + 1, _by_rank(offer, quotas, rank, dealt)

    def worth(carry: tuple[Int[Array, ""], _Dealt]) -> Bool[Array, ""]:
        number, dealt = carry
        return (number < passes) & _left_over(quotas, dealt)

    # In most slots nothing is left to be offered again.
    first = jnp.asarray(0, jnp.int32)
    return jax.lax.while_loop(worth, again, (first, dealt))[1].owner


def ranked(
    priority: Float[Array, "seat group cell"],
) -> Int[Array, "seat group cell"]:
    """Whole numbers in the order of the priorities, no two of a group alike.

    The bits of positive floats are ordered like the floats; the last ones give way to
    the number of the seat, the lowest seat first.
    """
    seat = jnp.arange(priority.shape[0], dtype=jnp.int32)[:, None, None]
    bits = jax.lax.bitcast_convert_type(priority.astype(jnp.float32), jnp.int32)
    return (bits & ~SEAT_MASK) | (SEAT_MASK - seat)


def _chain(
    always: Bool[Array, ""],
    joined: Callable[[Array, Array], Array],
    term: Callable[[int], Array],
    count: int,
) -> Array:
    """Worked out once: a chain within a chain would be done anew for each term."""
    value = functools.reduce(joined, [term(number) for number in range(count)])
    return once(value, always)


def _one_slice(seats: int, groups: int, cells: int) -> Quotas:
    return Quotas(
        slice=jnp.zeros((seats, cells), jnp.int32),
        least_group=jnp.zeros((1, cells), jnp.int32),
        most_group=jnp.full((1, cells), groups, jnp.int32),
    )


def _row(value: Shaped[Array, "row cell"], number: int) -> Shaped[Array, "1 cell"]:
    """Of all cells, ready to meet other rows."""
    return value[number : number + 1]


def _of_slice(
    number: Int[Array, "#seat cell"], value: Int[Array, "slice cell"]
) -> Int[Array, "seat cell"]:
    """value[number], where there are few slices."""
    found = jnp.broadcast_to(_row(value, 0), number.shape)
    for other in range(1, value.shape[0]):
        found = jnp.where(number == other, _row(value, other), found)
    return found


def _repeated(fixed: Int[Array, "seat cell"], groups: int) -> Int[Array, "group cell"]:
    """One behind the other from group 0 on; what does not fit any more has to wait."""
    group = jnp.arange(groups, dtype=jnp.int32)[:, None]
    used = jnp.zeros((1, fixed.shape[1]), jnp.int32)
    owner = jnp.full((groups, fixed.shape[1]), NOBODY, jnp.int32)
    for seat in range(fixed.shape[0]):
        end = used + _row(fixed, seat)
        end = jnp.where(end <= groups, end, used)
        owner = jnp.where((group >= used) & (group < end), np.int32(seat), owner)
        used = end
    return owner


def _account(
    offer: Offer,
    quotas: Quotas,
    dealt: _Dealt,
    new: Int[Array, "group cell"],
) -> _Dealt:
    """With these groups handed over too; `new` is NOBODY where nothing changes."""
    seats, groups, _ = offer.priority.shape
    seat = jnp.arange(seats, dtype=jnp.int32)[:, None]

    def carried(group: int) -> Float[Array, "seat cell"]:
        return jnp.where(_row(new, group) == seat, offer.group_byte[:, group], 0.0)

    return once(
        _Dealt(
            owner=jnp.where(new >= 0, new, dealt.owner),
            left_byte=dealt.left_byte - _chain(offer.always, jnp.add, carried, groups),
            left_group=dealt.left_group - _of_slices(offer, quotas, new),
        ),
        offer.always,
    )


def _of_slices(
    offer: Offer, quotas: Quotas, owner: Int[Array, "group cell"]
) -> Int[Array, "slice cell"]:
    """How many groups each slice has, if these are their owners."""
    of_group = jnp.take_along_axis(quotas.slice, jnp.maximum(owner, 0), 0)
    number = jnp.arange(quotas.most_group.shape[0], dtype=jnp.int32)[:, None]

    def taken(group: int) -> Int[Array, "slice cell"]:
        mine = (_row(of_group, group) == number) & (_row(owner, group) >= 0)
        return mine.astype(jnp.int32)

    return _chain(offer.always, jnp.add, taken, owner.shape[0])


def _before(
    order: Shaped[Array, "group cell"], other: int
) -> Bool[Array, "group cell"]:
    """Whether that group comes before each one; the first of equals comes first."""
    group = jnp.arange(order.shape[0], dtype=jnp.int32)[:, None]
    theirs = _row(order, other)
    return (theirs > order) | ((theirs == order) & (group > other))


def _needed(
    offer: Offer,
    dealt: _Dealt,
    won: Int[Array, "group cell"],
    order: Shaped[Array, "group cell"],
) -> Bool[Array, "group cell"]:
    """Which groups a seat needs to empty its queue, if it takes them in this order."""
    at = jnp.maximum(won, 0)
    mine = once(jnp.take_along_axis(offer.group_byte, at[None], 0)[0], offer.always)

    def same_seat(other: int) -> Float[Array, "group cell"]:
        counts = (won == _row(won, other)) & _before(order, other)
        return jnp.where(counts, _row(mine, other), 0.0)

    carried = _chain(offer.always, jnp.add, same_seat, won.shape[0])
    left_byte = jnp.take_along_axis(dealt.left_byte, at, 0)
    return once((won >= 0) & (carried < left_byte), offer.always)


def _by_rank(
    offer: Offer, quotas: Quotas, rank: Int[Array, "seat group cell"], dealt: _Dealt
) -> _Dealt:
    """Every free group to whoever ranks highest there and still wants any."""
    seats, groups = rank.shape[:2]
    may = _of_slice(quotas.slice, dealt.left_group) > 0
    wants = (dealt.left_byte > 0.0) & may
    best = _chain(
        offer.always,
        jnp.maximum,
        lambda seat: jnp.where(_row(wants, seat), rank[seat], -1),
        seats,
    )
    best = jnp.where(dealt.owner < 0, best, -1)
    best = once(best, offer.always)
    won = jnp.where(best >= 0, SEAT_MASK - (best & SEAT_MASK), NOBODY)
    keeps = _needed(offer, dealt, won, best)
    if quotas.most_group.shape[0] > 1:
        of_group = jnp.take_along_axis(quotas.slice, jnp.maximum(won, 0), 0)

        def same_slice(other: int) -> Int[Array, "group cell"]:
            alike = _row(keeps, other) & (of_group == _row(of_group, other))
            return (alike & _before(best, other)).astype(jnp.int32)

        ahead = _chain(offer.always, jnp.add, same_slice, groups)
        keeps = keeps & (ahead < _of_slice(of_group, dealt.left_group))
    return _account(
        offer, quotas, dealt, once(jnp.where(keeps, won, NOBODY), offer.always)
    )


def _left_over(quotas: Quotas, dealt: _Dealt) -> Bool[Array, ""]:
    """Whether any cell has a free group and a seat that may still have it."""
    may = _of_slice(quotas.slice, dealt.left_group) > 0
    wants = ((dealt.left_byte > 0.0) & may).any(0)
    return (wants & (dealt.owner < 0).any(0)).any()


def _in_order(
    offer: Offer,
    quotas: Quotas,
    wide_rank: Int[Array, "seat cell"],
    mean_byte: Float[Array, "seat cell"],
    dealt: _Dealt,
) -> _Dealt:
    """Free groups side by side, the highest seat first, as many as it should need."""
    seats, groups, _ = offer.priority.shape
    wanted = jnp.ceil(dealt.left_byte / mean_byte)
    # A queue of a megabyte wants no more groups than there are.
    count = once(jnp.clip(wanted, 0.0, float(groups)).astype(jnp.int32), offer.always)

    def higher(other: int) -> Bool[Array, "seat cell"]:
        return _row(wide_rank, other) > wide_rank

    if quotas.most_group.shape[0] > 1:

        def same_slice(other: int) -> Int[Array, "seat cell"]:
            alike = _row(quotas.slice, other) == quotas.slice
            return jnp.where(higher(other) & alike, _row(count, other), 0)

        ahead = _chain(offer.always, jnp.add, same_slice, seats)
        left = _of_slice(quotas.slice, dealt.left_group) - ahead
        count = once(jnp.clip(count, 0, jnp.maximum(left, 0)), offer.always)

    def earlier(other: int) -> Int[Array, "seat cell"]:
        return jnp.where(higher(other), _row(count, other), 0)

    first = once(_chain(offer.always, jnp.add, earlier, seats), offer.always)
    free = dealt.owner < 0
    group = jnp.arange(groups, dtype=jnp.int32)[:, None]

    def free_before(other: int) -> Int[Array, "group cell"]:
        return ((group > other) & _row(free, other)).astype(jnp.int32)

    number = once(_chain(offer.always, jnp.add, free_before, groups), offer.always)

    def has(seat: int) -> Int[Array, "group cell"]:
        start = _row(first, seat)
        inside = (number >= start) & (number < start + _row(count, seat))
        return jnp.where(inside, np.int32(seat), NOBODY)

    new = jnp.where(free, _chain(offer.always, jnp.maximum, has, seats), NOBODY)
    new = once(new, offer.always)
    # Better groups than the mean leave one over.
    at = jnp.maximum(new, 0)[None]
    byte = once(jnp.take_along_axis(offer.group_byte, at, 0)[0], offer.always)
    new = once(jnp.where(_needed(offer, dealt, new, byte), new, NOBODY), offer.always)
    return _account(offer, quotas, dealt, new)
