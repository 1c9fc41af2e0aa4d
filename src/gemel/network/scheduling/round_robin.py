"""Round robin: serve whoever was served longest ago."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.network.scheduling.base import AbstractScheduler, SeatFacts


class RoundRobin(AbstractScheduler):
    """Everybody's turn comes, whatever their channel."""

    def priority(
        self, achievable_byte: Float[Array, "seat group cell"], facts: SeatFacts
    ) -> Float[Array, "seat group cell"]:
        turn = (facts.turn + 1.0)[:, None]
        return jnp.broadcast_to(turn, achievable_byte.shape)
