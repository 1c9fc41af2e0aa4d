"""How does one carrier live a tick, slot by slot?

Three loops: reports of channel quality, repetitions of the slot pattern, slots. Nothing
here leaves the rows of the cells; users are seated before and released after.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.emulator.slot.air import (
    Links,
    Masts,
    beams_in_use,
    down_sinr,
    faded,
    shared_mw,
    up_heard,
    up_power_mw,
    wanted_mw,
)
from gemel.emulator.slot.chains import always_at
from gemel.emulator.slot.pairing import second_owner
from gemel.emulator.slot.plan import REPORT_MS, TICK_MS, SlotPlan
from gemel.emulator.slot.queues import Bursts, Told, come_to_light
from gemel.emulator.slot.reporting import down_sinr_on_average, report_of
from gemel.emulator.slot.rows import Roster, Sender
from gemel.emulator.slot.transmission import (
    Direction,
    Heard,
    Owners,
    Report,
    one_slot,
)
from gemel.network.link_to_system.overhead import SLOT_SYMBOLS
from gemel.network.link_to_system.slot_tables import SlotTables, data_elements
from gemel.network.once import once
from gemel.network.scheduling.allocate import Offer
from gemel.network.scheduling.base import AbstractScheduler
from gemel.network.scheduling.quotas import Quotas
from gemel.radio.small_scale.fading import FadingTraces
from gemel.units import ratio_from_db

LATELY = 0.05  # weight of a slot in what is remembered of the others
ASKS_EVERY = 4  # uplink slots between two chances to ask for a grant
ELEMENTS = data_elements()  # of a resource block for data in a whole slot


class Air(eqx.Module):
    """Everything of a tick that no slot changes."""

    traces: FadingTraces
    links: Links
    masts: Masts
    tables: SlotTables
    scheduler: AbstractScheduler
    quotas: Quotas | None = None


class Rows(eqx.Module):
    """What changes, row by row; known_byte is what the cell knows to wait uplink."""

    down: Direction
    up: Direction
    known_byte: Int[Array, "*row"]


class Lately(eqx.Module):
    """What a carrier remembers: how often groups were in use and how much of that went
    in each direction, and what came from others."""

    busy: Float[Array, "group cell beam"]
    other_mw: Float[Array, "group cell"]
    down_turn: Int[Array, ""]
    up_turn: Int[Array, ""]


class CellSlots(eqx.Module):
    """Resource blocks times slots that each cell used, and slots in which it sent."""

    down_prb: Int[Array, " cell"]
    up_prb: Int[Array, " cell"]
    sending: Int[Array, " cell"]
    receiving: Int[Array, " cell"]


class Lived(eqx.Module):
    """Sums of a tick.

    cqi:  of every user, by the tick's last report; sinr over all groups
    """

    down: Heard
    up: Heard
    cells: CellSlots
    cqi: Int[Array, " user"]
    sinr: Float[Array, " user"]


class _Carry(eqx.Module):
    rows: Rows
    lately: Lately
    down: Heard
    up: Heard
    cells: CellSlots


def live(
    plan: SlotPlan,
    air: Air,
    roster: Roster,
    senders: tuple[Sender, Sender],
    bursts: tuple[Bursts, Bursts],
    rows: Rows,
    lately: Lately,
    began: Int[Array, ""],
    tick_ms: int = TICK_MS,
) -> tuple[Rows, Lately, Lived]:
    """`tick_ms` of all slots, from `began` (64ths of a millisecond) on."""
    group_prb = jnp.asarray(plan.group_sizes, jnp.int32)
    period_units = len(plan.letters) * plan.slot_units
    zero = jnp.zeros_like(rows.known_byte)
    nothing = Heard(Told(zero, zero, zero), *([zero] * 9))
    none = jnp.zeros(roster.user.shape[1], jnp.int32)
    most_layers = air.tables.block_byte.shape[0]

    def report_down(gain, lately):
        sinr = down_sinr_on_average(gain, air.links, air.masts, lately.busy)
        report, cqi = report_of(
            air.tables, roster, sinr, group_prb, ELEMENTS, most_layers
        )
        return report, cqi, sinr.mean(1)

    def report_up(gain, lately):
        # Sounded in one group; no wider than its power headroom lets it be sent.
        own = gain[0]
        one_group = jnp.full(own.shape[0], float(plan.group_prb))
        power = up_power_mw(own.mean(1), one_group, air.masts)
        noise = lately.other_mw.T[air.links.cell[0]] + air.masts.up_noise_mw
        sinr = own * power[:, None] / noise
        report = report_of(air.tables, roster, sinr, group_prb, ELEMENTS, 1)[0]
        fitting = air.masts.most_mw / (power * plan.group_prb)
        most_groups = jnp.clip(fitting, 1.0, float(plan.groups))[roster.user]
        return report, (report.worth.mean(1) * most_groups).astype(jnp.int32)

    def one_report(carry: _Carry, number: Int[Array, ""]):
        first = began + number * (plan.periods_per_report * period_units)
        gain = faded(air.traces, air.links, first)
        down_report, cqi, sinr = report_down(gain, carry.lately)
        up_report = report_up(gain, carry.lately)

        def one_period(carry: _Carry, which: Int[Array, ""]):
            start = first + which * period_units
            gain = faded(air.traces, air.links, start)
            # Powers are dear and change with the channel alone.
            wanted = once(wanted_mw(gain[0].mean(1), air.masts), always_at(start))
            for run in _runs(plan.letters):
                carry = _one_run(
                    plan, air, roster, senders, bursts, group_prb,
                    down_report, (*up_report, wanted), gain, start, run, carry,
                )  # fmt: skip
            return carry, None

        periods = jnp.arange(plan.periods_per_report, dtype=jnp.int32)
        carry, _ = jax.lax.scan(one_period, carry, periods)
        return carry, (cqi, sinr)

    carry = _Carry(rows, lately, nothing, nothing, CellSlots(none, none, none, none))
    reports = jnp.arange(tick_ms // REPORT_MS, dtype=jnp.int32)
    carry, (cqi, sinr) = jax.lax.scan(one_report, carry, reports)
    lived = Lived(carry.down, carry.up, carry.cells, cqi[-1], sinr[-1])
    return carry.rows, carry.lately, lived


def _runs(letters: str) -> list[tuple[int, int, bool, bool]]:
    """Consecutive slots with the same directions: first, count, down, up."""
    runs: list[tuple[int, int, bool, bool]] = []
    for index, letter in enumerate(letters):
        down, up = letter in "DSF", letter in "UF"
        if runs and runs[-1][2:] == (down, up):
            first, count, *_ = runs[-1]
            runs[-1] = (first, count + 1, down, up)
        else:
            runs.append((index, 1, down, up))
    return runs


def _one_run(
    plan: SlotPlan,
    air: Air,
    roster: Roster,
    senders: tuple[Sender, Sender],
    bursts: tuple[Bursts, Bursts],
    group_prb: Int[Array, " group"],
    down_report: Report,
    up_report: tuple[Report, Int[Array, "seat cell"], Float[Array, " user"]],
    gain: Float[Array, "link user group"],
    start: Int[Array, ""],
    run: tuple[int, int, bool, bool],
    carry: _Carry,
) -> _Carry:
    first, count, has_down, has_up = run
    share = [plan.down_symbols(first + i) / SLOT_SYMBOLS for i in range(count)]

    def slot(carry: _Carry, each: tuple[Int[Array, ""], Float[Array, ""]]):
        index, share = each
        now = start + index * plan.slot_units
        if has_down:
            carry = _down_slot(
                plan, air, roster, senders[0], bursts[0], group_prb, down_report,
                gain, now, share, carry,
            )  # fmt: skip
        if has_up:
            carry = _up_slot(
                plan, air, roster, senders[1], bursts[1], group_prb, *up_report,
                gain, now, carry,
            )  # fmt: skip
        return carry, None

    each = (
        jnp.arange(first, first + count, dtype=jnp.int32),
        jnp.asarray(share, jnp.float32),
    )
    return jax.lax.scan(slot, carry, each)[0]


def _down_slot(
    plan: SlotPlan,
    air: Air,
    roster: Roster,
    sender: Sender,
    bursts: Bursts,
    group_prb: Int[Array, " group"],
    report: Report,
    gain: Float[Array, "link user group"],
    now: Int[Array, ""],
    share: Float[Array, ""],
    carry: _Carry,
) -> _Carry:
    state, lately = carry.rows.down, carry.lately
    queue = come_to_light(bursts, state.queue, now)
    state = eqx.tree_at(lambda s: s.queue, state, queue)
    backlog = queue.arrived - queue.sent

    masts, towards = air.masts, air.links.towards[0]

    def sinr_of(
        owners: Owners, blocks: Int[Array, "seat cell"]
    ) -> tuple[Float[Array, "group cell"], ...]:
        users = [_users_of(roster, owner) for owner in owners]
        count = sum((owner >= 0).astype(jnp.float32) for owner in owners)
        each_mw = masts.block_mw[None] / jnp.maximum(count, 1.0)
        powers = [jnp.where(owner >= 0, each_mw, 0.0) for owner in owners]
        beams = [towards[user] for user in users]
        sends = functools.reduce(
            jnp.add,
            [beams_in_use(p, b, masts) for p, b in zip(powers, beams, strict=True)],
        )
        busy = (owners[0] >= 0).mean(dtype=jnp.float32)
        sinr = []
        for number, user in enumerate(users):
            beside_mw = None
            if len(owners) > 1:
                other = 1 - number
                leak = masts.leak[beams[other], beams[number]]
                beside_mw = powers[other] * leak
            sinr.append(
                down_sinr(
                    gain, air.links, masts, sends, busy, user, powers[number], beside_mw
                )
            )
        return tuple(sinr)

    def pairing(offer: Offer, owner: Int[Array, "group cell"]):
        beam = towards[roster.user]
        return second_owner(
            offer, owner, beam, masts.leak, ratio_from_db(report.sinr_db)
        )

    state, owner, heard = one_slot(
        plan, air.tables, group_prb, air.scheduler, air.quotas, sender, bursts, state,
        report, backlog, lately.down_turn, now, now + plan.slot_units, share, sinr_of,
        pairing if plan.together > 1 else None,
    )  # fmt: skip
    used = owner >= 0
    prb = jnp.where(used, group_prb[:, None], 0).sum(0)
    shares = jnp.where(used, 1.0, 0.0)
    sent = beams_in_use(shares, towards[_users_of(roster, owner)], masts)
    busy = lately.busy + LATELY * (sent - lately.busy)
    turn = (lately.down_turn + 1) % plan.processes
    return eqx.tree_at(
        lambda c: (
            c.rows.down, c.down, c.lately.busy, c.lately.down_turn,
            c.cells.down_prb, c.cells.sending,
        ),
        carry,
        (
            state, _added(carry.down, heard), busy, turn,
            carry.cells.down_prb + prb,
            carry.cells.sending + (prb > 0).astype(jnp.int32),
        ),
    )  # fmt: skip


def _up_slot(
    plan: SlotPlan,
    air: Air,
    roster: Roster,
    sender: Sender,
    bursts: Bursts,
    group_prb: Int[Array, " group"],
    report: Report,
    most_byte: Int[Array, "seat cell"],
    wanted: Float[Array, " user"],
    gain: Float[Array, "link user group"],
    now: Int[Array, ""],
    carry: _Carry,
) -> _Carry:
    """One slot of all cells.

    most_byte: of a seat within its power headroom (PHR, TS 38.321 clause 5.4.6)
    wanted:    milliwatts in a resource block, see `air.wanted_mw`
    """
    state, lately = carry.rows.up, carry.lately
    queue = come_to_light(bursts, come_to_light(bursts, state.queue, now), now)
    state = eqx.tree_at(lambda s: s.queue, state, queue)
    backlog = queue.arrived - queue.sent
    asks = (sender.number + now // plan.slot_units) % ASKS_EVERY == 0
    known = jnp.where(sender.at_once, backlog, carry.rows.known_byte)
    asked = jnp.minimum(jnp.minimum(known, backlog), most_byte)

    def heard_of(owner: Int[Array, "group cell"], blocks: Int[Array, "seat cell"]):
        user = _users_of(roster, owner)
        blocks = jnp.take_along_axis(blocks, jnp.maximum(owner, 0), 0)
        blocks = blocks.astype(jnp.float32)
        power = shared_mw(wanted[user], blocks, air.masts)
        power = jnp.where(owner >= 0, power, 0.0)
        return up_heard(gain, air.links, power, user)

    other = []

    def sinr_of(
        owners: Owners, blocks: Int[Array, "seat cell"]
    ) -> tuple[Float[Array, "group cell"], ...]:
        own_mw, other_mw = heard_of(owners[0], blocks)
        other.append(other_mw * air.masts.spill)
        return (own_mw / (other[0] + air.masts.up_noise_mw),)

    state, owner, heard = one_slot(
        plan, air.tables, group_prb, air.scheduler, air.quotas, sender, bursts, state,
        report, asked, lately.up_turn, now, now + plan.slot_units,
        jnp.asarray(1.0), sinr_of,
    )  # fmt: skip
    left = state.queue.arrived - state.queue.sent
    told = (heard.sent > 0) | asks
    known = jnp.where(told, left, carry.rows.known_byte)
    used = owner >= 0
    prb = jnp.where(used, group_prb[:, None], 0).sum(0)
    noise = lately.other_mw + LATELY * (other[0] - lately.other_mw)
    turn = (lately.up_turn + 1) % plan.up_processes
    return eqx.tree_at(
        lambda c: (
            c.rows.up, c.rows.known_byte, c.up, c.lately.other_mw, c.lately.up_turn,
            c.cells.up_prb, c.cells.receiving,
        ),
        carry,
        (
            state, known, _added(carry.up, heard), noise, turn,
            carry.cells.up_prb + prb,
            carry.cells.receiving + (prb > 0).astype(jnp.int32),
        ),
    )  # fmt: skip


def _users_of(
    roster: Roster, owner: Int[Array, "group cell"]
) -> Int[Array, "group cell"]:
    return jnp.take_along_axis(roster.user, jnp.maximum(owner, 0), 0)


def _added(sums: Heard, more: Heard) -> Heard:
    return jax.tree.map(jnp.add, sums, more)
