"""Max rate: serve whoever hears best, and let the others wait."""

from jaxtyping import Array, Float

from gemel.network.scheduling.base import AbstractScheduler, SeatFacts


class MaxRate(AbstractScheduler):
    """The most bits a cell can carry, and the least fair way to."""

    def priority(
        self, achievable_byte: Float[Array, "seat group cell"], facts: SeatFacts
    ) -> Float[Array, "seat group cell"]:
        return achievable_byte
