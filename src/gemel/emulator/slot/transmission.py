"""What does one slot of one direction do: choose, send, hear, and count?

Downlink and uplink differ in who interferes and in what a sender is known to want;
both are passed in. All of a slot's blocks are drawn up from the last channel report and
decoded by what the slot was really like.
"""

import functools
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.emulator.slot.chains import always_at, over_groups
from gemel.emulator.slot.plan import UNITS_PER_MS, SlotPlan
from gemel.emulator.slot.processes import (
    Block,
    block_at,
    delivered_up_to,
    sent_again,
    with_block,
)
from gemel.emulator.slot.queues import Bursts, Queue, Told, told, waiting_ms
from gemel.emulator.slot.rows import Sender
from gemel.network.link_to_system.slot_tables import SlotTables
from gemel.network.once import once
from gemel.network.scheduling.allocate import Offer, allocate
from gemel.network.scheduling.base import AbstractScheduler, SeatFacts
from gemel.network.scheduling.quotas import Quotas
from gemel.radio.mixing import mixed
from gemel.units import db_from_ratio

TARGET = 0.1  # of first transmissions; where they fail so often, outer_db stays
LEAST_RATIO = 1e-6

Owners = tuple[Int[Array, "group cell"], ...]  # one, or two where beams allow
# Of who sends in each group, and of the blocks that each seat has.
Air = Callable[
    [Owners, Int[Array, "seat cell"]], tuple[Float[Array, "group cell"], ...]
]
# The second user of each group, and what sharing takes from both, dB.
Pairing = Callable[
    [Offer, Int[Array, "group cell"]],
    tuple[Int[Array, "group cell"], tuple[Float[Array, "group cell"], ...]],
]


class Direction(eqx.Module):
    """What changes in one direction from slot to slot.

    outer_db:  correction of the reported SINR by what really decoded
    memory_byte, credit_byte, turn: what schedulers remember, see `scheduling.base`
    """

    queue: Queue
    blocks: Block
    outer_db: Float[Array, "*row"]
    memory_byte: Float[Array, "*row"]
    credit_byte: Float[Array, "*row"]
    turn: Float[Array, "*row"]


class Report(eqx.Module):
    """What is believed of the channel until the next report.

    sinr_db:  of each group, all power in one layer
    worth:    bytes that a group carries
    layers:   streams
    """

    sinr_db: Float[Array, "seat group cell"]
    worth: Float[Array, "seat group cell"]
    layers: Int[Array, "seat cell"]


class Heard(eqx.Module):
    """Of one slot, row by row.

    first, first_failed: transport blocks sent for the first time, and not decoded
    sent, failed:        all transmissions
    given_up:            blocks that failed for the last time
    lost_byte:           of those that nobody sends again
    busy:                data waited before and after: throughput counts these slots
    busy_byte:           sent in those slots
    """

    told: Told
    first: Int[Array, "*row"]
    first_failed: Int[Array, "*row"]
    sent: Int[Array, "*row"]
    failed: Int[Array, "*row"]
    given_up: Int[Array, "*row"]
    lost_byte: Int[Array, "*row"]
    waiting: Int[Array, "*row"]
    busy: Int[Array, "*row"]
    busy_byte: Int[Array, "*row"]


