"""What holds for every raster of buildings and every ray through it?"""

import contextlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.world.buildings import Box, Buildings

SIDE = 40  # pixels of 4 m: a world of 160 m
STEP_M = 4.0


@pytest.fixture(params=[False, True], ids=["float32", "float64"], autouse=True)
def precision(request):
    with jax.enable_x64(True) if request.param else contextlib.nullcontext():
        yield


def city(height_m=None, x0_m=0.0, y0_m=0.0):
    if height_m is None:
        rng = np.random.default_rng(5)
        height_m = np.where(rng.random((SIDE, SIDE)) < 0.15, 12.0, 0.0)
    return Buildings(jnp.asarray(height_m, jnp.float32), x0_m, y0_m, STEP_M)


def wall(height_m):
    """A wall from south to north, 80 m to 84 m from the west."""
    return city(np.where(np.arange(SIDE) == 20, height_m, 0.0) * np.ones((SIDE, 1)))


def rays(count=400):
    """Random users and sites, on multiples of 1/8 m, which float32 holds exactly."""
    rng = np.random.default_rng(11)
    ends_m = rng.uniform([0, 0, 0], [160, 160, 30], (2, count, 3))
    return np.round(ends_m * 8) / 8


def clear(buildings, user_m, site_m, skip_m=0.0):
    user_m, site_m = jnp.asarray(user_m), jnp.asarray(site_m)
    skip = jnp.full(len(user_m), skip_m, user_m.dtype)
    see = jax.jit(lambda buildings, *ray: jax.vmap(buildings.clear)(*ray))
    return np.asarray(see(buildings, user_m, site_m, skip))


@given(
    wall_m=st.floats(5.0, 50.0), north_m=st.floats(10.0, 150.0), lift_m=st.floats(1, 20)
)
def test_a_wall_blocks_until_the_antenna_looks_over_it(wall_m, north_m, lift_m):
    user_m = jnp.array([20.0, north_m, 1.5])
    # 62 m to the near side of the wall, 124 m to the antenna: the ray passes over the
    # wall's two sides at 60/124 and 64/124 of its height above the user.
    over_near_m = 1.5 + (wall_m - 1.5) * 124.0 / 60.0
    low_m = jnp.array([144.0, north_m, 1.5 + (wall_m - 1.5) * 124.0 / 64.0 - lift_m])
    high_m = jnp.array([144.0, north_m, over_near_m + lift_m])
    # 48 samples over 109 m are 2.3 m apart: the wall of 4 m is always looked at.
    assert not wall(wall_m).clear(user_m, low_m, jnp.array(0.0))
    assert wall(wall_m).clear(user_m, high_m, jnp.array(0.0))


def test_raising_an_antenna_never_hides_it():
    user_m, site_m = rays()
    before = clear(city(), user_m, site_m)
    after = clear(city(), user_m, site_m + [0.0, 0.0, 8.0])
    assert 0 < before.sum() < after.sum()
    assert np.all(after[before])


def test_the_way_back_is_as_clear_as_the_way_there():
    user_m, site_m = rays()
    # What is skipped must be alike at both ends, too.
    there = clear(city(), user_m, site_m, skip_m=15.0)
    back = clear(city(), site_m, user_m, skip_m=15.0)
    assert 0 < there.sum() < len(there)
    # The same samples in another order: rounding may move one over a pixel's edge.
    assert np.mean(there != back) <= 0.01


def test_a_mirrored_city_is_as_clear():
    user_m, site_m = rays()
    plain = city()
    mirrored = city(np.asarray(plain.height_m)[:, ::-1])
    flip, shift = np.array([-1.0, 1.0, 1.0]), np.array([160.0, 0.0, 0.0])
    seen = clear(plain, user_m, site_m)
    flipped = clear(mirrored, user_m * flip + shift, site_m * flip + shift)
    # As above; and a sample on the edge belongs to the pixel on the other side.
    assert np.mean(seen != flipped) <= 0.01


def test_nothing_stands_in_the_way_on_an_empty_map():
    user_m, site_m = rays()
    assert clear(city(np.zeros((SIDE, SIDE))), user_m, site_m).all()


