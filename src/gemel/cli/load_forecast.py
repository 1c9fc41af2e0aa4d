"""How busy will every cell be in the next hour, or over the next day?"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json, warn
from gemel.cli.outputs import refuse_outputs, typed, write_page_with
from gemel.cli.patience import patience
from gemel.cli.progress import progress_bar

if TYPE_CHECKING:
    from gemel.twin.season.rolling import Standing

LEARN_H = 96
# More wait for one another where processors are shared: many times as slow there, and
# hardly faster elsewhere with so few rows.
ONE_THREAD = 1
HORIZONS = {"1h": 1, "24h": 24}
LoadFile = Annotated[
    Path,
    typer.Option(
        "--load",
        help="Hourly loads, CSV (also .gz) or Parquet: Time, BS, CellName, load "
        "(0 to 1).",
    ),
]


def forecast_command(
    load: LoadFile,
    out: Annotated[
        Path, typer.Option(help="A new Parquet file, or .csv: a row a forecast.")
    ],
    horizon: Annotated[
        Literal["1h", "24h"], typer.Option(help="How far ahead.")
    ] = "1h",
    learn_h: Annotated[
        int | None,
        typer.Option(
            "--learn-h",
            min=2,
            help="Hours at the beginning that are learned from; the rest is forecast, "
            "each hour from what was known before it.  [96, at most all]",
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Page with pictures.")
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Forecast the load of every cell, with intervals, beyond the end of a table too.

    Where the table knows better, the forecasts are held against it, and against two
    guesses: no change, and as yesterday.
    """
    refuse_outputs(out, report)
    from gemel.interfaces.tables.load_table import HOUR_S, read_load, told_skipped

    table = read_load(load)
    hours = len(table.load)
    if learn_h is not None and learn_h > hours:
        raise typer.BadParameter(
            f"{learn_h} hours are more than the {hours} of {load}. Give fewer.",
            param_hint="--learn-h",
        )
    keep_compiled()
    from gemel.interfaces.learning.boosting import grow
    from gemel.interfaces.tables.load_table_forecasts import write_forecasts
    from gemel.twin.season.learning import fit
    from gemel.twin.season.rolling import roll, standing

    learned = min(LEARN_H if learn_h is None else learn_h, hours)
    with patience() as ctrl_c, progress_bar() as bar:
        tell = ctrl_c.remind(bar)
        tell("learning", 0.0)
        model = fit(
            table.load[:learned],
            float(HOUR_S),
            starts_s=table.starts_s,
            most=1.0,
            grow=partial(grow, threads=ONE_THREAD),
            seed=seed,
        )
        periods = HORIZONS[horizon]
        rolled = roll(model, table.load, learned, periods, table.starts_s, tell)
    stood = standing(rolled, table.load, model.slots) if learned < hours else None
    page = None
    if report is not None:
        from gemel.report.load_forecast import load_page

        page = load_page(
            table.load,
            table.station,
            rolled,
            stood,
            horizon,
            learned,
            typed("forecast"),
        )
    rows = write_forecasts(out, table, rolled)
    write_page_with(out, report, page)
    if skipped := told_skipped(table):
        warn(skipped)
    answer = _answer(out, report, horizon, learned, table.load.shape, rows, stood)
    answer["skipped"] = table.skipped
    if as_json:
        print_json(answer)
        return
    _print(answer, stood)


def _answer(
    out: Path,
    report: Path | None,
    horizon: str,
    learned: int,
    shape: tuple[int, ...],
    rows: int,
    stood: "Standing | None",
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "out": str(out),
        "report": None if report is None else str(report),
        "horizon": horizon,
        "hours": shape[0],
        "cells": shape[1],
        "learned_h": learned,
        "rows": rows,
    }
    if stood is None or stood.of_values == 0:
        return answer
    answer |= {
        "values": stood.of_values,
        "compared": stood.compared,
        "error": _known(stood.error),
        "error_all": _known(stood.error_all),
        "persistence": _known(stood.persistence),
        "yesterday": _known(stood.yesterday),
        "below_persistence_percent": _known(100 * stood.below_persistence)
        if stood.persistence > 0
        else None,
        "below_yesterday_percent": _known(100 * stood.below_yesterday)
        if stood.yesterday > 0
        else None,
        "covered_percent": _known(100 * stood.covered),
    }
    return answer


def _known(value: float) -> float | None:
    return round(value, 5) if value == value else None  # NaN is no JSON


def _print(answer: dict[str, Any], stood: "Standing | None") -> None:
    typer.echo(
        f"{answer['cells']:,} cells, {answer['hours']:,} hours; learned from the first "
        f"{answer['learned_h']:,}, forecast {answer['horizon']} ahead"
    )
    if answer.get("error") is not None:
        typer.echo(
            f"mean absolute error   {answer['error']:.4f} of 1, over "
            f"{answer['compared']:,} values\n"
            f"no change             {answer['persistence']:.4f}, we are "
            f"{answer['below_persistence_percent']:.1f} % below\n"
            f"as yesterday          {answer['yesterday']:.4f}, we are "
            f"{answer['below_yesterday_percent']:.1f} % below"
        )
    if answer.get("covered_percent") is not None:
        typer.echo(
            f"in the 90 % interval  {answer['covered_percent']:.1f} % of "
            f"{answer['values']:,} values"
        )
    typer.echo(f"{answer['rows']:,} forecasts: {answer['out']}")
    if answer["report"]:
        typer.echo(f"Report: {answer['report']}")
