"""What do the columns of a large table say, be it Parquet or CSV?

A million rows are read by columns; a cell of text that is no number is unknown there.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from gemel.errors import InterfaceError
from gemel.interfaces.tables.rows import shown

PARQUET_MARK = b"PAR1"
SHOWN_COLUMNS = 20
# Our column → what others call it.
SYNONYMS = {
    "cell": ("cell_id", "cell_name", "sector_name"),
    "lat": ("latitude", "latitude_deg", "lat_deg"),
    "lon": ("longitude", "longitude_deg", "lon_deg", "lng", "long"),
    "x_m": ("x", "east_m", "easting", "easting_m"),
    "y_m": ("y", "north_m", "northing", "northing_m"),
    "rsrp_dbm": ("rsrp", "ss_rsrp", "ss_rsrp_dbm"),
    "altitude_m": ("altitude",),
    "building_height_m": ("building_height",),
    "clutter": ("clutter_class",),
}


@dataclasses.dataclass(frozen=True)
class Columns:
    """A table by columns.

    table:  as it was read, to be given back with more columns
    ours:   our name of a column → its own
    """

    path: Path
    table: pa.Table
    ours: dict[str, str]

    def __len__(self) -> int:
        return self.table.num_rows

    def need(self, *wanted: str) -> None:
        """InterfaceError if a column is missing: lists those there are."""
        if missing := [name for name in wanted if name not in self.ours]:
            there = ", ".join(self.table.column_names[:SHOWN_COLUMNS])
            raise InterfaceError(
                f"{self.path} has no column {', '.join(missing)}; it has {there}. "
                "Add or rename a column."
            )

    def numbers(self, name: str) -> np.ndarray:
        """A column as float64; NaN where it is absent, says nothing, or no number."""
        if name not in self.ours:
            return np.full(len(self), np.nan)
        column = self.table[self.ours[name]]
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            trimmed = pc.utf8_trim_whitespace(column)  # type: ignore[attr-defined]
            number = pc.match_substring_regex(  # type: ignore[attr-defined]
                trimmed, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
            )
            nothing = pa.scalar(None, kind)
            column = pc.if_else(number, trimmed, nothing)  # type: ignore[attr-defined]
        elif not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            raise InterfaceError(
                f"{self.path}: column {self.ours[name]} holds {kind}. Give numbers."
            )
        values = column.cast(pa.float64(), safe=False)
        return np.asarray(values.to_numpy(), np.float64)

    def names(self, name: str) -> tuple[list[str | None], np.ndarray]:
        """The distinct texts of a column, and which of them every row says."""
        column = self.table[self.ours[name]].combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        coded = pc.dictionary_encode(  # type: ignore[attr-defined]
            column, null_encoding="encode"
        )
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        said = [_as_name(value) for value in coded.dictionary.to_pylist()]
        return said, np.asarray(coded.indices.to_numpy(zero_copy_only=False))


def read_columns(path: Path | str) -> Columns:
    """A Parquet file, or a CSV with a header row (comma, semicolon or tabulator).

    InterfaceError: there is no such file, it is empty, has no rows, or is cut short.
    """
    path = Path(path)
    table = _parquet(path) if _is_parquet(path) else _csv(path)
    if table.num_rows == 0:
        raise InterfaceError(f"{path} has no rows. Give a table with at least one.")
    plain = {name.strip().lower().replace(" ", "_"): name for name in reversed(
        table.column_names
    )}  # fmt: skip
    ours = {}
    for name, others in SYNONYMS.items():
        found = next((plain[each] for each in (name, *others) if each in plain), None)
        if found is not None:
            ours[name] = found
    return Columns(path, table, ours)


def _is_parquet(path: Path) -> bool:
    """By its first bytes, or by its name where those are spoilt. InterfaceError: it
    cannot be read, or there is nothing in it."""
    if path.is_dir():
        raise InterfaceError(f"{path} is a folder. Give the table inside it.")
    try:
        with open(path, "rb") as file:
            mark = file.read(len(PARQUET_MARK))
    except FileNotFoundError:
        raise InterfaceError(
            f"there is no file {path}. Give the path of a Parquet or CSV table."
        ) from None
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. Check the path and its rights."
        ) from None
    if not mark:
        raise InterfaceError(f"{path} is empty. Give a Parquet or CSV table.")
    return mark == PARQUET_MARK or path.suffix.lower() == ".parquet"


def _parquet(path: Path) -> pa.Table:
    try:
        return pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError, EOFError) as error:
        raise InterfaceError(
            f"{path} is cut short or no Parquet: {_short(error)}. Fetch it again."
        ) from error


def _csv(path: Path) -> pa.Table:
    try:
        with open(path, encoding="utf-8-sig", errors="strict") as file:
            header = file.readline()
        mark = max(";\t,", key=header.count)
        as_text = {name.strip(' "\r\n'): pa.string() for name in header.split(mark)}
        return pa_csv.read_csv(
            path,
            parse_options=pa_csv.ParseOptions(delimiter=mark),
            convert_options=pa_csv.ConvertOptions(
                column_types=as_text, strings_can_be_null=True, null_values=[""]
            ),
        )
    except UnicodeDecodeError as error:
        raise InterfaceError(
            f"{path} is neither Parquet nor text. Give a Parquet or CSV table."
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise InterfaceError(
            f"{path} is no table: {_short(error)}. Give a Parquet or CSV table."
        ) from error


def _as_name(value: object) -> str | None:
    """A cell's name as an inventory writes it: whole numbers have no point."""
    if value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value).strip() or None


def _short(error: Exception) -> str:
    return shown(" ".join(str(error).split()) or type(error).__name__)
