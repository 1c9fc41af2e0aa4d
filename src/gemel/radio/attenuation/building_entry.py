"""How much is lost on the way into a building that nobody knows more about?

ITU-R P.2109-1, Annex 1, clause 3: a distribution over buildings, places inside them and
directions, equations (1) to (10), coefficients of table 1 (building_entry.csv).
penetration.py has 3GPP's answer, which knows how deep inside the user is. Written here,
and not taken from a library, to be mapped over links and differentiated.
"""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.attenuation.base import AbstractAttenuation, inside
from gemel.radio.attenuation.coefficients import listed
from gemel.radio.attenuation.quantile import normal_quantile
from gemel.units import DB_PER_NEPER, LN10_OVER_10

CARRIERS_GHZ = (0.08, 100.0)
ELEVATIONS_DEG = (-90.0, 90.0)
DB_PER_DEGREE = 0.212  # equation (10)
FLOOR_DB = -3.0  # C, equation (4): no case loses less


class BuildingEntry(AbstractAttenuation):
    """The outer wall and the rooms behind it.

    probability_percent:  share of the cases that lose no more than this
    thermally_efficient:  metallised glass or foil-backed panels; False: traditional
    elevation_deg:        of the path where it meets the wall; up and down are alike
    """

    carrier_ghz: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    probability_percent: Float[Array, ""] = eqx.field(
        default=50.0, converter=jnp.asarray
    )
    thermally_efficient: Bool[Array, ""] = eqx.field(
        default=False, converter=jnp.asarray
    )
    elevation_deg: Float[Array, ""] = eqx.field(default=0.0, converter=jnp.asarray)

    source: ClassVar[str] = "ITU-R P.2109-1"
    unit: ClassVar[Literal["db", "db_per_km"]] = "db"

    def attenuation(self) -> Float[Array, ""]:
        old, new = (_coefficients(of) for of in ("traditional", "thermally-efficient"))
        r, s, t, u, v, w, x, y, z = (
            jnp.where(self.thermally_efficient, modern, traditional)
            for traditional, modern in zip(old, new, strict=True)
        )
        log10_ghz = jnp.log10(jnp.clip(self.carrier_ghz, 1e-3, 1e4))
        tilted_deg = jnp.minimum(jnp.abs(self.elevation_deg), ELEVATIONS_DEG[1])
        quantile = normal_quantile(self.probability_percent)
        horizontal_db = r + s * log10_ghz + t * log10_ghz**2
        mean_1_db = horizontal_db + DB_PER_DEGREE * tilted_deg
        mean_2_db = w + x * log10_ghz
        through_db = quantile * (u + v * log10_ghz) + mean_1_db  # A(P)
        around_db = quantile * (y + z * log10_ghz) + mean_2_db  # B(P)
        return _sum_db(_sum_db(through_db, around_db), jnp.full_like(r, FLOOR_DB))

    def valid(self) -> Bool[Array, ""]:
        return (
            inside(self.carrier_ghz, CARRIERS_GHZ)
            & inside(self.elevation_deg, ELEVATIONS_DEG)
            & (0.0 < self.probability_percent)
            & (self.probability_percent < 100.0)
        )


def _coefficients(building: str) -> tuple[float, ...]:
    """r to z of table 1."""
    return tuple(listed("building_entry.csv")[f"{building}.{n}"] for n in "rstuvwxyz")


def _sum_db(one_db: Float[Array, ""], other_db: Float[Array, ""]) -> Float[Array, ""]:
    """The decibels of two powers together, however large they are."""
    sum_neper = jnp.logaddexp(one_db * LN10_OVER_10, other_db * LN10_OVER_10)
    return sum_neper * DB_PER_NEPER
