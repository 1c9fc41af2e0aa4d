"""How much of a signal is lost on the way, and how sure may we be of that?

A path loss is a function of its link. Line of sight, shadowing and effective ground
height are matters of chance: they are drawn elsewhere and passed in.
"""

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from gemel.radio.link import Link

SPEED_OF_LIGHT_M_PER_NS = 0.3  # TR 38.901, table 7.4.1-1, note 1: c = 3.0e8 m/s
STREET_M = 1.0  # h_E, table 7.4.1-1, note 1, wherever chance has no say
NEAREST_M = 1.0  # every formula speaks from 1 m on; nearer users lose no less


class AbstractPathLoss(eqx.Module):
    """One environment."""

    @property
    @abc.abstractmethod
    def line_of_sight_correlation_m(self) -> Float[Array, ""]:
        """How far one must go to see the mast anew, m: TR 38.901, table 7.6.3.1-2, row
        "LOS/NLOS state"."""

    @abc.abstractmethod
    def loss_db(self, link: Link) -> Float[Array, ""]:
        """The median loss of a link, dB; finite even where it is not `valid`."""

    @abc.abstractmethod
    def line_of_sight_probability(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        base_height_m: Float[Array, ""],
    ) -> Float[Array, ""]:
        """How likely a user there sees the mast, 0..1."""

    @abc.abstractmethod
    def valid(self, link: Link) -> Bool[Array, ""]:
        """Whether the source stands behind `loss_db` of this link."""

    @abc.abstractmethod
    def effective_ground_m(
        self,
        distance_2d_m: Float[Array, ""],
        user_height_m: Float[Array, ""],
        uniform: Float[Array, ""],
    ) -> Float[Array, ""]:
        """h_E, m, for `Link.effective_ground_m`; left to chance in the urban macrocell.

        uniform:  0..1, drawn anew for every user and site; co-sited cells share it
        """

    @abc.abstractmethod
    def shadowing_sigma_db(self, link: Link) -> Float[Array, ""]:
        """Standard deviation of the losses of links alike, dB.

        Outdoor bases have another one for users in houses: column O2I of table 7.5-6.
        """

    @abc.abstractmethod
    def correlation_m(
        self, line_of_sight: Bool[Array, ""], indoor: Bool[Array, ""] | bool = False
    ) -> Float[Array, ""]:
        """How far one must go for the shadow to be another one, m.

        indoor:  in a house, with the base outside
        """


def log10_distance_3d(link: Link) -> Float[Array, ""]:
    """log10 of the distance in metres, from antenna to user, at least 1 m."""
    return 0.5 * jnp.log10(jnp.maximum(link.distance_3d_squared_m2, NEAREST_M**2))
