"""How is one carrier made ready for a tick of slots, and what comes of its rows?"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.slot import living
from gemel.emulator.slot.air import Links, Masts
from gemel.emulator.slot.living import Lately, Lived, Rows
from gemel.emulator.slot.plan import UNITS_PER_MS
from gemel.emulator.slot.rows import Roster, Sender, roster_of
from gemel.emulator.tempos.engine import (
    ALPHA,
    USER_POWER_DBM,
    Engine,
    LayerSlots,
)
from gemel.emulator.tempos.moment import Air, Moment
from gemel.network.controls import Controls
from gemel.network.scheduling.quotas import quotas_of
from gemel.network.simulator import State
from gemel.units import mw_from_dbm, ratio_from_db


class LayerTick(eqx.Module):
    """What a tick of one carrier left.

    rows:       of all users, with what became of those who sat here
    delivered:  bytes of every user, down and up, given up ones included
    """

    rows: Rows
    lately: Lately
    lived: Lived
    roster: Roster
    delivered: tuple[Int[Array, " user"], Int[Array, " user"]]


def one_layer(
    engine: Engine,
    layer: LayerSlots,
    number: int,
    state: State,
    controls: Controls,
    moment: Moment,
    rows: Rows,
    air: Air,
    on_air: Bool[Array, " cell"],
    serving: Int[Array, " user"],
) -> LayerTick:
    """A tick of the slots of carrier `number`; -1 serves nobody."""
    plan = layer.plan
    own = jnp.where(serving >= 0, layer.number[jnp.maximum(serving, 0)], -1)
    roster = roster_of(own, layer.cells.shape[0], plan.seats)
    masts = _masts(layer, controls, on_air)
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
            backoff_db=flows.backoff_db,
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
    return LayerTick(back, lately, lived, roster, delivered)


def _masts(
    layer: LayerSlots,
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
    explicit = min(layer.plan.explicit, cell.shape[0])  # in a small network, all
    serves = (cell == own[None]) & (own >= 0)[None]
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
