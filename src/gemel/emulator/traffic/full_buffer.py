"""Full buffer: there is always more to send, in both directions.

What is said to arrive is more than any radio carries; the queues take of it what they
have room for (`TrafficMix.greedy` names these users), and the rest never existed: it
counts neither as offered nor as lost. Demands in bit/s mean nothing here.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from gemel.emulator.traffic.base import (
    BIT_PER_BYTE,
    EVENTS,
    US_PER_MS,
    AbstractTraffic,
    Arrivals,
)

MORE_THAN_ENOUGH_BPS = 4e9  # two cells of 400 MHz would not carry it to one user


class FullBuffer(AbstractTraffic):
    """Nothing to remember."""

    five_qi: int = eqx.field(static=True, default=9)
    sst: int = eqx.field(static=True, default=1)
    greedy: bool = eqx.field(static=True, default=True)

    def begin(self, users: int, key: PRNGKeyArray) -> None:
        return None

    def arrivals(
        self,
        state: None,
        wanted_bps: Float[Array, " user"],
        key: PRNGKeyArray,
        began_ms: Int[Array, ""],
        tick_ms: int,
    ) -> tuple[None, Arrivals, Arrivals]:
        users = wanted_bps.shape[0]
        plenty_byte = round(self.nominal_bps * tick_ms / 1e3 / BIT_PER_BYTE)
        first = jnp.arange(EVENTS)[:, None] == 0
        one_way = Arrivals(
            jnp.where(first, 0, tick_ms * US_PER_MS)
            + jnp.zeros((EVENTS, users), jnp.int32),
            jnp.where(first, plenty_byte, 0) + jnp.zeros((EVENTS, users), jnp.int32),
            jnp.zeros(users, jnp.int32),
        )
        return None, one_way, one_way

    @property
    def nominal_bps(self) -> float:
        return MORE_THAN_ENOUGH_BPS

    @property
    def guaranteed_bps(self) -> tuple[float, float]:
        return 0.0, 0.0
