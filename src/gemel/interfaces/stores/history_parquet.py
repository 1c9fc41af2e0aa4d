"""How do rows of a history look in one Parquet file, and what does its name say?

`kind=reports/000000000041-000000000072.parquet` holds what was appended as the 41st to
the 72nd time. A file whose numbers lie within another's was tidied into it.
"""

import dataclasses
import io
import re
from collections.abc import Mapping
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gemel.errors import InterfaceError
from gemel.twin.history import COLUMNS, KEYS, WORD

SCHEMA_VERSION = 1
VERSION_KEY = b"gemel.schema_version"
NAMED = re.compile(r"(\d{12})-(\d{12})\.parquet")

# What pyarrow raises for bytes that are no Parquet, or no longer.
SPOILT = (pa.ArrowException, OSError, ValueError, EOFError)


@dataclasses.dataclass(frozen=True, order=True)
class Filed:
    """One file of a history.

    first, last:       of the appends it holds
    since_s, until_s:  the first and the last elapsed_s in it
    key_s, key_until_s: the same of what comes first in its rows' key
    """

    first: int
    last: int
    kind: str
    rows: int
    size: int
    since_s: float
    until_s: float
    key_s: float
    key_until_s: float

    @property
    def name(self) -> str:
        """Within the place of the history."""
        return f"{folder_of(self.kind)}/{file_named(self.first, self.last)}"

    def within(self, other: "Filed") -> bool:
        """Whether everything in it is also in the other."""
        inside = other.first <= self.first and self.last <= other.last
        return inside and (self.first, self.last) != (other.first, other.last)


def filed_rows(
    kind: str, span: tuple[int, int], size: int, rows: Mapping[str, np.ndarray]
) -> Filed:
    """What a file with these rows holds; there is at least one."""
    count = len(rows["elapsed_s"])
    ends = (
        float(end)
        for name in ("elapsed_s", KEYS[kind][0])
        for end in (rows[name].min(), rows[name].max())
    )
    return Filed(*span, kind, count, size, *ends)


def folder_of(kind: str) -> str:
    """Of the files of a kind."""
    return f"kind={kind}"


def file_named(first: int, last: int) -> str:
    """So that the order of names is the order of appending."""
    return f"{first:012d}-{last:012d}.parquet"


def span_named(name: str) -> tuple[int, int] | None:
    """The first and last append in a file; None for a name that is not ours."""
    found = NAMED.fullmatch(name)
    return (int(found[1]), int(found[2])) if found else None


def bytes_of(kind: str, rows: Mapping[str, np.ndarray]) -> bytes:
    """The rows as a Parquet file."""
    types = {"f": pa.float64(), "U": pa.string(), "b": pa.bool_()}
    fields = [(n, types[t.kind]) for n, t in COLUMNS[kind].items()]
    schema = pa.schema(fields, metadata={VERSION_KEY: str(SCHEMA_VERSION).encode()})
    arrays = []
    for name, kept in fields:
        column = rows[name]
        if COLUMNS[kind][name] == WORD:
            arrays.append(pa.array(column.tolist(), kept))
        else:
            arrays.append(pa.array(column, kept))
    content = io.BytesIO()
    table = pa.Table.from_arrays(arrays, schema=schema)
    pq.write_table(table, content, compression="zstd", write_page_checksum=True)
    return content.getvalue()


def filed_as(
    kind: str, span: tuple[int, int], size: int, file: IO[bytes], where: str
) -> Filed:
    """What a file holds, going by its footer.

    where:  names it, for messages
    Raises one of `SPOILT` where it is no whole Parquet file, and InterfaceError where
    it is of another schema.
    """
    with pq.ParquetFile(file) as opened:
        footer = opened.metadata
        said = (footer.metadata or {}).get(VERSION_KEY)
        if said is None:
            raise ValueError("it says nothing of its schema_version")
        version = said.decode("utf-8", "replace")
        if version != str(SCHEMA_VERSION):
            raise InterfaceError(
                f"{where} has schema_version {version[:20]!r}; this gemel reads "
                f"{SCHEMA_VERSION}. Use the gemel that wrote it."
            )
        columns = opened.schema_arrow.names
        if missing := [name for name in COLUMNS[kind] if name not in columns]:
            raise ValueError(f"it has no column {', '.join(missing)}")
        ends: list[float] = []
        for name in ("elapsed_s", KEYS[kind][0]):
            ends += _ends(footer, columns.index(name))
        return Filed(*span, kind, footer.num_rows, size, *ends)


def _ends(footer: pq.FileMetaData, column: int) -> tuple[float, float]:
    """The lowest and the highest value of a column."""
    lows, highs = [], []
    for group in range(footer.num_row_groups):
        known = footer.row_group(group).column(column).statistics
        if known is None or not known.has_min_max:
            raise ValueError("it does not say of which time it tells")
        lows.append(float(known.min))
        highs.append(float(known.max))
    if not lows:
        raise ValueError("there is nothing in it")
    return min(lows), max(highs)
