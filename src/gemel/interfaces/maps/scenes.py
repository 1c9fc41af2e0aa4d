"""Which city scenes does sionna-rt bring along, and what stands in them?

The meshes are read straight from the wheel's folder: importing the package would take
seconds and start a compiler, for triangles alone.
"""

import dataclasses
import importlib.util
import re
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int32

from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.maps.ply import read_ply
from gemel.world.buildings import Box
from gemel.world.inventory import Origin

ATTRIBUTION = "Buildings © OpenStreetMap contributors (ODbL), meshes from sionna-rt"
# Where each scene's own origin is on Earth; a test finds a landmark of each by it.
SCENES = {
    "munich": Origin(48.13797, 11.57577),
    "etoile": Origin(48.873449, 2.296767),
    "florence": Origin(43.77338, 11.25479),
    "san_francisco": Origin(37.80172, -122.41282),
}
GROUND_FILES = ("ground.ply", "Plane.ply", "Terrain.ply")
PART_OF_BUILDING = re.compile(r"-(itu_[a-z]+|roof|wall|[0-9a-f]{6})$")
LEVEL_M = 0.01  # a ground mesh that rises less is a plane


@dataclasses.dataclass(frozen=True)
class Scene:
    """One city.

    triangles_m:  corners, each (east, north, up); up is above the street
    building:     which building each triangle belongs to, 0, 1, 2 …
    box:          of the ground
    origin:       where (0, 0) is on Earth
    attribution:  to be shown with whatever is made from it
    """

    name: str
    triangles_m: Float32[np.ndarray, "triangle 3 3"]
    building: Int32[np.ndarray, " triangle"]
    box: Box
    origin: Origin
    attribution: str = ATTRIBUTION


def read_scene(name: str) -> Scene:
    """The buildings of one of SCENES.

    Where the ground is hilly (San Francisco) each building is lowered onto the plane by
    its own lowest corner: heights above the street stay true, the hills are lost.

    Raises ScenarioError for an unknown name, InterfaceError when the wheel is missing
    or one of its meshes cannot be read.
    """
    if name not in SCENES:
        raise ScenarioError(f"no scene is called {name!r}. Take one of {list(SCENES)}.")
    folder = _meshes_folder(name)
    paths = sorted(folder.glob("*.ply"))
    grounds_m = [
        read_ply(path).reshape(-1, 3) for path in paths if path.name in GROUND_FILES
    ]
    paths = [path for path in paths if path.name not in GROUND_FILES]
    if not grounds_m or not paths:
        raise InterfaceError(
            f"{folder} has {len(grounds_m)} ground and {len(paths)} building meshes; "
            "a city needs both. Install it again: "
            "pip install --force-reinstall sionna-rt"
        )
    ground_m = np.concatenate(grounds_m)
    meshes_m = [read_ply(path) for path in paths]

    names = [PART_OF_BUILDING.sub("", path.stem) for path in paths]
    number = {stem: index for index, stem in enumerate(dict.fromkeys(names))}
    building = np.repeat(
        np.array([number[stem] for stem in names], np.int32),
        [len(mesh_m) for mesh_m in meshes_m],
    )
    triangles_m = np.concatenate(meshes_m)
    if np.ptp(ground_m[:, 2]) > LEVEL_M:
        triangles_m = _lowered(triangles_m, building, len(number))
    west_m, south_m = (float(edge) for edge in ground_m[:, :2].min(axis=0))
    east_m, north_m = (float(edge) for edge in ground_m[:, :2].max(axis=0))
    box = Box(west_m, south_m, east_m, north_m)
    return Scene(name, triangles_m, building, box, SCENES[name])


def _meshes_folder(name: str) -> Path:
    # The parent's spec alone: asking for "sionna.rt" would import "sionna".
    spec = importlib.util.find_spec("sionna")
    for root in (spec and spec.submodule_search_locations) or ():
        folder = Path(root) / "rt" / "scenes" / name / "meshes"
        if folder.is_dir():
            return folder
    raise InterfaceError(
        f"the buildings of {name!r} come with sionna-rt, which is not installed here. "
        "Run: pip install sionna-rt"
    )


def _lowered(
    triangles_m: Float32[np.ndarray, "triangle 3 3"],
    building: Int32[np.ndarray, " triangle"],
    buildings: int,
) -> Float32[np.ndarray, "triangle 3 3"]:
    base_m = np.full(buildings, np.inf, np.float32)
    np.minimum.at(base_m, building, triangles_m[:, :, 2].min(axis=1))
    lowered_m = triangles_m.copy()
    lowered_m[:, :, 2] -= base_m[building][:, None]
    return lowered_m
