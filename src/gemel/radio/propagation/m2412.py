"""How much is lost in an indoor hotspot, as IMT-2020 was evaluated with model A?

Report ITU-R M.2412, annex 1, row InH_A below 6 GHz: path loss and shadowing, line of
sight, correlation distance of SF. The formulas are those of InH in Report ITU-R M.2135
(IMT-Advanced), annex 1, tables A1-2, A1-3 and A1-7. Model B is `inh.IndoorOffice`.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import STREET_M, AbstractPathLoss, log10_distance_3d

CERTAIN_M, HALF_M = 18.0, 37.0  # always seen up to here; every other link from here on


class IndoorHotspotA(AbstractPathLoss):
    """Antennas under the ceiling of one large hall, 0.5 to 6 GHz."""

    @property
    def line_of_sight_correlation_m(self) -> Float[Array, ""]:
        return jnp.asarray(10.0)

    def loss_db(self, link: Link) -> Float[Array, ""]:
        log10_m = log10_distance_3d(link)
        seen_db = 32.8 + 16.9 * log10_m
        hidden_db = 11.5 + 43.3 * log10_m
        carrier_db = 20.0 * jnp.log10(link.carrier_ghz)
        # Below 6.4 m the hidden formula would lose less than the seen one.
        return carrier_db + jnp.where(
            link.line_of_sight, seen_db, jnp.maximum(seen_db, hidden_db)
        )

    def line_of_sight_probability(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        base_height_m: Float[Array, ""],
    ) -> Float[Array, ""]:
        beyond_m = jnp.maximum(distance_2d_m - CERTAIN_M, 0.0)
        between = jnp.exp(beyond_m * (-1.0 / 27.0))
        return jnp.where(distance_2d_m < HALF_M, between, 0.5)

    def valid(self, link: Link) -> Bool[Array, ""]:
        squared_m2 = link.distance_3d_squared_m2
        nearest_m = jnp.where(link.line_of_sight, 3.0, 10.0)
        farthest_m = jnp.where(link.line_of_sight, 100.0, 150.0)
        return (
            (nearest_m**2 <= squared_m2)
            & (squared_m2 <= farthest_m**2)
            & (3.0 <= link.base_height_m)
            & (link.base_height_m <= 6.0)
            & (1.0 <= link.user_height_m)
            & (link.user_height_m <= 2.5)
            & (0.5 <= link.carrier_ghz)
            & (link.carrier_ghz <= 6.0)
        )

    def effective_ground_m(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        uniform: Float[Array, ""],
    ) -> Float[Array, ""]:
        return jnp.asarray(STREET_M)

    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        return jnp.where(link.line_of_sight, 3.0, 4.0)

    def correlation_m(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""] | bool = False
    ) -> Float[Array, ""]:
        return jnp.where(line_of_sight, 10.0, 6.0)
