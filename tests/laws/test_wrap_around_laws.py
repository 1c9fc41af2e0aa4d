"""Does a wrapped-around cluster look the same from everywhere?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.network.wrap_around import hexagonal_wrap_around
from gemel.scenarios.hexagons import hexagon_sites_m

RINGS = [1, 2, 3]
INTER_SITE_M = 500.0
# Positions of a few kilometres in float32: a sixteen millionth of that, squared and
# summed, is far below a centimetre.
ROUNDING_M = 0.01


def places_of(rings: int):
    sites_m = jnp.asarray(hexagon_sites_m(rings, INTER_SITE_M), float)
    wrap = hexagonal_wrap_around(rings, INTER_SITE_M)
    every_site = jax.vmap(wrap.offset_m, (None, 0))
    return sites_m, jax.jit(jax.vmap(every_site, (0, None)))


@pytest.mark.parametrize("rings", RINGS)
def test_copies_tile_the_plane(rings):
    """No site lies on another's copy, and each has six neighbours at their distance."""
    sites_m = hexagon_sites_m(rings, INTER_SITE_M)
    images_m = np.asarray(hexagonal_wrap_around(rings, INTER_SITE_M).images_m)
    everywhere_m = (sites_m[None] + images_m[:, None]).reshape(-1, 2)
    apart_m = np.linalg.norm(sites_m[:, None] - everywhere_m[None], axis=2)
    neighbours = np.abs(apart_m - INTER_SITE_M) < ROUNDING_M
    assert (np.sum(apart_m < INTER_SITE_M / 2, axis=1) == 1).all()  # but itself
    assert (neighbours.sum(axis=1) == 6).all()


@pytest.mark.parametrize("rings", RINGS)
def test_every_site_has_the_same_view(rings):
    sites_m, offsets_m = places_of(rings)
    seen_m = np.linalg.norm(np.asarray(offsets_m(sites_m, sites_m)), axis=2)
    views_m = np.sort(seen_m, axis=1)
    assert np.abs(views_m - views_m[:1]).max() < ROUNDING_M


@pytest.mark.parametrize("rings", RINGS)
def test_the_way_there_is_as_long_as_the_way_back(rings):
    sites_m, offsets_m = places_of(rings)
    there_m = np.asarray(offsets_m(sites_m, sites_m))
    length_m = np.linalg.norm(there_m, axis=2)
    assert np.abs(length_m - length_m.T).max() < ROUNDING_M


@given(
    turn_deg=st.floats(0.0, 360.0),
    far=st.floats(0.0, 1.0),
    home=st.integers(0, 18),
    precise=st.booleans(),
)
def test_the_nearest_copy_is_no_farther_than_the_site(turn_deg, far, home, precise):
    angle, reach_m = np.radians(turn_deg), far * INTER_SITE_M / 2.0  # in the hexagon
    home_m = hexagon_sites_m(2, INTER_SITE_M)[home]
    user_m = home_m + reach_m * np.array([np.cos(angle), np.sin(angle)])
    with jax.enable_x64(precise):
        sites_m, offsets_m = places_of(2)
        there_m = np.asarray(offsets_m(jnp.asarray(user_m, float)[None], sites_m))[0]
        images_m = np.asarray(hexagonal_wrap_around(2, INTER_SITE_M).images_m)
    seen_m = np.linalg.norm(there_m, axis=1)
    straight_m = user_m - np.asarray(sites_m)
    every_m = np.linalg.norm(straight_m[:, None] - images_m[None], axis=2)
    straight_m = np.linalg.norm(straight_m, axis=1)
    assert (seen_m <= straight_m + ROUNDING_M).all()
    assert np.abs(seen_m - every_m.min(axis=1)).max() < ROUNDING_M
    # Nobody is farther than the corner of a cluster of 19: its radius in hexagons.
    assert seen_m.max() <= INTER_SITE_M * (19.0 / 3.0) ** 0.5 + ROUNDING_M
    assert np.isclose(seen_m[home], reach_m, atol=ROUNDING_M)


@pytest.mark.parametrize(("rings", "inter_site_m"), [(-1, 500.0), (2, 0.0), (2, -1.0)])
def test_a_cluster_that_cannot_be_is_refused(rings, inter_site_m):
    with pytest.raises(ScenarioError, match="Give"):
        hexagonal_wrap_around(rings, inter_site_m)
