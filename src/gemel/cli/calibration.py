"""Do we get what the industry got for one of its published calibration cases?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import THE_ANSWER_IS_NO, AsJson, LogLevel, Seed, print_json
from gemel.cli.progress import progress_bar

if TYPE_CHECKING:
    from gemel.scenarios.calibration.outcome import Calibration


def calibration(
    case: Annotated[
        str, typer.Argument(help="E.g. uma-6ghz; a wrong one lists all that are known.")
    ],
    drops: Annotated[
        int | None,
        typer.Option(
            help="Worlds to draw, 360 to 1,140 users each. "
            "[as many as make chance small]"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for picture and numbers, a new one. [gemel-CASE]"),
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> int | None:
    """Coupling gain and geometry of a published case, beside what companies got.

    The exit code is 1 if something is outside their range. With --json no picture is
    drawn unless --out says where.
    """
    # What is checked fast comes first: JAX alone takes seconds to import.
    from gemel.scenarios.calibration.cases import case_named

    known = case_named(case)
    if drops is not None and drops < 1:
        raise typer.BadParameter(
            f"{drops} measure nothing. Give 1 or more.", param_hint="--drops"
        )
    from gemel.report.folder import claim_folder, release_folder

    folder = None
    if out is not None or not as_json:
        folder = claim_folder(out, known.name)
    try:
        if folder is not None:
            from gemel.report.calibration import refuse_overwriting

            refuse_overwriting(folder)
        from gemel.scenarios.calibration.outcome import calibrate

        keep_compiled()
        with progress_bar() as tell:
            result = calibrate(known.name, drops, seed, tell)
        picture = None if folder is None else _written(result, folder)
    finally:
        if folder is not None:
            release_folder(folder)  # it stays if something is in it
    if as_json:
        print_json(result.as_json())
    else:
        _print(result, picture)
    return THE_ANSWER_IS_NO if result.fits is False else None


def _written(result: "Calibration", folder: Path) -> Path:
    """The picture and the numbers are in the folder; the way to the picture."""
    from gemel.report.calibration import calibration_picture, write_calibration

    picture = calibration_picture(result.case.title, result.compared())
    return write_calibration(folder, picture, result.as_json())


def _print(result: "Calibration", picture: Path | None) -> None:
    from rich.console import Console

    from gemel.report.compared import print_calibration

    console = Console(highlight=False)
    console.print(result.case.title, style="bold", markup=False)
    console.print(
        f"{result.users:,} users in {result.drops:,} drops, seed {result.seed}"
    )
    console.print()
    print_calibration(result.compared(), console)
    console.print()
    console.print(result.in_words(), markup=False)
    if picture is not None:
        console.print(f"Picture: {picture}", soft_wrap=True, markup=False)