def one_slot(
    plan: SlotPlan,
    tables: SlotTables,
    group_prb: Int[Array, " group"],
    scheduler: AbstractScheduler,
    quotas: Quotas | None,
    sender: Sender,
    bursts: Bursts,
    state: Direction,
    report: Report,
    asked: Int[Array, "seat cell"],
    process: Int[Array, ""],
    now: Int[Array, ""],
    end: Int[Array, ""],
    share: Float[Array, ""],
    air: Air,
    pairing: Pairing | None = None,
) -> tuple[Direction, Int[Array, "group cell"], Heard]:
    """One slot of all cells.

    pairing: finds a second user for each group; None: a group is one user's
    asked:   bytes that the cell knows of; what is sent again needs no asking
    share:   of the slot's data symbols that this direction has
    """
    always = always_at(now)
    queue = state.queue
    old = block_at(state.blocks, process)
    again = old.size_byte > 0
    group_byte = report.worth * share
    facts = SeatFacts(
        memory_byte=state.memory_byte,
        waiting_ms=waiting_ms(bursts, queue, now),
        budget_ms=sender.budget.astype(jnp.float32) * (1.0 / UNITS_PER_MS),
        level=sender.level,
        guaranteed_byte=sender.guaranteed_byte,
        credit_byte=state.credit_byte,
        turn=state.turn,
    )
    priority = scheduler.priority(group_byte, facts)
    group_byte, priority = once((group_byte, priority), always)
    offer = Offer(
        priority=priority,
        group_byte=group_byte,
        need_byte=asked.astype(jnp.float32),
        allowed=(asked > 0) & ~again,
        fixed_group=jnp.where(again, old.groups, 0),
    )
    owner = once(allocate(offer, quotas, plan.passes), always)
    owners: Owners = (owner,)
    taken_db = (jnp.zeros(owner.shape),)
    if pairing is not None:
        second, taken_db = once(pairing(offer, owner), always)
        owners = (owner, second)
    seats = again.shape[0]

    def sums(*values: Callable[[int], Array]) -> Array:
        """Over all groups of each seat; a group's second user may have other values."""
        each = zip(owners, values * (len(owners) // len(values)), strict=True)
        parts = [over_groups(always, whose, seats, value) for whose, value in each]
        return functools.reduce(jnp.add, parts)

    one = jnp.ones(again.shape[1], jnp.int32)
    groups = sums(lambda _: one)
    # All groups are alike but the last one, which may be smaller.
    seat = jnp.arange(seats, dtype=jnp.int32)[:, None]
    ends = [(whose[-1:] == seat).astype(jnp.int32) for whose in owners]
    last_lacks = group_prb[0] - group_prb[-1]
    blocks = groups * group_prb[0] - functools.reduce(jnp.add, ends) * last_lacks

    def believed(
        whose: Int[Array, "group cell"], taken_db: Float[Array, "group cell"]
    ) -> Callable[[int], Array]:
        # Looked up before adding: a chain of rows costs a fraction of one of tables.
        at = jnp.maximum(whose, 0)[None]
        of_owner = jnp.take_along_axis(report.sinr_db, at, 0)[0] - taken_db
        return once(of_owner, always).__getitem__

    total_db = sums(*map(believed, owners, taken_db))
    on = groups > 0
    per_group = 1.0 / jnp.maximum(groups, 1).astype(jnp.float32)
    believed_db = total_db * per_group
    layers = jnp.where(again, old.layers, report.layers)
    layers_db = db_from_ratio(layers.astype(jnp.float32))
    # An outer loop that aims at one failure in ten is not for who has one try.
    learnt_db = jnp.where(sender.most_tries > 1, state.outer_db, 0.0)
    careful_db = believed_db - layers_db + learnt_db - sender.backoff_db
    chosen = tables.mcs_of(careful_db)
    mcs = jnp.where(again, old.mcs, chosen)
    flat = tables.block_byte.reshape(-1)
    shape = tables.block_byte.shape
    prb = jnp.round(blocks.astype(jnp.float32) * share).astype(jnp.int32)
    place = ((layers - 1) * shape[1] + jnp.minimum(prb, shape[1] - 1)) * shape[2] + mcs
    room = flat[place].astype(jnp.float32) * sender.payload_share
    backlog = queue.arrived - queue.sent
    fresh = jnp.where(on & ~again, jnp.minimum(room.astype(jnp.int32), backlog), 0)
    size = jnp.where(again, old.size_byte, fresh)
    on = on & (size > 0)

    mcs, layers, size, on = once((mcs, layers, size, on), always)
    votes = []
    for whose, sinr in zip(owners, once(air(owners, blocks), always), strict=True):
        at = jnp.maximum(whose, 0)
        beta = jnp.take_along_axis(tables.beta[mcs], at, 0)
        streams = jnp.take_along_axis(layers, at, 0).astype(jnp.float32)
        votes.append(jnp.exp(-sinr / (streams * beta)))
    vote = sums(*(missing.__getitem__ for missing in votes)) * per_group
    effective = -tables.beta[mcs] * jnp.log(jnp.maximum(vote, 1e-30))
    # A repetition in fewer groups than the first one adds less.
    part = groups.astype(jnp.float32) / jnp.maximum(
        jnp.where(again, old.groups, groups), 1
    ).astype(jnp.float32)
    earlier = jnp.where(again, old.sinr_sum, 0.0)
    heard = earlier + effective * jnp.minimum(part, 1.0)
    tries = jnp.where(again, old.tries, 0) + 1
    mean = jnp.maximum(heard / tries.astype(jnp.float32), LEAST_RATIO)
    failing = once(tables.failing(mcs, tries, db_from_ratio(mean), size), always)
    first_byte = jnp.where(again, old.first_byte, queue.sent)
    luck = luck_of(sender.number, first_byte, process)
    failed = on & (luck < failing)
    failed = once(failed, always)
    over = failed & (tries >= sender.most_tries)
    lost = over & ~sender.arq
    stays = jnp.where(on, failed & ~over, again)
    block = Block(
        first_byte=first_byte,
        size_byte=jnp.where(stays, size, 0),
        tries=jnp.where(on, tries, old.tries),
        mcs=mcs,
        layers=layers,
        groups=jnp.where(again, old.groups, groups),
        sinr_sum=jnp.where(on, heard, old.sinr_sum),
    )
    on_the_way = with_block(state.blocks, process, block)
    on_the_way, sent = sent_again(
        on_the_way, queue.sent + fresh, over & sender.arq, first_byte
    )
    delivered = delivered_up_to(on_the_way, sent, queue.delivered)
    queue = eqx.tree_at(lambda q: (q.sent, q.delivered), queue, (sent, delivered))
    queue, ended = told(bursts, queue, end, sender.budget)
    new = on & ~again
    # Beyond the tables' ends a step would change nothing but the way back.
    step_up_db = plan.outer_step_db
    down_db = jnp.where(mcs > 0, -step_up_db * (1.0 - TARGET) / TARGET, 0.0)
    up_db = jnp.where(mcs < shape[2] - 1, step_up_db, 0.0)
    step_db = jnp.where(failed, down_db, up_db)
    outer_db = state.outer_db + jnp.where(new, step_db, 0.0)
    remembered = facts.after(fresh.astype(jnp.float32))
    busy = (backlog > 0) & (backlog > fresh)
    counted = Heard(
        told=ended,
        first=new.astype(jnp.int32),
        first_failed=(new & failed).astype(jnp.int32),
        sent=on.astype(jnp.int32),
        failed=failed.astype(jnp.int32),
        given_up=over.astype(jnp.int32),
        lost_byte=jnp.where(lost, size, 0),
        waiting=(backlog > 0).astype(jnp.int32),
        busy=busy.astype(jnp.int32),
        busy_byte=jnp.where(busy, fresh, 0),
    )
    after = Direction(
        queue,
        on_the_way,
        outer_db,
        remembered.memory_byte,
        remembered.credit_byte,
        remembered.turn,
    )
    return after, owner, counted


def luck_of(
    number: Int[Array, "*row"], first_byte: Int[Array, "*row"], salt: Int[Array, ""]
) -> Float[Array, "*row"]:
    """One number between 0 and 1 for all transmissions of a block: it has failed for
    as long as the share of failures is above it."""
    bits = number.astype(jnp.uint32) * np.uint32(0x9E3779B1)
    bits = bits ^ (first_byte.astype(jnp.uint32) * np.uint32(0x85EBCA77))
    # Folding makes zero of zeros: the first user's first block would fare badly.
    bits = mixed(bits + salt.astype(jnp.uint32) + np.uint32(0x632BE5AB))
    # Middles of so many equal parts: never 0, for that would lose what cannot fail.
    part = (bits >> np.uint32(9)).astype(jnp.float32) + np.float32(0.5)
    return part * np.float32(2.0**-23)
