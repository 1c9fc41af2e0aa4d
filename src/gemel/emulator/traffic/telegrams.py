"""Short telegrams at a steady beat: sensors that report, machines that are controlled.

Sensors: TS 22.104, table 5.2-1, process and asset monitoring: 20 byte every 0.1 to
60 s; ours 1 s, with a short answer (assumption). Control: TS 22.261, annex D.1: up to
56 byte both ways within a cycle, which is 2 ms at the shortest; ours 4 ms.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from gemel.emulator.traffic.base import (
    BIT_PER_BYTE,
    AbstractTraffic,
    Arrivals,
    packed,
)
from gemel.emulator.traffic.five_qi import five_qi
from gemel.emulator.traffic.luck import seed_of, shares, whole
from gemel.emulator.traffic.periodic import beats, begin_beats
from gemel.emulator.traffic.sessions import begin_levels, streaming
from gemel.errors import ScenarioError

REPORT_BYTE, ANSWER_BYTE, REPORT_US = 20, 8, 1_000_000
COMMAND_BYTE, CYCLE_US = 56, 4_000
HOLD_S = 600.0  # assumption: a machine works for long
DOWN, UP = 8, 9


class TelegramState(eqx.Module):
    """Until the next telegram of each direction, and who works."""

    level: Float[Array, " user"]
    down_us: Int[Array, " user"]
    up_us: Int[Array, " user"]


class Telegrams(AbstractTraffic):
    """One telegram a period in each direction, never at the same moment.

    hold_s:  how long a machine works, roughly: see `sessions`
    """

    down_byte: int = eqx.field(static=True)
    up_byte: int = eqx.field(static=True)
    period_us: int = eqx.field(static=True)
    five_qi: int = eqx.field(static=True)
    sst: int = eqx.field(static=True)
    hold_s: float = eqx.field(static=True, default=HOLD_S)
    greedy: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        if min(self.down_byte, self.up_byte, self.period_us, self.hold_s) <= 0:
            raise ScenarioError(
                f"telegrams of {self.down_byte} byte down and {self.up_byte} byte up "
                f"every {self.period_us} us for {self.hold_s} s need all of them above "
                "zero."
            )

    def begin(self, users: int, key: PRNGKeyArray) -> TelegramState:
        level_key, down_key, up_key = jax.random.split(key, 3)
        return TelegramState(
            begin_levels(users, level_key),
            begin_beats(users, self.period_us, down_key),
            begin_beats(users, self.period_us, up_key),
        )

    def arrivals(
        self,
        state: TelegramState,
        wanted_bps: Float[Array, " user"],
        key: PRNGKeyArray,
        began_ms: Int[Array, ""],
        tick_ms: int,
    ) -> tuple[TelegramState, Arrivals, Arrivals]:
        users, seed = wanted_bps.shape[0], seed_of(key)
        now = streaming(
            state.level, wanted_bps, self.nominal_bps, self.hold_s, seed, tick_ms
        )
        ways, after = [], []
        for next_us, byte, what in (
            (state.down_us, self.down_byte, DOWN),
            (state.up_us, self.up_byte, UP),
        ):
            due = beats(next_us, self.period_us, tick_ms)
            rows = due.there.shape[0]
            size = whole(
                jnp.broadcast_to(byte * now.larger, (rows, users)),
                shares(seed, what, users, rows),
            )
            ways.append(packed(due.at_us, size, due.there & now.on[None, :], tick_ms))
            after.append(due.next_us)
        return TelegramState(now.level, *after), *ways

    @property
    def nominal_bps(self) -> float:
        return self._bps(self.down_byte)

    @property
    def guaranteed_bps(self) -> tuple[float, float]:
        if not five_qi(self.five_qi).guaranteed:
            return 0.0, 0.0
        return self._bps(self.down_byte), self._bps(self.up_byte)

    def _bps(self, byte: int) -> float:
        return byte * BIT_PER_BYTE * 1e6 / self.period_us


def sensor() -> Telegrams:
    """A meter that reports every second."""
    return Telegrams(
        down_byte=ANSWER_BYTE,
        up_byte=REPORT_BYTE,
        period_us=REPORT_US,
        five_qi=9,
        sst=3,
    )


def control() -> Telegrams:
    """A machine that is told what to do, and says what it did."""
    return Telegrams(
        down_byte=COMMAND_BYTE,
        up_byte=COMMAND_BYTE,
        period_us=CYCLE_US,
        five_qi=82,
        sst=2,
    )
