"""When does every packet of many series arrive, and what was spent on it?

A chunk is many series of one flow side by side, each with a phase and a fading of its
own; all packets of a chunk are computed together. An attempt is a transmission with its
repetitions. Packets of one flow do not compete with each other, and each asks for
itself: a buffer report that came with an earlier packet is not used. Requests, grants,
answers and polls are never lost; only blocks are.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from gemel.emulator.stack.fading import Waves, waves
from gemel.emulator.stack.in_order import NEVER, in_order
from gemel.emulator.stack.machine import Machine
from gemel.emulator.stack.occasions import TICKS

SERIES, PACKETS = 256, 512  # of a chunk: 131,072 packets
WARM = 64  # packets of a series that only make those after them wait


class Chunk(NamedTuple):
    """One entry a counted packet, and sums over them.

    delay:     ticks, NEVER if lost
    attempts:  of all segments and cells
    firsts:    of these, the first of a round of ARQ
    segments:  sent, copies counted
    """

    delay: Int[Array, "packet series"]
    attempts: Float[Array, ""]
    firsts: Float[Array, ""]
    segments: Float[Array, ""]


class Sent(NamedTuple):
    """One segment of every packet, over one cell."""

    arrived: Int[Array, "packet series"]
    attempts: Int[Array, "packet series"]
    firsts: Int[Array, "packet series"]


class Tries(NamedTuple):
    """The state of all segments while HARQ goes on."""

    done: Int[Array, ""]
    number: Int[Array, "packet series"]
    pending: Bool[Array, "packet series"]
    arrived: Int[Array, "packet series"]
    ended: Int[Array, "packet series"]
    strength: Float[Array, "packet series"]
    attempts: Int[Array, "packet series"]


def waited(
    machine: Machine, key: PRNGKeyArray, number: Int[Array, "packet series"]
) -> Int[Array, "packet series"]:
    """The first of these occasions that others have left free."""
    luck = jax.random.uniform(key, number.shape, minval=1e-7)
    taken = jnp.floor(jnp.log(luck) / machine.log_load).astype(jnp.int32)
    return number + taken


def asked(machine: Machine, ready: Int[Array, "*axes"]) -> Int[Array, "*axes"]:
    """The earliest tick for a block whose packet lies ready at the sender.

    A base station just prepares it. A phone asks and waits for the grant, and prepares
    the block meanwhile; or it prepares it for the block that is kept.
    """
    if not machine.asks:
        return ready + machine.prepare
    dates = machine.calendar
    request = dates.request.tick_of(dates.request.at_or_after(ready))
    understood = request + TICKS + machine.decode + machine.prepare
    return granted(machine, understood)


def granted(machine: Machine, decided: Int[Array, "*axes"]) -> Int[Array, "*axes"]:
    """The earliest tick for a block that the base station wants to be sent."""
    grant = machine.calendar.grant
    return grant.tick_of(grant.at_or_after(decided)) + TICKS + machine.n2


def again(machine: Machine, ended: Int[Array, "*axes"]) -> Int[Array, "*axes"]:
    """The earliest tick for the next attempt after one that ended then and failed."""
    if machine.uplink:
        return granted(machine, ended + machine.decode + machine.prepare)
    answer = machine.calendar.answer
    told = answer.tick_of(answer.at_or_after(ended + machine.n1)) + TICKS
    return told + machine.decode + machine.prepare


def first_number(
    machine: Machine, key: PRNGKeyArray, earliest: Int[Array, "packet series"]
) -> Int[Array, "packet series"]:
    """The occasion for the first attempt of a packet."""
    data, kept = machine.calendar.data, machine.calendar.kept
    if machine.kept:
        return data.at_or_after(kept.tick_of(kept.at_or_after(earliest)))
    return waited(machine, key, data.at_or_after(earliest))


def _uniform_log(key: PRNGKeyArray, shape: tuple[int, ...]) -> Float[Array, "..."]:
    """The logarithm of chance, fine down to 1e-10 where float32 has steps of 1e-7."""
    bits = jax.random.bits(key, shape, jnp.uint32).astype(float)
    return jnp.log((bits + 0.5) * 2.0**-32)


def _rounds_of_harq(
    machine: Machine,
    wave: Waves | None,
    key: PRNGKeyArray,
    number: Int[Array, "packet series"],
    pending: Bool[Array, "packet series"],
) -> Tries:
    """Attempts from this occasion on, until all have arrived or HARQ gives up."""
    luck, busy = jax.random.split(key)
    chance = _uniform_log(luck, number.shape)
    data, last = machine.calendar.data, machine.repetitions - 1

    def one(tries: Tries) -> Tries:
        begun = data.tick_of(tries.number)
        end = data.tick_of(tries.number + last) + machine.symbols * TICKS
        power = machine.mean_sinr
        if wave is not None:
            at_ms = begun.astype(float) * machine.tick_ms
            power = power * jax.vmap(wave.power)(at_ms)
        strength = tries.strength + power
        made = (tries.done + 1).astype(float)
        rate = machine.failures.look_up(tries.done, strength / made)
        failed = tries.pending & (chance < rate)
        arrived = jnp.where(
            tries.pending & ~failed, end + machine.decode, tries.arrived
        )
        following = data.at_or_after(again(machine, end))
        following = waited(machine, jax.random.fold_in(busy, tries.done), following)
        return Tries(
            done=tries.done + 1,
            number=jnp.where(failed, following, tries.number),
            pending=failed,
            arrived=arrived,
            ended=jnp.where(tries.pending, end, tries.ended),
            strength=strength,
            attempts=tries.attempts + tries.pending.astype(jnp.int32),
        )

    def unfinished(tries: Tries) -> Bool[Array, ""]:
        return (tries.done < machine.most_transmissions) & tries.pending.any()

    nothing = jnp.zeros_like(number)
    start = Tries(
        done=jnp.asarray(0, jnp.int32),
        number=number,
        pending=pending,
        arrived=jnp.full_like(number, NEVER),
        ended=nothing,
        strength=jnp.zeros(number.shape, float),
        attempts=nothing,
    )
    return jax.lax.while_loop(unfinished, one, start)


def _one_segment(
    machine: Machine,
    wave: Waves | None,
    key: PRNGKeyArray,
    number: Int[Array, "packet series"],
    wanted: Bool[Array, "packet series"],
) -> Sent:
    """HARQ, and as many more rounds of it as ARQ starts."""

    class Rounds(NamedTuple):
        done: Int[Array, ""]
        number: Int[Array, "packet series"]
        pending: Bool[Array, "packet series"]
        sent: Sent

    def one(rounds: Rounds) -> Rounds:
        tries_key, busy = jax.random.split(jax.random.fold_in(key, rounds.done))
        tries = _rounds_of_harq(machine, wave, tries_key, rounds.number, rounds.pending)
        # The poll was submitted with the block; HARQ may take longer than its timer.
        polled = machine.calendar.data.tick_of(rounds.number) + machine.poll
        ready = jnp.maximum(polled, tries.ended + machine.decode)
        number = first_number(machine, busy, asked(machine, ready))
        return Rounds(
            rounds.done + 1,
            jnp.where(tries.pending, number, rounds.number),
            tries.pending,
            Sent(
                jnp.minimum(rounds.sent.arrived, tries.arrived),
                rounds.sent.attempts + tries.attempts,
                rounds.sent.firsts + rounds.pending.astype(jnp.int32),
            ),
        )

    def unfinished(rounds: Rounds) -> Bool[Array, ""]:
        return (rounds.done < machine.rounds) & rounds.pending.any()

    nothing = jnp.zeros_like(number)
    start = Rounds(
        jnp.asarray(0, jnp.int32),
        number,
        wanted,
        Sent(jnp.full_like(number, NEVER), nothing, nothing),
    )
    return jax.lax.while_loop(unfinished, one, start).sent


def _one_cell(
    machine: Machine,
    key: PRNGKeyArray,
    ready: Int[Array, "packet series"],
    segments: Int[Array, "packet series"],
) -> Sent:
    """All segments of all packets: arrived with the last of them."""
    fading, busy, sending = jax.random.split(key, 3)
    wave = None
    if machine.faded:
        wave = waves(
            fading,
            machine.branches,
            ready.shape[1],
            machine.doppler_hz,
            machine.k_factor,
        )
    number = first_number(machine, busy, asked(machine, ready))
    if machine.segments == 1:
        return _one_segment(machine, wave, sending, number, segments > 0)

    def one(
        carry: tuple[Int[Array, "packet series"], Sent], segment: Int[Array, ""]
    ) -> tuple[tuple[Int[Array, "packet series"], Sent], None]:
        number, so_far = carry
        own, busy = jax.random.split(jax.random.fold_in(sending, segment))
        wanted = segment < segments
        sent = _one_segment(machine, wave, own, number, wanted)
        arrived = jnp.where(wanted, sent.arrived, 0)
        following = number + machine.repetitions
        if not machine.kept:
            following = waited(machine, busy, following)
        together = Sent(
            jnp.maximum(so_far.arrived, arrived),
            so_far.attempts + sent.attempts,
            so_far.firsts + sent.firsts,
        )
        return (following, together), None

    nothing = jnp.zeros_like(ready)
    start = (number, Sent(nothing, nothing, nothing))
    order = jnp.arange(machine.segments, dtype=jnp.int32)
    (_, sent), _ = jax.lax.scan(one, start, order)
    return sent


def _arrivals(
    machine: Machine, key: PRNGKeyArray, series: int
) -> tuple[Int[Array, "packet series"], Int[Array, "packet series"]]:
    """When the sender gets each packet, and into how many segments it must be cut."""
    phase, late, size = jax.random.split(key, 3)
    period = machine.calendar.data.first.shape[0] * TICKS
    # One series in every stratum of the period: all phases are seen alike.
    place = (
        jnp.arange(series, dtype=float) + jax.random.uniform(phase, (series,))
    ) / series
    begin = jnp.floor(place * period).astype(jnp.int32)
    shape = (machine.offset.shape[0], series)
    jitter = jax.random.truncated_normal(late, -2.0, 2.0, shape) * machine.jitter
    # Two deviations later, so that the first is not before time zero.
    shift = jnp.round(jitter + 2.0 * machine.jitter).astype(jnp.int32)
    arrival = machine.offset[:, None] + begin[None, :] + shift
    deviation = jax.random.normal(size, shape) * machine.spread
    wanted = machine.payload_byte * jnp.clip(1.0 + deviation, 0.5, 1.5)
    cut = jnp.ceil((wanted + machine.header_byte) / machine.segment_byte)
    return arrival, jnp.clip(cut.astype(jnp.int32), 1, machine.segments)


@eqx.filter_jit
def one_chunk(machine: Machine, key: PRNGKeyArray, series: int = SERIES) -> Chunk:
    """As many packets as series times those of a series, less the warm ones."""
    arriving, cells = jax.random.split(key)
    arrival, segments = _arrivals(machine, arriving, series)
    ready = arrival + machine.cipher
    first = jnp.full_like(ready, NEVER)
    attempts = firsts = jnp.zeros((), float)
    for cell in range(machine.cells):
        own = jax.random.fold_in(cells, cell)
        sent = _one_cell(machine, own, ready, segments)
        first = jnp.minimum(first, sent.arrived)
        attempts += sent.attempts[WARM:].astype(float).sum()
        firsts += sent.firsts[WARM:].astype(float).sum()
    handed = in_order(first, machine.reordering) if machine.in_order else first
    delay = jnp.where(handed < NEVER, handed + machine.cipher - arrival, NEVER)
    sent_segments = segments[WARM:].astype(float).sum() * machine.cells
    return Chunk(delay[WARM:], attempts, firsts, sent_segments)
