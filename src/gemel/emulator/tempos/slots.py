"""How do forty milliseconds go by, slot by slot?

First people and cells decide (handover, arrivals, access), then every carrier lives its
slots, then energy is counted.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from gemel.emulator.access.step import access_step
from gemel.emulator.mobility.state import Felt, Seen
from gemel.emulator.mobility.step import mobility_step
from gemel.emulator.power.states import power_step
from gemel.emulator.slot import living
from gemel.emulator.slot.air import Links, Masts
from gemel.emulator.slot.living import Lived, Rows
from gemel.emulator.slot.plan import TICK_MS, UNITS_PER_MS, SlotPlan
from gemel.emulator.slot.processes import no_blocks
from gemel.emulator.slot.queues import begun_again, inserted, waiting_byte
from gemel.emulator.slot.rows import Roster, Sender, roster_of
from gemel.emulator.slot.transmission import Direction, Heard
from gemel.emulator.tempos.engine import (
    ALPHA,
    USER_POWER_DBM,
    Engine,
    LayerSlots,
)
from gemel.emulator.tempos.listening import heard_dbm
from gemel.emulator.tempos.moment import Air, Moment
from gemel.emulator.tempos.sums import Sums, Way
from gemel.emulator.traffic import Arrivals
from gemel.network.controls import Controls
from gemel.network.counters import Counters
from gemel.network.scheduling.quotas import quotas_of
from gemel.network.simulator import Network, State
from gemel.units import db_from_ratio, mw_from_dbm, ratio_from_db

REACH_DB = -10.0  # SINR below which nobody hears a base station's answers
HALF = 0.5  # of a tick: who is interrupted longer gets no seat in it


def forty_ms(
    engine: Engine,
    network: Network,
    state: State,
    controls: Controls,
    moment: Moment,
    air: Air,
    closed: Bool[Array, " cell"],
    broken: Bool[Array, " cell"],
    key: PRNGKeyArray,
) -> tuple[Moment, Sums]:
    """One tick of slots.

    closed: on the air, but admits and carries nobody; broken: off the air by itself
    """
    cells = len(network.cells.name)
    on_air = moment.power.on_air & ~broken
    luck_key, traffic_key, access_key = jax.random.split(key, 3)
    moment, felt = _moved(
        engine, network, state, controls, moment, air, on_air, closed, luck_key
    )
    serving = moment.mobility.serving
    moment, offered = _arrived(engine, state, moment, traffic_key)
    has_data = _waits(moment)
    there = jnp.maximum(serving, 0)
    seats = jnp.where(closed, 0, engine.layers[0].plan.seats)
    sitting = moment.access.phase == 3
    taken = _count(sitting, serving, cells)
    reachable = (serving >= 0) & on_air[there] & (moment.sinr_db > REACH_DB)
    access, connected, accessed = access_step(
        engine.access, moment.access, has_data, serving, reachable, seats - taken,
        felt.rehome, access_key, moment.now // UNITS_PER_MS, TICK_MS,
    )  # fmt: skip
    active = connected & (serving >= 0) & on_air[there] & ~closed[there]
    active = active & (felt.interrupted_ms < HALF * TICK_MS)
    moment = eqx.tree_at(lambda m: m.access, moment, access)

    rows, sinr = moment.rows, moment.sinr_db
    sums, lately = [], []
    for number, layer in enumerate(engine.layers):
        rows, late, lived, roster, of_users = _one_layer(
            engine, layer, number, network, state, controls, moment, rows, air,
            on_air, jnp.where(active, serving, -1),
        )  # fmt: skip
        lately.append(late)
        sums.append((layer, lived, roster, of_users))
        seen = roster.seat >= 0
        sinr = jnp.where(seen, db_from_ratio(jnp.maximum(lived.sinr, 1e-6)), sinr)
    down, up, got_byte, waiting = _gathered(sums, cells)
    dropped, came, up_came = offered
    down = _with_offers(down, came, dropped[0], serving, cells)
    up = _with_offers(up, up_came, dropped[1], serving, cells)
    slot_s, load, sending, block, receiving = _work(engine, down, up, cells)
    power, energy_j, _ = power_step(
        engine.power, moment.power, controls.awake, sending, block, receiving,
        TICK_MS, broken,
    )  # fmt: skip
    tick_s = TICK_MS * 1e-3
    flow = Counters(
        elapsed_s=jnp.asarray(tick_s),
        prb_s=load * tick_s,
        volume_bit=8.0 * down.delivered_byte.astype(jnp.float32),
        active_s=down.waiting.astype(jnp.float32) * slot_s,
        users_s=_count(connected, serving, cells).astype(jnp.float32) * tick_s,
        energy_j=energy_j,
    )
    layer_of = network.cells.layer[there]
    slots_ms = jnp.asarray([_between_ms(each.plan) for each in engine.layers])
    after = Moment(
        now=moment.now + TICK_MS * UNITS_PER_MS,
        mobility=moment.mobility,
        counts=moment.counts,
        access=access,
        power=power,
        traffic=moment.traffic,
        rows=rows,
        bursts=moment.bursts,
        lately=tuple(lately),
        sinr_db=sinr,
    )
    waiting_ms = waiting * slots_ms[layer_of]
    return after, Sums(flow, down, up, accessed, got_byte, waiting_ms)


def _count(
    who: Bool[Array, " user"], serving: Int[Array, " user"], cells: int
) -> Int[Array, " cell"]:
    at = jnp.where(who & (serving >= 0), serving, cells)
    return jnp.zeros(cells + 1, jnp.int32).at[at].add(1)[:cells]


def _moved(
    engine: Engine,
    network: Network,
    state: State,
    controls: Controls,
    moment: Moment,
    air: Air,
    on_air: Bool[Array, " cell"],
    closed: Bool[Array, " cell"],
    key: PRNGKeyArray,
) -> tuple[Moment, Felt]:
    """Handovers; who changed cells begins a new MAC there."""
    candidates = state.users.candidates
    users, cells = state.serving.shape[0], len(network.cells.name)
    rsrp_dbm = heard_dbm(
        network.cells, controls, candidates, engine.wide, air.wave, on_air, moment.now
    )
    connected = moment.access.phase == 3
    before = moment.mobility.serving
    seats = jnp.where(closed, 0, engine.layers[0].plan.seats)
    seen = Seen(candidates.cell.reshape(users, -1), rsrp_dbm, moment.sinr_db, connected)
    mobility, counts, felt = mobility_step(
        network.cells, engine.rules, engine.settings, engine.relations, controls,
        moment.mobility, moment.counts, seen, on_air, moment.power.leaving,
        seats - _count(connected, before, cells), jax.random.uniform(key, (users,)),
        TICK_MS,
    )  # fmt: skip
    moved = (mobility.serving != before) | felt.rehome

    def anew(direction: Direction) -> Direction:
        blocks = direction.blocks
        none = no_blocks(blocks.size_byte.shape[0], users)
        return eqx.tree_at(
            lambda d: (d.queue, d.blocks, d.outer_db),
            direction,
            (
                begun_again(direction.queue, moved),
                jax.tree.map(lambda a, b: jnp.where(moved, a, b), none, blocks),
                jnp.where(moved, 0.0, direction.outer_db),
            ),
        )

    rows = moment.rows
    rows = Rows(anew(rows.down), anew(rows.up), jnp.where(moved, 0, rows.known_byte))
    moment = eqx.tree_at(
        lambda m: (m.mobility, m.counts, m.rows), moment, (mobility, counts, rows)
    )
    return moment, felt


def _arrived(
    engine: Engine, state: State, moment: Moment, key: PRNGKeyArray
) -> tuple[Moment, tuple]:
    """With a tick's arrivals in the queues."""
    traffic, down, up = engine.mix.arrivals(
        moment.traffic,
        state.users.demand_bps,
        key,
        moment.now // UNITS_PER_MS,
        TICK_MS,
    )
    rows, bursts = moment.rows, moment.bursts

    def put(of: Direction, ring, arrivals: Arrivals):
        queued = waiting_byte(ring, of.queue)
        arrivals = engine.mix.taken(arrivals, jnp.maximum(PLENTY_BYTE - queued, 0))
        came = moment.now + arrivals.at_us * 64 // 1000
        ring, queue, dropped = inserted(ring, of.queue, came, arrivals.size_byte)
        of = eqx.tree_at(lambda d: d.queue, of, queue)
        return of, ring, dropped, arrivals.total_byte()

    down_rows, down_ring, down_dropped, came = put(rows.down, bursts[0], down)
    up_rows, up_ring, up_dropped, up_came = put(rows.up, bursts[1], up)
    moment = eqx.tree_at(
        lambda m: (m.traffic, m.rows, m.bursts),
        moment,
        (traffic, Rows(down_rows, up_rows, rows.known_byte), (down_ring, up_ring)),
    )
    return moment, ((down_dropped, up_dropped), came, up_came)


