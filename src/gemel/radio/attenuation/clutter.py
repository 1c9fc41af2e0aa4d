"""How much is lost among the houses and trees around one end of a path?

ITU-R P.2108-1, Annex 1: clause 3.1 where the surroundings of an antenna are known
(height gain), 3.2 for paths along the ground, 3.3 for paths to satellites and aircraft.
Written here, and not taken from a library, to be mapped over links and differentiated.
"""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.attenuation.base import AbstractAttenuation, inside
from gemel.radio.attenuation.quantile import normal_quantile, tails
from gemel.units import LN10_OVER_10

# Table 3: whether the signal comes over an edge rather than along an open place, and
# how high what stands there is where nobody knows better, m.
SURROUNDINGS = {
    "water-sea": (False, 10.0),
    "open-rural": (False, 10.0),
    "suburban": (True, 10.0),
    "urban": (True, 15.0),
    "trees-forest": (True, 15.0),
    "dense-urban": (True, 20.0),
}
STREET_M = 27.0  # clause 3.1: the width to take where nobody knows better
SMALLEST = 1e-6  # of a height, width or distance; keeps logarithms and gradients finite
FARTHEST_KM = 2.0  # clause 3.2: more distance adds no more clutter
TERMINAL_GHZ, TERRESTRIAL_GHZ, SLANT_GHZ = (0.03, 3.0), (0.5, 67.0), (10.0, 100.0)


class TerminalClutter(AbstractAttenuation):
    """Known surroundings of one antenna, clause 3.1; the median.

    over_edge:         see SURROUNDINGS
    clutter_height_m:  R, of the houses or trees; see SURROUNDINGS
    """

    carrier_ghz: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    terminal_height_m: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    over_edge: Bool[Array, ""] = eqx.field(converter=jnp.asarray)
    clutter_height_m: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    street_width_m: Float[Array, ""] = eqx.field(
        default=STREET_M, converter=jnp.asarray
    )

    source: ClassVar[str] = "ITU-R P.2108-1"
    unit: ClassVar[Literal["db", "db_per_km"]] = "db"

    def attenuation(self) -> Float[Array, ""]:
        carrier_ghz = jnp.clip(self.carrier_ghz, 1e-3, 1e4)
        clutter_m = jnp.maximum(self.clutter_height_m, SMALLEST)
        terminal_m = jnp.clip(self.terminal_height_m, SMALLEST, clutter_m)
        street_m = jnp.maximum(self.street_width_m, SMALLEST)
        below_m = jnp.maximum(clutter_m - terminal_m, SMALLEST)
        angle_deg = jnp.rad2deg(jnp.arctan2(below_m, street_m))
        nu = 0.342 * jnp.sqrt(carrier_ghz * below_m * angle_deg)
        from_edge = nu - 0.1
        edge_db = 6.9 + 20.0 * jnp.log10(jnp.sqrt(from_edge**2 + 1.0) + from_edge)
        slope_db = 21.8 + 6.2 * jnp.log10(carrier_ghz)
        open_db = slope_db * jnp.log10(clutter_m / terminal_m)
        lost_db = jnp.where(self.over_edge, edge_db - 6.03, open_db)
        return jnp.where(self.terminal_height_m >= self.clutter_height_m, 0.0, lost_db)

    def valid(self) -> Bool[Array, ""]:
        return (
            inside(self.carrier_ghz, TERMINAL_GHZ)
            & (self.terminal_height_m > 0.0)
            & (self.clutter_height_m > 0.0)
            & (self.street_width_m > 0.0)
        )


