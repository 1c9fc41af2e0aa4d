"""Where is a moving person now?

Everybody who moves goes to and fro between two places at a constant speed. That keeps
no state, so any moment of any day can be asked for, twice, with the same answer.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float


class Commute(eqx.Module):
    """phase: where on the round trip (0..1) the mover is when the clock shows zero."""

    start_m: Float[Array, "mover 3"]
    goal_m: Float[Array, "mover 3"]
    speed_mps: Float[Array, " mover"]
    phase: Float[Array, " mover"]

    def position_m(self, elapsed_s: Float[Array, ""]) -> Float[Array, "mover 3"]:
        """Places at a time; there and back takes twice the distance."""
        way_m = self.goal_m - self.start_m
        length_m = jnp.maximum(jnp.sqrt((way_m**2).sum(1)), 1.0)
        rounds = self.phase + elapsed_s * self.speed_mps / (2.0 * length_m)
        along = 1.0 - jnp.abs(1.0 - 2.0 * (rounds - jnp.floor(rounds)))
        return self.start_m + along[:, None] * way_m
