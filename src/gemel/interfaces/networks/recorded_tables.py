"""What do tables of measurements tell: by cell and time, or by place on the road?

A table of reports has the columns `cell`, `time` and names of TS 28.552, in CSV or
Parquet. A drive test has `time`, `rsrp_dbm`, `lat` and `lon`, and may have `cell` and
`pci`.
"""

from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.networks.arrivals import Arrivals
from gemel.interfaces.networks.recorded_rows import Recording
from gemel.interfaces.networks.recorded_times import times_of
from gemel.interfaces.standards.ts28552 import CELL_ENERGY, ENERGY, measurement
from gemel.interfaces.tables.points_columns import Columns, read_columns

SUFFIXES = (".csv", ".parquet", ".tsv")
USUAL_S = 900.0  # the period, where one moment alone is told of
LOWEST_DBM, HIGHEST_DBM = -156.0, -31.0  # of SS-RSRP, TS 38.133 table 10.1.6.1-1


def read_measured_table(path: Path) -> Recording:
    """A drive test where there are places and levels, else reports of cells.

    Raises InterfaceError where it is neither, or nothing in it can be used.
    """
    columns = read_columns(path)
    if {"lat", "lon", "rsrp_dbm"} <= columns.ours.keys():
        return _drive_test(columns)
    return _reports(columns)


def _reports(columns: Columns) -> Recording:
    names = {}
    for theirs in columns.table.column_names:
        try:
            measurement(theirs.strip())
        except InterfaceError:
            continue
        own = theirs.strip()
        names[ENERGY if own == CELL_ENERGY else own] = theirs
    if not names:
        raise InterfaceError(
            f"{columns.path} has no column that TS 28.552 names; it has "
            f"{', '.join(columns.table.column_names[:20])}. Call the load "
            "RRU.PrbTotDl, the throughput DRB.UEThpDl; or give lat, lon and rsrp_dbm."
        )
    columns.need("cell")
    elapsed_s, monday = times_of(columns)
    said, row = columns.names("cell")
    cell = np.array([name or "" for name in said], np.str_)[row]
    arrivals = Arrivals()
    useful = np.isfinite(elapsed_s) & (cell != "")
    where = columns.path.name
    arrivals.count(
        "corrupt", where, "rows without a cell or a time", int((~useful).sum())
    )
    if not useful.any():
        raise InterfaceError(
            f"{columns.path} has no row with both a cell and a time. Fill them in."
        )
    useful = np.flatnonzero(useful)
    period_s = _step(elapsed_s[useful])
    useful = _once(columns, names, elapsed_s, cell, useful, arrivals)
    _missing(elapsed_s[useful], period_s, where, arrivals)
    order = useful[np.argsort(elapsed_s[useful], kind="stable")]
    values = {name: _values(columns, theirs)[order] for name, theirs in names.items()}
    count = len(names)
    value = np.concatenate(list(values.values()))
    reports = {
        "elapsed_s": np.tile(elapsed_s[order], count),
        "period_s": np.full(count * len(order), period_s),
        "cell": np.tile(cell[order], count),
        "name": np.repeat(np.array(list(names)), len(order)),
        "value": value,
        "present": np.isfinite(value),
        "age_s": np.zeros(count * len(order)),
    }
    return Recording(monday, arrivals, reports=reports)


def _once(
    columns: Columns,
    names: dict[str, str],
    elapsed_s: np.ndarray,
    cell: np.ndarray,
    useful: np.ndarray,
    arrivals: Arrivals,
) -> np.ndarray:
    """The last row of every cell and time; the others are counted."""
    where = columns.path.name
    _, number = np.unique(cell[useful], return_inverse=True)
    _, moment = np.unique(elapsed_s[useful], return_inverse=True)
    key = number.astype(np.int64) * (int(moment.max()) + 1) + moment
    order = np.argsort(key, kind="stable")
    ends = np.append(key[order][1:] != key[order][:-1], True)
    if not ends.all():
        table = np.stack([_values(columns, t)[useful] for t in names.values()])
        told = np.nan_to_num(table[:, order], nan=np.inf)
        alike = (told[:, 1:] == told[:, :-1]).all(0)[~ends[:-1]]
        arrivals.count("again", where, "rows that stand there twice", int(alike.sum()))
        arrivals.count(
            "corrected", where, "rows told again otherwise", int((~alike).sum())
        )
    kept = np.sort(useful[order[ends]])
    backwards = int((np.diff(elapsed_s[kept]) < 0.0).sum())
    by_cell = _by_cell_backwards(cell[kept], elapsed_s[kept]) if backwards else 0
    arrivals.count("reordered", where, "rows behind later ones of a cell", by_cell)
    arrivals.count("whole", where, many=len(kept) - by_cell)
    return kept


