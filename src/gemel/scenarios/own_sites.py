"""Anybody's network, from a table of sites."""

from pathlib import Path

from gemel.errors import InterfaceError
from gemel.interfaces.tables.sites import read_sites
from gemel.scenarios.paris import anfr_plan
from gemel.scenarios.plan import WorldPlan
from gemel.world.density import Density
from gemel.world.planning import plan_inventory

FORMATS = ("csv", "anfr")


def own_sites(
    path: Path,
    seed: int,
    form: str = "csv",
    operator: str | None = None,
    columns: dict[str, str] | None = None,
) -> WorldPlan:
    """A plan from a file. Raises InterfaceError or ScenarioError for what is wrong."""
    if form not in FORMATS:
        raise InterfaceError(
            f"--format {form!r} is unknown; known: {', '.join(FORMATS)}. Choose one."
        )
    if form == "anfr":
        if operator is None:
            raise InterfaceError(
                f"{path} lists several operators. Name one, "
                'e.g. --operator "FREE MOBILE".'
            )
        return anfr_plan(path.stem, path, operator, seed)
    table = read_sites(path, columns)
    if len(table.rows) < 2:
        raise InterfaceError(
            f"{path} has one row; a lone site has no neighbours to be coupled with. "
            "Give a table with at least two rows."
        )
    around = table.neighbourhood_m
    return WorldPlan(
        name=path.stem,
        inventory=plan_inventory(table.rows, table.origin, seed),
        density=Density.around_sites(around[:, 0], around[:, 1]),
        notes=("People are around the sites; the demand curve is our own.",),
    )
