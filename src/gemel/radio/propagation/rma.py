"""How much is lost in the country, over fields and low houses?

3GPP TR 38.901, row RMa of table 7.4.1-1 (loss, note 5 for the breakpoint, shadowing),
of table 7.4.2-1 (line of sight) and of table 7.5-6 (correlation distance of SF;
shadows indoors).
"""

import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link
from gemel.radio.propagation.base import (
    NEAREST_M,
    SPEED_OF_LIGHT_M_PER_NS,
    STREET_M,
    AbstractPathLoss,
    log10_distance_3d,
)

FIRST_METRE_DB = 20.0 * math.log10(40.0 * math.pi / 3.0)  # free space at 1 m, 1 GHz
LEAST_HEIGHT_M = 0.1  # keeps logarithms of heights finite where `valid` is False


def breakpoint_m(link: Link) -> Float[Array, ""]:
    """d_BP of note 5, m; at least 1 m, also where heights make no sense."""
    waves_per_m = link.carrier_ghz / SPEED_OF_LIGHT_M_PER_NS
    return jnp.maximum(
        2.0 * math.pi * link.base_height_m * link.user_height_m * waves_per_m,
        NEAREST_M,
    )


class RuralMacro(AbstractPathLoss):
    """High antennas, wide country.

    average_building_height_m:  h of the table, 5 to 50 m
    street_width_m:             W of the table, 5 to 50 m
    """

    average_building_height_m: Float[Array, ""] = eqx.field(
        default=5.0, converter=jnp.asarray
    )
    street_width_m: Float[Array, ""] = eqx.field(default=20.0, converter=jnp.asarray)

    @property
    def line_of_sight_correlation_m(self) -> Float[Array, ""]:
        return jnp.asarray(60.0)

    def _near_db(
        self, distance_m: Float[Array, ""], log10_m: Float[Array, ""]
    ) -> Float[Array, ""]:
        """PL1 without its carrier term, at a distance and its logarithm."""
        height_m = self.average_building_height_m
        clutter = height_m**1.72
        return (
            FIRST_METRE_DB
            + (20.0 + jnp.minimum(0.03 * clutter, 10.0)) * log10_m
            - jnp.minimum(0.044 * clutter, 14.77)
            + 0.002 * jnp.log10(height_m) * distance_m
        )

    def _seen_db(self, link: Link, log10_m: Float[Array, ""]) -> Float[Array, ""]:
        """PL1 up to the breakpoint and PL2 beyond, without the carrier term."""
        turn_m = breakpoint_m(link)
        log10_turn_m = jnp.log10(turn_m)
        before = link.distance_2d_m <= turn_m
        # PL2 starts from PL1 at the breakpoint: one evaluation serves both.
        near_db = self._near_db(
            jnp.where(before, link.distance_3d_m, turn_m),
            jnp.where(before, log10_m, log10_turn_m),
        )
        return near_db + jnp.where(before, 0.0, 40.0 * (log10_m - log10_turn_m))

    def _hidden_db(self, link: Link, log10_m: Float[Array, ""]) -> Float[Array, ""]:
        """PL'_NLOS without its carrier term."""
        building_m = self.average_building_height_m
        base_m = jnp.maximum(link.base_height_m, LEAST_HEIGHT_M)
        log10_base = jnp.log10(base_m)
        user = jnp.log10(11.75 * jnp.maximum(link.user_height_m, LEAST_HEIGHT_M))
        return (
            161.04
            - 7.1 * jnp.log10(self.street_width_m)
            + 7.5 * jnp.log10(building_m)
            - (24.37 - 3.7 * (building_m / base_m) ** 2) * log10_base
            + (43.42 - 3.1 * log10_base) * (log10_m - 3.0)
            - (3.2 * user**2 - 4.97)
        )

    def loss_db(self, link: Link) -> Float[Array, ""]:
        log10_m = log10_distance_3d(link)
        seen_db = self._seen_db(link, log10_m)
        hidden_db = jnp.maximum(seen_db, self._hidden_db(link, log10_m))
        carrier_db = 20.0 * jnp.log10(link.carrier_ghz)
        return jnp.where(link.line_of_sight, seen_db, hidden_db) + carrier_db

    def line_of_sight_probability(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        base_height_m: Float[Array, ""],
    ) -> Float[Array, ""]:
        return jnp.exp(jnp.maximum(distance_2d_m - 10.0, 0.0) * (-1.0 / 1_000.0))

    def valid(self, link: Link) -> Bool[Array, ""]:
        distance_m, user_m = link.distance_2d_m, link.user_height_m
        building_m, street_m = self.average_building_height_m, self.street_width_m
        return (
            (10.0 <= distance_m)
            & (distance_m <= jnp.where(link.line_of_sight, 10_000.0, 5_000.0))
            & (1.0 <= user_m)
            & (user_m <= 10.0)
            & (10.0 <= link.base_height_m)
            & (link.base_height_m <= 150.0)
            & (5.0 <= building_m)
            & (building_m <= 50.0)
            & (5.0 <= street_m)
            & (street_m <= 50.0)
            & (0.5 <= link.carrier_ghz)
            & (link.carrier_ghz <= 30.0)  # note 2
        )

    def effective_ground_m(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        uniform: Float[Array, ""],
    ) -> Float[Array, ""]:
        return jnp.asarray(STREET_M)

    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        seen_db = jnp.where(link.distance_2d_m <= breakpoint_m(link), 4.0, 6.0)
        return jnp.where(link.line_of_sight & ~link.indoor, seen_db, 8.0)

    def correlation_m(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""] | bool = False
    ) -> Float[Array, ""]:
        return jnp.where(jnp.logical_not(indoor) & line_of_sight, 37.0, 120.0)
