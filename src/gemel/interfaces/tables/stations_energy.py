"""How much energy did every base station use in every hour, read and written?

A row a station and hour: `Time, BS, Energy`.
"""

import csv
import dataclasses
import os
import tempfile
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.tables.load_table import LoadTable, hours_of
from gemel.interfaces.tables.load_table_columns import read_hourly, shown_list

HEADER = ("Time", "BS", "Energy")


@dataclasses.dataclass(frozen=True)
class EnergyTable:
    """Energy on the grid of a load table: [hour, station], NaN where not said.

    unknown:  stations that were not asked for
    skipped:  why rows were left out → how many
    """

    energy: np.ndarray
    unknown: tuple[str, ...]
    skipped: dict[str, int]


def read_energy(
    path: Path | str, load: LoadTable, stations: tuple[str, ...]
) -> EnergyTable:
    """The energy of these stations in the hours of the load table.

    InterfaceError: as `read_hourly`, or no row is of use.
    """
    rows = read_hourly(path, HEADER)
    time, _ = hours_of(rows)
    hour = time - load.first_hour
    names, which = rows.names("BS")
    column_of = {name: at for at, name in enumerate(stations)}
    column = np.array([column_of.get(name, -1) for name in names], np.int64)[which]
    energy = rows.numbers("Energy")
    unread = time < 0
    stranger = (column < 0) & ~unread
    nothing = ~(energy > 0.0) & ~unread & ~stranger
    elsewhere = ((hour < 0) | (hour >= len(load.load))) & ~unread
    good = ~(unread | stranger | nothing | elsewhere)
    if not good.any():
        raise InterfaceError(
            f"{rows.path} has no energy above zero of a known station in an hour of "
            f"{load.path}. Give tables of the same stations and week."
        )
    grid = np.full((len(load.load), len(stations)), np.nan)
    _, fresh = np.unique(hour[good] * len(stations) + column[good], return_index=True)
    grid[hour[good][fresh], column[good][fresh]] = energy[good][fresh]
    skipped = {
        "time not readable": int(unread.sum()),
        "station unknown": int(stranger.sum()),
        "energy not above zero": int(nothing.sum()),
        "hour not in the load table": int((elsewhere & ~stranger & ~nothing).sum()),
        "hour said before": int(good.sum() - len(fresh)),
    }
    strangers = tuple(name for name in names if name not in column_of)
    return EnergyTable(
        grid, strangers, {why: many for why, many in skipped.items() if many}
    )


def told_energy(path: Path | str, table: EnergyTable) -> str:
    """What was left out and why, in one line; nothing if all was of use."""
    if not table.skipped:
        return ""
    why = ", ".join(f"{text} ({many:,})" for text, many in table.skipped.items())
    names = shown_list(list(table.unknown), 5)
    which = f"; unknown: {names}" if names else ""
    return f"{path}: {sum(table.skipped.values()):,} rows skipped: {why}{which}."


def write_energy(
    path: Path | str,
    load: LoadTable,
    stations: tuple[str, ...],
    hour: np.ndarray,
    station: np.ndarray,
    energy: np.ndarray,
) -> None:
    """One row a prediction, times as the load table writes them; whole or not at all.

    InterfaceError: the folder does not exist or cannot be written.
    """
    path = Path(path)
    try:
        with tempfile.TemporaryDirectory(
            dir=path.parent, prefix=".writing-"
        ) as scratch:
            half = Path(scratch) / "table"
            with half.open("w", encoding="utf-8", newline="") as file:
                out = csv.writer(file, lineterminator="\n")
                out.writerow(HEADER)
                for at, who, used in zip(hour, station, energy, strict=True):
                    # Five digits: a thousandth of what the model is off.
                    out.writerow((load.said[int(at)], stations[who], f"{used:.5g}"))
            os.replace(half, path)
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be written: {error.strerror}. Give an --out in a folder "
            "that exists and is yours."
        ) from None
