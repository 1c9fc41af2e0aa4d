"""Which place does a command line mean: a scenario by name, or somebody's own sites?"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gemel.cli.columns import renamed
from gemel.errors import ScenarioError

if TYPE_CHECKING:
    from gemel.scenarios.plan import WorldPlan

FormatName = Literal["csv", "anfr"]
ScenarioName = Annotated[
    str | None, typer.Argument(help="Built in: see `gemel scenarios`.")
]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Folder that holds real data.")
]
SitesFile = Annotated[
    Path | None,
    typer.Option(
        "--sites",
        help="Your own network instead: a CSV with site, lat, lon; if you have them "
        "cell, height_m, azimuth_deg, tilt_deg, power_dbm, carrier_ghz, "
        "bandwidth_mhz.",
    ),
]
SitesFormat = Annotated[
    FormatName | None,
    typer.Option(
        "--format", help="Of the sites file: csv, or anfr as France publishes it."
    ),
]
Operator = Annotated[
    str | None, typer.Option("--operator", help="Whose sites of an anfr file.")
]
ModelFile = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="A propagation that `gemel calibrate` wrote, instead of the scenario's.",
    ),
]


@dataclasses.dataclass(frozen=True)
class Place:
    """A place that the command line names.

    name:  also of the results, where nobody says otherwise
    plan:  reads what is needed, which may take seconds; GemelError if that is wrong
    """

    name: str
    plan: Callable[[], "WorldPlan"]


def place_of(
    scenario: str | None,
    seed: int,
    data: Path | None,
    sites: Path | None,
    form: FormatName | None,
    operator: str | None,
    columns: str | None,
    model: Path | None = None,
) -> Place:
    """The place meant, before anything of it is read.

    model:  of a calibrated propagation; None for the scenario's own

    Raises ScenarioError where that is nothing or two things, or an unknown scenario,
    and a usage error where an option has nothing to act on.
    """
    from gemel.scenarios import SCENARIOS

    if (scenario is None) == (sites is None):
        said = "neither is given" if sites is None else "both are given"
        raise ScenarioError(
            f"name either a scenario or a sites file; {said}. "
            f"Scenarios: {', '.join(SCENARIOS)}; or --sites FILE."
        )
    if sites is None:
        for option, value in (
            ("--format", form),
            ("--operator", operator),
            ("--columns", columns),
        ):
            _refuse_idle(option, value, "goes only with --sites FILE.")
        if scenario not in SCENARIOS:
            raise ScenarioError(
                f"there is no scenario {scenario!r}. Known: {', '.join(SCENARIOS)}; "
                "or give your own network with --sites FILE."
            )
        return _with(model, scenario, lambda: SCENARIOS[scenario].build(seed, data))
    _refuse_idle("--data", data, "goes only with a scenario.")
    if form == "anfr":
        _refuse_idle("--columns", columns, "goes only with --format csv.")
        if operator is None:
            raise typer.BadParameter(
                f"{sites} lists several operators. Name one, "
                'e.g. --operator "FREE MOBILE".',
                param_hint="--format",
            )
    else:
        _refuse_idle("--operator", operator, "goes only with --format anfr.")
    names = renamed(columns)

    def plan() -> "WorldPlan":
        from gemel.scenarios.own_sites import own_sites

        return own_sites(sites, seed, form or "csv", operator, names)

    return _with(model, sites.stem, plan)


def _with(model: Path | None, name: str, plan: Callable[[], "WorldPlan"]) -> Place:
    if model is None:
        return Place(name, plan)

    def calibrated() -> "WorldPlan":
        from gemel.scenarios.calibrated_plan import calibrated_plan

        return calibrated_plan(plan, model)

    return Place(name, calibrated)


def _refuse_idle(option: str, value: Any, why: str) -> None:
    if value is not None:
        raise typer.BadParameter(f"{why} Leave it out.", param_hint=option)
