"""Which few cells does the slot engine live in when nothing but itself is tested?

No streets, no antennas, no people: every user has a gain to its cell, maybe one to
another cell, and bursts that come when a test says so. Noise and power of a resource
block are one milliwatt, so a gain is a signal-to-noise ratio, up and down.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.emulator.slot.air import Links, Masts
from gemel.emulator.slot.living import Air, Lately, Lived, Rows, live
from gemel.emulator.slot.plan import UNITS_PER_MS, SlotPlan
from gemel.emulator.slot.processes import no_blocks
from gemel.emulator.slot.queues import (
    begun_again,
    empty_queue,
    inserted,
    no_bursts,
    waiting_byte,
)
from gemel.emulator.slot.rows import Sender, roster_of
from gemel.emulator.slot.transmission import Direction
from gemel.network.link_to_system.slot_tables import SlotTables, slot_tables
from gemel.network.scheduling import SCHEDULERS
from gemel.network.scheduling.base import AbstractScheduler
from gemel.network.scheduling.quotas import quotas_of
from gemel.radio.small_scale.fading import FadingTraces

tables_of = functools.cache(slot_tables)


class Arrivals(eqx.Module):
    """Bursts of one direction, tick by tick; came in 64ths of a millisecond."""

    came: Int[Array, "tick event user"]
    size_byte: Int[Array, "tick event user"]


class Bench(eqx.Module):
    """Everything that stays.

    gain:      to the serving cell; other_gain to `other`, the cell that disturbs
    on_air:    of every cell
    fading:    whether groups fade by themselves, Rayleigh, anew in every tick
    min_share, max_share: of slices eMBB, URLLC, MIoT; None without slices
    beam:      in which each user is seen, and leak from beam to beam
    """

    plan: SlotPlan = eqx.field(static=True)
    tick_ms: int = eqx.field(static=True)
    fading: bool = eqx.field(static=True)
    scheduler: AbstractScheduler
    tables: SlotTables
    sender: Sender
    gain: Float[Array, " user"]
    other_gain: Float[Array, " user"]
    other: Int[Array, " user"]
    on_air: Float[Array, " cell"]
    min_share: Float[Array, " slice"] | None = None
    max_share: Float[Array, " slice"] | None = None
    beam: Int[Array, " user"] | None = None
    leak: Float[Array, "beam beam"] | None = None


class Tick(eqx.Module):
    """What a tick left, user by user, in one direction; bytes and counts."""

    offered: Int[Array, " user"]
    dropped: Int[Array, " user"]
    delivered: Int[Array, " user"]
    lost: Int[Array, " user"]
    queued: Int[Array, " user"]
    first: Int[Array, " user"]
    sent: Int[Array, " user"]
    first_failed: Int[Array, " user"]
    given_up: Int[Array, " user"]
    bursts: Int[Array, " user"]
    waited: Int[Array, " user"]
    prb: Int[Array, " cell"]


def sender_of(users: int, **fields) -> Sender:
    """Plain users: whole blocks for data, four transmissions, no ARQ, asking first."""
    usual = dict(
        payload_share=1.0,
        most_tries=4,
        arq=False,
        at_once=False,
        budget=100 * UNITS_PER_MS,
        level=90.0,
        guaranteed_byte=0.0,
        slice=0,
        backoff_db=0.0,
    )

    def each(value) -> Array:
        value = np.asarray(value)
        kind = np.float32 if value.dtype.kind == "f" else value.dtype
        kind = np.int32 if value.dtype.kind == "i" else kind
        return jnp.asarray(np.broadcast_to(value.astype(kind), (users,)))

    number = fields.pop("number", np.arange(users))
    return Sender(
        **{k: each(v) for k, v in (usual | fields).items()}, number=each(number)
    )


def bench_of(
    plan: SlotPlan,
    cells: int,
    gain: Float[np.ndarray, " user"],
    *,
    scheduler: str = "proportional_fair",
    tick_ms: int = 40,
    fading: bool = False,
    most_layers: int = 1,
    other_gain: Float[np.ndarray, " user"] | float = 0.0,
    other: Int[np.ndarray, " user"] | int = 0,
    on_air: Float[np.ndarray, " cell"] | float = 1.0,
    min_share: tuple[float, ...] | None = None,
    max_share: tuple[float, ...] | None = None,
    beam: Int[np.ndarray, " user"] | None = None,
    leak: Float[np.ndarray, "beam beam"] | None = None,
    **sender,
) -> Bench:
    """All cells alike; what is not given disturbs nobody."""
    users = len(gain)

    def floats(value, count: int) -> Array:
        return jnp.asarray(np.broadcast_to(np.float32(value), (count,)))

    def shares(value: tuple[float, ...] | None) -> Array | None:
        return None if value is None else jnp.asarray(value, jnp.float32)

    return Bench(
        plan=plan,
        tick_ms=tick_ms,
        fading=fading,
        scheduler=SCHEDULERS[scheduler](),
        tables=tables_of(plan.prb, most_layers=most_layers),
        sender=sender_of(users, **sender),
        gain=floats(gain, users),
        other_gain=floats(other_gain, users),
        other=jnp.asarray(np.broadcast_to(np.int32(other), (users,))),
        on_air=floats(on_air, cells),
        min_share=shares(min_share),
        max_share=shares(max_share),
        beam=None if beam is None else jnp.asarray(beam, jnp.int32),
        leak=None if leak is None else jnp.asarray(leak, jnp.float32),
    )


def _air(bench: Bench, serving: Int[Array, " user"], key: Array, quotas) -> Air:
    users, groups = bench.gain.shape[0], bench.plan.groups
    if bench.fading:
        power = jax.random.exponential(key, (users, 1, groups))
    else:
        power = jnp.ones((users, 1, groups))
    none = jnp.zeros((2, users), jnp.int32)
    beams = none if bench.beam is None else jnp.stack([bench.beam, bench.beam])
    leak = jnp.ones((1, 1)) if bench.leak is None else bench.leak
    still = jnp.zeros((2, users), jnp.uint32)
    own = jnp.arange(users, dtype=jnp.int32)
    one = jnp.asarray(1.0)
    links = Links(
        cell=jnp.stack([jnp.maximum(serving, 0), bench.other]),
        gain=jnp.stack([bench.gain, bench.other_gain]),
        towards=beams,
        trace=jnp.stack([own, own]),
        start=still,
        step=still,
        tail_mw=jnp.zeros(users),
    )
    masts = Masts(
        block_mw=bench.on_air,
        leak=leak,
        spill=one,
        noise_mw=one,
        up_noise_mw=one,
        most_mw=jnp.asarray(1e9),
        open_mw=one,
        alpha=jnp.asarray(0.0),
    )
    traces = FadingTraces(jnp.repeat(power, 2, 1), users)
    return Air(traces, links, masts, bench.tables, bench.scheduler, quotas)


def _nothing_yet(bench: Bench) -> tuple[Rows, Lately]:
    plan, users, cells = bench.plan, bench.gain.shape[0], bench.on_air.shape[0]
    zeros = jnp.zeros(users)

    def direction(processes: int) -> Direction:
        blocks = no_blocks(processes, users)
        return Direction(empty_queue(users), blocks, zeros, zeros, zeros, zeros)

    none, turn = jnp.zeros((plan.groups, cells)), jnp.asarray(0, jnp.int32)
    rows = Rows(
        direction(plan.processes),
        direction(plan.up_processes),
        jnp.zeros(users, jnp.int32),
    )
    beams = 1 if bench.leak is None else bench.leak.shape[0]
    busy = jnp.zeros((*none.shape, beams))
    return rows, Lately(busy, none, turn, turn)


@eqx.filter_jit
def lived(
    bench: Bench,
    serving: Int[Array, "tick user"],
    arrivals: tuple[Arrivals, Arrivals],
    key: Array,
    outer_db: Float[Array, " user"] | None = None,
) -> tuple[Tick, Tick]:
    """Down and up, every leaf [tick user] or [tick cell].

    serving:   the cell of each user in every tick, -1 for none
    outer_db:  where the outer loop of both directions begins
    """
    plan, cells = bench.plan, bench.on_air.shape[0]
    users = bench.gain.shape[0]
    rows, lately = _nothing_yet(bench)
    if outer_db is not None:
        rows = eqx.tree_at(
            lambda r: (r.down.outer_db, r.up.outer_db), rows, (outer_db, outer_db)
        )
    rings = (no_bursts(plan.ring, users), no_bursts(plan.ring, users))

    def moved_on(of: Direction, moved: Array) -> Direction:
        none = no_blocks(of.blocks.size_byte.shape[0], users)
        blocks = jax.tree.map(lambda a, b: jnp.where(moved, a, b), none, of.blocks)
        queue = begun_again(of.queue, moved)
        return eqx.tree_at(lambda d: (d.queue, d.blocks), of, (queue, blocks))

    def tick(carry, now):
        rows, lately, rings, before = carry
        number, serving, down, up, key = now
        began = number * (bench.tick_ms * UNITS_PER_MS)
        moved = serving != before
        known = jnp.where(moved, 0, rows.known_byte)
        rows = Rows(moved_on(rows.down, moved), moved_on(rows.up, moved), known)
        ways, full, dropped = [], [], []
        for of, ring, came in zip((rows.down, rows.up), rings, (down, up), strict=True):
            ring, queue, no_room = inserted(ring, of.queue, came.came, came.size_byte)
            ways.append(eqx.tree_at(lambda d: d.queue, of, queue))
            full.append(ring)
            dropped.append(no_room)
        rows = Rows(ways[0], ways[1], rows.known_byte)
        roster = roster_of(serving, cells, plan.seats)
        sender = roster.seated(bench.sender)
        quotas = None
        if bench.min_share is not None and bench.max_share is not None:
            shares = [
                jnp.broadcast_to(s[:, None], (s.shape[0], cells))
                for s in (bench.min_share, bench.max_share)
            ]
            quotas = quotas_of(sender.slice, shares[0], shares[1], plan.groups)
        seated, lately, out = live(
            plan, _air(bench, serving, key, quotas), roster, (sender, sender),
            tuple(roster.seated(ring) for ring in full), roster.seated_alone(rows),
            lately, began, bench.tick_ms,
        )  # fmt: skip
        after = roster.returned(seated, rows)
        told = []
        for way in range(2):
            told.append(
                _told(
                    way,
                    rows,
                    after,
                    full[way],
                    dropped[way],
                    (down, up)[way],
                    roster,
                    out,
                )
            )
        return (after, lately, tuple(full), serving), tuple(told)

    ticks = serving.shape[0]
    each = (
        jnp.arange(ticks, dtype=jnp.int32),
        serving,
        *arrivals,
        jax.random.split(key, ticks),
    )
    start = (rows, lately, rings, serving[0])
    _, told = jax.lax.scan(tick, start, each)
    return told


def _told(way, before, after, ring, dropped, came, roster, out: Lived) -> Tick:
    heard = (out.down, out.up)[way]
    old, new = (getattr(r, ("down", "up")[way]).queue for r in (before, after))
    nobody = jnp.zeros_like(roster.seat)

    def of_users(row: Array) -> Array:
        return roster.returned(row, nobody)

    lost = of_users(heard.lost_byte)
    return Tick(
        offered=came.size_byte.sum(0, dtype=jnp.int32),
        dropped=dropped,
        delivered=new.delivered - old.delivered - lost,
        lost=lost,
        queued=waiting_byte(ring, new),
        first=of_users(heard.first),
        sent=of_users(heard.sent),
        first_failed=of_users(heard.first_failed),
        given_up=of_users(heard.given_up),
        bursts=of_users(heard.told.count),
        waited=of_users(heard.told.waited),
        prb=(out.cells.down_prb, out.cells.up_prb)[way],
    )


def all_at_once(size_byte: int, ticks: int, users: int) -> Arrivals:
    """So much in every tick, at its beginning; a full buffer if it is much."""
    shape = (ticks, 1, users)
    return Arrivals(jnp.zeros(shape, jnp.int32), jnp.full(shape, size_byte, jnp.int32))
