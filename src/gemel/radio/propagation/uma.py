"""How much is lost below the roofs of a city when the antenna stands above them?

3GPP TR 38.901, row UMa of table 7.4.1-1 (loss and shadowing), of table 7.4.2-1 (line of
sight) and of table 7.5-6 (correlation distance of SF).
"""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import AbstractPathLoss, log10_distance_3d
from gemel.radio.propagation.urban import (
    ALWAYS_SEEN_M,
    inside_urban_table,
    seen_from_street_probability,
    two_slope_loss_db,
)

LIFTED_ABOVE_M = 13.0  # from here on users begin to see over the roofs
LIFTED_UP_TO_M = 23.0  # the table ends here
LEAST_LIFT = 1e-12  # keeps the gradient of the square root finite at 13 m


class UrbanMacro(AbstractPathLoss):
    """Antennas above the roofs (25 m in the table), users below."""

    line_of_sight_correlation_m: ClassVar[float] = 50.0

    def loss_db(self, link: Link) -> Float[Array, ""]:
        seen_db = two_slope_loss_db(link, link.effective_ground_m, 28.0, 22.0)
        hidden_db = (
            13.54
            + 39.08 * log10_distance_3d(link)
            + 20.0 * jnp.log10(link.carrier_ghz)
            - 0.6 * (link.user_height_m - 1.5)
        )
        return jnp.where(link.line_of_sight, seen_db, jnp.maximum(seen_db, hidden_db))

    def line_of_sight_probability(
        self, distance_2d_m: Float[Array, ""], user_height_m: Float[Array, ""]
    ) -> Float[Array, ""]:
        lift = (
            jnp.clip(user_height_m, LIFTED_ABOVE_M, LIFTED_UP_TO_M) - LIFTED_ABOVE_M
        ) / 10.0
        lifted = lift * jnp.sqrt(jnp.maximum(lift, LEAST_LIFT))  # C' of the table
        hundreds_m = distance_2d_m / 100.0
        over_roofs = 1.25 * hundreds_m**3 * jnp.exp(hundreds_m * (-1.0 / 1.5))
        gain = jnp.where(distance_2d_m <= ALWAYS_SEEN_M, 0.0, lifted * over_roofs)
        # Just beyond 18 m the product exceeds one by up to 0.7 % for the highest users.
        return jnp.minimum(
            seen_from_street_probability(distance_2d_m, 63.0) * (1.0 + gain), 1.0
        )

    def valid(self, link: Link) -> Bool[Array, ""]:
        return inside_urban_table(link)

    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        return jnp.where(link.line_of_sight, 4.0, 6.0)

    def correlation_m(self, line_of_sight: Bool[Array, ""]) -> Float[Array, ""]:
        return jnp.where(line_of_sight, 37.0, 50.0)