PLENTY_BYTE = 4_000_000  # what a full buffer is topped up to: more than a tick carries


def _waits(moment: Moment) -> Bool[Array, " user"]:
    queues = (moment.rows.down.queue, moment.rows.up.queue)
    return (queues[0].done < queues[0].filled) | (queues[1].done < queues[1].filled)


def _one_layer(
    engine: Engine,
    layer: LayerSlots,
    number: int,
    network: Network,
    state: State,
    controls: Controls,
    moment: Moment,
    rows: Rows,
    air: Air,
    on_air: Bool[Array, " cell"],
    serving: Int[Array, " user"],
):
    plan = layer.plan
    own = jnp.where(serving >= 0, layer.number[jnp.maximum(serving, 0)], -1)
    roster = roster_of(own, layer.cells.shape[0], plan.seats)
    masts = _masts(engine, layer, number, controls, on_air)
    links = _links(layer, number, state, air, own, masts)
    settings, quality = engine.settings, engine.mix.quality
    flows, mix = engine.flows, engine.mix
    users = serving.shape[0]
    luck = jnp.arange(users, dtype=jnp.int32) + np.int32(engine.seed * 7919 % 2**30)

    def sender(bps: Float[Array, " user"]) -> Sender:
        return Sender(
            payload_share=flows.payload_share,
            most_tries=flows.most_tries,
            arq=flows.arq,
            at_once=flows.at_once,
            budget=(quality.delay_budget_ms * UNITS_PER_MS).astype(jnp.int32),
            level=quality.priority.astype(jnp.float32),
            guaranteed_byte=bps * (1e-3 / 8.0 / plan.slots_per_ms),
            slice=mix.slice,
            number=luck,
        )

    senders = (
        roster.seated(sender(quality.guaranteed_down_bps)),
        roster.seated(sender(quality.guaranteed_up_bps)),
    )
    quotas = quotas_of(
        senders[0].slice,
        settings.slice_min_share[layer.cells].T,
        settings.slice_max_share[layer.cells].T,
        plan.groups,
    )
    outside = living.Air(
        layer.traces, links, masts, layer.tables, engine.scheduler, quotas
    )
    seated = roster.seated_alone(rows)
    seated, lately, lived = living.live(
        plan, outside, roster, senders, tuple(roster.seated(b) for b in moment.bursts),
        seated, moment.lately[number], moment.now,
    )  # fmt: skip
    back = roster.returned(seated, rows)
    delivered = (
        back.down.queue.delivered - rows.down.queue.delivered,
        back.up.queue.delivered - rows.up.queue.delivered,
    )
    return back, lately, lived, roster, delivered


