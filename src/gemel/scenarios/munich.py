"""Central Munich: real buildings, sites that we planned on real roofs."""

from pathlib import Path

from gemel.interfaces.maps.scenes import read_scene
from gemel.scenarios.plan import WorldPlan
from gemel.world.buildings import Buildings
from gemel.world.density import Density
from gemel.world.planner import plan_roof_sites
from gemel.world.planning import plan_inventory


def munich(seed: int, data: Path | None = None) -> WorldPlan:
    """The map comes with a dependency: works everywhere, offline."""
    scene = read_scene("munich")
    buildings = Buildings.from_triangles(scene.triangles_m, scene.box)
    rows = plan_roof_sites(buildings, seed)
    return WorldPlan(
        name="munich",
        inventory=plan_inventory(rows, scene.origin, seed),
        density=Density.from_building_volume(buildings),
        buildings=buildings,
        attribution=(scene.attribution,),
        notes=(
            "Sites were put on real roofs by gemel's own planner: where the true ones "
            "stand is not public.",
            "People are where the building volume is; the demand curve is our own.",
        ),
    )
