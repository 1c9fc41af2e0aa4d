"""Does a packet wait for the earlier ones of its flow, and for how long?

TS 38.323 clause 5.2.2: from the first packet that came too early, PDCP waits for the
missing one until t-Reordering ends. Then it delivers what it has, and throws the
missing one away should it still come. Every gap has a timer of its own here.
"""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from gemel.emulator.stack.base import AbstractFunction, refuse_below
from gemel.emulator.stack.plan import Plan

NEVER = 2**30  # a time later than any, which may still be added to


@dataclasses.dataclass(frozen=True)
class InOrder(AbstractFunction):
    """reordering_ms: t-Reordering of TS 38.331; 100 ms outlasts two rounds of ARQ."""

    reordering_ms: float = 100.0

    def __post_init__(self):
        refuse_below(self, "reordering_ms", 0.0)

    def join(self, plan: Plan) -> Plan:
        return dataclasses.replace(
            plan, in_order=True, reordering_ms=self.reordering_ms
        )


def in_order(
    arrived: Int[Array, "packet series"], patience: Int[Array, ""]
) -> Int[Array, "packet series"]:
    """When each packet is handed up, NEVER if lost or given up.

    arrived:   NEVER if lost
    patience:  in the same unit
    """
    later = jax.lax.cummin(arrived, axis=0, reverse=True)
    first_after = jnp.concatenate([later[1:], jnp.full_like(later[:1], NEVER)])
    given_up = jnp.minimum(first_after, NEVER - patience) + patience
    freed = jax.lax.cummax(jnp.minimum(arrived, given_up), axis=0)
    return jnp.where((arrived < NEVER) & (arrived <= given_up), freed, NEVER)
