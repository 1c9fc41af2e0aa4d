"""What holds for everybody who is drawn into a city?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.errors import ScenarioError
from gemel.world.buildings import Buildings
from gemel.world.density import MOST_FLOORS, Density
from gemel.world.people import (
    INDOOR,
    PEDESTRIAN,
    VEHICLE,
    draw_people,
    draw_places,
)

# Cells of three carriers at two sites, and a third site far off.
SITE_X_M = np.array([0.0, 0.0, 400.0, 3000.0])
SITE_Y_M = np.array([0.0, 0.0, 300.0, -50.0])


def town():
    """Houses of 5 m to 60 m in a field of 300 m, pixels of 3 m."""
    rng = np.random.default_rng(8)
    height_m = np.zeros((100, 100), np.float32)
    for row, column in np.ndindex(8, 8):
        house = (
            slice(12 * row + 3, 12 * row + 11),
            slice(12 * column + 3, 12 * column + 9),
        )
        height_m[house] = rng.uniform(5.0, 60.0)
    return Buildings(jnp.asarray(height_m), -150.0, 40.0, 3.0)


def every_density():
    return {
        "volume": Density.from_building_volume(town()),
        "sites": Density.around_sites(SITE_X_M, SITE_Y_M),
        "uniform": Density.uniform((-100.0, 203.0), (40.0, 300.0)),
    }


DENSITIES = every_density()


def roofs_m(buildings, place_m):
    east_m, north_m = jnp.asarray(place_m[:, 0]), jnp.asarray(place_m[:, 1])
    return np.asarray(jax.vmap(buildings.height_at)(east_m, north_m))


@pytest.mark.parametrize("name", DENSITIES)
def test_same_seed_same_people(name):
    first, again, other = (
        draw_people(DENSITIES[name], 50, np.random.default_rng(seed))
        for seed in (3, 3, 4)
    )
    same = jax.tree.map(np.array_equal, first, again)
    assert all(jax.tree.leaves(same))
    assert not np.array_equal(first.position_m, other.position_m)


@pytest.mark.parametrize("name", DENSITIES)
def test_movers_come_first_and_the_shares_are_kept(name):
    people = draw_people(DENSITIES[name], 200, np.random.default_rng(1), 0.7, 0.1)
    kind = np.asarray(people.kind)
    assert kind.tolist() == 20 * [VEHICLE] + 40 * [PEDESTRIAN] + 140 * [INDOOR]
    assert people.movers == 60
    assert np.array_equal(people.indoor, kind == INDOOR)
    assert np.allclose(np.asarray(people.speed_mps)[[0, 20, 60]] * 3.6, [30, 3, 0])


@pytest.mark.parametrize("name", DENSITIES)
def test_only_who_is_indoors_is_behind_a_wall(name):
    people = draw_people(DENSITIES[name], 4000, np.random.default_rng(1))
    outdoors = ~np.asarray(people.indoor)
    assert not np.asarray(people.high_loss)[outdoors].any()
    assert not np.asarray(people.indoor_distance_m)[outdoors].any()
    assert (np.asarray(people.position_m)[outdoors, 2] == 1.5).all()
    # 3,200 indoors, half behind high loss: 5 standard deviations are 0.044.
    assert np.asarray(people.high_loss)[~outdoors].mean() == pytest.approx(
        0.5, abs=0.044
    )
    # The smaller of two uniforms to 25 m: mean 25/3, deviation 5.9, five errors 0.52.
    behind_m = np.asarray(people.indoor_distance_m)[~outdoors]
    assert behind_m.mean() == pytest.approx(25 / 3, abs=0.52)
    assert behind_m.min() >= 0 and behind_m.max() <= 25


def test_who_is_indoors_is_below_a_roof_and_who_is_not_is_not():
    buildings = town()
    people = draw_people(
        DENSITIES["volume"], 20_000, np.random.default_rng(1), buildings=buildings
    )
    place_m, indoor = np.asarray(people.position_m), np.asarray(people.indoor)
    roof_m = roofs_m(buildings, place_m)
    assert (roof_m[~indoor] == 0).all()
    assert (place_m[indoor, 2] < roof_m[indoor]).all()
    floor = (place_m[indoor, 2] - 1.5) / 3.0 + 1
    assert set(floor.tolist()) == set(range(1, MOST_FLOORS + 1))
    to_m = draw_places(DENSITIES["volume"], 1000, np.random.default_rng(2))
    assert (roofs_m(buildings, to_m) == 0).all() and (to_m[:, 2] == 1.5).all()


def test_houses_hold_people_by_their_volume():
    height_m = np.zeros((2, 30), np.float32)
    height_m[0, 0], height_m[1, 9], height_m[0, 20] = 6.0, 18.0, 60.0
    density = Density.from_building_volume(
        Buildings(jnp.asarray(height_m), 0.0, 0.0, 10.0)
    )
    at_m = density.draw(density.indoor_weight, 10_000, np.random.default_rng(1))
    share = [np.mean((at_m[:, 0] // 10) == column) for column in (0, 9, 20)]
    # 60 m count as eight floors of 3 m; 5 standard deviations of 10,000 draws: 0.025.
    assert share == pytest.approx(np.array([6.0, 18.0, 24.0]) / 48.0, abs=0.025)


def test_streets_are_busy_beside_houses_and_empty_far_from_them():
    height_m = np.zeros((1, 60), np.float32)
    height_m[0, 20] = 12.0
    street = Density.from_building_volume(
        Buildings(jnp.asarray(height_m), 0.0, 0.0, 5.0)
    ).outdoor_weight[0]
    # 75 m are 15 pixels of 5 m.
    busy = [column for column in range(60) if street[column] > 0]
    assert busy == [*range(5, 20), *range(21, 36)]


def test_nobody_is_far_from_every_site():
    place_m = draw_places(DENSITIES["sites"], 5000, np.random.default_rng(1))
    away_m = np.hypot(
        place_m[:, :1] - SITE_X_M[None, :], place_m[:, 1:2] - SITE_Y_M[None, :]
    ).min(axis=1)
    # A pixel of 50 m counts by its middle, at most 35.4 m from its corner.
    assert 500 < away_m.max() < 600 + 35.4


def test_a_site_counts_once_however_many_cells_it_has():
    once = Density.around_sites(SITE_X_M[1:], SITE_Y_M[1:])
    assert np.array_equal(once.outdoor_weight, DENSITIES["sites"].outdoor_weight)


def test_moving_all_sites_moves_everybody_along():
    far = Density.around_sites(SITE_X_M + 2048.0, SITE_Y_M - 512.0)
    here_m = draw_places(DENSITIES["sites"], 500, np.random.default_rng(1))
    there_m = draw_places(far, 500, np.random.default_rng(1))
    # float32 steps at 5 km are 0.5 mm
    assert np.allclose(there_m - here_m, [2048.0, -512.0, 0.0], atol=2e-3)


def test_uniform_is_uniform_and_stays_between_its_limits():
    people = draw_people(DENSITIES["uniform"], 20_000, np.random.default_rng(1))
    at_m = np.asarray(people.position_m)[:, :2]
    assert (at_m >= [-100.0, 40.0]).all() and (at_m <= [203.0, 300.0]).all()
    # Sides of 300 m and 260 m: the middle's error is at most 300/sqrt(12 * 20,000).
    assert np.allclose(at_m.mean(axis=0), [51.5, 170.0], atol=5 * 0.62)
    assert np.ptp(at_m, axis=0) == pytest.approx([300.0, 260.0], abs=1.0)


def test_without_buildings_every_house_has_four_to_eight_floors():
    people = draw_people(
        DENSITIES["uniform"], 20_000, np.random.default_rng(1), 1.0, 0.0
    )
    floor = np.round((np.asarray(people.position_m)[:, 2] - 1.5) / 3.0).astype(int) + 1
    # Floor 1 is in every house: 1/5 (1/4 + 1/5 + 1/6 + 1/7 + 1/8); 5 deviations 0.014.
    assert np.mean(floor == 1) == pytest.approx(0.1769, abs=0.014)
    assert np.mean(floor == 8) == pytest.approx(1 / 5 / 8, abs=0.006)
    assert floor.max() == 8


@pytest.mark.parametrize(
    ("count", "indoor_share", "vehicle_share"),
    [(0, 0.8, 0.05), (9, -0.1, 0.05), (9, 0.8, 0.3), (9, float("nan"), 0.0)],
)
def test_impossible_shares_are_refused(count, indoor_share, vehicle_share):
    with pytest.raises(ScenarioError, match="cannot be"):
        draw_people(
            DENSITIES["uniform"],
            count,
            np.random.default_rng(1),
            indoor_share,
            vehicle_share,
        )


def test_a_count_of_one_and_two_halves_adds_up():
    for count in range(1, 8):
        people = draw_people(
            DENSITIES["uniform"], count, np.random.default_rng(1), 0.5, 0.5
        )
        assert len(people.kind) == count


def test_impossible_densities_are_refused():
    empty = Buildings(jnp.zeros((5, 5)), 0.0, 0.0, 3.0)
    with pytest.raises(ScenarioError, match="nobody could be placed"):
        Density.from_building_volume(empty)
    with pytest.raises(ScenarioError, match="at least one site"):
        Density.around_sites(np.array([]), np.array([]))
    with pytest.raises(ScenarioError, match="share from 0 to 1"):
        Density.around_sites(SITE_X_M, SITE_Y_M, uniform_share=1.5)
    with pytest.raises(ScenarioError, match="larger step_m"):
        Density.around_sites(SITE_X_M * 1e4, SITE_Y_M * 1e4)
    with pytest.raises(ScenarioError, match="holds no pixel"):
        Density.uniform((5.0, 0.0), (0.0, 9.0))
