"""Does this user see that antenna: by the map where there is one, else by chance?"""

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.radio.propagation.base import AbstractPathLoss
from gemel.radio.shadowing import CorrelatedField
from gemel.world.buildings import Buildings

LINE_OF_SIGHT_STREAM = 2
OWN_BUILDING_M = 15.0  # an indoor user looks out through this much of the own house


class AbstractLineOfSight(eqx.Module):
    """One link. `probability` is what the path loss says where there is no map."""

    @abc.abstractmethod
    def sees(
        self,
        user_m: Float[Array, "3"],
        indoor: Bool[Array, ""],
        head_m: Float[Array, "3"],
        site: Int[Array, ""],
        probability: Float[Array, ""],
    ) -> Bool[Array, ""]:
        """Whether the straight path outside the user's own building is free."""

    @abc.abstractmethod
    def chance(self, probability: Float[Array, ""]) -> Float[Array, ""]:
        """How likely somebody sees a mast too far away to be looked at one by one."""


class ByChance(AbstractLineOfSight):
    """TR 38.901 clause 7.6.3.3: a correlated uniform number against the probability."""

    field: CorrelatedField
    path_loss: AbstractPathLoss  # knows how far one must go to see the mast anew

    def sees(
        self,
        user_m: Float[Array, "3"],
        indoor: Bool[Array, ""],
        head_m: Float[Array, "3"],
        site: Int[Array, ""],
        probability: Float[Array, ""],
    ) -> Bool[Array, ""]:
        drawn = self.field.uniform(
            user_m[0],
            user_m[1],
            site,
            jnp.asarray(self.path_loss.line_of_sight_correlation_m),
            LINE_OF_SIGHT_STREAM,
        )
        return drawn < probability

    def chance(self, probability: Float[Array, ""]) -> Float[Array, ""]:
        return probability


class ByMap(AbstractLineOfSight):
    """The height raster decides; nobody rolls dice where the houses are known."""

    buildings: Buildings

    def sees(
        self,
        user_m: Float[Array, "3"],
        indoor: Bool[Array, ""],
        head_m: Float[Array, "3"],
        site: Int[Array, ""],
        probability: Float[Array, ""],
    ) -> Bool[Array, ""]:
        skip_m = jnp.where(indoor, OWN_BUILDING_M, 0.0)
        return self.buildings.clear(user_m, head_m, skip_m)

    def chance(self, probability: Float[Array, ""]) -> Float[Array, ""]:
        return probability


class AlwaysSeen(AbstractLineOfSight):
    """Nothing stands in anybody's way."""

    def sees(
        self,
        user_m: Float[Array, "3"],
        indoor: Bool[Array, ""],
        head_m: Float[Array, "3"],
        site: Int[Array, ""],
        probability: Float[Array, ""],
    ) -> Bool[Array, ""]:
        return jnp.asarray(True)

    def chance(self, probability: Float[Array, ""]) -> Float[Array, ""]:
        return jnp.ones_like(probability)
