"""How many groups must, and how many may, each slice have in a slot?

rRMPolicyMinRatio and rRMPolicyMaxRatio of TS 28.541 clause 4.3.36, as whole groups.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

ROUNDING = 1e-4  # of a group: what float32 makes of a share


class Quotas(eqx.Module):
    """Of every cell.

    slice:        of each seat, counted from 0
    least_group:  kept for a slice for as long as it has data
    most_group:   that a slice gets, also where nobody else wants them
    """

    slice: Int[Array, "seat cell"]
    least_group: Int[Array, "slice cell"]
    most_group: Int[Array, "slice cell"]


def quotas_of(
    seat_slice: Int[Array, "seat cell"],
    min_share: Float[Array, "slice cell"],
    max_share: Float[Array, "slice cell"],
    groups: int,
) -> Quotas:
    """Shares rounded to the nearest group; more than nothing is one group at least."""

    def whole(share: Float[Array, "slice cell"]) -> Int[Array, "slice cell"]:
        nearest = jnp.floor(share * groups + 0.5)
        return jnp.where(share > ROUNDING, jnp.maximum(nearest, 1.0), 0.0).astype(
            jnp.int32
        )

    return Quotas(seat_slice, whole(min_share), whole(max_share))
