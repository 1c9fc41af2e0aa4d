"""What would happen if these knobs were turned?"""

from typing import Annotated

import typer

from gemel.cli.frame import AsJson, LogLevel, Seed, print_json
from gemel.cli.places import (
    Columns,
    DataFolder,
    Operator,
    ScenarioName,
    SitesFile,
    SitesFormat,
    plan_of,
)
from gemel.cli.progress import progress_bar
from gemel.errors import ScenarioError


def what_if_command(
    scenario: ScenarioName = None,
    change: Annotated[
        list[str] | None,
        typer.Option(help="cell=NAME,tilt_deg=+2 and so on; may be repeated."),
    ] = None,
    hour: Annotated[float, typer.Option(help="Of the day, 0 to 23.75.")] = 20.0,
    data: DataFolder = None,
    sites: SitesFile = None,
    form: SitesFormat = "csv",
    operator: Operator = None,
    columns: Columns = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Forecast the KPIs of a quarter of an hour with a change and without it."""
    if not change:
        raise ScenarioError(
            "nothing to change. Give at least one --change 'cell=NAME,tilt_deg=+2'."
        )
    from gemel.scenarios.asking import ask

    plan = plan_of(scenario, seed, data, sites, form, operator, columns)
    with progress_bar() as tell:
        answers = ask(plan, change, hour, seed, tell)
    if as_json:
        band = ("low", "mean", "high")
        print_json(
            {
                "scenario": plan.name,
                "hour": hour,
                "changes": change,
                "kpis": [
                    {"name": a.name, "unit": a.unit}
                    | {
                        when: dict(zip(band, getattr(a, when), strict=True))
                        for when in ("before", "after", "change")
                    }
                    for a in answers
                ],
            }
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("KPI", "unit", box=None, pad_edge=False)
    for title in ("before", "after", "change"):
        table.add_column(f"{title} (98 in 100)", justify="right")
    for a in answers:
        cells = [_band(getattr(a, when)) for when in ("before", "after", "change")]
        table.add_row(a.name, a.unit, *cells)
    Console(highlight=False).print(table)


def _band(band: tuple[float, float, float]) -> str:
    low, mean, high = (f"{value:,.4g}" for value in band)
    return f"{mean} ({low} to {high})"
