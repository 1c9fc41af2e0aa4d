"""How strongly does one antenna element send into a direction of its own?

The form is that of 3GPP TR 38.901, table 7.3-1 (ITU-R M.2412, tables 9 and 10, has the
same with other numbers): two parabolas in decibels, each with a floor. Its own
direction: zenith 0 along the column upwards, zenith 90 and azimuth 0 straight ahead.
"""

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.radio.angles import turn_deg


class AbstractElement(eqx.Module):
    """One radiating element."""

    @abc.abstractmethod
    def gain_db(
        self, zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Gain over an isotropic element, dBi, both polarisations together.

        zenith_deg:   0 along the element's own upward axis, 90 straight ahead
        azimuth_deg:  0 straight ahead, counter-clockwise seen from above
        """


class Isotropic(AbstractElement):
    """The same in every direction: 0 dBi."""

    def gain_db(
        self, zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
    ) -> Float[Array, ""]:
        return jnp.zeros_like(zenith_deg + azimuth_deg)


class ParabolicElement(AbstractElement):
    """TR 38.901, table 7.3-1.

    gain_dbi:            of the peak
    horizontal_3db_deg:  full width between the half-power directions, in azimuth
    vertical_3db_deg:    the same in zenith
    side_lobe_db:        SLA_V, no more than this is lost by zenith alone
    front_to_back_db:    A_max, no more than this is lost in any direction
    """

    gain_dbi: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    horizontal_3db_deg: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    vertical_3db_deg: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    side_lobe_db: Float[Array, ""] = eqx.field(converter=jnp.asarray)
    front_to_back_db: Float[Array, ""] = eqx.field(converter=jnp.asarray)

    def gain_db(
        self, zenith_deg: Float[Array, ""], azimuth_deg: Float[Array, ""]
    ) -> Float[Array, ""]:
        aside_deg = turn_deg(jnp.zeros_like(azimuth_deg), azimuth_deg)
        vertical_db = jnp.minimum(
            12.0 * ((zenith_deg - 90.0) / self.vertical_3db_deg) ** 2, self.side_lobe_db
        )
        horizontal_db = jnp.minimum(
            12.0 * (aside_deg / self.horizontal_3db_deg) ** 2, self.front_to_back_db
        )
        lost_db = jnp.minimum(vertical_db + horizontal_db, self.front_to_back_db)
        return self.gain_dbi - lost_db


def macro_element() -> ParabolicElement:
    """Outdoors: TR 38.901, table 7.3-1, and ITU-R M.2412, table 9."""
    return ParabolicElement(
        gain_dbi=8.0,
        horizontal_3db_deg=65.0,
        vertical_3db_deg=65.0,
        side_lobe_db=30.0,
        front_to_back_db=30.0,
    )


def ceiling_element() -> ParabolicElement:
    """Indoors: ITU-R M.2412, table 10. Under a ceiling, its panel looks down."""
    return ParabolicElement(
        gain_dbi=5.0,
        horizontal_3db_deg=90.0,
        vertical_3db_deg=90.0,
        side_lobe_db=25.0,
        front_to_back_db=25.0,
    )


ELEMENTS = {
    "macro": macro_element,
    "ceiling": ceiling_element,
    "isotropic": Isotropic,
}
