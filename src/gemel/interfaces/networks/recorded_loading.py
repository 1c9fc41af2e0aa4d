"""Which recordings lie in a folder, and how do they get into a history?"""

from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.networks import recorded_files, recorded_tables
from gemel.interfaces.networks.arrivals import Arrivals
from gemel.interfaces.networks.recorded_rows import Recording, Rows, together
from gemel.interfaces.stores.history_duckdb import DuckHistory
from gemel.twin.history import KEYS

PIECE = 250_000  # rows that are appended at a time


def read_recording(where: Path | str) -> Recording:
    """Every PM file and table in a folder and below it, or one file.

    Raises InterfaceError where there is nothing that can be read.
    """
    where = Path(where)
    paths = _paths(where)
    named = [(path, path.name.lower()) for path in paths]
    pm = [path for path, name in named if name.endswith(recorded_files.SUFFIXES)]
    tables = [path for path, name in named if name.endswith(recorded_tables.SUFFIXES)]
    if not pm and not tables:
        raise InterfaceError(
            f"{where} holds no recording. Give PM files (.xml or .xml.gz), tables "
            "(.csv or .parquet), or a folder of them."
        )
    found, refused = [], Arrivals()
    files = recorded_files.read_pm_files(pm)
    if files is not None:
        found.append(files)
    for path in tables:
        try:
            found.append(recorded_tables.read_measured_table(path))
        except InterfaceError as error:
            refused.count("corrupt", path.name, str(error))
    recording = together([Recording(None, refused), *found])
    if not recording.rows:
        first = recording.arrivals.stories[0]
        raise InterfaceError(
            f"nothing in {where} can be read ({recording.arrivals.said()}); the first: "
            f"{first.why}"
        )
    return recording


def _paths(where: Path) -> list[Path]:
    try:
        if where.is_dir():
            return sorted(path for path in where.rglob("*") if path.is_file())
        if where.is_file():
            return [where]
    except OSError as error:
        raise InterfaceError(
            f"{where} cannot be read: {error.strerror}. Check the path and its rights."
        ) from error
    raise InterfaceError(
        f"there is no {where}. Give a folder of recordings, or a file."
    )


def replay(recording: Recording, history: DuckHistory) -> Arrivals:
    """Append what the history does not know yet; what it knew is counted.

    Raises InterfaceError where the history cannot be written, or keeps another clock.
    """
    arrivals = Arrivals()
    shift_s = 0.0
    if recording.monday is not None:
        shift_s = history.since_monday(recording.monday)
    for kind, rows in (("reports", recording.reports), ("samples", recording.samples)):
        if not len(rows["elapsed_s"]):
            continue
        later = rows | {"elapsed_s": rows["elapsed_s"] + shift_s}
        news = _news(kind, later, history, arrivals)
        for begin in range(0, len(news["elapsed_s"]), PIECE):
            part = slice(begin, begin + PIECE)
            history.append(kind, {name: each[part] for name, each in news.items()})
    return arrivals


def _news(kind: str, rows: Rows, history: DuckHistory, arrivals: Arrivals) -> Rows:
    """The rows that are not in the history, or say otherwise than it does."""
    when_s = rows["elapsed_s"]
    known = history.read(kind, float(when_s.min()), float(when_s.max()) + 1e-3)
    newest_s = max((f.until_s for f in history.files(kind)), default=-np.inf)
    count = len(known["elapsed_s"])
    key = np.zeros(count + len(when_s), np.int64)
    for name in KEYS[kind]:
        both = np.concatenate([known[name], rows[name]])
        _, number = np.unique(both, return_inverse=True)
        _, key = np.unique(key * (int(number.max()) + 1) + number, return_inverse=True)
    place = np.full(int(key.max()) + 1, -1)
    place[key[:count]] = np.arange(count)
    at = place[key[count:]]
    there = at >= 0
    said = "value" if kind == "reports" else "rsrp_dbm"
    alike = np.zeros(len(when_s), bool)
    old, new = known[said][at[there]], rows[said][there]
    alike[there] = (old == new) | (np.isnan(old) & np.isnan(new))
    late = ~there & (when_s <= newest_s)
    where = f"{kind} that the history"
    arrivals.count("again", f"{where} knew", many=int(alike.sum()))
    arrivals.count("corrected", f"{where} knew", many=int((there & ~alike).sum()))
    arrivals.count("late", f"{where} had passed by", many=int(late.sum()))
    arrivals.count("whole", many=int((~there & ~late).sum()))
    return {name: each[~alike] for name, each in rows.items()}
