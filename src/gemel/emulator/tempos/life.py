"""How does one life go on by ticks or slots, and what does it leave in its books?

Ten seconds at a time: few enough that a share of a report period can be lived slot by
slot, and enough that calling costs nothing beside living.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from gemel.emulator.mobility.counters import COUNTS
from gemel.emulator.slot.queues import waiting_byte
from gemel.emulator.tempos.engine import Engine
from gemel.emulator.tempos.moment import Moment
from gemel.emulator.tempos.seconds import Tempo, one_second, waited_out
from gemel.emulator.tempos.sums import Sums
from gemel.network.controls import Controls
from gemel.network.simulator import Network, State

CHUNK_S = 10

# name -> sums, one value a cell or one for all
Books = dict[str, np.ndarray]


@eqx.filter_jit
def ten_seconds(
    engine: Engine,
    network: Network,
    state: State,
    controls: Controls,
    moment: Moment,
    closed: Bool[Array, " cell"],
    broken: Bool[Array, " cell"],
    key: PRNGKeyArray,
    elapsed_s: Float[Array, ""],
    tempo: Tempo,
) -> tuple[State, Moment, Sums]:
    """Every second for itself in the sums: [time cell], [time user]."""

    def second(carry, number):
        state, moment = carry
        luck = jax.random.fold_in(key, number)
        when_s = elapsed_s + number.astype(jnp.float32)
        users = network.surroundings.move(
            network, state.users, controls, luck, when_s, jnp.asarray(1.0)
        )
        state = eqx.tree_at(lambda s: s.users, state, users)
        state, moment, sums = one_second(
            engine, network, state, controls, moment, closed, broken, luck, tempo
        )
        return (state, moment), sums

    numbers = jnp.arange(CHUNK_S, dtype=jnp.int32)
    (state, moment), sums = jax.lax.scan(second, (state, moment), numbers)
    if tempo == "tick":
        moment = waited_out(moment, jnp.asarray(CHUNK_S))
    return state, moment, sums


@dataclasses.dataclass(frozen=True)
class Told:
    """Ten seconds on the host.

    flow:        the counters that every tempo has, summed
    books:       whole numbers of slots, handovers and access, in 64 bits
    got_byte, waiting_ms: of every user
    """

    flow: dict[str, np.ndarray]
    books: Books
    got_byte: Float[np.ndarray, " user"]
    waiting_ms: Float[np.ndarray, " user"]


def told_of(sums: Sums, before: Moment, after: Moment, tempo: Tempo) -> Told:
    """The sums of a chunk, and what handovers added to theirs.

    The books also say how long slots were lived, "lived.slot_ms", and what was
    delivered downlink at whatever tempo, "lived.volume_bit": slots count it to the bit.
    """
    books: Books = {}
    for name in ("down", "up", "of_down", "of_up", "access"):
        part = getattr(sums, name)
        for field in type(part).__dataclass_fields__:
            value = np.asarray(getattr(part, field)).astype(np.int64)
            most = field == "max_connected"
            books[f"{name}.{field}"] = value.max(0) if most else value.sum(0)
    more = np.asarray(after.counts.cell, np.int64) - np.asarray(before.counts.cell)
    books |= {f"moves.{name}": more[:, i] for i, name in enumerate(COUNTS)}
    flow = {
        name: np.asarray(getattr(sums.flow, name), np.float64).sum(0)
        for name in type(sums.flow).__dataclass_fields__
    }
    slots = tempo == "slot"
    volume_bit = 8 * books["down.delivered_byte"]
    if not slots:
        volume_bit = np.rint(flow["volume_bit"]).astype(np.int64)
    books["lived.volume_bit"] = volume_bit
    books["lived.slot_ms"] = np.asarray(1_000 * CHUNK_S * slots, np.int64)
    flow["elapsed_s"] = np.asarray(float(CHUNK_S))  # not a sum of rounded parts
    got = np.asarray(sums.got_byte, np.float64).sum(0)
    return Told(flow, books, got, np.asarray(sums.waiting_ms, np.float64).sum(0))


def queued_byte(moment: Moment) -> tuple[int, int]:
    """What waits now for all users, downlink and uplink, whether seen or not."""
    down, up = (
        int(np.asarray(waiting_byte(ring, way.queue), np.int64).sum())
        for ring, way in zip(
            moment.bursts, (moment.rows.down, moment.rows.up), strict=True
        )
    )
    return down, up


def added(books: Books, more: Books) -> Books:
    """Sums of both; of a maximum the larger."""
    if not books:
        return more
    return {
        name: np.maximum(books[name], value)
        if name.endswith(".max_connected")
        else np.asarray(books[name] + value)
        for name, value in more.items()
    }
