"""Where are the sites of a calibration case, and where may people be?"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from gemel.network.wrap_around import WrapAround, hexagonal_wrap_around
from gemel.scenarios.calibration.cases import Case, Place
from gemel.scenarios.hexagons import hexagon_sites_m

RINGS = 2  # 19 sites
HALL_M = (120.0, 50.0)  # TR 38.901, table 7.2-2
HALL_BASES = (6, 2)
# A draw nearer to the mast than allowed is thrown away. At most 2 % are; that all of
# these are happens to one user in 10^13.
TRIES = 8


class Layout(eqx.Module):
    """Sites and their copies; without neighbours the only copy is the site itself."""

    sites_m: Float[Array, "site 2"]
    wrap: WrapAround


def layout_of(place: Place) -> Layout:
    """19 hexagons wrapped around, or twelve bases in a hall around the origin."""
    if not place.hall:
        sites_m = hexagon_sites_m(RINGS, place.inter_site_m)
        wrap = hexagonal_wrap_around(RINGS, place.inter_site_m)
        return Layout(jnp.asarray(sites_m, float), wrap)
    across, up = (
        (np.arange(count) - 0.5 * (count - 1)) * place.inter_site_m
        for count in HALL_BASES
    )
    sites_m = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    return Layout(jnp.asarray(sites_m, float), WrapAround(jnp.zeros((1, 2))))


def draw_places_m(
    case: Case, layout: Layout, key: PRNGKeyArray
) -> Float[Array, "user 2"]:
    """Where everybody stands, evenly over the hall or over every site's hexagon."""
    users = case.people.a_site * layout.sites_m.shape[0]
    if case.place.hall:
        half_m = 0.5 * jnp.asarray(HALL_M)
        return half_m[None, :] * jax.random.uniform(key, (users, 2), minval=-1.0)
    home_m = jnp.repeat(layout.sites_m, case.people.a_site, axis=0)
    tried_m = _in_hexagon_m(key, users * TRIES, case.place.inter_site_m)
    tried_m = tried_m.reshape(users, TRIES, 2)
    allowed = jnp.hypot(tried_m[..., 0], tried_m[..., 1]) >= case.place.nearest_m
    first = jnp.argmax(allowed, axis=1)
    return home_m + jax.vmap(lambda tried, which: tried[which])(tried_m, first)


def _in_hexagon_m(
    key: PRNGKeyArray, count: int, inter_site_m: float
) -> Float[Array, "place 2"]:
    """Even over a hexagon whose sides face 30, 90, 150 … degrees: three rhombi."""
    which, inside = jax.random.split(key)
    turn = jax.random.randint(which, (count,), 0, 3)
    share = jax.random.uniform(inside, (count, 2))
    corner_m = inter_site_m / 3.0**0.5
    angle = jnp.arange(3, dtype=float) * (2.0 * np.pi / 3.0)
    corners_m = corner_m * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    return share[:, :1] * corners_m[turn] + share[:, 1:] * corners_m[(turn + 1) % 3]
