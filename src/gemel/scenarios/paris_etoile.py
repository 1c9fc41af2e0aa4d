"""Around the Arc de Triomphe: real sites, real buildings, rays traced between them."""

import dataclasses
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.downloads import find_dataset
from gemel.interfaces.maps.coordinates import latitude_longitude_deg, local_m
from gemel.interfaces.maps.scenes import Scene, read_scene
from gemel.interfaces.raytracing.survey import Antenna, Survey
from gemel.interfaces.tables.anfr import ATTRIBUTION, read_anfr
from gemel.interfaces.tables.sites import SiteTable
from gemel.network.radio_maps import Grid
from gemel.scenarios.plan import WorldPlan
from gemel.world.buildings import Box, Buildings
from gemel.world.density import Density
from gemel.world.inventory import PlannedCell, SiteRow
from gemel.world.planning import plan_inventory

# Of the operators in the official list the one with the most outdoor 5G sites here: 14,
# 8 of them on the map, where Free Mobile has 7 and 2 (2026).
OPERATOR = "ORANGE"
AROUND_M = 300.0  # sites so near the map are heard on it
STEP_M = 5.0
LEVEL_M = (1.5, 10.5, 19.5)  # a hand in the street, on the fourth and the seventh floor


def paris_etoile(seed: int, data: Path | None = None) -> WorldPlan:
    """Outdoor 5G sites of Orange within 300 m of the scene `etoile`.

    Antennas that stand on the scene get ray-traced maps of the built part of it.
    InterfaceError when no data is at hand or rays cannot be traced here.
    """
    scene = read_scene("etoile")
    path = find_dataset("paris", data)
    rows = rows_around(scene, read_anfr(path, OPERATOR))
    if not rows:
        raise InterfaceError(
            f"{path} has no outdoor 5G site of {OPERATOR} within {AROUND_M:g} m of "
            "the Arc de Triomphe's surroundings. Load it again: gemel data get paris"
        )
    inventory = plan_inventory(rows, scene.origin, seed)
    survey = Survey(scene, antennas_on(scene, inventory.cells), grid_over(scene))
    survey.check()
    buildings = Buildings.from_triangles(scene.triangles_m, scene.box)
    sites = {cell.site for cell in inventory.cells}
    lowest_ghz = min(cell.carrier_ghz for cell in inventory.cells)
    layered = {c.site for c in inventory.cells if c.carrier_ghz > lowest_ghz}
    traced = {(antenna.x_m, antenna.y_m) for antenna in survey.antennas}
    return WorldPlan(
        name="paris-etoile",
        inventory=inventory,
        density=Density.from_building_volume(buildings),
        buildings=buildings,
        survey=survey,
        attribution=(ATTRIBUTION, scene.attribution),
        notes=(
            "Positions, heights and carriers are official; azimuths and tilts are not "
            "published and follow gemel's planning rules.",
            f"What arrives from {len(traced)} of the {len(sites)} sites was found by "
            "tracing rays (sionna-rt); where no ray came, and from the other sites, "
            "TR 38.901 UMa holds, with line of sight by the map.",
            f"The official list names a second carrier at {len(layered)} of these "
            "sites: only there is something that may sleep.",
            "Stand-in and twin share the traced maps, so the twin errs less than it "
            "would about a real network.",
            "People are where the building volume is; the demand curve is our own.",
        ),
    )


def rows_around(scene: Scene, table: SiteTable) -> tuple[SiteRow, ...]:
    """The rows within AROUND_M of the scene's ground, in its frame, to the decimetre.

    The register gives positions to about ten metres.
    """
    assert table.origin is not None
    place_m = np.array([(row.x_m, row.y_m) for row in table.rows])
    degrees = latitude_longitude_deg(table.origin, place_m)
    scene_m = local_m(scene.origin, degrees[:, 0], degrees[:, 1]).round(1)
    return tuple(
        dataclasses.replace(row, x_m=x_m, y_m=y_m)
        for row, (x_m, y_m) in zip(table.rows, scene_m.tolist(), strict=True)
        if _within(scene.box, x_m, y_m, AROUND_M)
    )


def antennas_on(scene: Scene, cells: tuple[PlannedCell, ...]) -> tuple[Antenna, ...]:
    """Every place and carrier whose antennas stand on the scene's ground, once."""
    found = (
        Antenna(cell.x_m, cell.y_m, cell.height_m, cell.carrier_ghz)
        for cell in cells
        if _within(scene.box, cell.x_m, cell.y_m, 0.0)
    )
    return tuple(dict.fromkeys(found))


def grid_over(scene: Scene) -> Grid:
    """Pixels over the built part: beyond it the scene's ground is empty, Paris not."""
    place_m = scene.triangles_m[..., :2].reshape(-1, 2)
    west, south = (int(edge) for edge in np.floor(place_m.min(axis=0) / STEP_M))
    east, north = (int(edge) for edge in np.ceil(place_m.max(axis=0) / STEP_M))
    return Grid(
        x0_m=west * STEP_M,
        y0_m=south * STEP_M,
        step_m=STEP_M,
        rows=north - south,
        columns=east - west,
        level_m=LEVEL_M,
    )


def _within(box: Box, x_m: float, y_m: float, margin_m: float) -> bool:
    return (
        box.west_m - margin_m <= x_m <= box.east_m + margin_m
        and box.south_m - margin_m <= y_m <= box.north_m + margin_m
    )
