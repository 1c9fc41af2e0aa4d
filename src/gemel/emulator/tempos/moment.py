"""What changes while the stand-in lives by ticks or slot by slot?"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree, UInt32

from gemel.emulator.access.rules import CONNECTED
from gemel.emulator.access.state import AccessState, begin_access
from gemel.emulator.mobility.counters import MobilityCounters, nothing_counted
from gemel.emulator.mobility.state import MobilityState, Seen, settled
from gemel.emulator.power.states import PowerState, power_state_of
from gemel.emulator.slot.living import Lately, Rows
from gemel.emulator.slot.plan import UNITS_PER_MS
from gemel.emulator.slot.processes import no_blocks
from gemel.emulator.slot.queues import Bursts, empty_queue, no_bursts
from gemel.emulator.slot.transmission import Direction
from gemel.emulator.tempos.engine import PLACES, Engine
from gemel.emulator.tempos.listening import LEAST_SPEED_MPS, Wave, heard_dbm, sights
from gemel.network.controls import Controls
from gemel.network.simulator import Network, State
from gemel.radio.small_scale.fading import FadingTraces, place_step


class Air(eqx.Module):
    """What every candidate link goes through, found once a second.

    wave:     where in the traces
    towards:  the beam in which each candidate sees the user
    """

    wave: Wave
    towards: Int[Array, "layer k user"]


class Moment(eqx.Module):
    """Users come last.

    now:       64ths of a millisecond; wraps after nine hours
    sinr_db:   of the serving cell, as last heard
    lately:    one of each carrier
    """

    now: Int[Array, ""]
    mobility: MobilityState
    counts: MobilityCounters
    access: AccessState
    power: PowerState
    traffic: PyTree
    rows: Rows
    bursts: tuple[Bursts, Bursts]
    lately: tuple[Lately, ...]
    sinr_db: Float[Array, " user"]


def air_of(engine: Engine, network: Network, state: State) -> Air:
    """Traces and beams of the links that users have now."""
    users, cells = state.users, network.cells
    candidates = users.candidates
    cell = jnp.moveaxis(candidates.cell, 0, 2)
    sight = sights(network.propagation, cells, users.places, candidates)
    count = cell.shape[2]
    number = jnp.arange(count, dtype=jnp.int32)
    trace, start, step, towards = [], [], [], []
    speed = jnp.maximum(engine.speed_mps, LEAST_SPEED_MPS)
    azimuth_deg = cells.azimuth_deg
    for layer, slots in enumerate(engine.layers):
        traces = slots.traces
        each = jax.vmap(traces.trace_of, (0, 0, 0))
        of_trace, of_start = jax.vmap(each, (None, 0, 0))(
            number, cell[layer], sight[layer]
        )
        trace.append(of_trace)
        start.append(of_start)
        step.append(_steps(traces, engine.carrier_ghz[layer], speed))
        mast_m = cells.position_m[cell[layer]]
        away_m = users.places.position_m[None] - mast_m
        east, north = away_m[..., 0], away_m[..., 1]
        far = jnp.maximum(jnp.sqrt(east**2 + north**2), 1.0)
        turned = jnp.radians(azimuth_deg[cell[layer]])
        # sin(bearing - azimuth), without any arctangent.
        sine = (east * jnp.cos(turned) - north * jnp.sin(turned)) / far
        towards.append(slots.beams.beam_of_sine(sine))
    wave = Wave(jnp.stack(trace), jnp.stack(start), jnp.stack(step))
    return Air(wave, jnp.stack(towards))


def _steps(
    traces: FadingTraces, carrier_ghz: float, speed_mps: Float[Array, " user"]
) -> UInt32[Array, " user"]:
    """Places of a trace that users pass in a 64th of a millisecond."""
    ghz = jnp.asarray(carrier_ghz, jnp.float32)
    wavelengths = traces.power.shape[1] // PLACES
    unit_s = 1e-3 / UNITS_PER_MS
    return jax.vmap(lambda mps: place_step(mps, ghz, unit_s, wavelengths))(speed_mps)


def first_moment(
    engine: Engine, network: Network, state: State, controls: Controls, key: Array
) -> Moment:
    """Everybody settled where flows put them, connected, and with empty queues."""
    users = state.serving.shape[0]
    now = jnp.asarray(0, jnp.int32)
    air = air_of(engine, network, state)
    candidates = state.users.candidates
    rsrp_dbm = heard_dbm(
        network.cells, controls, candidates, engine.wide, air.wave, controls.awake, now
    )
    seen = Seen(
        candidates.cell.reshape(users, -1),
        rsrp_dbm,
        jnp.zeros(users),
        jnp.ones(users, bool),
    )
    ring = engine.layers[0].plan.ring

    def direction(processes: int) -> Direction:
        nothing = jnp.zeros(users)
        return Direction(
            empty_queue(users),
            no_blocks(processes, users),
            nothing,
            nothing,
            nothing,
            nothing,
        )

    plans = [layer.plan for layer in engine.layers]
    return Moment(
        now=now,
        mobility=settled(engine.relations, state.serving, seen),
        counts=nothing_counted(engine.relations),
        access=begin_access(users, CONNECTED),
        power=power_state_of(controls.awake),
        traffic=engine.mix.begin(key),
        rows=Rows(
            direction(plans[0].processes),
            direction(plans[0].up_processes),
            jnp.zeros(users, jnp.int32),
        ),
        bursts=(no_bursts(ring, users), no_bursts(ring, users)),
        lately=tuple(
            Lately(
                jnp.zeros((plan.groups, layer.cells.shape[0], layer.beams.beams)),
                jnp.zeros((plan.groups, layer.cells.shape[0])),
                jnp.asarray(0, jnp.int32),
                jnp.asarray(0, jnp.int32),
            )
            for plan, layer in zip(plans, engine.layers, strict=True)
        ),
        # Not `full`: its weak type would have every program compiled twice.
        sinr_db=jnp.zeros(users) + 10.0,
    )
