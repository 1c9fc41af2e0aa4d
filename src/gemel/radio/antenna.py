"""How strongly does a sector antenna send into a direction?

The form is the same in 3GPP TR 38.901, table 7.3-1 (one element) and in TR 36.814,
table A.2.1.1-2 (a whole macro antenna): two parabolas in decibels, each with a floor.
"""

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.radio.angles import bearing_and_fall_deg, turn_deg


class AbstractAntenna(eqx.Module):
    """What a cell sends with, seen from far away."""

    @abc.abstractmethod
    def gain_db(
        self,
        offset_m: Float[Array, "3"],
        azimuth_deg: Float[Array, ""],
        tilt_deg: Float[Array, ""],
    ) -> Float[Array, ""]:
        """Gain over an isotropic antenna towards a user, dBi.

        offset_m:     user minus antenna: east, north, up
        azimuth_deg:  of the boresight, clockwise from north
        tilt_deg:     of the boresight below the horizon
        """

    @property
    @abc.abstractmethod
    def turned_by_tilt(self) -> bool:
        """Whether tilt turns the housing (mechanical), not the phases (electrical)."""


class SectorPattern(AbstractAntenna):
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

    @property
    def turned_by_tilt(self) -> bool:
        return False

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
        bearing_deg, downwards_deg = bearing_and_fall_deg(offset_m)
        return self.towards_db(
            turn_deg(azimuth_deg, bearing_deg), downwards_deg - tilt_deg
        )

    def towards_db(
        self, sideways_deg: Float[Array, ""], downwards_deg: Float[Array, ""]
    ) -> Float[Array, ""]:
        """The same by angles off the lobe: antennas on one mast share the directions.

        sideways_deg:   off the boresight, -180..180
        downwards_deg:  below the lobe
        """
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
