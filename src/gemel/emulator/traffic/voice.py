"""Two people on the telephone, one of whom talks.

NGMN's voice over IP: while one talks a frame of 40 byte every 20 ms, from the other a
description of his silence (15 byte) every 160 ms; a talk spurt lasts 2 s on average.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from gemel.emulator.traffic.base import (
    BIT_PER_BYTE,
    AbstractTraffic,
    Arrivals,
    packed,
)
from gemel.emulator.traffic.luck import seed_of, shares, whole
from gemel.emulator.traffic.periodic import beats, begin_beats
from gemel.emulator.traffic.sessions import begin_levels, streaming

FRAME_US, FRAME_BYTE = 20_000, 40
SILENCE_FRAMES, SILENCE_BYTE = 8, 15
SPURT_MS = 2_000
HOLD_S = 90.0  # assumption: of a call
TURN, DOWN, UP = 8, 9, 10


class VoiceState(eqx.Module):
    """Between two ticks.

    next_us:  until the next frame
    frame:    its number, modulo those between two descriptions of silence
    talking:  the user does; else the other
    """

    level: Float[Array, " user"]
    next_us: Int[Array, " user"]
    frame: Int[Array, " user"]
    talking: Bool[Array, " user"]


class Voice(AbstractTraffic):
    """Calls that come and go."""

    hold_s: float = eqx.field(static=True, default=HOLD_S)
    five_qi: int = eqx.field(static=True, default=1)
    sst: int = eqx.field(static=True, default=1)
    greedy: bool = eqx.field(static=True, default=False)

    def begin(self, users: int, key: PRNGKeyArray) -> VoiceState:
        level_key, next_key, frame_key, talk_key = jax.random.split(key, 4)
        return VoiceState(
            begin_levels(users, level_key),
            begin_beats(users, FRAME_US, next_key),
            jax.random.randint(frame_key, (users,), 0, SILENCE_FRAMES, jnp.int32),
            jax.random.bernoulli(talk_key, 0.5, (users,)),
        )

    def arrivals(
        self,
        state: VoiceState,
        wanted_bps: Float[Array, " user"],
        key: PRNGKeyArray,
        began_ms: Int[Array, ""],
        tick_ms: int,
    ) -> tuple[VoiceState, Arrivals, Arrivals]:
        users, seed = wanted_bps.shape[0], seed_of(key)
        now = streaming(
            state.level, wanted_bps, self.nominal_bps, self.hold_s, seed, tick_ms
        )
        turn = shares(seed, TURN, users)[0] < min(tick_ms / SPURT_MS, 1.0)
        talking = state.talking ^ turn
        due = beats(state.next_us, FRAME_US, tick_ms)
        rows = due.there.shape[0]
        frame = state.frame[None, :] + jnp.arange(rows, dtype=jnp.int32)[:, None]
        quiet_byte = jnp.where(frame % SILENCE_FRAMES == 0, SILENCE_BYTE, 0)
        there = due.there & now.on[None, :]
        ways = []
        for loud, what in ((~talking, DOWN), (talking, UP)):
            byte = jnp.where(loud[None, :], FRAME_BYTE, quiet_byte)
            size = byte.astype(jnp.float32) * now.larger[None, :]
            rounded = whole(size, shares(seed, what, users, rows))
            ways.append(packed(due.at_us, rounded, there, tick_ms))
        after = VoiceState(
            now.level,
            due.next_us,
            (state.frame + due.there.sum(0, dtype=jnp.int32)) % SILENCE_FRAMES,
            talking,
        )
        return after, *ways

    @property
    def nominal_bps(self) -> float:
        frames_s = 1e6 / FRAME_US
        byte = (FRAME_BYTE + SILENCE_BYTE / SILENCE_FRAMES) / 2.0
        return byte * BIT_PER_BYTE * frames_s

    @property
    def guaranteed_bps(self) -> tuple[float, float]:
        talking_bps = FRAME_BYTE * BIT_PER_BYTE * 1e6 / FRAME_US
        return talking_bps, talking_bps
