"""How does a second go by: people move, then ticks or slots run?"""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from gemel.emulator.slot.plan import TICK_MS as SLOT_TICK_MS
from gemel.emulator.slot.plan import UNITS_PER_MS
from gemel.emulator.tempos.engine import Engine
from gemel.emulator.tempos.moment import Moment, air_of
from gemel.emulator.tempos.slots import forty_ms
from gemel.emulator.tempos.sums import Sums, no_sums
from gemel.emulator.tempos.ticks import TICK_MS, tenth_of_a_second
from gemel.network.controls import Controls
from gemel.network.simulator import Network, State

Tempo = Literal["flow", "tick", "slot"]
TEMPOS: tuple[Tempo, ...] = ("flow", "tick", "slot")
SECOND_MS = 1_000


def one_second(
    engine: Engine,
    network: Network,
    state: State,
    controls: Controls,
    moment: Moment,
    closed: Bool[Array, " cell"],
    broken: Bool[Array, " cell"],
    key: PRNGKeyArray,
    tempo: Tempo,
    beat_ms: int = SECOND_MS,
) -> tuple[State, Moment, Sums]:
    """One second of one life, whose users have been moved already; or a beat of
    another length, in which ticks end."""
    air = air_of(engine, network, state)
    cells, users = len(network.cells.name), state.serving.shape[0]

    def tick(carry, number):
        state, moment, sums = carry
        luck = jax.random.fold_in(key, number)
        state, moment, more = tenth_of_a_second(
            engine, network, state, controls, moment, air, closed, broken, luck
        )
        return (state, moment, sums + more), None

    def slots(carry, number):
        moment, sums = carry
        luck = jax.random.fold_in(key, number)
        moment, more = forty_ms(
            engine, network, state, controls, moment, air, closed, broken, luck
        )
        return (moment, sums + more), None

    nothing = no_sums(cells, users)
    if tempo == "slot":
        ticks = jnp.arange(beat_ms // SLOT_TICK_MS, dtype=jnp.int32)
        (moment, sums), _ = jax.lax.scan(slots, (moment, nothing), ticks)
        load = sums.flow.prb_s / sums.flow.elapsed_s
        state = State(state.users, moment.mobility.serving, load, moment.power.on_air)
    else:
        ticks = jnp.arange(beat_ms // TICK_MS, dtype=jnp.int32)
        start = (state, moment, nothing)
        (state, moment, sums), _ = jax.lax.scan(tick, start, ticks)
    return state, moment, sums


def waited_out(moment: Moment, lived_ms: Array) -> Moment:
    """Queues stood still while ticks were lived: nobody's delay counts that time."""
    shift = lived_ms.astype(jnp.int32) * UNITS_PER_MS
    bursts = tuple(
        eqx.tree_at(lambda b: b.came, ring, ring.came + shift) for ring in moment.bursts
    )
    return eqx.tree_at(lambda m: m.bursts, moment, bursts)
