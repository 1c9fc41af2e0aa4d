"""What must physics know about one cell and one user to price the way between them?"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

# Only keeps the gradient of the square root finite when a user stands under the mast.
CLOSEST_SQUARED_M2 = 1e-6


class Link(eqx.Module):
    """One cell, one user, one carrier.

    effective_ground_m:  h_E of TR 38.901, table 7.4.1-1, note 1. In the urban macrocell
                         it is 1 m for users below 13 m and random above; whoever draws
                         it passes it in
    indoor:              the user is in a house and the base outside: shadows differ
    """

    distance_2d_m: Float[Array, ""]
    base_height_m: Float[Array, ""]
    user_height_m: Float[Array, ""]
    carrier_ghz: Float[Array, ""]
    line_of_sight: Bool[Array, ""]
    effective_ground_m: Float[Array, ""] = eqx.field(default=1.0, converter=jnp.asarray)
    indoor: Bool[Array, ""] = eqx.field(default=False, converter=jnp.asarray)

    @property
    def height_difference_m(self) -> Float[Array, ""]:
        return self.base_height_m - self.user_height_m

    @property
    def distance_3d_squared_m2(self) -> Float[Array, ""]:
        """Squared, because a logarithm needs no square root."""
        return self.distance_2d_m**2 + self.height_difference_m**2

    @property
    def distance_3d_m(self) -> Float[Array, ""]:
        return jnp.sqrt(jnp.maximum(self.distance_3d_squared_m2, CLOSEST_SQUARED_M2))

    @classmethod
    def between(
        cls,
        user_m: Float[Array, "3"],
        cell_m: Float[Array, "3"],
        carrier_ghz: Float[Array, ""],
        line_of_sight: Bool[Array, ""],
        effective_ground_m: Float[Array, ""] | float = 1.0,
        indoor: Bool[Array, ""] | bool = False,
    ) -> "Link":
        """The link between two points: east, north and height above ground, metres."""
        east_m = user_m[0] - cell_m[0]
        north_m = user_m[1] - cell_m[1]
        return cls(
            distance_2d_m=jnp.sqrt(
                jnp.maximum(east_m**2 + north_m**2, CLOSEST_SQUARED_M2)
            ),
            base_height_m=cell_m[2],
            user_height_m=user_m[2],
            carrier_ghz=carrier_ghz,
            line_of_sight=line_of_sight,
            effective_ground_m=effective_ground_m,
            indoor=indoor,
        )
