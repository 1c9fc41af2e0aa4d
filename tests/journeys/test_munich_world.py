"""From the meshes of Munich to its houses, sites and people, start to finish."""

import sys

import jax.numpy as jnp
import numpy as np
import pytest

from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.maps import scenes
from gemel.world.buildings import Buildings
from gemel.world.density import Density
from gemel.world.people import draw_people, draw_places
from gemel.world.planner import plan_roof_sites


def test_munich_from_meshes_to_people():
    compiled_before = "sionna" in sys.modules
    scene = scenes.read_scene("munich")
    # Reading files must not start the ray tracer and its compiler.
    assert ("sionna" in sys.modules) == compiled_before
    # 1,188 names among the 2,366 meshes of walls and roofs
    assert scene.building.max() + 1 == 1188
    assert "OpenStreetMap" in scene.attribution

    buildings = Buildings.from_triangles(scene.triangles_m, scene.box)
    height_m = np.asarray(buildings.height_m)
    assert height_m.shape == (402, 492)  # 1,205.6 m by 1,475.5 m in steps of 3 m
    # Europe's old towns cover a quarter to a half of their ground, 4 to 6 storeys high.
    assert 0.25 < np.mean(height_m > 2) < 0.5
    assert 12 < np.median(height_m[height_m > 2]) < 20

    rows = plan_roof_sites(buildings, seed=1)
    of_carrier = {
        carrier_ghz: {row.site for row in rows if row.carrier_ghz == carrier_ghz}
        for carrier_ghz in (0.7, 2.1, 3.5)
    }
    # 1.3 km² of old town at one site to 0.042 km², and to 0.22 km² for coverage
    assert 28 <= len(of_carrier[3.5]) <= 42
    assert 6 <= len(of_carrier[0.7]) <= 10
    assert len(of_carrier[0.7] | of_carrier[2.1]) < len(of_carrier[3.5])

    density = Density.from_building_volume(buildings)
    rng = np.random.default_rng(1)
    people = draw_people(density, 2000, rng, buildings=buildings)
    goals_m = draw_places(density, people.movers, rng)
    assert len(goals_m) == 400
    for place_m in (*people.position_m[:20], *goals_m[:20]):
        east_m, north_m = jnp.asarray(place_m[0]), jnp.asarray(place_m[1])
        assert not buildings.indoor(east_m, north_m)
    for place_m in people.position_m[-20:]:
        assert buildings.indoor(place_m[0], place_m[1])


def test_hills_are_taken_from_under_the_houses():
    scene = scenes.read_scene("san_francisco")
    base_m = np.full(scene.building.max() + 1, np.inf)
    np.minimum.at(base_m, scene.building, scene.triangles_m[:, :, 2].min(axis=1))
    assert (base_m == 0).all()


def test_an_unknown_city_names_the_known_ones():
    with pytest.raises(ScenarioError, match=r"munich.*florence"):
        scenes.read_scene("atlantis")


def test_without_the_wheel_the_command_to_install_it_is_shown(monkeypatch):
    monkeypatch.setattr(scenes.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InterfaceError, match="pip install sionna-rt"):
        scenes.read_scene("munich")


def test_a_folder_with_a_hole_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(scenes, "_meshes_folder", lambda name: tmp_path)
    with pytest.raises(InterfaceError, match="a city needs both"):
        scenes.read_scene("munich")
