"""Which place does a command line mean: a scenario by name, or somebody's own sites?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemel.errors import ScenarioError

if TYPE_CHECKING:
    from gemel.scenarios.plan import WorldPlan

ScenarioName = Annotated[
    str | None, typer.Argument(help="Built in: see `gemel scenarios`.")
]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Folder that holds real data.")
]
SitesFile = Annotated[
    Path | None, typer.Option("--sites", help="Your own network: a table of sites.")
]
SitesFormat = Annotated[
    str, typer.Option("--format", help="Of the sites file: csv or anfr.")
]
Operator = Annotated[
    str | None, typer.Option("--operator", help="Whose sites of an anfr file.")
]
Columns = Annotated[
    str | None,
    typer.Option("--columns", help="Names of a table's columns: lat=Latitude,…"),
]


def columns_of(text: str | None) -> dict[str, str] | None:
    """ "lat=Latitude,lon=Longitude" as a dictionary; ScenarioError for anything else."""
    if text is None:
        return None
    pairs = [part.split("=", 1) for part in text.split(",") if part.strip()]
    if not pairs or any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise ScenarioError(
            f"--columns {text!r} is not of the form ours=theirs,ours=theirs. "
            "Give e.g. --columns lat=Latitude,lon=Longitude."
        )
    return {ours.strip(): theirs.strip() for ours, theirs in pairs}


def plan_of(
    scenario: str | None,
    seed: int,
    data: Path | None,
    sites: Path | None,
    form: str,
    operator: str | None,
    columns: str | None,
) -> "WorldPlan":
    """The plan meant. Raises GemelError where that is nothing, or two things."""
    from gemel.scenarios import SCENARIOS
    from gemel.scenarios.own_sites import own_sites

    if (scenario is None) == (sites is None):
        raise ScenarioError(
            "name either a scenario or a sites file. "
            f"Scenarios: {', '.join(SCENARIOS)}; or give --sites FILE."
        )
    if sites is not None:
        return own_sites(sites, seed, form, operator, columns_of(columns))
    if scenario not in SCENARIOS:
        raise ScenarioError(
            f"there is no scenario {scenario!r}. Known: {', '.join(SCENARIOS)}; "
            "or give your own with --sites FILE."
        )
    return SCENARIOS[scenario].build(seed, data)