class TerrestrialClutter(AbstractAttenuation):
    """Cities and suburbs around one end of a path along the ground, clause 3.2.

    distance_km:       between the ends; from 1 km on, both ends may have clutter
    location_percent:  share of the places that lose no more than this
    """

    carrier_ghz: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    distance_km: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    location_percent: Float[Array, ""] = eqx.field(default=50.0, converter=jnp.asarray)

    source: ClassVar[str] = "ITU-R P.2108-1"
    unit: ClassVar[Literal["db", "db_per_km"]] = "db"

    def attenuation(self) -> Float[Array, ""]:
        far_km = jnp.full_like(self.distance_km, FARTHEST_KM)
        return jnp.minimum(self._at_db(self.distance_km), self._at_db(far_km))

    def valid(self) -> Bool[Array, ""]:
        return (
            inside(self.carrier_ghz, TERRESTRIAL_GHZ)
            & (0.25 <= self.distance_km)
            & (0.0 < self.location_percent)
            & (self.location_percent < 100.0)
        )

    def _at_db(self, distance_km: Float[Array, ""]) -> Float[Array, ""]:
        """Equations (3) to (5), at another distance than ours."""
        log10_ghz = jnp.log10(jnp.clip(self.carrier_ghz, 1e-3, 1e4))
        log10_km = jnp.log10(jnp.clip(distance_km, SMALLEST, 1e6))
        # log10(10^a + 10^b), and 10^(-0.2 L) = (10^(-L / 10))², in nepers.
        long_neper = jnp.logaddexp(
            (-5.0 * log10_ghz - 12.5) * (10.0 * LN10_OVER_10),
            jnp.full_like(log10_ghz, -16.5 * 10.0 * LN10_OVER_10),
        )
        long_db = long_neper * (-0.2 / LN10_OVER_10)
        short_db = 32.98 + 23.9 * log10_km + 3.0 * log10_ghz
        long_part, short_part = (
            -2.0 * LN10_OVER_10 * loss_db for loss_db in (long_db, short_db)
        )
        both = jnp.logaddexp(long_part, short_part)
        variance_db2 = 4.0**2 * jnp.exp(long_part - both)
        variance_db2 += 6.0**2 * jnp.exp(short_part - both)
        sigma_db = jnp.sqrt(variance_db2)
        median_db = both * (-0.5 / LN10_OVER_10)
        return median_db + sigma_db * normal_quantile(self.location_percent)


class SlantClutter(AbstractAttenuation):
    """Cities and suburbs below a path to a satellite or an aircraft, clause 3.3.

    elevation_deg:     of the satellite above the horizon
    location_percent:  share of the places that lose no more than this
    """

    carrier_ghz: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    elevation_deg: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    location_percent: Float[Array, ""] = eqx.field(default=50.0, converter=jnp.asarray)

    source: ClassVar[str] = "ITU-R P.2108-1"
    unit: ClassVar[Literal["db", "db_per_km"]] = "db"

    def attenuation(self) -> Float[Array, ""]:
        from_horizon = jnp.clip(self.elevation_deg / 90.0, 0.0, 1.0)
        lifted_rad = 0.05 * (1.0 - from_horizon) + (0.5 * jnp.pi) * from_horizon
        # The cosine of a right angle is a rounding error, and may be a negative one.
        cotangent = jnp.maximum(jnp.cos(lifted_rad), 1e-9) / jnp.sin(lifted_rad)
        below, above = tails(self.location_percent)
        # ln(1 - p), from the tail that has not been rounded away.
        rare = jnp.where(
            below < 0.5, jnp.log1p(-jnp.minimum(below, 0.5)), jnp.log(above)
        )
        k1 = 93.0 * jnp.clip(self.carrier_ghz, 1e-3, 1e4) ** 0.175
        log_base = jnp.log(k1 * cotangent) + jnp.log(-rare)
        spread = jnp.exp(0.5 * (1.0 - from_horizon) * log_base)
        return spread - 1.0 + 0.6 * normal_quantile(self.location_percent)

    def valid(self) -> Bool[Array, ""]:
        return (
            inside(self.carrier_ghz, SLANT_GHZ)
            & inside(self.elevation_deg, (0.0, 90.0))
            & (0.0 < self.location_percent)
            & (self.location_percent < 100.0)
        )
