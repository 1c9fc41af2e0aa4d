"""Proportional fair: serve whoever is doing best against their own average."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.network.scheduling.base import LEAST_BYTE, AbstractScheduler, SeatFacts


class ProportionalFair(AbstractScheduler):
    """The sum of the logarithms of all throughputs cannot be made larger (Kushner,
    Whiting, IEEE Trans. Wireless Commun. 3, 2004)."""

    def priority(
        self, achievable_byte: Float[Array, "seat group cell"], facts: SeatFacts
    ) -> Float[Array, "seat group cell"]:
        worth = 1.0 / jnp.maximum(facts.memory_byte, LEAST_BYTE)
        return achievable_byte * worth[:, None]
