"""What does a CSV table say, whoever saved it with whatever program?"""

import csv
import dataclasses
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gemel.errors import InterfaceError
from gemel.interfaces.tables.rows import Row, shown

LARGEST_BYTES = 64 * 2**20  # a million rows; more is a database, not a table
SHOWN_COLUMNS = 20  # of a list in a message, which stays one line
# Tabulator, line ends and form feed are text; other control characters are not.
BINARY = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
PACKED = {
    b"PK\x03\x04": "a spreadsheet or zip archive. Save the sheet as CSV",
    b"\x1f\x8b": "compressed with gzip. Unpack it first: gunzip FILE",
    b"PAR1": "a Parquet file. Export it as CSV",
}


@dataclasses.dataclass(frozen=True)
class Table:
    """A whole table; rows that say nothing at all are left out.

    header:   the columns' names as the file has them
    columns:  as we call them, in the same order
    """

    path: Path
    header: tuple[str, ...]
    columns: tuple[str, ...]
    delimiter: str
    rows: tuple[Row, ...]

    def need(self, *wanted: str) -> None:
        """InterfaceError if a column is missing: lists those there are."""
        if missing := [name for name in wanted if name not in self.columns]:
            there = ", ".join(self.columns[:SHOWN_COLUMNS])
            raise InterfaceError(
                f"{self.path}, row 1: no column {', '.join(missing)}; it has {there}. "
                f"Rename a column or pass --columns {missing[0]}=NAME, as in "
                "--columns lat=Latitude,lon=Longitude."
            )

    def with_known(self, synonyms: Mapping[str, tuple[str, ...]]) -> "Table":
        """The same table with our names for the columns we know by another name.

        A column that already carries our name (in any case) goes before a synonym.
        """
        plain = {_plain(name): name for name in self.columns}
        ours: dict[str, str] = {}
        for name, others in synonyms.items():
            found = next((plain[n] for n in (name, *others) if n in plain), None)
            if found is not None and found not in ours:
                ours[found] = name
        return _renamed(self, ours)


def read_table(path: Path | str, columns: Mapping[str, str] | None = None) -> Table:
    """A CSV file as rows of text.

    path:     UTF-8 or UTF-16 with a mark, UTF-8 without, else Windows-1252 or
              Latin-1; columns parted by comma, semicolon or tabulator; any line end
    columns:  our name → the file's name, for columns that are called otherwise

    InterfaceError: the file cannot be read, is no text, is empty, has a header only,
    two columns of one name, a row of another length, or lacks a column of `columns`.
    """
    path = Path(path)
    text = _decoded(path, _bytes_of(path))
    first = next((line for line in _lines(text) if line.strip()), None)
    if first is None:
        raise InterfaceError(
            f"{path}, row 1: the table is empty. Give a CSV with a header row."
        )
    delimiter = max(";\t,", key=lambda mark: len(_split(first, mark)))
    records = _records(path, text, delimiter)
    header = _header(path, next(records)[1])
    index = {name: at for at, name in enumerate(header)}
    rows = tuple(
        Row(
            file=str(path),
            number=number,
            cells=_fitted(path, number, cells, len(header)),
            index=index,
            decimal_comma=delimiter != ",",
        )
        for number, cells in records
    )
    if not rows:
        raise InterfaceError(
            f"{path}, row 2: there are no rows yet. Add rows below "
            f"{shown(first.strip())}."
        )
    table = Table(path, header, header, delimiter, rows)
    table.need(*(columns or {}).values())
    return _renamed(table, {theirs: ours for ours, theirs in (columns or {}).items()})


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise InterfaceError(f"{path} is a folder. Give the CSV file inside it.")
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise InterfaceError(
                f"{path} has {size / 2**20:.0f} MiB; a table may have "
                f"{LARGEST_BYTES // 2**20}. Cut it down to your area first."
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise InterfaceError(
            f"there is no file {path}. Give the path of a CSV table."
        ) from None
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. Check the path and its rights."
        ) from None


def _decoded(path: Path, raw: bytes) -> str:
    for mark, kind in PACKED.items():
        if raw.startswith(mark):
            raise InterfaceError(f"{path} is {kind}.")
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not BINARY.search(text):
            return text
        break
    raise InterfaceError(f"{path} is not text. Give a table saved as CSV.")


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")  # leaves line ends inside quotes as they are


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter))


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise InterfaceError(
            f"{path}, row {number + 1}: {error}. Close every quote and double a quote "
            'inside a quoted cell ("").'
        ) from None


def _header(path: Path, cells: list[str]) -> tuple[str, ...]:
    names = [cell.strip() for cell in cells]
    while not names[-1]:  # spreadsheets leave empty columns at the right
        names.pop()
    header = tuple(name or f"column {at}" for at, name in enumerate(names, start=1))
    for name in header:
        if header.count(name) > 1:
            raise InterfaceError(
                f"{path}, row 1: two columns are called {shown(name)}. Rename one."
            )
    return header


def _fitted(path: Path, number: int, cells: list[str], wide: int) -> tuple[str, ...]:
    while len(cells) > wide and not cells[-1].strip():
        cells.pop()
    if len(cells) != wide:
        raise InterfaceError(
            f"{path}, row {number} has {len(cells)} cells and the header {wide}. Add "
            "or remove a separator there, or quote the cell that holds one."
        )
    return tuple(cells)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _renamed(table: Table, ours: Mapping[str, str]) -> Table:
    header = tuple(ours.get(name, name) for name in table.columns)
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise InterfaceError(
            f"{table.path} would have two columns {twice}. Rename the one that you do "
            "not mean."
        )
    index = {name: at for at, name in enumerate(header)}
    rows = tuple(dataclasses.replace(row, index=index) for row in table.rows)
    return dataclasses.replace(table, columns=header, rows=rows)