def _masts(
    engine: Engine,
    layer: LayerSlots,
    number: int,
    controls: Controls,
    on_air: Bool[Array, " cell"],
) -> Masts:
    block_mw = mw_from_dbm(controls.power_dbm[layer.cells]) / layer.plan.prb
    return Masts(
        block_mw=jnp.where(on_air[layer.cells], block_mw, 0.0),
        leak=layer.beams.leak,
        spill=layer.beams.mean,
        noise_mw=layer.noise_mw,
        up_noise_mw=layer.up_noise_mw,
        most_mw=mw_from_dbm(jnp.asarray(USER_POWER_DBM)),
        open_mw=layer.open_mw,
        alpha=jnp.asarray(ALPHA),
    )


def _links(
    layer: LayerSlots,
    number: int,
    state: State,
    air: Air,
    own: Int[Array, " user"],
    masts: Masts,
) -> Links:
    """The serving cell first, then the strongest others; what is weaker is tail."""
    candidates = state.users.candidates
    cell = layer.number[candidates.cell[:, number].T]
    gain = ratio_from_db(candidates.gain_db[:, number].T)
    explicit = layer.plan.explicit
    serves = (cell == own) & (own >= 0)
    at = jnp.argmax(serves, 0)[None]
    there = serves.any(0)

    def of(leaf):
        return jnp.take_along_axis(leaf, at, 0)

    others = jnp.where(serves, 0.0, gain)
    rest_mw = others[explicit:] * masts.block_mw[cell[explicit:]]
    tail_mw = candidates.tail_mw[:, number] / layer.plan.prb + rest_mw.sum(0)

    def first(leaf):
        return jnp.concatenate([of(leaf), leaf[:explicit]])

    wave = air.wave
    step = jnp.broadcast_to(wave.step[number], (explicit + 1, own.shape[0]))
    return Links(
        cell=jnp.concatenate([jnp.maximum(own, 0)[None], cell[:explicit]]),
        gain=jnp.concatenate(
            [jnp.where(there, of(gain)[0], 0.0)[None], others[:explicit]]
        ),
        towards=first(air.towards[number]),
        trace=first(wave.trace[number]),
        start=first(wave.start[number]),
        step=step,
        tail_mw=tail_mw,
    )


