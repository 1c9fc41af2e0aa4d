"""How is a value worked out once and not again by each of those who use it?

A compiler that fuses work into whoever needs it may do the same work many times over:
harmless for one step, ruinous for chains of chains. A barrier would say so, but on a
CPU it is taken away before fusion. What comes out of a branch is always kept.
"""

from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PyTree

Value = TypeVar("Value", bound=PyTree)


def once(value: Value, always: Bool[Array, ""]) -> Value:
    """The same value, in memory.

    always: true, but nothing that a compiler could know
    """

    def kept(always: Bool[Array, ""], value: Value) -> Value:
        nothing = lambda same: jax.tree.map(jnp.zeros_like, same)  # noqa: E731
        return jax.lax.cond(always, lambda same: same, nothing, value)

    def fenced(always: Bool[Array, ""], value: Value) -> Value:
        return jax.lax.optimization_barrier(value)

    return jax.lax.platform_dependent(always, value, cpu=kept, default=fenced)
