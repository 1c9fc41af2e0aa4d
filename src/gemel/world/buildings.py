"""How high are the buildings here, and do they stand in the way of a ray?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32

from gemel.errors import ScenarioError
from gemel.world.rooftops import roof_heights_m

INDOOR_ABOVE_M = 2.0  # lower things are steps and walls: nobody is inside them


@dataclasses.dataclass(frozen=True)
class Box:
    """A rectangle on the ground, in metres from the origin."""

    west_m: float
    south_m: float
    east_m: float
    north_m: float

    def __post_init__(self):
        # Written so that NaN is refused too.
        if not (self.west_m < self.east_m and self.south_m < self.north_m):
            raise ScenarioError(
                f"the box {self} has no area. "
                "Give west below east and south below north, in metres."
            )


class Buildings(eqx.Module):
    """A city as a raster of roof heights.

    height_m:      above the street, 0 where there is none; row 0 is the southernmost
    x0_m, y0_m:    south-west corner of pixel [0, 0]
    step_m:        side of a pixel
    own_roof_m:    the last metres before a site, its own roof, never in its way
    samples:       points looked at along a ray

    A ray of 300 m with 48 samples is looked at every 6 m: a thin wall far away can be
    missed. In Munich 48 and 1,000 samples disagree on 0.6 % of the rays. A building is
    solid from its roof to the ground, arches included.
    """

    height_m: Float[Array, "row column"]
    x0_m: float
    y0_m: float
    step_m: float
    own_roof_m: float = 15.0
    samples: int = eqx.field(static=True, default=48)

    @classmethod
    def from_triangles(
        cls,
        triangles_m: Float32[np.ndarray, "triangle 3 3"],
        box: Box,
        step_m: float = 3.0,
    ) -> "Buildings":
        """Raster of the highest triangle above the middle of each pixel of the box.

        triangles_m: corners, each (east, north, up) in metres.
        Raises ScenarioError when a pixel is no longer than zero.
        """
        if not step_m > 0:
            raise ScenarioError(
                f"step_m is {step_m}; pixels must have a side. "
                "Give metres above zero, e.g. 3.0."
            )
        rows = int(np.ceil((box.north_m - box.south_m) / step_m))
        columns = int(np.ceil((box.east_m - box.west_m) / step_m))
        height_m = roof_heights_m(
            triangles_m, box.west_m, box.south_m, step_m, rows, columns
        )
        return cls(jnp.asarray(height_m), box.west_m, box.south_m, step_m)

    def height_at(
        self, east_m: Float[Array, ""], north_m: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Roof height of the pixel that holds the point; 0 outside the raster."""
        return self._height_from_corner(east_m - self.x0_m, north_m - self.y0_m)

    def _height_from_corner(
        self, east_m: Float[Array, ""], north_m: Float[Array, ""]
    ) -> Float[Array, ""]:
        rows, columns = self.height_m.shape
        row = jnp.floor(north_m / self.step_m).astype(jnp.int32)
        column = jnp.floor(east_m / self.step_m).astype(jnp.int32)
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        nearest = jnp.clip(row, 0, rows - 1), jnp.clip(column, 0, columns - 1)
        return jnp.where(inside, self.height_m[nearest].astype(east_m.dtype), 0.0)

    def indoor(
        self, east_m: Float[Array, ""], north_m: Float[Array, ""]
    ) -> Bool[Array, ""]:
        """Someone here has a roof above their head."""
        return self.height_at(east_m, north_m) > INDOOR_ABOVE_M

    def clear(
        self,
        user_m: Float[Array, "3"],
        site_m: Float[Array, "3"],
        skip_m: Float[Array, ""],
    ) -> Bool[Array, ""]:
        """No roof stands above the straight line from a user to a site.

        skip_m: metres along the ground, from the user, that never block: the building
            the user is in. 0 outdoors.
        """
        across_m = site_m - user_m
        ground_m = jnp.maximum(jnp.hypot(across_m[0], across_m[1]), 1e-3)
        first = skip_m / ground_m
        last = 1.0 - self.own_roof_m / ground_m
        share = (jnp.arange(self.samples, dtype=user_m.dtype) + 0.5) / self.samples
        along = first + (last - first) * share
        # From the raster's corner, so that moving the whole world moves no rounding.
        heights_m = jax.vmap(self._height_from_corner)(
            (user_m[0] - self.x0_m) + along * across_m[0],
            (user_m[1] - self.y0_m) + along * across_m[1],
        )
        above_roofs = jnp.all(heights_m <= user_m[2] + along * across_m[2])
        return above_roofs | (last <= first)
