"""Pictures at a steady rate that arrive with jitter, and a pose that goes up: XR.

TR 38.838, clause 5.1: pictures of truncated Gaussian size, 60 a second, early or late
by a truncated Gaussian; the pose every 4 ms. A picture's jitter and size hang on its
number alone, so that none is lost or seen twice where a tick ends. Mean rate 30 Mbit/s
(AR and VR, table 5.1.1-1 has 30 and 45); 5QI 80 is the row for augmented reality.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from gemel.emulator.traffic.base import (
    BIT_PER_BYTE,
    US_PER_MS,
    AbstractTraffic,
    Arrivals,
    packed,
    rows_of,
)
from gemel.emulator.traffic.luck import mixed, seed_of, share_of, whole
from gemel.emulator.traffic.periodic import beats, begin_beats
from gemel.emulator.traffic.sessions import begin_levels, streaming
from gemel.emulator.traffic.sizes import Normal

MEAN_BPS = 30e6
PERIOD_US = 16_667  # 60 pictures a second
RELATIVE_SIZE = Normal(1.0, 0.105, 0.5, 1.5)
JITTER_US = Normal(0.0, 2_000.0, -4_000.0, 4_000.0)
POSE_BYTE, POSE_US = 100, 4_000
HOLD_S = 60.0  # assumption
SIZE, ROUNDING = 0x51ED270B, 0x2545F491  # purposes of a picture's luck


class VideoState(eqx.Module):
    """Between two ticks.

    next_us:   when the next picture is due without jitter, from the tick's beginning;
               down to minus the jitter, for a late picture may still be under way
    picture:   its number
    salt:      what is a user's own in his luck
    pose_us:   until the next pose
    """

    level: Float[Array, " user"]
    next_us: Int[Array, " user"]
    picture: UInt32[Array, " user"]
    salt: UInt32[Array, " user"]
    pose_us: Int[Array, " user"]


class Video(AbstractTraffic):
    """One stream down, one pose up, while a session lasts.

    rate_bps:   of one stream
    period_us:  between pictures; longer than the jitter, so that none overtakes another
    hold_s:     how long a session lasts, roughly: see `sessions`
    """

    rate_bps: float = eqx.field(static=True, default=MEAN_BPS)
    period_us: int = eqx.field(static=True, default=PERIOD_US)
    hold_s: float = eqx.field(static=True, default=HOLD_S)
    five_qi: int = eqx.field(static=True, default=80)
    sst: int = eqx.field(static=True, default=1)
    greedy: bool = eqx.field(static=True, default=False)

    def begin(self, users: int, key: PRNGKeyArray) -> VideoState:
        level_key, next_key, pose_key, salt_key = jax.random.split(key, 4)
        next_us = begin_beats(users, self.period_us, next_key) - _spread_us()
        return VideoState(
            begin_levels(users, level_key),
            next_us,
            jnp.zeros(users, jnp.uint32),
            jax.random.bits(salt_key, (users,), jnp.uint32),
            begin_beats(users, POSE_US, pose_key),
        )

    def arrivals(
        self,
        state: VideoState,
        wanted_bps: Float[Array, " user"],
        key: PRNGKeyArray,
        began_ms: Int[Array, ""],
        tick_ms: int,
    ) -> tuple[VideoState, Arrivals, Arrivals]:
        tick_us, spread_us = tick_ms * US_PER_MS, _spread_us()
        now = streaming(
            state.level, wanted_bps, self.rate_bps, self.hold_s, seed_of(key), tick_ms
        )
        rows = rows_of(tick_ms + spread_us // US_PER_MS, self.period_us)
        row = jnp.arange(rows, dtype=jnp.int32)[:, None]
        due_us = state.next_us[None, :] + row * self.period_us
        luck = (state.picture[None, :] + row.astype(jnp.uint32)) * np.uint32(0x9E3779B1)
        luck = mixed(luck + state.salt[None, :])
        late_us = JITTER_US.draw(share_of(luck)) - JITTER_US.low
        at_us = due_us + late_us.astype(jnp.int32)
        mean_byte = self.rate_bps * self.period_us / 1e6 / BIT_PER_BYTE
        relative = RELATIVE_SIZE.draw(share_of(mixed(luck ^ np.uint32(SIZE))))
        size = relative * (mean_byte * now.larger)[None, :]
        size_byte = whole(size, share_of(mixed(luck ^ np.uint32(ROUNDING))))
        there = (0 <= at_us) & (at_us < tick_us) & now.on[None, :]
        down = packed(at_us, size_byte, there, tick_ms)
        # Only what was due so long ago that no jitter can hold it back is done with.
        done = (due_us < tick_us - spread_us).sum(0, dtype=jnp.int32)
        poses = beats(state.pose_us, POSE_US, tick_ms)
        pose_byte = jnp.full_like(poses.at_us, POSE_BYTE)
        up = packed(poses.at_us, pose_byte, poses.there & now.on[None, :], tick_ms)
        after = VideoState(
            now.level,
            state.next_us + done * self.period_us - tick_us,
            state.picture + done.astype(jnp.uint32),
            state.salt,
            poses.next_us,
        )
        return after, down, up

    @property
    def nominal_bps(self) -> float:
        return self.rate_bps

    @property
    def guaranteed_bps(self) -> tuple[float, float]:
        return 0.0, 0.0


def _spread_us() -> int:
    """From the earliest to the latest of a picture."""
    return round(JITTER_US.high - JITTER_US.low)
