"""How does a table go back to its owner with a few columns more?"""

import csv
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from gemel.errors import InterfaceError
from gemel.interfaces.tables.reading import Table


def refuse_taken(table: Table, names: Sequence[str]) -> None:
    """InterfaceError if the table already has a column that we would add."""
    if taken := [name for name in names if name in table.header]:
        raise InterfaceError(
            f"{table.path} already has a column {taken[0]}, which we would write. "
            "Rename or remove it."
        )


def refuse_existing(path: Path | str) -> None:
    """InterfaceError if there is such a file: nothing is overwritten silently."""
    if Path(path).exists():
        raise InterfaceError(
            f"{path} exists and is not overwritten. Give another --out or remove it."
        )


def write_with(
    path: Path | str, table: Table, added: Mapping[str, Sequence[str]]
) -> None:
    """The table as it was read, with columns of text at its end, one cell a row.

    Rows, columns, cells and the separator stay as they were. The file appears whole or
    not at all.

    InterfaceError: the file exists, or its folder does not or cannot be written.
    """
    path = Path(path)
    refuse_existing(path)
    cells = zip(*added.values(), strict=True)
    try:
        with tempfile.TemporaryDirectory(
            dir=path.parent, prefix=".writing-"
        ) as scratch:
            half = Path(scratch) / "table"
            with half.open("w", encoding="utf-8", newline="") as file:
                out = csv.writer(file, delimiter=table.delimiter, lineterminator="\n")
                out.writerow([*table.header, *added])
                for row, more in zip(table.rows, cells, strict=True):
                    out.writerow([*row.cells, *more])
            os.replace(half, path)
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be written: {error.strerror}. Give an --out in a folder "
            "that exists and is yours."
        ) from None
