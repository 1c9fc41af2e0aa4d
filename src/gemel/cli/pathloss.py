"""How much does one link lose on its way, or a whole table of links?"""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gemel.cli.columns import renamed
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json, warn

ModelName = Literal[
    "uma",
    "umi",
    "rma",
    "inh",
    "inh-open",
    "inh-mixed",
    "inf-sl",
    "inf-dl",
    "inf-sh",
    "inf-dh",
    "inf-hh",
]


def pathloss(
    model: Annotated[
        ModelName, typer.Option(help="Of 3GPP TR 38.901, table 7.4.1-1.")
    ] = "uma",
    line_of_sight: Annotated[
        bool, typer.Option("--los/--nlos", help="Do they see each other?")
    ] = True,
    carrier_ghz: Annotated[
        float | None, typer.Option(help="Of the carrier, e.g. 3.5.")
    ] = None,
    distance_2d_m: Annotated[
        float | None, typer.Option("--distance-2d-m", help="Along the ground.")
    ] = None,
    base_height_m: Annotated[
        float | None, typer.Option(help="Of the antenna above ground.")
    ] = None,
    user_height_m: Annotated[float, typer.Option(help="Of the user.")] = 1.5,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Many links instead: a CSV with the columns model, los, carrier_ghz, "
            "distance_2d_m, base_height_m, user_height_m."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="CSV to write: the table with loss_db and valid added."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Names in the table, e.g. distance_2d_m=d,carrier_ghz=f."),
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """The path loss of one link, or of every link of a table.

    Not valid: outside the range the source speaks for, an extrapolation. A line on
    stderr says so, too.
    """
    needed = {
        "--carrier-ghz": carrier_ghz,
        "--distance-2d-m": distance_2d_m,
        "--base-height-m": base_height_m,
    }
    if table is not None:
        if given := [name for name, value in needed.items() if value is not None]:
            raise typer.BadParameter(
                f"goes without {', '.join(given)}; the table says it. Leave one out.",
                param_hint="--table",
            )
        if out is None:
            raise typer.BadParameter(
                "needs --out FILE.csv to write to.", param_hint="--table"
            )
        _many_links(table, out, columns, as_json)
        return
    if out is not None or columns is not None:
        raise typer.BadParameter(
            "goes only with --table FILE.csv. Add it.",
            param_hint="--out" if out is not None else "--columns",
        )
    if missing := [name for name, value in needed.items() if value is None]:
        raise typer.BadParameter(
            f"give {', '.join(missing)}, or --table FILE.csv for many links.",
            param_hint="one link",
        )
    _refuse_nonsense({**needed, "--user-height-m": user_height_m})
    link = {
        "model": model,
        "line_of_sight": line_of_sight,
        "carrier_ghz": carrier_ghz,
        "distance_2d_m": distance_2d_m,
        "base_height_m": base_height_m,
        "user_height_m": user_height_m,
    }
    loss_db, valid = _one_link(link)
    if not valid:
        warn(
            f"this link is outside the range that TR 38.901 gives {model}; its loss is "
            "an extrapolation."
        )
    if as_json:
        print_json({**link, "loss_db": loss_db, "valid": valid})
        return
    typer.echo(f"path loss  {loss_db:.1f} dB")
    inside = "yes" if valid else f"no: outside the range that TR 38.901 gives {model}"
    typer.echo(f"valid      {inside}")


def _refuse_nonsense(numbers: dict[str, float | None]) -> None:
    """A usage error that names the option whose number no link can have."""
    from gemel.interfaces.tables.links import complaint_about

    for option, value in numbers.items():
        if value is None:
            continue
        column = option.removeprefix("--").replace("-", "_")
        if (complaint := complaint_about(column, value)) is not None:
            raise typer.BadParameter(complaint, param_hint=option)


def _one_link(link: dict[str, Any]) -> tuple[float, bool]:
    """Loss in dB, and whether it is inside the range of the path loss."""
    from gemel.interfaces.tables.links import LinkRow, path_losses

    loss_db, valid = path_losses([LinkRow(**link)])
    return float(loss_db[0]), bool(valid[0])


def _many_links(table: Path, out: Path, columns: str | None, as_json: bool) -> None:
    from gemel.interfaces.tables.links import path_losses, read_links, write_links

    links = read_links(table, renamed(columns))
    loss_db, valid = path_losses(links.rows)
    write_links(out, links, loss_db, valid)
    outside = len(valid) - int(valid.sum())
    if outside:
        first = links.source.rows[int(valid.argmin())]
        warn(
            f"{outside} of {len(valid)} links are outside the range of their model, "
            f"the first in {first.where}; the column valid of {out} says which."
        )
    if as_json:
        print_json({"out": str(out), "links": len(valid), "outside_range": outside})
        return
    typer.echo(f"{len(valid)} links written to {out}, {outside} outside the range")
