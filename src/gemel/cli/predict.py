"""How loud is a cell where nobody measured it, or a cell that nobody ever measured?"""

from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.calibrate import CellsFile, MapFile
from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json, warn
from gemel.cli.outputs import refuse_outputs
from gemel.cli.patience import patience
from gemel.cli.progress import progress_bar


def predict_command(
    model: Annotated[Path, typer.Option(help="That `gemel calibrate` wrote.")],
    cells: CellsFile,
    points: Annotated[
        Path,
        typer.Option(
            help="Parquet or CSV: cell and a place, as in the measurements; all "
            "columns are kept."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="A new Parquet file (or .csv): the points in their order, with "
            "rsrp_dbm_mean, rsrp_dbm_p10 and rsrp_dbm_p90."
        ),
    ],
    terrain: MapFile = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Predict levels at points by a calibrated model, and how sure they are.

    Of points that cannot be predicted the new columns stay empty.
    """
    # What is checked fast comes first: JAX alone takes seconds to import.
    refuse_outputs(out)
    keep_compiled()
    from gemel.interfaces.tables.points_added import write_points
    from gemel.scenarios.calibrated import predict_at

    with patience() as ctrl_c, progress_bar() as bar:
        tell = ctrl_c.remind(bar)
        found = predict_at(model, cells, points, terrain, tell)
    write_points(out, found.table.columns, found.table.row, found.added)
    skipped = found.table.skipped
    if skipped.rows:
        warn(f"{points}: {skipped.said()}.")
    if found.without_map:
        warn(
            f"{model} was learned without a map, and none is given: the ground is what "
            "the points say of it."
        )
    predicted, rows = len(found.table.row), len(found.table.columns)
    if as_json:
        print_json(
            {
                "out": str(out),
                "rows": rows,
                "predicted": predicted,
                "of_cells_never_measured": found.of_new_cells,
                "skipped": skipped.why,
                "unknown_cells": skipped.unknown_cells,
            }
        )
        return
    new = found.of_new_cells
    typer.echo(
        f"{predicted:,} of {rows:,} points predicted, {new:,} of them of cells without "
        f"a useful measurement: {out}"
    )
