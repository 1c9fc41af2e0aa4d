"""Where do the results of a day go, whole or not at all?"""

import contextlib
import itertools
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as parquet

from gemel.errors import InterfaceError
from gemel.report.plain import plain
from gemel.report.results import DayResult
from gemel.report.summary import as_json
from gemel.report.tables import (
    SCHEMA_VERSION,
    cell_periods_table,
    cells_table,
    periods_table,
)

CLAIM = ".gemel-claim"  # holds how many folders we made, so that as many are undone


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_page(result: DayResult, path: Path) -> None:
    # Plotting is heavy: a folder that cannot be claimed is told without it.
    from gemel.report.page import render_page

    _write_text(path, render_page(result))


def _write_periods(result: DayResult, path: Path) -> None:
    parquet.write_table(periods_table(result), path)


def _write_cells(result: DayResult, path: Path) -> None:
    parquet.write_table(cells_table(result), path)


def _write_cell_periods(result: DayResult, path: Path) -> None:
    parquet.write_table(cell_periods_table(result), path)


def _write_journal(result: DayResult, path: Path) -> None:
    entries = [{"schema_version": SCHEMA_VERSION, **entry} for entry in result.journal]
    _write_text(path, "".join(json.dumps(plain(entry)) + "\n" for entry in entries))


def _write_summary(result: DayResult, path: Path) -> None:
    summary = {"schema_version": SCHEMA_VERSION, **as_json(result)}
    _write_text(path, json.dumps(summary, indent=2) + "\n")


# The summary comes last: who finds it finds everything.
WRITERS: dict[str, Callable[[DayResult, Path], None]] = {
    "report.html": _write_page,
    "periods.parquet": _write_periods,
    "cells.parquet": _write_cells,
    "cell_periods.parquet": _write_cell_periods,
    "journal.jsonl": _write_journal,
    "summary.json": _write_summary,
}


def claim_folder(out: Path | None, scenario: str) -> Path:
    """The folder for the results, made and tried out before the work begins.

    Without `out` it is gemel-SCENARIO in the current folder, or the first of
    gemel-SCENARIO-2, -3 ... that does not exist yet.

    Raises InterfaceError if the folder holds results already or cannot be written.
    """
    folder = Path(f"gemel-{_as_name(scenario)}") if out is None else out
    try:
        if out is None:
            folder = _make_fresh(folder)
            made = 1
        else:
            made = _make(folder)
        _refuse_results(folder)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    claim = folder / CLAIM
    claimed = claim.exists()  # by an earlier call, which knows what was made
    try:
        if not claimed:
            claim.write_text(f"{made}\n", encoding="utf-8")
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(4096))  # a disk may be too full for a block
    except OSError as error:
        release_folder(folder, None if claimed else made)
        raise _cannot_write(folder, error) from error
    return folder


def release_folder(folder: Path, made: int | None = None) -> None:
    """Give a claimed folder back: as empty as it was, and gone if we made it.

    made: how many folders we made; None reads it from the claim.
    """
    claim = folder / CLAIM
    try:
        if made is None:
            made = int(claim.read_text(encoding="utf-8"))
        claim.unlink(missing_ok=True)
        for ours in [folder, *folder.parents][:made]:
            ours.rmdir()
    except (OSError, ValueError):
        return  # no claim of ours, or somebody put something there: it stays


def write_results(result: DayResult, folder: Path) -> None:
    """Write every file of the results into the folder, or none of them.

    Raises InterfaceError if the folder holds results already, or on any OSError;
    then nothing of ours is left, not even the folder if we made it.
    """
    claim_folder(folder, result.scenario)  # does nothing twice
    try:
        with contextlib.ExitStack() as undo:
            undo.callback(release_folder, folder)
            # Inside the folder, which may be a disk of its own that takes no rename.
            with tempfile.TemporaryDirectory(prefix=".gemel-", dir=folder) as partial:
                for name, write in WRITERS.items():
                    write(result, Path(partial) / name)
                for name in WRITERS:
                    path = (Path(partial) / name).rename(folder / name)
                    undo.callback(path.unlink, missing_ok=True)
            undo.pop_all()  # all is well: nothing to undo
        (folder / CLAIM).unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _make(folder: Path) -> int:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return len(missing)


def _make_fresh(folder: Path) -> Path:
    for number in itertools.count(1):
        fresh = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        if not fresh.exists():
            fresh.mkdir()
            return fresh
    raise AssertionError("counting ended")


def _as_name(scenario: str) -> str:
    """A scenario's name as a folder's: a file given as scenario lends its stem."""
    return re.sub(r"[^\w.-]+", "-", Path(scenario).stem).strip("-.") or "day"


def _refuse_results(folder: Path) -> None:
    if held := [name for name in WRITERS if (folder / name).exists()]:
        raise InterfaceError(
            f"{folder} already holds {held[0]}; nothing is overwritten. "
            "Choose another folder with --out DIR."
        )


def _cannot_write(folder: Path, error: OSError) -> InterfaceError:
    why = error.strerror or " ".join(str(error).split()) or type(error).__name__
    return InterfaceError(
        f"cannot write results to {folder}: {why}. "
        "Make room or choose another place with --out DIR."
    )
