"""How much do the droplets of clouds and fog take from a signal?

ITU-R P.840-9, Annex 1: clause 2 (droplets at one place, equations 2 to 11) and
clause 3.1 (all of them above a place, equations 12 and 13). Droplets are taken to be
much smaller than the wavelength, which holds up to 200 GHz. Written here, and not taken
from a library, to be mapped over links and differentiated.
"""

from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.attenuation.base import AbstractAttenuation, inside

CARRIERS_GHZ = (1.0, 200.0)
# Droplets freeze at -40 °C at the latest; no fog is hotter than the hottest air.
TEMPERATURES_K = (233.15, 333.15)
LIQUIDS_G_M3 = (0.0, 100.0)
COLUMNS_KG_M2 = (0.0, 100.0)
ELEVATIONS_DEG = (5.0, 90.0)
COLUMN_K = 273.75  # clause 3.1: the temperature that stands for a whole column
FREEZING_K = 273.15


class CloudLiquid(AbstractAttenuation):
    """A cloud or fog around the signal.

    temperature_k:  of the droplets
    liquid_g_m3:    water in droplets, e.g. 0.05 in fog that hides what is 300 m away
                    and 0.5 in fog that hides what is 50 m away
    """

    carrier_ghz: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    liquid_g_m3: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    temperature_k: Float[Array, ""] = eqx.field(
        default=FREEZING_K, converter=jnp.asarray
    )

    source: ClassVar[str] = "ITU-R P.840-9"
    unit: ClassVar[Literal["db", "db_per_km"]] = "db_per_km"

    def attenuation(self) -> Float[Array, ""]:
        liquid_g_m3 = jnp.clip(self.liquid_g_m3, *LIQUIDS_G_M3)
        return droplets_db_per_km(self.carrier_ghz, self.temperature_k) * liquid_g_m3

    def valid(self) -> Bool[Array, ""]:
        return (
            inside(self.carrier_ghz, CARRIERS_GHZ)
            & inside(self.temperature_k, TEMPERATURES_K)
            & inside(self.liquid_g_m3, LIQUIDS_G_M3)
        )


class CloudColumn(AbstractAttenuation):
    """All clouds between a place on the ground and a satellite.

    columnar_kg_m2:  water in droplets above a square metre
    elevation_deg:   of the satellite above the horizon
    """

    carrier_ghz: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    columnar_kg_m2: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    elevation_deg: Float[Array, ""] = eqx.field(default=90.0, converter=jnp.asarray)

    source: ClassVar[str] = "ITU-R P.840-9"
    unit: ClassVar[Literal["db", "db_per_km"]] = "db"

    def attenuation(self) -> Float[Array, ""]:
        columnar_kg_m2 = jnp.clip(self.columnar_kg_m2, *COLUMNS_KG_M2)
        elevation_deg = jnp.clip(self.elevation_deg, 0.1, 90.0)
        zenith_db = self.mass_db_m2_per_kg() * columnar_kg_m2
        return zenith_db / jnp.sin(jnp.deg2rad(elevation_deg))

    def valid(self) -> Bool[Array, ""]:
        return (
            inside(self.carrier_ghz, CARRIERS_GHZ)
            & inside(self.columnar_kg_m2, COLUMNS_KG_M2)
            & inside(self.elevation_deg, ELEVATIONS_DEG)
        )

    def mass_db_m2_per_kg(self) -> Float[Array, ""]:
        """K_L of equation (12): decibels at zenith for every kilogram on a m²."""
        carrier_ghz = jnp.clip(self.carrier_ghz, 0.0, 1_000.0)
        mend = 0.1522 * jnp.exp(-((carrier_ghz + 23.9589) ** 2) / 3.2991e3)
        mend += 11.51 * jnp.exp(-((carrier_ghz - 219.2096) ** 2) / 2.7595e6)
        column_k = jnp.full_like(self.carrier_ghz, COLUMN_K)
        return droplets_db_per_km(self.carrier_ghz, column_k) * (mend - 10.4912)


def droplets_db_per_km(
    carrier_ghz: Float[Array, ""], temperature_k: Float[Array, ""]
) -> Float[Array, ""]:
    """K_l of equation (2): dB/km for every gram of droplets in a cubic metre.

    Water answers the field with two delays (double Debye), equations (4) to (11).
    """
    carrier_ghz = jnp.clip(carrier_ghz, 0.0, 1e5)
    colder = 300.0 / jnp.clip(temperature_k, 150.0, 500.0) - 1.0
    slow_ghz = 20.20 - 146.0 * colder + 316.0 * colder**2
    fast_ghz = 39.8 * slow_ghz
    static = 77.66 + 103.3 * colder
    between, optical = 0.0671 * static, 3.52
    by_slow = (static - between) / (1.0 + (carrier_ghz / slow_ghz) ** 2)
    by_fast = (between - optical) / (1.0 + (carrier_ghz / fast_ghz) ** 2)
    real = by_slow + by_fast + optical
    imaginary = carrier_ghz * (by_slow / slow_ghz + by_fast / fast_ghz)
    # 1 / (ε'' (1 + η²)) with η = (2 + ε') / ε'', without dividing by ε''.
    return 0.819 * carrier_ghz * imaginary / (imaginary**2 + (2.0 + real) ** 2)
