"""When was each row of a table measured?"""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gemel.errors import InterfaceError
from gemel.interfaces.networks.live_reports import monday_of
from gemel.interfaces.tables.points_columns import Columns

TIMES = ("time", "timestamp", "datetime", "date_time", "begin_time", "begintime")
SECONDS = "elapsed_s"


def times_of(columns: Columns) -> tuple[np.ndarray, datetime | None]:
    """Seconds since the Monday before the first row, and that Monday.

    NaN where a row says no time. A column `elapsed_s` counts already, from a Monday
    that nobody knows. Of a time with a zone it is the clock on the wall that counts.

    InterfaceError: no column of time, or nothing in it that is one.
    """
    plain = {name.strip().lower().replace(" ", "_"): name for name in _names(columns)}
    if SECONDS in plain:
        seconds = _own(columns, SECONDS, plain[SECONDS]).numbers(SECONDS)
        return seconds, None
    found = next((plain[name] for name in TIMES if name in plain), None)
    if found is None:
        raise InterfaceError(
            f"{columns.path} has no column time; it has "
            f"{', '.join(_names(columns)[:20])}. Add one such as 2025-01-06T00:15:00, "
            f"or {SECONDS}, seconds since a Monday."
        )
    column = columns.table[found]
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        if getattr(column.type, "tz", None) is not None:
            column = pc.local_timestamp(column)  # type: ignore[attr-defined]
        column = column.cast(pa.timestamp("us"))
        moments = column.to_numpy().astype("datetime64[us]").astype(np.int64)
        seconds = np.where(np.asarray(column.is_null()), np.nan, moments * 1e-6)
    else:
        said, row = _own(columns, "time", found).names("time")
        seconds = np.array([_seconds(text) for text in said], np.float64)[row]
    if not np.isfinite(seconds).any():
        raise InterfaceError(
            f"{columns.path}: nothing in column {found} is a time. "
            "Write 2025-01-06T00:15:00, with a zone or in the network's own."
        )
    first = datetime.fromtimestamp(float(np.nanmin(seconds)), UTC)
    monday = monday_of(first)
    return seconds - monday.timestamp(), monday


def _names(columns: Columns) -> list[str]:
    return list(columns.table.column_names)


def _own(columns: Columns, name: str, theirs: str) -> Columns:
    return Columns(columns.path, columns.table, columns.ours | {name: theirs})


def _seconds(text: str | None) -> float:
    """Since 1970; NaN for what is no time. The wall clock is kept, not the instant:
    a day's demand follows the clock on the wall."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return np.nan
    return when.replace(tzinfo=UTC).timestamp()
