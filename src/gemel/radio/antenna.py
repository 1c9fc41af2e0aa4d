"""How strongly does a sector antenna send into a direction?

The form is the same in 3GPP TR 38.901, table 7.3-1 (one element) and in TR 36.814,
table A.2.1.1-2 (a whole macro antenna): two parabolas in decibels, each with a floor.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.radio.angles import LEAST_M, direction_deg, turn_deg


class SectorPattern(eqx.Module):
    """One antenna with one main lobe.

    gain_dbi:            of the peak
    horizontal_3db_deg:  full width between the half-power directions, in azimuth
    vertical_3db_deg:    the same in elevation
    side_lobe_db:        SLA_V, no more than this is lost by elevation alone
    front_to_back_db:    A_max or A_m, no more than this is lost in any direction
    """

    gain_dbi: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    horizontal_3db_deg: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    vertical_3db_deg: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    side_lobe_db: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    front_to_back_db: Float[Array, ""] = eqx.field(converter=jnp.asarray)

    def gain_db(
        self,
        offset_m: Float[Array, "3"],
        azimuth_deg: Float[Array, ""],
        tilt_deg: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Gain over an isotropic antenna towards a user, dBi.

        offset_m:     user minus antenna: east, north, up
        azimuth_deg:  of the boresight, clockwise from north
        tilt_deg:     of the boresight below the horizon, electrical: every azimuth
                      sees the lobe at the same elevation
        """
        east_m, north_m, up_m = offset_m[0], offset_m[1], offset_m[2]
        level_m = jnp.sqrt(jnp.maximum(east_m**2 + north_m**2, LEAST_M**2))
        sideways_deg = turn_deg(azimuth_deg, direction_deg(north_m, east_m))
        downwards_deg = direction_deg(level_m, -up_m) - tilt_deg
        horizontal_db = jnp.minimum(
            12.0 * (sideways_deg / self.horizontal_3db_deg) ** 2, self.front_to_back_db
        )
        vertical_db = jnp.minimum(
            12.0 * (downwards_deg / self.vertical_3db_deg) ** 2, self.side_lobe_db
        )
        lost_db = jnp.minimum(horizontal_db + vertical_db, self.front_to_back_db)
        return self.gain_dbi - lost_db


def element_38901() -> SectorPattern:
    """One element of a panel: TR 38.901, table 7.3-1."""
    return SectorPattern(
        gain_dbi=8.0,
        horizontal_3db_deg=65.0,
        vertical_3db_deg=65.0,
        side_lobe_db=30.0,
        front_to_back_db=30.0,
    )


def macro_36814() -> SectorPattern:
    """A macro antenna: TR 36.814, table A.2.1.1-2; 14 dBi from table A.2.1.1-1."""
    return SectorPattern(
        gain_dbi=14.0,
        horizontal_3db_deg=70.0,
        vertical_3db_deg=10.0,
        side_lobe_db=20.0,
        front_to_back_db=25.0,
    )


SECTOR_PATTERNS = {
    "element_38901": element_38901,
    "macro_36814": macro_36814,
}
