"""What arrives for a user, when, and how much?"""

import abc
import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree

EVENTS = 16  # of one user in one direction and tick; what exceeds them is merged
US_PER_MS = 1_000
BIT_PER_BYTE = 8.0


class Arrivals(eqx.Module):
    """What arrives at one direction's queues within a tick.

    at_us:      when, from the tick's beginning; not falling along event, and the length
                of the tick where there is none
    size_byte:  0 where there is none; those that are come first
    merged:     how many were put together with a later one, none of their bytes lost
    """

    at_us: Int[Array, "event user"]
    size_byte: Int[Array, "event user"]
    merged: Int[Array, " user"]

    def total_byte(self) -> Int[Array, " user"]:
        """Of all events."""
        return self.size_byte.sum(0)


class AbstractTraffic(eqx.Module):
    """One family, for all of its users at once.

    A unit is what the application hands over at once: a file, a picture, a telegram.
    The network is not waited for: nobody asks less because he was served slowly.

    five_qi:     TS 23.501 table 5.7.4-1
    sst:         slice, TS 23.501 table 5.15.2.2-1
    greedy:      wants whatever it can get; what `arrivals` says is an upper bound
    """

    five_qi: eqx.AbstractVar[int]
    sst: eqx.AbstractVar[int]
    greedy: eqx.AbstractVar[bool]

    @abc.abstractmethod
    def begin(self, users: int, key: PRNGKeyArray) -> PyTree:
        """Everybody somewhere in the middle of what he does."""

    @abc.abstractmethod
    def arrivals(
        self,
        state: PyTree,
        wanted_bps: Float[Array, " user"],
        key: PRNGKeyArray,
        began_ms: Int[Array, ""],
        tick_ms: int,
    ) -> tuple[PyTree, Arrivals, Arrivals]:
        """What comes down and what goes up within a tick.

        wanted_bps:  mean downlink rate that is offered in the long run
        """

    @property
    @abc.abstractmethod
    def nominal_bps(self) -> float:
        """Mean downlink rate of one user as the family's source describes him."""

    @property
    @abc.abstractmethod
    def guaranteed_bps(self) -> tuple[float, float]:
        """Downlink and uplink rate kept for a user; 0 where the 5QI keeps none."""


def rows_of(tick_ms: int, gap_us: int) -> int:
    """How many things so far apart at least can lie in a tick."""
    return math.ceil(tick_ms * US_PER_MS / gap_us)


def packed(
    at_us: Int[Array, "row user"],
    size_byte: Int[Array, "row user"],
    there: Bool[Array, "row user"],
    tick_ms: int,
) -> Arrivals:
    """Rows that hold something moved together, and those beyond the last merged.

    at_us:  not falling along the rows that hold something
    """
    there = there & (size_byte > 0)
    number = jnp.cumsum(there, axis=0, dtype=jnp.int32) - 1
    # Everything beyond the last event arrives with it.
    number = jnp.where(there, jnp.minimum(number, EVENTS - 1), EVENTS)
    event = jnp.arange(EVENTS, dtype=jnp.int32)[:, None, None]
    here = number[None, :, :] == event
    return Arrivals(
        jnp.where(here, at_us[None, :, :], tick_ms * US_PER_MS).min(1),
        jnp.where(here, size_byte[None, :, :], 0).sum(1, dtype=jnp.int32),
        jnp.maximum(there.sum(0, dtype=jnp.int32) - EVENTS, 0),
    )
