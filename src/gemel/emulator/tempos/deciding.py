"""What do people and cells decide before a tick's slots: where to be, what to ask?"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from gemel.emulator.access.rules import CONNECTED
from gemel.emulator.mobility.state import Felt, Seen
from gemel.emulator.mobility.step import mobility_step
from gemel.emulator.slot.living import Rows
from gemel.emulator.slot.plan import TICK_MS, UNITS_PER_MS
from gemel.emulator.slot.processes import no_blocks
from gemel.emulator.slot.queues import begun_again, inserted, waiting_byte
from gemel.emulator.slot.transmission import Direction
from gemel.emulator.tempos.engine import (
    Engine,
)
from gemel.emulator.tempos.listening import heard_dbm
from gemel.emulator.tempos.moment import Air, Moment
from gemel.emulator.traffic import Arrivals
from gemel.network.controls import Controls
from gemel.network.simulator import Network, State

PLENTY_BYTE = 4_000_000  # what a full buffer is topped up to: more than a tick carries


def counted_by_cell(
    who: Bool[Array, " user"], serving: Int[Array, " user"], cells: int
) -> Int[Array, " cell"]:
    at = jnp.where(who & (serving >= 0), serving, cells)
    return jnp.zeros(cells + 1, jnp.int32).at[at].add(1)[:cells]


def moved(
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
    connected = moment.access.phase == CONNECTED
    before = moment.mobility.serving
    seats = jnp.where(closed, 0, engine.layers[0].plan.seats)
    seen = Seen(candidates.cell.reshape(users, -1), rsrp_dbm, moment.sinr_db, connected)
    mobility, counts, felt = mobility_step(
        network.cells, engine.rules, engine.settings, engine.relations, controls,
        moment.mobility, moment.counts, seen, on_air, moment.power.leaving,
        seats - counted_by_cell(connected, before, cells),
        jax.random.uniform(key, (users,)), TICK_MS,
    )  # fmt: skip
    elsewhere = (mobility.serving != before) | felt.rehome

    def anew(direction: Direction) -> Direction:
        blocks = direction.blocks
        none = no_blocks(blocks.size_byte.shape[0], users)
        return eqx.tree_at(
            lambda d: (d.queue, d.blocks, d.outer_db),
            direction,
            (
                begun_again(direction.queue, elsewhere),
                jax.tree.map(lambda a, b: jnp.where(elsewhere, a, b), none, blocks),
                jnp.where(elsewhere, 0.0, direction.outer_db),
            ),
        )

    rows = moment.rows
    rows = Rows(
        anew(rows.down), anew(rows.up), jnp.where(elsewhere, 0, rows.known_byte)
    )
    moment = eqx.tree_at(
        lambda m: (m.mobility, m.counts, m.rows, m.sinr_db),
        moment,
        # What the last cell was heard with says nothing of the new one.
        (mobility, counts, rows, jnp.where(elsewhere, 0.0, moment.sinr_db)),
    )
    return moment, felt


def arrived(
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


def waits(moment: Moment) -> Bool[Array, " user"]:
    queues = (moment.rows.down.queue, moment.rows.up.queue)
    return (queues[0].done < queues[0].filled) | (queues[1].done < queues[1].filled)
