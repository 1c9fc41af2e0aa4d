"""Do the scenes stand where, and as high as, their landmarks do on Earth?

Positions of the landmarks as on any map, heights as their owners publish them: the
north tower of the Frauenkirche 98.57 m, Arc de Triomphe 50 m, Florence cathedral
114.5 m to the cross, Coit Tower 64 m (210 ft).
"""

import numpy as np
import pytest

from gemel.interfaces.maps.scenes import SCENES, read_scene
from gemel.world.buildings import Buildings

METRES_PER_DEGREE = 111_195.0  # of a great circle on a sphere of 6,371 km
LANDMARKS = {  # latitude, longitude, height
    "munich": (48.1386, 11.5730, 98.57),
    "etoile": (48.8738, 2.2950, 50.0),
    "florence": (43.7731, 11.2563, 114.5),
    "san_francisco": (37.8024, -122.4058, 64.0),
}


def test_every_scene_has_its_landmark():
    assert set(LANDMARKS) == set(SCENES)


@pytest.mark.parametrize("name", LANDMARKS)
def test_the_landmark_is_where_it_is_on_earth(name):
    latitude_deg, longitude_deg, landmark_m = LANDMARKS[name]
    scene = read_scene(name)
    narrower = np.cos(np.radians(latitude_deg))
    north_m = (latitude_deg - scene.origin.latitude_deg) * METRES_PER_DEGREE
    east_m = (longitude_deg - scene.origin.longitude_deg) * METRES_PER_DEGREE * narrower
    buildings = Buildings.from_triangles(scene.triangles_m, scene.box)
    height_m = np.asarray(buildings.height_m)
    row = int((north_m - buildings.y0_m) / buildings.step_m)
    column = int((east_m - buildings.x0_m) / buildings.step_m)
    # 45 m: four decimals are 11 m, the raster 3 m, and the tower of a church is half a
    # nave away from the middle of the building.
    around = height_m[row - 15 : row + 16, column - 15 : column + 16]
    # 1.5 m: a pixel's middle need not be under the very top.
    assert around.max() == pytest.approx(landmark_m, abs=1.5)
