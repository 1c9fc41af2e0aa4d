"""How does a small textbook network look like an endless one to everybody in it?

Six copies of a cluster of hexagons are laid around it so that they tile the plane; a
user hears of every site its nearest copy alone (3GPP TR 36.814, clause A.2.1.1: wrap
around by geographical distance). Then nobody lives at an edge, and the distances from
any place to all sites are those from any other site's place to all sites.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.errors import ScenarioError


class WrapAround(eqx.Module):
    """Where the copies of a cluster lie; the first is the cluster itself.

    images_m:  how far each copy is moved, east and north
    """

    images_m: Float[Array, "image 2"]

    def offset_m(
        self, user_m: Float[Array, "2"], site_m: Float[Array, "2"]
    ) -> Float[Array, "2"]:
        """User minus the nearest copy of the site: east and north, m.

        user_m, site_m:  both inside the cluster; a user farther out than one copy finds
                         no nearest one among seven
        """
        offsets_m = (user_m - site_m)[None, :] - self.images_m
        nearest = jnp.argmin((offsets_m**2).sum(1))
        return offsets_m[nearest]


def hexagonal_wrap_around(rings: int, inter_site_m: float) -> WrapAround:
    """Around a hexagonal cluster whose sites have neighbours at 30, 90, 150 … degrees
    from east.

    rings:         rings of sites around the centre site: 1 makes 7 sites, 2 make 19
    inter_site_m:  distance between neighbouring sites

    Raises ScenarioError for less than zero rings or sites that are not apart.
    """
    if rings < 0 or not inter_site_m > 0.0:
        raise ScenarioError(
            f"{rings} rings of sites {inter_site_m} m apart cannot be wrapped around. "
            "Give 0 rings or more and a distance in metres, e.g. 500."
        )
    # n rings are 3n² + 3n + 1 sites, and so is the square of the step (n + 1, n) along
    # two neighbours 60 degrees apart: copies fit without gap and without overlap.
    steps = [(0, 0)]
    along, across = rings + 1, rings
    for _ in range(6):
        steps.append((along, across))
        along, across = -across, along + across  # a sixth of a turn
    return WrapAround(
        jnp.asarray(
            [
                (inter_site_m * 0.75**0.5 * q, inter_site_m * (r + 0.5 * q))
                for q, r in steps
            ],
            float,
        )
    )
