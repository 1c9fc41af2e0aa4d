"""How much do oxygen and water vapour take from every kilometre of a signal's way?

ITU-R P.676-13, Annex 1, clause 1: line by line up to 1,000 GHz, equations (1) to (9),
lines of tables 1 and 2 (oxygen_lines.csv, vapour_lines.csv).

In float32 within 2e-5 (relative) of float64 at any pressure, because each line's centre
keeps what rounding left out. Written here because the libraries at hand are neither
differentiable nor quick for millions of links; whoever needs one atmosphere only looks
it up (gas_table.py).
"""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.radio.attenuation.base import AbstractAttenuation, inside
from gemel.radio.attenuation.coefficients import column

CARRIERS_GHZ = (1.0, 1_000.0)
# The Recommendation names no limits of the air itself. These hold all of the Earth's
# with a wide margin, and keep float32 from overflowing beyond them.
PRESSURES_HPA = (0.0, 2_000.0)
TEMPERATURES_K = (100.0, 500.0)
VAPOURS_G_M3 = (0.0, 500.0)
STANDARD_HPA, STANDARD_K, STANDARD_G_M3 = 1013.25, 288.15, 7.5
HPA_PER_G_M3_K = 1.0 / 216.7  # equation (4): e = rho T / 216.7


class Gas(AbstractAttenuation):
    """Clear air.

    dry_pressure_hpa:  of the air without its water vapour; the default is the sea level
                       of the reference standard atmosphere, as the other two are
    """

    carrier_ghz: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    dry_pressure_hpa: Float[Array, ""] = eqx.field(
        default=STANDARD_HPA, converter=jnp.asarray
    )
    temperature_k: Float[Array, ""] = eqx.field(
        default=STANDARD_K, converter=jnp.asarray
    )
    vapour_g_m3: Float[Array, ""] = eqx.field(
        default=STANDARD_G_M3, converter=jnp.asarray
    )

    source: ClassVar[str] = "ITU-R P.676-13"
    unit: ClassVar[Literal["db", "db_per_km"]] = "db_per_km"

    def attenuation(self) -> Float[Array, ""]:
        return self.oxygen_db_per_km() + self.vapour_db_per_km()

    def valid(self) -> Bool[Array, ""]:
        return (
            inside(self.carrier_ghz, CARRIERS_GHZ)
            & inside(self.dry_pressure_hpa, PRESSURES_HPA)
            & inside(self.temperature_k, TEMPERATURES_K)
            & inside(self.vapour_g_m3, VAPOURS_G_M3)
        )

    def oxygen_db_per_km(self) -> Float[Array, ""]:
        """gamma_o: oxygen, with what dry air absorbs between its lines."""
        carrier_ghz, dry_hpa, vapour_hpa, theta = self._air()
        f0_ghz, rest_ghz = _centres("oxygen_lines.csv", carrier_ghz)
        a1, a2, a3, a4, a5, a6 = _listed("oxygen_lines.csv", "a", carrier_ghz)
        strength = a1 * (1e-7 * dry_hpa * theta**3) * jnp.exp(a2 * (1.0 - theta))
        pressure_ghz = (a3 * 1e-4) * (
            dry_hpa * theta ** (0.8 - a4) + 1.1 * vapour_hpa * theta
        )
        width_ghz = jnp.sqrt(pressure_ghz**2 + 2.25e-6)  # Zeeman splitting
        mixing = (a5 + a6 * theta) * (1e-4 * (dry_hpa + vapour_hpa) * theta**0.8)
        shape = _shape(carrier_ghz, f0_ghz, rest_ghz, width_ghz, mixing)
        refractivity = jnp.sum(strength * shape)
        refractivity += _dry_continuum(carrier_ghz, dry_hpa, vapour_hpa, theta)
        return 0.1820 * carrier_ghz * refractivity

    def vapour_db_per_km(self) -> Float[Array, ""]:
        """gamma_w: water vapour."""
        carrier_ghz, dry_hpa, vapour_hpa, theta = self._air()
        f0_ghz, rest_ghz = _centres("vapour_lines.csv", carrier_ghz)
        b1, b2, b3, b4, b5, b6 = _listed("vapour_lines.csv", "b", carrier_ghz)
        strength = b1 * (0.1 * vapour_hpa * theta**3.5) * jnp.exp(b2 * (1.0 - theta))
        pressure_ghz = (b3 * 1e-4) * (dry_hpa * theta**b4 + b5 * vapour_hpa * theta**b6)
        width_ghz = 0.535 * pressure_ghz + jnp.sqrt(  # Doppler broadening
            0.217 * pressure_ghz**2 + 2.1316e-12 * f0_ghz**2 / theta
        )
        shape = _shape(carrier_ghz, f0_ghz, rest_ghz, width_ghz, 0.0)
        return 0.1820 * carrier_ghz * jnp.sum(strength * shape)

    def _air(
        self,
    ) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""], Float[Array, ""]]:
        """Carrier, pressures of dry air and vapour, 300 K over the temperature."""
        temperature_k = jnp.clip(self.temperature_k, *TEMPERATURES_K)
        vapour_g_m3 = jnp.clip(self.vapour_g_m3, *VAPOURS_G_M3)
        return (
            jnp.clip(self.carrier_ghz, 1e-3, 1e5),
            jnp.clip(self.dry_pressure_hpa, *PRESSURES_HPA),
            vapour_g_m3 * temperature_k * HPA_PER_G_M3_K,
            300.0 / temperature_k,
        )


