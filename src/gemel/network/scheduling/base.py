"""Who should get which group of resource blocks in this slot?

A scheduler ranks, and remembers nothing but the facts of the seats; `allocate` deals
the groups out. A seat is one of the few places at a cell where a user waits who has
something to receive or to send. Cells come last: arithmetic runs along them.
"""

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

LEAST_BYTE = 1.0  # of a memory: who never got anything is not infinitely far ahead


class SeatFacts(eqx.Module):
    """All that a scheduler may know of those who wait, besides their channels.

    memory_byte:      got per slot, averaged over the last slots, fading away
    waiting_ms:       age of the oldest packet
    budget_ms:        packet delay budget of its 5QI, TS 23.501 table 5.7.4-1
    level:            priority level of the same table; lower goes first
    guaranteed_byte:  per slot; 0 without a guaranteed bit rate
    credit_byte:      guaranteed and not yet got
    turn:             slots since this seat was served
    """

    memory_byte: Float[Array, "seat cell"]
    waiting_ms: Float[Array, "seat cell"]
    budget_ms: Float[Array, "seat cell"]
    level: Float[Array, "seat cell"]
    guaranteed_byte: Float[Array, "seat cell"]
    credit_byte: Float[Array, "seat cell"]
    turn: Float[Array, "seat cell"]

    def after(
        self, served_byte: Float[Array, "seat cell"], window_slots: float = 100.0
    ) -> "SeatFacts":
        """What is remembered when a slot is over; waiting is counted by the queues.

        window_slots: of the memory, and the most slots of guaranteed bits saved up
        """
        older = self.memory_byte * (1.0 - 1.0 / window_slots)
        owed = self.credit_byte + self.guaranteed_byte - served_byte
        return eqx.tree_at(
            lambda facts: (facts.memory_byte, facts.credit_byte, facts.turn),
            self,
            (
                older + served_byte * (1.0 / window_slots),
                jnp.clip(owed, 0.0, self.guaranteed_byte * window_slots),
                jnp.where(served_byte > 0.0, 0.0, self.turn + 1.0),
            ),
        )


def no_facts(seats: int, cells: int) -> SeatFacts:
    """Of seats that nobody has taken yet: 5QI 9, no guaranteed rate."""
    nothing = jnp.zeros((seats, cells))
    return SeatFacts(
        memory_byte=nothing,
        waiting_ms=nothing,
        budget_ms=nothing + 300.0,
        level=nothing + 90.0,
        guaranteed_byte=nothing,
        credit_byte=nothing,
        turn=nothing,
    )


class AbstractScheduler(eqx.Module):
    """All cells at once, each for itself."""

    @abc.abstractmethod
    def priority(
        self, achievable_byte: Float[Array, "seat group cell"], facts: SeatFacts
    ) -> Float[Array, "seat group cell"]:
        """Who should get each group: the highest wins. Never below zero.

        achievable_byte: of one slot of this group, by the last channel report
        """
