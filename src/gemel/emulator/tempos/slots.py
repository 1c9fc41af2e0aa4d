"""How do forty milliseconds go by, slot by slot?

First people and cells decide (handover, arrivals, access), then every carrier lives its
slots, then energy is counted.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from gemel.emulator.access.rules import CONNECTED, IDLE
from gemel.emulator.access.step import access_step
from gemel.emulator.power.states import power_step
from gemel.emulator.slot.plan import TICK_MS, UNITS_PER_MS
from gemel.emulator.tempos.books import between_ms, gathered, with_offers, worked
from gemel.emulator.tempos.carrying import LayerTick, one_layer
from gemel.emulator.tempos.deciding import arrived, counted_by_cell, moved, waits
from gemel.emulator.tempos.engine import (
    Engine,
)
from gemel.emulator.tempos.moment import Air, Moment
from gemel.emulator.tempos.sums import Sums
from gemel.network.controls import Controls
from gemel.network.counters import Counters
from gemel.network.simulator import Network, State
from gemel.units import db_from_ratio

REACH_DB = -10.0  # SINR below which nobody hears a base station's answers
# Radio links are judged by the mean of 200 ms, TS 38.133 clause 8.1.2.
EVALUATED = TICK_MS / 200.0
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
    luck_key, traffic_key, access_key, gap_key = jax.random.split(key, 4)
    moment, felt = moved(
        engine, network, state, controls, moment, air, on_air, closed, luck_key
    )
    serving = moment.mobility.serving
    moment, offered = arrived(engine, state, moment, traffic_key)
    has_data = waits(moment)
    there = jnp.maximum(serving, 0)
    seats = jnp.where(closed, 0, engine.layers[0].plan.seats)
    # Who found no cell any more is idle, wherever it will turn up.
    phase = jnp.where(felt.released, IDLE, moment.access.phase)
    moment = eqx.tree_at(lambda m: m.access.phase, moment, phase)
    sitting = moment.access.phase == CONNECTED
    taken = counted_by_cell(sitting, serving, cells)
    reachable = (serving >= 0) & on_air[there] & (moment.sinr_db > REACH_DB)
    access, connected, accessed = access_step(
        engine.access, moment.access, has_data, serving, reachable, seats - taken,
        felt.rehome, access_key, moment.now // UNITS_PER_MS, TICK_MS,
    )  # fmt: skip
    active = connected & (serving >= 0) & on_air[there] & ~closed[there]
    active = active & (felt.interrupted_ms < HALF * TICK_MS)
    # Gaps are shorter than a tick: so many whole ticks are as much time.
    gap = jax.random.uniform(gap_key, felt.gap_share.shape) < felt.gap_share
    active = active & ~gap
    moment = eqx.tree_at(lambda m: m.access, moment, access)

    rows, sinr = moment.rows, moment.sinr_db
    ticks: list[LayerTick] = []
    for number, layer in enumerate(engine.layers):
        tick = one_layer(
            engine, layer, number, state, controls, moment, rows, air, on_air,
            jnp.where(active, serving, -1),
        )  # fmt: skip
        rows = tick.rows
        ticks.append(tick)
        seen = tick.roster.seat >= 0
        heard_db = db_from_ratio(jnp.maximum(tick.lived.sinr, 1e-6))
        sinr = jnp.where(seen, sinr + EVALUATED * (heard_db - sinr), sinr)
    (down, up), (of_down, of_up), got_byte, waiting = gathered(
        engine.layers, ticks, cells
    )
    dropped, came, up_came = offered
    down = with_offers(down, came, dropped[0], serving, cells)
    up = with_offers(up, up_came, dropped[1], serving, cells)
    of_down = eqx.tree_at(
        lambda f: (f.offered_byte, f.dropped_byte), of_down, (came, dropped[0])
    )
    of_up = eqx.tree_at(
        lambda f: (f.offered_byte, f.dropped_byte), of_up, (up_came, dropped[1])
    )
    slot_s, load, sending, block, receiving = worked(engine, down, up, cells)
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
        users_s=counted_by_cell(connected, serving, cells).astype(jnp.float32) * tick_s,
        energy_j=energy_j,
    )
    layer_of = network.cells.layer[there]
    slots_ms = jnp.asarray([between_ms(each.plan) for each in engine.layers])
    after = Moment(
        now=moment.now + TICK_MS * UNITS_PER_MS,
        mobility=moment.mobility,
        counts=moment.counts,
        access=access,
        power=power,
        traffic=moment.traffic,
        rows=rows,
        bursts=moment.bursts,
        lately=tuple(tick.lately for tick in ticks),
        sinr_db=sinr,
    )
    waiting_ms = waiting * slots_ms[layer_of]
    told = Sums(flow, down, up, of_down, of_up, accessed, got_byte, waiting_ms)
    return after, told