def _listed(
    file: str, letter: str, like: Float[Array, ""]
) -> tuple[Float[Array, " line"], ...]:
    """The six columns of a table of lines, as precise as the carrier is."""
    names = (f"{letter}{number}" for number in range(1, 7))
    return tuple(jnp.asarray(column(file, name), like.dtype) for name in names)


def _centres(
    file: str, like: Float[Array, ""]
) -> tuple[Float[Array, " line"], Float[Array, " line"]]:
    """The centre of each line, GHz, and what rounding to the carrier's type left out.

    A line in thin air is narrower than the steps of float32 at its centre.
    """
    exact_ghz = column(file, "f0")
    rounded_ghz = exact_ghz.astype(np.dtype(like.dtype))
    rest_ghz = exact_ghz - rounded_ghz.astype(np.float64)
    return jnp.asarray(rounded_ghz, like.dtype), jnp.asarray(rest_ghz, like.dtype)


def _shape(
    carrier_ghz: Float[Array, ""],
    f0_ghz: Float[Array, " line"],
    rest_ghz: Float[Array, " line"],
    width_ghz: Float[Array, " line"],
    mixing: Float[Array, " line"] | float,
) -> Float[Array, " line"]:
    """F_i of equation (5), 1/GHz."""
    # The barrier keeps XLA from adding the two constants first: that rounds again.
    near_ghz = jax.lax.optimization_barrier(f0_ghz - carrier_ghz) + rest_ghz
    far_ghz = f0_ghz + carrier_ghz
    near = (width_ghz - mixing * near_ghz) / (near_ghz**2 + width_ghz**2)
    far = (width_ghz - mixing * far_ghz) / (far_ghz**2 + width_ghz**2)
    return carrier_ghz / f0_ghz * (near + far)


def _dry_continuum(
    carrier_ghz: Float[Array, ""],
    dry_hpa: Float[Array, ""],
    vapour_hpa: Float[Array, ""],
    theta: Float[Array, ""],
) -> Float[Array, ""]:
    """N''_D of equations (8) and (9): Debye spectrum, and nitrogen under pressure."""
    debye_ghz = 5.6e-4 * (dry_hpa + vapour_hpa) * theta**0.8
    # 1 / (d (1 + f²/d²)), written so that air without pressure divides by no zero.
    debye = 6.14e-5 * debye_ghz / (debye_ghz**2 + carrier_ghz**2)
    nitrogen = 1.4e-12 * dry_hpa * theta**1.5 / (1.0 + 1.9e-5 * carrier_ghz**1.5)
    return carrier_ghz * dry_hpa * theta**2 * (debye + nitrogen)
