"""How busy was every cell in every hour, and how long did it save energy?

A row a cell and hour: `Time, BS, CellName, load`, and as many `ESMode…` columns, the
share of the hour in one energy-saving mode, as there are.
"""

import dataclasses
import datetime
import re
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.tables.load_table_columns import HourlyColumns, read_hourly

NEEDED = ("Time", "BS", "CellName", "load")
MODES = tuple(f"ESMode{number}" for number in range(1, 7))
FORMS = ("%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
SECONDS = re.compile(r"(?<=\d\d:\d\d):\d\d(\.\d+)?(Z|\+00:00)?$")
HOUR_S = 3_600
MOST_HOURS = 24 * 400  # a grid of hours must end somewhere: a wrong year would not


@dataclasses.dataclass(frozen=True)
class LoadTable:
    """Hours down, cells across; NaN where the table has no usable row.

    station, cell:  names, one a column
    first:          the hour of the first row
    said:           hour → the text that the table has for it
    load:           0..1 of the resource blocks, [hour, cell]
    saving:         share of the hour in each mode, [hour, cell, mode]
    skipped:        why rows were left out → how many
    """

    path: Path
    station: tuple[str, ...]
    cell: tuple[str, ...]
    first: datetime.datetime
    said: dict[int, str]
    load: np.ndarray
    saving: np.ndarray
    skipped: dict[str, int]

    @property
    def starts_s(self) -> float:
        """Seconds from midnight to the first hour."""
        return float(self.first.hour * HOUR_S)

    @property
    def first_hour(self) -> int:
        """Hours since the year 1, as `hours_of` counts."""
        return _hours_since(self.first)

    def time_of(self, hour: int) -> datetime.datetime:
        """When an hour of the grid is, beyond its end too."""
        return self.first + datetime.timedelta(hours=hour)


def read_load(path: Path | str) -> LoadTable:
    """The load table on a grid of hours.

    Rows without a readable time, with a load that is no number or outside 0..1, or that
    say an hour again are counted and left out.

    InterfaceError: as `read_hourly`, or no row is of use.
    """
    rows = read_hourly(path, NEEDED, MODES)
    time, stamps = hours_of(rows)
    stations, station = rows.names("BS")
    cells, cell = rows.names("CellName")
    load = rows.numbers("load")
    unread = time < 0
    nameless = (_empty(stations)[station] | _empty(cells)[cell]) & ~unread
    unknown = np.isnan(load) & ~unread & ~nameless
    outside = ((load < 0.0) | (load > 1.0)) & ~unread & ~nameless
    good = ~(unread | nameless | unknown | outside)
    pair = station.astype(np.int64) * len(cells) + cell
    codes, column = np.unique(pair[good], return_inverse=True)
    if not good.any():
        raise InterfaceError(
            f"{rows.path} has no row of use: "
            f"{_counts(unread, nameless, unknown, outside)}. Give loads from 0 to 1 "
            "with a time such as 1/31/2023 23:00."
        )
    first = int(time[good].min())
    hours = int(time[good].max()) - first + 1
    if hours > MOST_HOURS:
        raise InterfaceError(
            f"{rows.path} reaches from {_at(first)} to {_at(first + hours - 1)}, which "
            "is more than 400 days. Correct the years or cut it."
        )
    hour = time[good] - first
    # The first row about an hour stands; what comes again is counted.
    _, fresh = np.unique(hour * len(codes) + column, return_index=True)
    grid = np.full((hours, len(codes)), np.nan)
    grid[hour[fresh], column[fresh]] = load[good][fresh]
    saving = np.full((hours, len(codes), len(MODES)), np.nan)
    for number, mode in enumerate(MODES):
        share = rows.numbers(mode) if mode in rows.columns else np.zeros(len(rows))
        share = np.where((share >= 0.0) & (share <= 1.0), share, 0.0)
        saving[hour[fresh], column[fresh], number] = share[good][fresh]
    skipped = {
        "time not readable": int(unread.sum()),
        "no station or cell named": int(nameless.sum()),
        "load not a number": int(unknown.sum()),
        "load outside 0 to 1": int(outside.sum()),
        "hour said before": int(good.sum() - len(fresh)),
    }
    return LoadTable(
        path=rows.path,
        station=tuple(stations[code // len(cells)] for code in codes),
        cell=tuple(cells[code % len(cells)] for code in codes),
        first=_at(first),
        said={at - first: text for at, text in stamps.items()},
        load=grid,
        saving=saving,
        skipped={why: many for why, many in skipped.items() if many},
    )


def hours_of(rows: HourlyColumns) -> tuple[np.ndarray, dict[int, str]]:
    """Hours since the year 1 of every row, -1 where not readable, and how the table
    writes each hour."""
    said, which = rows.names("Time")
    hours = np.array([_hour(text) for text in said], np.int64)
    stamps = {int(at): text for at, text in zip(hours, said, strict=True) if at >= 0}
    return hours[which], stamps


def _hour(text: str) -> int:
    plain = SECONDS.sub("", text)
    for form in FORMS:
        try:
            read = datetime.datetime.strptime(plain, form)
        except ValueError:
            continue
        return _hours_since(read)
    return -1


def _hours_since(time: datetime.datetime) -> int:
    return int((time - datetime.datetime.min).total_seconds() // HOUR_S)


def _at(hour: int) -> datetime.datetime:
    return datetime.datetime.min + datetime.timedelta(hours=int(hour))


def _empty(names: list[str]) -> np.ndarray:
    return np.array([not name for name in names], bool)


def _counts(*why: np.ndarray) -> str:
    words = (
        "without a readable time",
        "without a name",
        "without a load",
        "with a load outside 0 to 1",
    )
    found = [
        f"{int(rows.sum()):,} {text}"
        for rows, text in zip(why, words, strict=True)
        if rows.any()
    ]
    return ", ".join(found)


def told_skipped(table: LoadTable) -> str:
    """What was left out and why, in one line; nothing if all was of use."""
    if not table.skipped:
        return ""
    total = sum(table.skipped.values())
    why = ", ".join(f"{text} ({many:,})" for text, many in table.skipped.items())
    return f"{table.path}: {total:,} rows skipped: {why}."
