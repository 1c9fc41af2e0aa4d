"""What equipment has every base station?

A row a cell: `BS, CellName, RUType, Mode, Frequency, Bandwidth, Antennas, TXpower`.
"""

import dataclasses
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.tables.load_table import LoadTable
from gemel.interfaces.tables.load_table_columns import read_hourly, shown_list
from gemel.twin.energy_model.rows import Activity, Equipment

WORDS = ("BS", "CellName", "RUType", "Mode")
NUMBERS = ("Frequency", "Bandwidth", "Antennas", "TXpower")
SHOWN_STATIONS = 5


@dataclasses.dataclass(frozen=True)
class Stations:
    """The equipment of every cell, one entry a row of use.

    skipped:  why rows were left out → how many
    """

    path: Path
    station: tuple[str, ...]
    cell: tuple[str, ...]
    radio_type: tuple[str, ...]
    mode: tuple[str, ...]
    numbers: dict[str, np.ndarray]
    skipped: dict[str, int]


@dataclasses.dataclass(frozen=True)
class Joined:
    """Equipment and activity of the cells that both tables know.

    unknown:  stations of the load table that have no equipment, in order
    """

    equipment: Equipment
    activity: Activity
    stations: tuple[str, ...]
    unknown: tuple[str, ...]

    def told(self) -> str:
        """The unknown stations, listed and counted; nothing if there are none."""
        if not self.unknown:
            return ""
        listed = shown_list(list(self.unknown), SHOWN_STATIONS)
        return (
            f"{len(self.unknown):,} stations of the load table have no row of "
            f"equipment and are skipped: {listed}."
        )


def read_stations(path: Path | str) -> Stations:
    """The table of equipment; rows with an empty cell, a number that is none or not
    above zero, or a cell named before are counted and left out.

    InterfaceError: as `read_hourly`, or no row is of use.
    """
    rows = read_hourly(path, WORDS + NUMBERS)
    words = {}
    for name in WORDS:
        said, which = rows.names(name)
        words[name] = [said[number] for number in which]
    numbers = {name: rows.numbers(name) for name in NUMBERS}
    told = np.array(
        [all(cells) for cells in zip(*words.values(), strict=True)], bool
    ) & np.all([values > 0.0 for values in numbers.values()], axis=0)
    seen: set[tuple[str, str]] = set()
    fresh = np.ones(len(rows), bool)
    for at in np.flatnonzero(told):
        pair = (words["BS"][at], words["CellName"][at])
        fresh[at] = pair not in seen
        seen.add(pair)
    good = np.flatnonzero(told & fresh)
    if len(good) == 0:
        raise InterfaceError(
            f"{rows.path} has no row of use: an entry is empty, or a number is not "
            f"above zero, in each. Fill in {', '.join(WORDS + NUMBERS)}."
        )
    skipped = {
        "an entry missing": int((~told).sum()),
        "cell named before": int((told & ~fresh).sum()),
    }
    return Stations(
        path=rows.path,
        station=tuple(words["BS"][at] for at in good),
        cell=tuple(words["CellName"][at] for at in good),
        radio_type=tuple(words["RUType"][at] for at in good),
        mode=tuple(words["Mode"][at] for at in good),
        numbers={name: values[good] for name, values in numbers.items()},
        skipped={why: many for why, many in skipped.items() if many},
    )


def told_equipment(stations: Stations) -> str:
    """What was left out and why, in one line; nothing if all was of use."""
    if not stations.skipped:
        return ""
    why = ", ".join(f"{text} ({many:,})" for text, many in stations.skipped.items())
    return f"{stations.path}: {sum(stations.skipped.values()):,} rows skipped: {why}."


def join(stations: Stations, load: LoadTable) -> Joined:
    """The cells of the load table that have equipment.

    InterfaceError: there is none.
    """
    row_of = {
        pair: at
        for at, pair in enumerate(zip(stations.station, stations.cell, strict=True))
    }
    pairs = list(zip(load.station, load.cell, strict=True))
    found = [at for at, pair in enumerate(pairs) if pair in row_of]
    if not found:
        raise InterfaceError(
            f"{stations.path} has no station of {load.path}: e.g. "
            f"{load.station[0]} is unknown. Give tables of the same network."
        )
    rows = np.array([row_of[pairs[at]] for at in found])
    names = tuple(dict.fromkeys(load.station[at] for at in found))
    number = {name: at for at, name in enumerate(names)}
    equipment = Equipment(
        station=np.array([number[load.station[at]] for at in found]),
        radio_type=tuple(stations.radio_type[row] for row in rows),
        mode=tuple(stations.mode[row] for row in rows),
        frequency=stations.numbers["Frequency"][rows],
        bandwidth=stations.numbers["Bandwidth"][rows],
        antennas=stations.numbers["Antennas"][rows],
        tx_power=stations.numbers["TXpower"][rows],
    )
    activity = Activity(load=load.load[:, found], saving=load.saving[:, found])
    known = set(names)
    unknown = tuple(dict.fromkeys(n for n in load.station if n not in known))
    return Joined(equipment, activity, names, unknown)
