"""How much is lost inside one floor of an office?

3GPP TR 38.901, row InH-Office of table 7.4.1-1 (loss and shadowing), rows Indoor of
table 7.4.2-1 (line of sight) and of table 7.5-6 (correlation distance of SF).
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import STREET_M, AbstractPathLoss, log10_distance_3d


class IndoorOffice(AbstractPathLoss):
    """Antennas below the ceiling.

    open_office:  desks in one hall; False: rooms and halls mixed. It moves the line of
                  sight only
    """

    open_office: bool = eqx.field(default=True, static=True)

    @property
    def line_of_sight_correlation_m(self) -> Float[Array, ""]:
        return jnp.asarray(10.0)

    def loss_db(self, link: Link) -> Float[Array, ""]:
        log10_m = log10_distance_3d(link)
        log10_ghz = jnp.log10(link.carrier_ghz)
        seen_db = 32.4 + 17.3 * log10_m + 20.0 * log10_ghz
        hidden_db = 17.3 + 38.3 * log10_m + 24.9 * log10_ghz
        return jnp.where(link.line_of_sight, seen_db, jnp.maximum(seen_db, hidden_db))

    def line_of_sight_probability(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        base_height_m: Float[Array, ""],
    ) -> Float[Array, ""]:
        if self.open_office:
            certain_m, near_m, turn_m, far, far_m = 5.0, 70.8, 49.0, 0.54, 211.7
        else:
            certain_m, near_m, turn_m, far, far_m = 1.2, 4.7, 6.5, 0.32, 32.6
        beyond_certain_m = jnp.maximum(distance_2d_m - certain_m, 0.0)
        beyond_turn_m = jnp.maximum(distance_2d_m - turn_m, 0.0)
        # The table puts the turn itself into the near piece of the open office and into
        # the far piece of the mixed one.
        before = distance_2d_m <= turn_m if self.open_office else distance_2d_m < turn_m
        return jnp.where(
            before,
            jnp.exp(beyond_certain_m * (-1.0 / near_m)),
            far * jnp.exp(beyond_turn_m * (-1.0 / far_m)),
        )

    def valid(self, link: Link) -> Bool[Array, ""]:
        """The row limits the distance; heights need only be above the floor."""
        squared_m2 = link.distance_3d_squared_m2
        return (
            (1.0 <= squared_m2)
            & (squared_m2 <= 150.0**2)
            & (0.0 < link.base_height_m)
            & (0.0 < link.user_height_m)
            & (0.5 <= link.carrier_ghz)
            & (link.carrier_ghz <= 100.0)
        )

    def effective_ground_m(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        uniform: Float[Array, ""],
    ) -> Float[Array, ""]:
        return jnp.asarray(STREET_M)

    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        return jnp.where(link.line_of_sight, 3.0, 8.03)

    def correlation_m(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""] | bool = False
    ) -> Float[Array, ""]:
        return jnp.where(line_of_sight, 10.0, 6.0)
