"""What do the columns of an hourly table say, be it CSV, packed with gzip, or Parquet?

Hundreds of thousands of rows are read by columns; a cell that is no number is NaN.
"""

import dataclasses
import gzip
import io
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from gemel.errors import InterfaceError
from gemel.interfaces.tables.rows import shown

GZIP_MARK, PARQUET_MARK = b"\x1f\x8b", b"PAR1"
LARGEST_BYTES = 2**30  # unpacked: ten million rows, more than a region in a week
PIECE_BYTES = 2**20
SHOWN_COLUMNS = 20  # of a list in a message, which stays one line


@dataclasses.dataclass(frozen=True)
class HourlyColumns:
    """The columns that were asked for, every one as text."""

    path: Path
    columns: dict[str, pa.ChunkedArray]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def names(self, column: str) -> tuple[list[str], np.ndarray]:
        """The distinct texts of a column, and which of them every row says; "" where
        the cell is empty."""
        coded = pc.dictionary_encode(self.columns[column].combine_chunks())  # type: ignore[attr-defined]
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        return coded.dictionary.to_pylist(), np.asarray(coded.indices)

    def numbers(self, column: str) -> np.ndarray:
        """A column as float64; NaN where there is no finite number."""
        said, which = self.names(column)
        known = np.array([_number(text) for text in said])
        return known[which] if len(known) else np.zeros(0)


def read_hourly(
    path: Path | str, needed: tuple[str, ...], welcome: tuple[str, ...] = ()
) -> HourlyColumns:
    """The needed columns of a table, and the welcome ones that it has.

    path:  CSV with a header row (comma, semicolon or tabulator), plain or packed with
           gzip, or Parquet

    InterfaceError: no such file, nothing in it, no rows, cut short, or a needed column
    is missing.
    """
    path = Path(path)
    raw = _bytes_of(path)
    table = _parquet(path, raw) if raw.startswith(PARQUET_MARK) else _csv(path, raw)
    there = [name.strip() for name in table.column_names]
    table = table.rename_columns(there)
    if missing := [name for name in needed if name not in there]:
        raise InterfaceError(
            f"{path} has no column {', '.join(missing)}; it has "
            f"{shown_list(there, SHOWN_COLUMNS)}. Add or rename a column."
        )
    if table.num_rows == 0:
        raise InterfaceError(f"{path} has no rows. Give a table with at least one.")
    chosen = [*needed, *(name for name in welcome if name in there)]
    return HourlyColumns(path, {name: _as_text(table[name]) for name in chosen})


def shown_list(names: list[str], most: int) -> str:
    """The names in one line, and how many more there are."""
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise InterfaceError(f"{path} is a folder. Give the table inside it.")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise _too_large(path)
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InterfaceError(
            f"there is no file {path}. Give the path of a CSV or Parquet table."
        ) from None
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. Check the path and its rights."
        ) from None
    if raw.startswith(GZIP_MARK):
        raw = _unpacked(path, raw)
    if not raw.strip():
        raise InterfaceError(f"{path} is empty. Give a CSV or Parquet table.")
    return raw


def _unpacked(path: Path, raw: bytes) -> bytes:
    whole = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            while piece := packed.read(PIECE_BYTES):
                whole.write(piece)
                # A small file may unpack to anything: asked before it is held.
                if whole.tell() > LARGEST_BYTES:
                    raise _too_large(path)
    except (EOFError, zlib.error, OSError):
        raise InterfaceError(
            f"{path} is cut short or spoilt: gzip cannot unpack it. Fetch it again."
        ) from None
    return whole.getvalue()


def _too_large(path: Path) -> InterfaceError:
    return InterfaceError(
        f"{path} holds more than {LARGEST_BYTES / 2**30:.0f} GiB. Cut it down first."
    )


def _parquet(path: Path, raw: bytes) -> pa.Table:
    try:
        return pq.read_table(io.BytesIO(raw))
    except (pa.ArrowException, OSError, EOFError):
        raise InterfaceError(
            f"{path} is cut short or no Parquet. Fetch it again."
        ) from None


def _csv(path: Path, raw: bytes) -> pa.Table:
    try:
        header = raw[: raw.find(b"\n") + 1 or len(raw)].decode("utf-8-sig")
        mark = max(";\t,", key=header.count)
        names = [name.strip("\r\n").strip('"') for name in header.split(mark)]
        return pa_csv.read_csv(
            io.BytesIO(raw),
            parse_options=pa_csv.ParseOptions(delimiter=mark),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in names}
            ),
        )
    except (UnicodeDecodeError, pa.ArrowException) as error:
        short = shown(" ".join(str(error).split()))
        raise InterfaceError(
            f"{path} is no table of text: {short}. Give a CSV or Parquet table."
        ) from None


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = column.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(text)  # type: ignore[attr-defined]
    return pc.fill_null(trimmed, "")  # type: ignore[attr-defined]


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return np.nan
    return value if np.isfinite(value) else np.nan
