"""What is in a history: how much of what, from when to when, and what is spoilt?"""

import dataclasses
from datetime import datetime

import numpy as np

from gemel.interfaces.stores.history_duckdb import DuckHistory
from gemel.twin.history import KINDS


@dataclasses.dataclass(frozen=True)
class Contents:
    """Of one kind, or of one name within a kind.

    since_s, until_s:  first and last time of a row; None where there is none
    present:           share of values that were there; None where rows have none
    """

    name: str
    rows: int
    since_s: float | None
    until_s: float | None
    files: int | None = None
    size: int | None = None
    cells: int | None = None
    present: float | None = None


def contents_of(history: DuckHistory) -> tuple[Contents, ...]:
    """Kind by kind, by the footers of the files alone."""
    found = []
    for kind in KINDS:
        files = history.files(kind)
        found.append(
            Contents(
                kind,
                sum(each.rows for each in files),
                min((each.since_s for each in files), default=None),
                max((each.until_s for each in files), default=None),
                len(files),
                sum(each.size for each in files),
            )
        )
    return tuple(found)


def names_of(history: DuckHistory, kind: str) -> tuple[Contents, ...]:
    """Name by name, or of decisions sort by sort: every row is read."""
    rows = history.read(kind)
    word = rows["decision" if kind == "decisions" else "name"]
    when_s = rows["elapsed_s"]
    found = []
    for name in np.unique(word):
        own = word == name
        cells = present = None
        if "cell" in rows:
            cells = len(np.unique(rows["cell"][own]))
        if "present" in rows:
            present = float(rows["present"][own].mean())
        since_s, until_s = float(when_s[own].min()), float(when_s[own].max())
        found.append(
            Contents(
                str(name),
                int(own.sum()),
                since_s,
                until_s,
                cells=cells,
                present=present,
            )
        )
    return tuple(found)


def clock(history: DuckHistory, elapsed_s: float | None) -> str:
    """A time of the history as people read it."""
    if elapsed_s is None:
        return "-"
    if history.monday is not None:
        when = datetime.fromtimestamp(
            history.monday.timestamp() + elapsed_s, history.monday.tzinfo
        )
        return when.strftime("%Y-%m-%d %H:%M:%S")
    minutes, seconds = divmod(round(elapsed_s), 60)
    days, minutes = divmod(minutes, 1_440)
    return f"day {days} {minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