@pytest.mark.parametrize("shift_m", [(2048.0, -1024.0), (-4096.0, 512.0)])
def test_moving_the_whole_world_changes_nothing(shift_m):
    user_m, site_m = rays()
    east_m, north_m = shift_m
    move = [east_m, north_m, 0.0]
    moved = city(x0_m=east_m, y0_m=north_m)
    same = clear(moved, user_m + move, site_m + move)
    assert np.array_equal(same, clear(city(), user_m, site_m))


def test_the_own_building_at_either_end_does_not_block():
    deep = wall(30.0)
    user_m, site_m = jnp.array([82.0, 50.0, 1.5]), jnp.array([140.0, 50.0, 20.0])
    assert not deep.clear(user_m, site_m, jnp.array(0.0))
    assert deep.clear(user_m, site_m, jnp.array(3.0))
    # 2 m from its wall the antenna is at home; 15 m of the way to it do not count.
    assert deep.clear(jnp.array([20.0, 50.0, 1.5]), user_m, jnp.array(0.0))


def test_who_stands_below_the_antenna_sees_it():
    everywhere = city(np.full((SIDE, SIDE), 30.0))
    here_m = jnp.array([50.0, 50.0, 1.5])
    assert everywhere.clear(here_m, here_m + jnp.array([0, 0, 20.0]), jnp.array(0.0))


def test_outside_the_raster_there_is_nothing():
    everywhere = city(np.full((SIDE, SIDE), 30.0))
    for east_m, north_m in [(-0.1, 5.0), (160.1, 5.0), (5.0, -0.1), (5.0, 160.1)]:
        assert everywhere.height_at(jnp.array(east_m), jnp.array(north_m)) == 0.0
        assert not everywhere.indoor(jnp.array(east_m), jnp.array(north_m))
    assert everywhere.height_at(jnp.array(0.1), jnp.array(159.9)) == 30.0
    assert everywhere.indoor(jnp.array(0.1), jnp.array(159.9))


def test_a_raster_is_the_highest_triangle_over_each_middle():
    rng = np.random.default_rng(2)
    triangles_m = rng.uniform(-20.0, 140.0, (60, 1, 3)) + rng.normal(0, 25, (60, 3, 3))
    triangles_m[:, :, 2] = np.abs(triangles_m[:, :, 2])
    triangles_m = triangles_m.astype(np.float32)
    box = Box(0.0, 0.0, 120.0, 90.0)
    height_m = np.asarray(Buildings.from_triangles(triangles_m, box, 6.0).height_m)
    assert height_m.shape == (15, 20)
    for row, column in np.ndindex(height_m.shape):
        middle = np.array([column * 6.0 + 3.0, row * 6.0 + 3.0])
        highest_m = max([0.0, *(up_at(corners, middle) for corners in triangles_m)])
        # float32 metres below 256: steps of 1.5e-5 m
        assert height_m[row, column] == pytest.approx(highest_m, abs=1e-4)


def up_at(corners_m, middle_m):
    """Height of the plane over a point, or 0 when the triangle is not over it."""
    corners_m = corners_m.astype(np.float64)
    sides = np.stack([corners_m[1] - corners_m[0], corners_m[2] - corners_m[0]], axis=1)
    first, second = np.linalg.solve(sides[:2], middle_m - corners_m[0, :2])
    if min(first, second) < 0 or first + second > 1:
        return 0.0
    return corners_m[0, 2] + sides[2] @ [first, second]


@pytest.mark.parametrize("edges_m", [(0.0, 0.0, 0.0, 9.0), (5.0, 0.0, 1.0, 9.0)])
def test_a_box_without_area_is_refused(edges_m):
    with pytest.raises(ScenarioError, match="no area"):
        Box(*edges_m)


def test_pixels_without_a_side_are_refused():
    nothing = np.zeros((0, 3, 3), np.float32)
    with pytest.raises(ScenarioError, match="step_m is 0"):
        Buildings.from_triangles(nothing, Box(0.0, 0.0, 9.0, 9.0), 0.0)
