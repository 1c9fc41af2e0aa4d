"""What would happen if these knobs were turned?"""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gemel.cli.columns import Columns
from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json
from gemel.cli.places import (
    DataFolder,
    Operator,
    ScenarioName,
    SitesFile,
    SitesFormat,
    place_of,
)
from gemel.cli.progress import progress_bar
from gemel.errors import ScenarioError

if TYPE_CHECKING:
    from rich.table import Table

    from gemel.scenarios.asking import Answer

WHEN = ("before", "after", "change")
BAND = ("low", "mean", "high")


def what_if_command(
    scenario: ScenarioName = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            help="cell=NAME,tilt_deg=+2 (or -2; =2 without a sign sets it); knobs: "
            "tilt_deg, azimuth_deg, power_dbm, cio_db, margin_db, awake. May be "
            "repeated."
        ),
    ] = None,
    hour: Annotated[
        float, typer.Option(help="Of the day, when it begins.", min=0.0, max=23.75)
    ] = 20.0,
    data: DataFolder = None,
    sites: SitesFile = None,
    form: SitesFormat = None,
    operator: Operator = None,
    columns: Columns = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Forecast the KPIs of a quarter of an hour with a change and without it."""
    # What is checked fast comes first: JAX alone takes seconds to import.
    place = place_of(scenario, seed, data, sites, form, operator, columns)
    if not change:
        raise ScenarioError(
            "nothing to change. Give at least one --change 'cell=NAME,tilt_deg=+2'."
        )
    from gemel.scenarios.asking import ask, hour_of_day
    from gemel.scenarios.changes import read_change

    hour_of_day(hour)
    for text in change:
        read_change(text)
    plan = place.plan()
    keep_compiled()
    with progress_bar() as tell:
        answers = ask(plan, change, hour, seed, tell)
    if as_json:
        print_json(_as_json(place.name, hour, change, answers))
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(
        f"{place.name} from {_clock(hour)} to {_clock(hour + 0.25)}, seed {seed}",
        style="bold",
    )
    for text in change:
        console.print(text)
    console.print()
    console.print(_table(answers))
    console.print(
        "\n98 of 100 outcomes lie in the interval below each number. Both futures "
        "share one luck, so a change may be surer than what it leads to.",
        style="dim",
    )


def _as_json(
    name: str, hour: float, changes: list[str], answers: list["Answer"]
) -> dict[str, Any]:
    from gemel.report.plain import plain

    return plain(
        {
            "scenario": name,
            "hour": hour,
            "changes": changes,
            "kpis": [
                {"name": answer.name, "unit": answer.unit}
                | {
                    when: dict(zip(BAND, getattr(answer, when), strict=True))
                    for when in WHEN
                }
                for answer in answers
            ],
        }
    )


def _table(answers: list["Answer"]) -> "Table":
    """Two lines a KPI, so that names and intervals fit into 80 columns."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column("KPI", overflow="fold")
    for title in WHEN:
        table.add_column(title, justify="right", overflow="fold")
    for answer in answers:
        # People read 405.2 Mbit/s; programs get the standard's kbit/s.
        large = answer.unit == "kbit/s"
        unit, scale = ("Mbit/s", 1e-3) if large else (answer.unit, 1.0)
        means, bands = [], []
        for when in WHEN:
            sign = "+" if when == "change" else ""
            low, mean, high = (
                _said(scale * value, sign) for value in getattr(answer, when)
            )
            means.append(mean)
            bands.append(f"{low} to {high}")
        table.add_row(answer.name, *means)
        table.add_row(f"  {unit}", *bands, style="dim")
    return table


def _said(value: float, sign: str) -> str:
    """Four figures or so; what is no number at all is n/a."""
    if not math.isfinite(value):
        return "n/a"
    size = abs(value)
    digits = 0 if size >= 1_000 else 1 if size >= 100 else 2
    rounded = round(value, digits) + 0.0  # no minus in front of a nought
    return f"{rounded:{sign if rounded else ''},.{digits}f}"


def _clock(hour: float) -> str:
    minutes = round(60 * hour)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
