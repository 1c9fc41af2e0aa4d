"""How do millions of links learn what clear air takes, without 79 lines each?

One atmosphere, every carrier: the specific attenuation of gas.py is computed once on a
grid of carriers and read between its points along straight lines.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.errors import ScenarioError
from gemel.radio.attenuation.base import inside
from gemel.radio.attenuation.gas import (
    CARRIERS_GHZ,
    STANDARD_G_M3,
    STANDARD_HPA,
    STANDARD_K,
    Gas,
)

STEP_GHZ = 0.025
THINNEST_HPA = 500.0  # some 5.5 km up; lines of thinner air fall between the points


class GasTable(eqx.Module):
    """What clear air of one kind takes, dB/km, from 1 to 1,000 GHz.

    Within ±1e-3 of `Gas` (relative), at sea level within ±1e-4: the lines of dense air
    are wide against the step. Air of less than 500 hPa is refused.
    """

    db_per_km: Float[Array, " carrier"]

    @classmethod
    def of(
        cls,
        dry_pressure_hpa: float = STANDARD_HPA,
        temperature_k: float = STANDARD_K,
        vapour_g_m3: float = STANDARD_G_M3,
    ) -> "GasTable":
        """Of one atmosphere; computed once, in a fraction of a second.

        ScenarioError: air that `Gas` does not know, or that is too thin for the grid.
        """
        low_ghz, high_ghz = CARRIERS_GHZ
        points = round((high_ghz - low_ghz) / STEP_GHZ) + 1
        air = (dry_pressure_hpa, temperature_k, vapour_g_m3)
        if dry_pressure_hpa < THINNEST_HPA or not bool(Gas(low_ghz, *air).valid()):
            raise ScenarioError(
                f"no table of gas is made of dry air at {dry_pressure_hpa} hPa and "
                f"{temperature_k} K with {vapour_g_m3} g/m3 of vapour. Take at least "
                f"{THINNEST_HPA:g} hPa of the Earth's air, or ask Gas carrier by "
                "carrier."
            )
        carriers_ghz = jnp.asarray(np.linspace(low_ghz, high_ghz, points))

        def one_carrier(carrier_ghz: Float[Array, ""]) -> Float[Array, ""]:
            return Gas(carrier_ghz, *air).attenuation()

        return cls(jax.jit(jax.vmap(one_carrier))(carriers_ghz))

    def at(self, carrier_ghz: Float[Array, ""]) -> Float[Array, ""]:
        """dB/km; outside 1 to 1,000 GHz that of the nearer end."""
        last = self.db_per_km.shape[0] - 1
        place = jnp.clip((carrier_ghz - CARRIERS_GHZ[0]) * (1.0 / STEP_GHZ), 0.0, last)
        below = jnp.minimum(place.astype(jnp.int32), last - 1)
        share = place - below.astype(place.dtype)
        lower = self.db_per_km.at[below].get(mode="promise_in_bounds")
        upper = self.db_per_km.at[below + 1].get(mode="promise_in_bounds")
        return lower + share * (upper - lower)

    def valid(self, carrier_ghz: Float[Array, ""]) -> Bool[Array, ""]:
        """Whether the carrier is on the grid."""
        return inside(carrier_ghz, CARRIERS_GHZ)
