"""What do standard air and rain take from a kilometre, as set-up code asks in NumPy?

Both are zero outside 1 to 1,000 GHz, where the Recommendations say nothing: at 1 GHz
clear air takes 0.005 dB/km, and a cloudburst of 100 mm/h 0.002.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.radio.attenuation.gas import Gas
from gemel.radio.attenuation.rain import Rain


def gas_db_per_km(
    carrier_ghz: Float[np.ndarray, " cell"],
) -> Float[np.ndarray, " cell"]:
    """Clear air of the reference standard atmosphere at sea level (the defaults of
    `Gas`), ITU-R P.676-13; each carrier in GHz."""

    @jax.jit
    @jax.vmap
    def one_carrier(carrier_ghz: Float[Array, ""]) -> Float[Array, ""]:
        gas = Gas(carrier_ghz)
        return jnp.where(gas.valid(), gas.attenuation(), 0.0)

    return np.asarray(one_carrier(jnp.asarray(carrier_ghz)))


def rain_db_per_km(
    carrier_ghz: Float[np.ndarray, " cell"], rain_mm_h: float
) -> Float[np.ndarray, " cell"]:
    """Rain along a level path of slanted polarisation (the defaults of `Rain`), ITU-R
    P.838-3; each carrier in GHz, one rain rate for all."""

    @jax.jit
    @jax.vmap
    def one_carrier(carrier_ghz: Float[Array, ""]) -> Float[Array, ""]:
        rain = Rain(carrier_ghz, rain_mm_h)
        return jnp.where(rain.valid(), rain.attenuation(), 0.0)

    return np.asarray(one_carrier(jnp.asarray(carrier_ghz)))