def _gathered(sums: list, cells: int):
    """From the rows of carriers to the cells and users of the network."""
    order = np.argsort(np.concatenate([layer.cells for layer, *_ in sums]))

    def together(of) -> Array:
        parts = [of(lived, roster, users) for _, lived, roster, users in sums]
        return jnp.concatenate(parts)[order]

    def by_seat(heard: Heard, name: str) -> Array:
        return getattr(heard, name).sum(0)

    def way(direction: int) -> Way:
        def heard_of(lived: Lived) -> Heard:
            return lived.up if direction else lived.down

        def rows(name: str) -> Array:
            return together(lambda lived, *_: getattr(heard_of(lived), name).sum(0))

        def told(name: str) -> Array:
            return together(
                lambda lived, *_: getattr(heard_of(lived).told, name).sum(0)
            )

        def delivered(lived, roster: Roster, users) -> Array:
            of_rows = users[direction][roster.user]
            return jnp.where(roster.taken, of_rows, 0).sum(0)

        lost = rows("lost_byte")
        nothing = jnp.zeros(cells, jnp.int32)
        prb = together(
            lambda lived, *_: lived.cells.up_prb if direction else lived.cells.down_prb
        )
        slots = together(
            lambda lived, *_: (
                lived.cells.receiving if direction else lived.cells.sending
            )
        )
        return Way(
            nothing, nothing, together(delivered) - lost, lost, rows("first"),
            rows("first_failed"), rows("sent"), rows("failed"), rows("given_up"),
            told("count"), told("waited"), told("late"), rows("waiting"),
            rows("busy"), rows("busy_byte"), prb, slots,
        )  # fmt: skip

    def of_users(value) -> Array:
        parts = [value(lived, roster, users) for _, lived, roster, users in sums]
        return jnp.stack(parts).sum(0)

    got = of_users(lambda lived, roster, users: users[0].astype(jnp.float32))
    waiting = of_users(
        lambda lived, roster, users: roster.returned(
            lived.down.waiting, jnp.zeros_like(roster.seat)
        ).astype(jnp.float32)
    )
    return way(0), way(1), got, waiting


def _with_offers(
    way: Way,
    came: Int[Array, " user"],
    dropped: Int[Array, " user"],
    serving: Int[Array, " user"],
    cells: int,
) -> Way:
    at = jnp.where(serving >= 0, serving, cells)
    both = jnp.zeros((cells + 1, 2), jnp.int32)
    both = both.at[at].add(jnp.stack([came, dropped], 1))[:cells]
    return eqx.tree_at(
        lambda w: (w.offered_byte, w.dropped_byte), way, (both[:, 0], both[:, 1])
    )


def _between_ms(plan: SlotPlan) -> float:
    """From one downlink slot to the next on average: who waits in all of them waits
    all the time."""
    return len(plan.letters) / (len(plan.down) * plan.slots_per_ms)


def _work(engine: Engine, down: Way, up: Way, cells: int):
    """Slot length, load, and for energy how much of time and band was used."""
    slot_s, slots, up_slots, prb, common = [np.zeros(cells) for _ in range(5)]
    for layer in engine.layers:
        plan, own = layer.plan, layer.cells
        periods = TICK_MS * plan.slots_per_ms / len(plan.letters)
        slot_s[own] = 1e-3 * _between_ms(plan)
        # A special slot counts as any other: its blocks are used no less often.
        slots[own] = periods * len(plan.down)
        up_slots[own] = periods * len(plan.up)
        prb[own] = plan.prb
        common[own] = layer.common_share
    slot_s, slots, up_slots, prb, common = (
        jnp.asarray(v, jnp.float32) for v in (slot_s, slots, up_slots, prb, common)
    )
    used = down.prb.astype(jnp.float32)
    load = jnp.minimum(used / (slots * prb) + common, 1.0)
    sent = down.slots.astype(jnp.float32)
    sending = jnp.minimum(sent / slots, 1.0)
    block = used / jnp.maximum(sent * prb, 1.0)
    receiving = up.slots.astype(jnp.float32) / up_slots
    return slot_s, load, sending, jnp.minimum(block, 1.0), receiving
