"""Which numbers of a base station and an hour does the energy model look at?

A row is a station in an hour. Its cells are ordered from the widest to the narrowest;
what one of them did not report in that hour is filled in from the hours around and from
its habit at that hour of the day, so that a gap in one cell does not silence a station.
"""

import dataclasses

import numpy as np
from jaxtyping import Float, Int

HOURS_A_DAY = 24


@dataclasses.dataclass(frozen=True)
class Equipment:
    """What stands there, one entry a cell.

    station:   which station a cell belongs to, 0, 1, 2 …
    mode:      how the radio works, e.g. FDD or TDD, as the inventory calls it
    The numbers may be scaled, the same way in learning and predicting; power is on a
    logarithmic scale, such as dBm.
    """

    station: Int[np.ndarray, " cell"]
    radio_type: tuple[str, ...]
    mode: tuple[str, ...]
    frequency: Float[np.ndarray, " cell"]
    bandwidth: Float[np.ndarray, " cell"]
    antennas: Float[np.ndarray, " cell"]
    tx_power: Float[np.ndarray, " cell"]

    @property
    def stations(self) -> int:
        """How many stations there are."""
        return int(self.station.max()) + 1


@dataclasses.dataclass(frozen=True)
class Activity:
    """What the cells did: NaN where nobody said.

    load:    0..1 of the resource blocks
    saving:  share of the hour in each energy-saving mode
    """

    load: Float[np.ndarray, "hour cell"]
    saving: Float[np.ndarray, "hour cell saving"]


@dataclasses.dataclass(frozen=True)
class Rows:
    """Stations in hours; `place` is the place of a cell at its station, widest first.

    there:         0 where a station has fewer cells
    radio_type, mode: numbers in lists of the model's, -1 for what is not in them
    load, saving:  filled in where `said` is NaN
    said:          load of the widest cell, NaN where nobody said
    """

    hour: Int[np.ndarray, " row"]
    station: Int[np.ndarray, " row"]
    there: Float[np.ndarray, "row place"]
    radio_type: Int[np.ndarray, "row place"]
    mode: Int[np.ndarray, "row place"]
    frequency: Float[np.ndarray, "row place"]
    bandwidth: Float[np.ndarray, "row place"]
    antennas: Float[np.ndarray, "row place"]
    tx_power: Float[np.ndarray, "row place"]
    load: Float[np.ndarray, "row place"]
    saving: Float[np.ndarray, "row place saving"]
    said: Float[np.ndarray, " row"]

    def __len__(self) -> int:
        return len(self.hour)

    def some(self, which: np.ndarray) -> "Rows":
        """These rows alone."""
        return Rows(
            *(getattr(self, field.name)[which] for field in dataclasses.fields(self))
        )


def rows_of(
    equipment: Equipment,
    activity: Activity,
    ahead: int,
    types: tuple[str, ...],
    modes: tuple[str, ...],
    places: int,
) -> Rows:
    """A row for every station and hour in which one of its cells said something.

    ahead:  the energy of an hour is that of the activity so many hours later: tables
            stamp an hour by its beginning or by its end
    places: cells of a station that are looked at, at most
    """
    cells = _cells_of(equipment, places)
    meant = filled(activity, ahead)
    spoke = np.isfinite(activity.load)
    hours = np.zeros((spoke.shape[0], equipment.stations), bool)
    for cell, station in enumerate(equipment.station):
        hours[:, station] |= spoke[:, cell]
    hour, station = np.nonzero(hours)
    at = cells[station]
    there = at >= 0
    at = np.maximum(at, 0)
    type_number = _numbered(equipment.radio_type, types)
    mode_number = _numbered(equipment.mode, modes)
    later = np.clip(hour + ahead, 0, len(spoke) - 1)
    inside = (hour + ahead >= 0) & (hour + ahead < len(spoke))
    said = activity.load[later, at[:, 0]]
    return Rows(
        hour=hour,
        station=station,
        there=there.astype(np.float32),
        radio_type=type_number[at],
        mode=mode_number[at],
        frequency=equipment.frequency[at].astype(np.float32),
        bandwidth=equipment.bandwidth[at].astype(np.float32),
        antennas=equipment.antennas[at].astype(np.float32),
        tx_power=equipment.tx_power[at].astype(np.float32),
        load=np.where(there, meant.load[hour[:, None], at], 0.0).astype(np.float32),
        saving=np.where(there[:, :, None], meant.saving[hour[:, None], at], 0.0).astype(
            np.float32
        ),
        said=np.where(inside, said, np.nan).astype(np.float32),
    )


def filled(activity: Activity, ahead: int) -> Activity:
    """The activity `ahead` hours later, without gaps.

    A gap is the mean of what is known of three things: the hour before, the hour after
    and what the cell does at that hour of the day. Where none is, it is the cell's
    mean; a cell that never said anything is idle.
    """
    return Activity(
        load=_filled(activity.load, ahead), saving=_filled(activity.saving, ahead)
    )


def _filled(values: np.ndarray, ahead: int) -> np.ndarray:
    habit = np.stack([_mean(values[slot::HOURS_A_DAY]) for slot in range(HOURS_A_DAY)])
    meant = shifted(values, ahead)
    slot = (np.arange(len(values)) + ahead) % HOURS_A_DAY
    around = np.stack([shifted(meant, -1), shifted(meant, 1), habit[slot]])
    guess = _mean(around)
    guess = np.where(np.isfinite(guess), guess, _mean(values)[None])
    return np.nan_to_num(np.where(np.isfinite(meant), meant, guess), nan=0.0)


def shifted(values: np.ndarray, ahead: int) -> np.ndarray:
    """What is said `ahead` rows later; NaN beyond the ends."""
    moved = np.full(values.shape, np.nan)
    rows = len(values)
    if ahead >= 0:
        moved[: max(rows - ahead, 0)] = values[ahead:]
    else:
        moved[-ahead:] = values[:ahead]
    return moved


def _mean(values: np.ndarray) -> np.ndarray:
    """Over the first axis, of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(0)
    total = np.where(known, values, 0.0).sum(0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _cells_of(equipment: Equipment, places: int) -> np.ndarray:
    """The cells of every station, widest first, -1 where there are fewer."""
    cells = np.full((equipment.stations, places), -1)
    filled_up = np.zeros(equipment.stations, int)
    for cell in np.lexsort((-equipment.antennas, -equipment.bandwidth)):
        station = equipment.station[cell]
        if filled_up[station] < places:
            cells[station, filled_up[station]] = cell
            filled_up[station] += 1
    return cells


def _numbered(names: tuple[str, ...], known: tuple[str, ...]) -> np.ndarray:
    number = {name: at for at, name in enumerate(known)}
    return np.array([number.get(name, -1) for name in names])
