"""How does a tenth of a second go by, when rates are those of flows?

Handover and sleep have their timers here; what a user gets is what the coupled loads
give, one round of the fixed point a tick: loads follow within a few.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from gemel.emulator.access.counters import zero_access_counters
from gemel.emulator.faults.striking import carry_struck
from gemel.emulator.mobility.state import Seen
from gemel.emulator.mobility.step import mobility_step
from gemel.emulator.power.states import power_step
from gemel.emulator.slot.plan import UNITS_PER_MS
from gemel.emulator.tempos.engine import Engine
from gemel.emulator.tempos.listening import heard_dbm
from gemel.emulator.tempos.moment import Air, Moment
from gemel.emulator.tempos.slots import REACH_DB
from gemel.emulator.tempos.sums import Sums, no_flows, no_way
from gemel.network.association import served_by
from gemel.network.controls import Controls
from gemel.network.energy import ALWAYS_ON_SYMBOLS
from gemel.network.simulator import Network, State
from gemel.units import db_from_ratio

TICK_MS = 100
LOAD_RESIDUAL = 0.02  # of load: the next tick goes on from there


def tenth_of_a_second(
    engine: Engine,
    network: Network,
    state: State,
    controls: Controls,
    moment: Moment,
    air: Air,
    closed: Bool[Array, " cell"],
    broken: Bool[Array, " cell"],
    key: PRNGKeyArray,
) -> tuple[State, Moment, Sums]:
    """One tick.

    closed: on the air, but admits and carries nobody; broken: off the air by itself
    """
    cells, users = len(network.cells.name), state.serving.shape[0]
    on_air = moment.power.on_air & ~broken
    candidates = state.users.candidates
    rsrp_dbm = heard_dbm(
        network.cells, controls, candidates, engine.wide, air.wave, on_air, moment.now
    )
    seen = Seen(
        candidates.cell.reshape(users, -1),
        rsrp_dbm,
        moment.sinr_db,
        jnp.ones(users, bool),
    )
    seats = jnp.where(closed, 0, jnp.iinfo(jnp.int32).max)
    mobility, counts, felt = mobility_step(
        network.cells, engine.rules, engine.settings, engine.relations, controls,
        moment.mobility, moment.counts, seen, on_air, moment.power.leaving, seats,
        jax.random.uniform(key, (users,)), TICK_MS,
    )  # fmt: skip
    real = eqx.tree_at(lambda c: c.awake, controls, on_air)
    served = served_by(network.cells, candidates, real, mobility.serving)
    able = (1.0 - felt.interrupted_ms / TICK_MS) * (1.0 - felt.gap_share)
    able = jnp.where(closed[served.cell], 0.0, able)
    # Who no longer hears the cell that serves is not scheduled; else the last few
    # who have not been handed over yet would fill whole cells.
    able = jnp.where(moment.sinr_db > REACH_DB, able, 0.0)
    wanted = eqx.tree_at(
        lambda s: s.users.demand_bps, state, state.users.demand_bps * able
    )
    tick_s = jnp.asarray(TICK_MS * 1e-3)
    after, flow, got = carry_struck(
        network, wanted, real, served, tick_s, LOAD_RESIDUAL
    )
    sending = after.load * (1.0 - ALWAYS_ON_SYMBOLS)
    power, energy_j, _ = power_step(
        engine.power, moment.power, controls.awake, sending, jnp.ones(cells),
        after.load, TICK_MS, broken,
    )  # fmt: skip
    flow = eqx.tree_at(lambda c: c.energy_j, flow, energy_j)
    state = State(state.users, mobility.serving, after.load, power.on_air & ~broken)
    sinr_db = db_from_ratio(jnp.maximum(got.sinr, 1e-6))
    moment = eqx.tree_at(
        lambda m: (m.now, m.mobility, m.counts, m.power, m.sinr_db),
        moment,
        (moment.now + TICK_MS * UNITS_PER_MS, mobility, counts, power, sinr_db),
    )
    none = no_way(cells)
    waits_ms = jnp.where(got.throughput_bps > 0.0, float(TICK_MS), 0.0)
    got_byte = got.throughput_bps * (TICK_MS * 1e-3 / 8.0)
    sums = Sums(
        flow,
        none,
        none,
        no_flows(users),
        no_flows(users),
        zero_access_counters(cells),
        got_byte,
        waits_ms,
    )
    return state, moment, sums
