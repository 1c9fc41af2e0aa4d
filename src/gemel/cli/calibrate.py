"""What do measurements teach about a network's propagation, and about its inventory?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json, warn
from gemel.cli.outputs import refuse_outputs, typed, write_page_with
from gemel.cli.patience import patience
from gemel.cli.progress import progress_bar

if TYPE_CHECKING:
    from gemel.scenarios.calibrated import Calibration

SHOWN = 20  # suspects of the table on a terminal; page and --json have all
CellsFile = Annotated[
    Path,
    typer.Option(
        "--cells",
        help="The inventory, a CSV: cell, azimuth_deg and a place (lat and lon, "
        "x_utm48n and y_utm48n, or x_m and y_m); if you have them height_m, "
        "electrical_downtilt_deg, mechanical_downtilt_deg, freq_mhz, rs_power_dbm, "
        "site_altitude_m, site_building_height_m, site_clutter.",
    ),
]
MapFile = Annotated[
    Path | None,
    typer.Option(
        "--map",
        help="Rasters, an .npz: altitude, building_height, clutter, x0, y0, step.",
    ),
]


def calibrate_command(
    cells: CellsFile,
    measurements: Annotated[
        Path,
        typer.Option(
            help="Parquet or CSV: cell, rsrp_dbm and a place (x_m and y_m on the grid "
            "of the cells, or lat and lon)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="File for the model, a new one.")],
    terrain: MapFile = None,
    report: Annotated[
        Path | None, typer.Option(help="Page with the doubtful cells, a new HTML file.")
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Learn the propagation of a network from measured levels, for `gemel predict`.

    Names the cells whose levels contradict the inventory: a wrong azimuth, or sectors
    that were swapped.
    """
    # What is checked fast comes first: JAX alone takes seconds to import.
    refuse_outputs(out, report)
    keep_compiled()
    from gemel.interfaces.tables.points_model import write_learned
    from gemel.scenarios.calibrated import learn_from

    with patience() as ctrl_c, progress_bar() as bar:
        tell = ctrl_c.remind(bar)
        found = learn_from(cells, measurements, terrain, seed, tell)
    page = None
    if report is not None:
        from gemel.report.suspects_page import render_page

        page = render_page(found.findings, typed("calibrate"))
    write_learned(out, found.learned)
    write_page_with(out, report, page)
    if found.skipped.rows:
        warn(f"{measurements}: {found.skipped.said()}.")
    if as_json:
        print_json(_as_json(found, out, report))
        return
    _print(found, out, report)


def _as_json(found: "Calibration", out: Path, report: Path | None) -> dict[str, Any]:
    from gemel.report.plain import plain
    from gemel.report.suspects import as_json

    return plain(
        {
            "out": str(out),
            "report": None if report is None else str(report),
            **as_json(found.findings),
            "skipped": found.skipped.why,
            "unknown_cells": found.skipped.unknown_cells,
        }
    )


def _print(found: "Calibration", out: Path, report: Path | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from gemel.report.suspects import TABLE_HEADS, in_words, table_row

    console = Console(highlight=False, markup=False)
    findings = found.findings
    console.print(in_words(findings), soft_wrap=True)
    if findings.suspects:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
        for number, head in enumerate(TABLE_HEADS):
            table.add_column(head, justify="right" if number else "left")
        for one in findings.suspects[:SHOWN]:
            table.add_row(*table_row(one))
        console.print()
        console.print(table)
        if (more := len(findings.suspects) - SHOWN) > 0:
            console.print(f"and {more} more; --report and --json have all of them")
    console.print(f"\nModel: {out}", soft_wrap=True)
    if report is not None:
        console.print(f"Report: {report}", soft_wrap=True)
