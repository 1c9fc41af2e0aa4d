"""How much is lost below the roofs of a city when the antenna stands above them?

3GPP TR 38.901, row UMa of table 7.4.1-1 (loss and shadowing, note 1 for the effective
ground), of table 7.4.2-1 (line of sight) and of table 7.5-6 (correlation
distance of SF; shadows indoors).
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import STREET_M, AbstractPathLoss, log10_distance_3d
from gemel.radio.propagation.urban import (
    ALWAYS_SEEN_M,
    inside_urban_table,
    seen_from_street_probability,
    two_slope_loss_db,
)

LIFTED_ABOVE_M = 13.0  # from here on users begin to see over the roofs
LIFTED_UP_TO_M = 23.0  # the table ends here
LEAST_LIFT = 1e-12  # keeps the gradient of the square root finite at 13 m
LOWEST_ROOF_M = 12.0  # h_E, note 1: 12, 15, ... m,
ROOF_STEP_M = 3.0
ROOF_BELOW_USER_M = 1.5  # up to 1.5 m below the user


class UrbanMacro(AbstractPathLoss):
    """Antennas above the roofs (25 m in the table), users below."""

    @property
    def line_of_sight_correlation_m(self) -> Float[Array, ""]:
        return jnp.asarray(50.0)

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
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        base_height_m: Float[Array, ""],
    ) -> Float[Array, ""]:
        gain = _over_roofs(distance_2d_m, user_height_m)
        # Just beyond 18 m the product exceeds one by up to 0.7 % for the highest users.
        return jnp.minimum(
            seen_from_street_probability(distance_2d_m, 63.0) * (1.0 + gain), 1.0
        )

    def valid(self, link: Link) -> Bool[Array, ""]:
        return inside_urban_table(link)

    def effective_ground_m(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        uniform: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Table 7.4.1-1, note 1: the street with probability 1 / (1 + C); else one of
        12, 15, ... m up to 1.5 m below the user, each as likely. Between 13 and 13.5 m
        that list is empty, and the street is all there is."""
        in_street = 1.0 / (1.0 + _over_roofs(distance_2d_m, user_height_m))
        above_lowest_m = user_height_m - ROOF_BELOW_USER_M - LOWEST_ROOF_M
        roofs = jnp.floor(above_lowest_m / ROOF_STEP_M) + 1.0
        # What is left of the draw, stretched over 0..1, chooses the roof.
        left = (uniform - in_street) / jnp.maximum(1.0 - in_street, LEAST_LIFT)
        which = jnp.clip(jnp.floor(left * roofs), 0.0, jnp.maximum(roofs - 1.0, 0.0))
        on_roof = (uniform > in_street) & (roofs >= 1.0)
        return jnp.where(on_roof, LOWEST_ROOF_M + ROOF_STEP_M * which, STREET_M)

    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        return jnp.where(link.indoor, 7.0, jnp.where(link.line_of_sight, 4.0, 6.0))

    def correlation_m(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""] | bool = False
    ) -> Float[Array, ""]:
        return jnp.where(indoor, 7.0, jnp.where(line_of_sight, 37.0, 50.0))


def _over_roofs(
    distance_2d_m: Float[Array, ""], user_height_m: Float[Array, ""]
) -> Float[Array, ""]:
    """C(d_2D, h_UT) of note 1: how much users above 13 m see over the roofs."""
    lift = (
        jnp.clip(user_height_m, LIFTED_ABOVE_M, LIFTED_UP_TO_M) - LIFTED_ABOVE_M
    ) / 10.0
    lifted = lift * jnp.sqrt(jnp.maximum(lift, LEAST_LIFT))  # C' of table 7.4.2-1
    hundreds_m = distance_2d_m / 100.0
    over = 1.25 * hundreds_m**3 * jnp.exp(hundreds_m * (-1.0 / 1.5))
    return jnp.where(distance_2d_m <= ALWAYS_SEEN_M, 0.0, lifted * over)
