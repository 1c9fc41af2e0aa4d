"""How does one life go on by ticks or slots, and what does it leave in its books?

Ten seconds at a time, enough that calling costs nothing beside living; where the share
of a report period that is lived slot by slot ends within them, in two parts.
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
from gemel.emulator.tempos.pace import PART_MS
from gemel.emulator.tempos.seconds import SECOND_MS, Tempo, one_second, waited_out
from gemel.emulator.tempos.sums import Sums
from gemel.network.controls import Controls
from gemel.network.simulator import Network, State

CHUNK_S = 10
LONGEST_BEAT = 6  # parts of PART_MS between two looks at where people are: 1.2 s

# name -> sums, one value a cell or one for all
Books = dict[str, np.ndarray]


def beats_of(part_ms: int) -> tuple[int, int]:
    """How often people are moved in a part of a chunk, and how long that lasts each
    time: a second, where the part is whole seconds, else about as long."""
    if part_ms % SECOND_MS == 0:
        return part_ms // SECOND_MS, SECOND_MS
    parts = part_ms // PART_MS
    most = max(n for n in range(1, LONGEST_BEAT + 1) if parts % n == 0)
    return parts // most, most * PART_MS


@eqx.filter_jit
def live_on(
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
    part_ms: int = SECOND_MS * CHUNK_S,
) -> tuple[State, Moment, Sums]:
    """Every beat for itself in the sums: [time cell], [time user]."""
    beats, beat_ms = beats_of(part_ms)
    beat_s = 1e-3 * beat_ms

    def one_beat(carry, number):
        state, moment = carry
        luck = jax.random.fold_in(key, number)
        when_s = elapsed_s + beat_s * number.astype(jnp.float32)
        users = network.surroundings.move(
            network, state.users, controls, luck, when_s, jnp.asarray(beat_s)
        )
        state = eqx.tree_at(lambda s: s.users, state, users)
        state, moment, sums = one_second(
            engine, network, state, controls, moment, closed, broken, luck, tempo,
            beat_ms,
        )  # fmt: skip
        return (state, moment), sums

    numbers = jnp.arange(beats, dtype=jnp.int32)
    (state, moment), sums = jax.lax.scan(one_beat, (state, moment), numbers)
    if tempo == "tick":
        moment = waited_out(moment, jnp.asarray(part_ms))
    return state, moment, sums


@dataclasses.dataclass(frozen=True)
class Told:
    """A chunk, or a part of one, on the host.

    flow:        the counters that every tempo has, summed
    books:       whole numbers of slots, handovers and access, in 64 bits
    got_byte, waiting_ms: of every user
    """

    flow: dict[str, np.ndarray]
    books: Books
    got_byte: Float[np.ndarray, " user"]
    waiting_ms: Float[np.ndarray, " user"]


def told_of(
    sums: Sums,
    before: Moment,
    after: Moment,
    tempo: Tempo,
    part_ms: int = SECOND_MS * CHUNK_S,
) -> Told:
    """The sums of so long a part of a chunk, and what handovers added to theirs.

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
    books["lived.slot_ms"] = np.asarray(part_ms * slots, np.int64)
    flow["elapsed_s"] = np.asarray(1e-3 * part_ms)  # not a sum of rounded parts
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
