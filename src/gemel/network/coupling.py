"""What load does every cell carry, when each cell's load is every other's interference?

load = F(load): more load elsewhere means more interference, fewer bits a block, more
blocks for the same demand. F is a standard interference function (Yates 1995: positive,
monotone, scalable) and is capped at one, so its fixed point is unique and iterating
reaches it from anywhere. Derivatives come from the implicit-function theorem.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

LoadMap = Callable[[Float[Array, " cell"]], Float[Array, " cell"]]

RESIDUAL = 1e-3  # of load, largest cell
MOST_ROUNDS = 60
TANGENT_ROUNDS = 40


def settle_load(
    next_load: LoadMap,
    start: Float[Array, " cell"],
    residual: float = RESIDUAL,
) -> Float[Array, " cell"]:
    """The fixed point of `next_load`, within `residual` in every cell.

    Differentiable in whatever `next_load` closes over, forwards and backwards.
    """

    def solve(_, start):
        load, _, _ = rounds_to_settle(next_load, start, residual)
        return load

    def solve_tangent(linear, right):
        # linear is (dF/dload - 1): iterate x <- dF/dload x - right, a contraction.
        def once(guess, _):
            return linear(guess) + guess - right, None

        return jax.lax.scan(once, -right, None, TANGENT_ROUNDS)[0]

    return jax.lax.custom_root(
        lambda load: next_load(load) - load, start, solve, solve_tangent
    )


def rounds_to_settle(
    next_load: LoadMap,
    start: Float[Array, " cell"],
    residual: float = RESIDUAL,
) -> tuple[Float[Array, " cell"], Int[Array, ""], Float[Array, ""]]:
    """Load, how many rounds that took, and the largest change of the last one."""

    def unsettled(carry):
        _, rounds, change = carry
        return (change > residual) & (rounds < MOST_ROUNDS)

    def once(carry):
        load, rounds, _ = carry
        following = next_load(load)
        return following, rounds + 1, jnp.abs(following - load).max()

    return jax.lax.while_loop(
        unsettled, once, (start, jnp.int32(0), jnp.asarray(jnp.inf, start.dtype))
    )
