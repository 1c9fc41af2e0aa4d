"""How much does rain take from every kilometre of a signal's way?

ITU-R P.838-3: gamma = k R^alpha, equations (1) to (5), coefficients of tables 1 to 4
(rain.csv). Written here, and not taken from a library, to be mapped over links and
differentiated.
"""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.attenuation.base import AbstractAttenuation, inside
from gemel.radio.attenuation.coefficients import column, listed
from gemel.units import LN10_OVER_10

CARRIERS_GHZ = (1.0, 1_000.0)
RAINS_MM_H = (0.0, 10_000.0)  # the wildest minute on record fell at a fifth of it
LEAST_MM_H = 1e-6  # keeps the gradient of the power finite without rain
ELEVATIONS_DEG = (-90.0, 90.0)
SLANTED_DEG = 45.0  # circular polarisation, and the two slants of base stations


class Rain(AbstractAttenuation):
    """Rain along the way.

    elevation_deg:          of the path above the horizon
    polarisation_tilt_deg:  of the electric field against the horizontal: 0 horizontal,
                            90 vertical, 45 for circular polarisation
    """

    carrier_ghz: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    rain_mm_h: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    elevation_deg: Float[Array, ""] = eqx.field(default=0.0, converter=jnp.asarray)
    polarisation_tilt_deg: Float[Array, ""] = eqx.field(
        default=SLANTED_DEG, converter=jnp.asarray
    )

    source: ClassVar[str] = "ITU-R P.838-3"
    unit: ClassVar[Literal["db", "db_per_km"]] = "db_per_km"

    def attenuation(self) -> Float[Array, ""]:
        k, alpha = self.coefficients()
        rain_mm_h = jnp.clip(self.rain_mm_h, LEAST_MM_H, RAINS_MM_H[1])
        fallen = k * jnp.exp(alpha * jnp.log(rain_mm_h))
        return jnp.where(self.rain_mm_h >= LEAST_MM_H, fallen, 0.0)

    def valid(self) -> Bool[Array, ""]:
        return (
            inside(self.carrier_ghz, CARRIERS_GHZ)
            & inside(self.rain_mm_h, RAINS_MM_H)
            & inside(self.elevation_deg, ELEVATIONS_DEG)
        )

    def coefficients(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """k and alpha of equations (4) and (5), for this path and polarisation."""
        log10_ghz = jnp.log10(jnp.clip(self.carrier_ghz, *CARRIERS_GHZ))
        horizontal = _power(_fitted("kH", log10_ghz))
        vertical = _power(_fitted("kV", log10_ghz))
        alpha_h, alpha_v = _fitted("alphaH", log10_ghz), _fitted("alphaV", log10_ghz)
        # How much more the path sees of the drops' long side than of their short one.
        flatness = jnp.cos(jnp.deg2rad(self.elevation_deg)) ** 2 * jnp.cos(
            jnp.deg2rad(2.0 * self.polarisation_tilt_deg)
        )
        seen_h, seen_v = 0.5 * (1.0 + flatness), 0.5 * (1.0 - flatness)
        k = seen_h * horizontal + seen_v * vertical
        alpha = seen_h * horizontal * alpha_h + seen_v * vertical * alpha_v
        return k, alpha / k


def _power(log10: Float[Array, ""]) -> Float[Array, ""]:
    """Ten to the power of a number."""
    return jnp.exp(log10 * (10.0 * LN10_OVER_10))


def _fitted(name: str, log10_ghz: Float[Array, ""]) -> Float[Array, ""]:
    """A curve of equations (2) and (3): bells over a straight line."""
    a, b, c = (
        jnp.asarray(column("rain.csv", f"{name}.{letter}"), log10_ghz.dtype)
        for letter in "abc"
    )
    bells = jnp.sum(a * jnp.exp(-(((log10_ghz - b) / c) ** 2)))
    slope, constant = (listed("rain.csv")[f"{name}.{n}"] for n in ("m", "constant"))
    return bells + slope * log10_ghz + constant
