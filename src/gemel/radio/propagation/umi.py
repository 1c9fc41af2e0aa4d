"""How much is lost when antenna and user stand between the same houses?

3GPP TR 38.901, row UMi-Street Canyon of table 7.4.1-1 (loss and shadowing), of table
7.4.2-1 (line of sight) and of table 7.5-6 (correlation distance of SF; shadows
indoors).
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import STREET_M, AbstractPathLoss, log10_distance_3d
from gemel.radio.propagation.urban import (
    inside_urban_table,
    seen_from_street_probability,
    two_slope_loss_db,
)

EFFECTIVE_GROUND_M = 1.0  # h_E, note 1: always 1 m in the street canyon


class UrbanMicro(AbstractPathLoss):
    """Antennas below the roofs (10 m in the table)."""

    @property
    def line_of_sight_correlation_m(self) -> Float[Array, ""]:
        return jnp.asarray(50.0)

    def loss_db(self, link: Link) -> Float[Array, ""]:
        seen_db = two_slope_loss_db(link, EFFECTIVE_GROUND_M, 32.4, 21.0)
        hidden_db = (
            22.4
            + 35.3 * log10_distance_3d(link)
            + 21.3 * jnp.log10(link.carrier_ghz)
            - 0.3 * (link.user_height_m - 1.5)
        )
        return jnp.where(link.line_of_sight, seen_db, jnp.maximum(seen_db, hidden_db))

    def line_of_sight_probability(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        base_height_m: Float[Array, ""],
    ) -> Float[Array, ""]:
        return seen_from_street_probability(distance_2d_m, 36.0)

    def valid(self, link: Link) -> Bool[Array, ""]:
        return inside_urban_table(link)

    def effective_ground_m(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        uniform: Float[Array, ""],
    ) -> Float[Array, ""]:
        return jnp.asarray(STREET_M)

    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        return jnp.where(link.indoor, 7.0, jnp.where(link.line_of_sight, 4.0, 7.82))

    def correlation_m(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""] | bool = False
    ) -> Float[Array, ""]:
        return jnp.where(indoor, 7.0, jnp.where(line_of_sight, 10.0, 13.0))
