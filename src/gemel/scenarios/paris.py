"""Paris: the real sites of one operator, from the official list."""

from pathlib import Path

from gemel.interfaces.downloads import find_dataset
from gemel.interfaces.tables.anfr import ATTRIBUTION, read_anfr
from gemel.scenarios.plan import WorldPlan
from gemel.world.density import Density
from gemel.world.planning import plan_inventory

OPERATOR = "FREE MOBILE"


def paris(seed: int, data: Path | None = None) -> WorldPlan:
    """Outdoor 5G sites of Free Mobile; InterfaceError when no data is at hand."""
    return anfr_plan("paris", find_dataset("paris", data), OPERATOR, seed)


def anfr_plan(name: str, path: Path, operator: str, seed: int) -> WorldPlan:
    """Any file of the same kind, any operator in it."""
    table = read_anfr(path, operator)
    around = table.neighbourhood_m
    return WorldPlan(
        name=name,
        inventory=plan_inventory(table.rows, table.origin, seed),
        density=Density.around_sites(around[:, 0], around[:, 1]),
        attribution=(ATTRIBUTION,),
        notes=(
            "Positions, heights and carriers are official; azimuths and tilts are not "
            "published and follow gemel's planning rules.",
            "People are around the outdoor sites of every operator in the file; the "
            "demand curve is our own.",
        ),
    )
