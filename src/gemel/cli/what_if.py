"""What would happen if these knobs were turned?"""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gemel.cli.columns import Columns
from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json
from gemel.cli.patience import patience
from gemel.cli.places import (
    DataFolder,
    ModelFile,
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

    from gemel.interfaces.tables.what_if_candidates import Asked
    from gemel.scenarios.asking import Answer, CellAnswer, Reply

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
    fail_site: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-site", metavar="NAME", help="All its cells are dead. Repeatable."
        ),
    ] = None,
    new_site: Annotated[
        list[str] | None,
        typer.Option(
            "--new-site",
            metavar="WHAT",
            help="x_m=..,y_m=..,carrier_ghz=.. and if you like height_m=.., "
            "azimuth_deg=0/120/240, tilt_deg=.., power_dbm=..; its cells are called "
            "new-1-1 and so on. Repeatable.",
        ),
    ] = None,
    crowd: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="x_m=..,y_m=..,radius_m=..,factor=..: so much more is wanted there.",
        ),
    ] = None,
    candidates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Compare many at once: TOML with [[candidate]] (name, changes, "
            "fail_sites, new_sites, crowd), or CSV with columns name, change.",
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
    model: ModelFile = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Forecast the KPIs of a quarter of an hour with a change and without it.

    With --candidates each of many is compared with today, all with the same luck.
    """
    # What is checked fast comes first: JAX alone takes seconds to import.
    place = place_of(scenario, seed, data, sites, form, operator, columns, model)
    asked = _asked(change, fail_site, new_site, crowd, candidates)
    from gemel.scenarios.asking import ask_many, hour_of_day
    from gemel.scenarios.changes import read_change
    from gemel.scenarios.what_if_events import read_crowd, read_new_site

    hour_of_day(hour)
    for one in asked:
        for text in one.changes:
            read_change(text)
        for text in one.new_sites:
            read_new_site(text)
        if one.crowd is not None:
            read_crowd(one.crowd)
    plan = place.plan()
    keep_compiled()
    with patience() as ctrl_c, progress_bar() as bar:
        tell = ctrl_c.remind(bar)
        replies = ask_many(plan, asked, hour, seed, tell)
    if as_json:
        print_json(_as_json(place.name, hour, replies, many=candidates is not None))
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(
        f"{place.name} from {_clock(hour)} to {_clock(hour + 0.25)}, seed {seed}",
        style="bold",
    )
    if candidates is not None:
        console.print(f"{len(replies)} candidates, change against today\n")
        console.print(_comparison(replies))
        return
    for text in asked[0].says:
        console.print(text)
    console.print()
    console.print(_table(list(replies[0].answers)))
    if replies[0].cells:
        console.print("\nCells that feel it most", style="bold")
        console.print(_cells(replies[0].cells))
    console.print(
        "\n98 of 100 outcomes lie in the interval below each number. Both futures "
        "share one luck, so a change may be surer than what it leads to.",
        style="dim",
    )


def _asked(
    changes: list[str] | None,
    fail_sites: list[str] | None,
    new_sites: list[str] | None,
    crowd: str | None,
    candidates: Path | None,
) -> list["Asked"]:
    given = (changes, fail_sites, new_sites, crowd)
    if candidates is None and not any(given):
        raise ScenarioError(
            "nothing to change. Give at least one --change 'cell=NAME,tilt_deg=+2', "
            "or --fail-site, --new-site, --crowd or --candidates."
        )
    if candidates is not None and any(given):
        raise typer.BadParameter(
            "brings its own changes. Give either the file or the other options.",
            param_hint="--candidates",
        )
    from gemel.interfaces.tables.what_if_candidates import Asked, read_candidates

    if candidates is not None:
        return read_candidates(candidates)
    return [
        Asked(
            "change",
            tuple(changes or ()),
            tuple(fail_sites or ()),
            tuple(new_sites or ()),
            crowd,
        )
    ]


def _as_json(
    name: str, hour: float, replies: list["Reply"], many: bool
) -> dict[str, Any]:
    from gemel.report.plain import plain

    head: dict[str, Any] = {"scenario": name, "hour": hour}
    if many:
        named = [{"name": reply.asked.name} | _reply(reply) for reply in replies]
        return plain(head | {"candidates": named})
    return plain(head | _reply(replies[0]))


def _reply(reply: "Reply") -> dict[str, Any]:
    asked = reply.asked
    said: dict[str, Any] = {"changes": list(asked.changes)}
    # What nobody asked for is not told of either.
    for key in ("fail_sites", "new_sites"):
        if getattr(asked, key):
            said[key] = list(getattr(asked, key))
    if asked.crowd is not None:
        said["crowd"] = asked.crowd
    return said | {
        "kpis": [_answer(answer) for answer in reply.answers],
        "cells": [
            {"cell": one.cell, "measurements": [_answer(a) for a in one.answers]}
            for one in reply.cells
        ],
    }


def _answer(answer: "Answer") -> dict[str, Any]:
    return {"name": answer.name, "unit": answer.unit} | {
        when: dict(zip(BAND, getattr(answer, when), strict=True)) for when in WHEN
    }


def _comparison(replies: list["Reply"]) -> "Table":
    """A line a candidate: what it would change, and by how much for sure."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("\ncandidate", overflow="fold", min_width=9)
    for answer in replies[0].answers:
        name, unit, _ = _shown(answer)
        table.add_column(f"{name}\n{unit}", justify="right", overflow="fold")
    for reply in replies:
        told = []
        for answer in reply.answers:
            _, _, scale = _shown(answer)
            low, mean, high = (scale * value for value in answer.change)
            told.append(f"{_said(mean, '+')} ±{_said(0.5 * (high - low), '')}")
        table.add_row(reply.asked.name, *told)
    table.caption = ", ".join(f"{short}: {name}" for name, short in SHORT.items())
    return table


SHORT = {
    "AveDLRANUEThpt": "rate",
    "LowDLRANUEThptRatio": "slow",
    "AveDLPrbLoad": "load",
    "HighDLPrbLoadRatio": "full",
    "RANEnergyConsumption": "energy",
    "UEThpDl5thPercentile": "edge",
    "UsersBelowCoverageFloor": "dark",
}


def _shown(answer: "Answer") -> tuple[str, str, float]:
    """People read 405.2 Mbit/s; programs get the standard's kbit/s."""
    large = answer.unit == "kbit/s"
    unit, scale = ("Mbit/s", 1e-3) if large else (answer.unit, 1.0)
    return SHORT.get(answer.name, answer.name), unit, scale


CELLS_SHOWN = 10


def _cells(cells: tuple["CellAnswer", ...]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("cell", overflow="fold")
    for title in ("load %", "change", "Mbit/s", "change"):
        table.add_column(title, justify="right", overflow="fold")
    for one in cells[:CELLS_SHOWN]:
        load, throughput = one.answers[:2]
        row = []
        for answer in (load, throughput):
            _, _, scale = _shown(answer)
            row += [
                _said(scale * answer.after[1], ""),
                _said(scale * answer.change[1], "+"),
            ]
        table.add_row(one.cell, *row)
    if len(cells) > CELLS_SHOWN:
        table.caption = f"and {len(cells) - CELLS_SHOWN} more: see --json"
    return table


def _table(answers: list["Answer"]) -> "Table":
    """Two lines a KPI, so that names and intervals fit into 80 columns."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column("KPI", overflow="fold")
    for title in WHEN:
        table.add_column(title, justify="right", overflow="fold")
    for answer in answers:
        _, unit, scale = _shown(answer)
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