def _by_cell_backwards(cell: np.ndarray, elapsed_s: np.ndarray) -> int:
    """Rows that are earlier than the row of the same cell before them."""
    order = np.argsort(cell, kind="stable")
    same = cell[order][1:] == cell[order][:-1]
    return int((same & (np.diff(elapsed_s[order]) < 0.0)).sum())


def _missing(
    elapsed_s: np.ndarray, period_s: float, where: str, arrivals: Arrivals
) -> None:
    moments = np.unique(elapsed_s)
    gaps = np.rint(np.diff(moments) / period_s).astype(np.int64) - 1
    for at in np.flatnonzero(gaps > 0):
        why = f"nothing for {gaps[at] * period_s:g} s"
        arrivals.count("missing", where, why, int(gaps[at]))


def _step(elapsed_s: np.ndarray) -> float:
    """The commonest time between one moment and the next."""
    apart, count = np.unique(np.diff(np.unique(elapsed_s)), return_counts=True)
    return float(apart[count.argmax()]) if len(apart) else USUAL_S


def _values(columns: Columns, theirs: str) -> np.ndarray:
    own = Columns(columns.path, columns.table, {"value": theirs})
    value = own.numbers("value")
    return np.where(np.isfinite(value), value, np.nan)


def _drive_test(columns: Columns) -> Recording:
    elapsed_s, monday = times_of(columns)
    arrivals, where = Arrivals(), columns.path.name
    level_dbm = columns.numbers("rsrp_dbm")
    lat_deg, lon_deg = columns.numbers("lat"), columns.numbers("lon")
    useful = np.ones(len(columns), bool)
    # NaN fails every comparison, and so is of no use either.
    for why, sound in (
        ("without a time", np.isfinite(elapsed_s)),
        (
            "with a place that is nowhere on Earth",
            (np.abs(lat_deg) <= 90.0) & (np.abs(lon_deg) <= 180.0),
        ),
        (
            f"with an RSRP that is none from {LOWEST_DBM:g} to {HIGHEST_DBM:g} dBm",
            (level_dbm >= LOWEST_DBM) & (level_dbm <= HIGHEST_DBM),
        ),
    ):
        arrivals.count("corrupt", where, f"rows {why}", int((useful & ~sound).sum()))
        useful &= sound
    if not useful.any():
        raise InterfaceError(
            f"{columns.path}: no row has a time, a place and an RSRP in dBm. "
            "See what its columns hold."
        )
    cell = np.full(len(columns), "", np.str_)
    if "cell" in columns.ours:
        said, row = columns.names("cell")
        cell = np.array([name or "" for name in said], np.str_)[row]
    plain = {name.strip().lower(): name for name in columns.table.column_names}
    pci = np.full(len(columns), np.nan)
    if "pci" in plain:
        pci = _values(columns, plain["pci"])
    order = np.flatnonzero(useful)
    backwards = int((np.diff(elapsed_s[order]) < 0.0).sum())
    arrivals.count("reordered", where, "rows behind later ones", backwards)
    arrivals.count("whole", where, many=len(order) - backwards)
    order = order[np.argsort(elapsed_s[order], kind="stable")]
    samples = {
        "elapsed_s": elapsed_s,
        "cell": cell,
        "pci": pci,
        "rsrp_dbm": level_dbm,
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
    }
    return Recording(
        monday, arrivals, samples={name: each[order] for name, each in samples.items()}
    )
