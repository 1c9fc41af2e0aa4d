"""What was reported of a cell, or of all cells together, at a given time?

Values are found by one whole number that holds name, cell and time, so that millions of
them are looked up in one sorted array.
"""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float, Int

from gemel.errors import ScenarioError
from gemel.twin.history import NETWORK

LOAD, THROUGHPUT = "RRU.PrbTotDl", "DRB.UEThpDl"
VOLUME, USERS = "DRB.PdcpSduVolumeDL", "RRC.ConnMean"
ENERGY, CELL_ENERGY = "PEE.Energy", "VS.Energy"
SUMS = (VOLUME, USERS, ENERGY, CELL_ENERGY)
# Targets of TS 28.312 that the cells' measurements say, as in `network.kpi`; the shares
# of cells are not among them, since history does not say what counted as low or high.
TARGETS = {"RANEnergyConsumption": ENERGY, "AveDLRANUEThpt": THROUGHPUT}
AWAKE_LOAD = "AveDLPrbLoad"
AWAKE = "awake"  # of the inventory
TIME_BITS, CELL_BITS, NAME_BITS = 33, 22, 8  # of a key: 272 years, 4 million cells

Columns = dict[str, np.ndarray]
Rows = tuple[np.ndarray, np.ndarray]  # when, or the whole key, and the values


class Numbers:
    """Words, numbered in the order in which they are met."""

    def __init__(self):
        self.known: dict[str, int] = {}

    def of(self, words: np.ndarray) -> Int[np.ndarray, " word"]:
        """The number of each; a new word gets the next one."""
        known = self.known
        numbers = (known.setdefault(word, len(known)) for word in words.tolist())
        return np.fromiter(numbers, np.int64, len(words))


def series_of(
    name: Int[np.ndarray, " row"], cell: Int[np.ndarray, " row"]
) -> Int[np.ndarray, " row"]:
    """One number for a name and a cell."""
    return (name << CELL_BITS) + cell


@dataclasses.dataclass(frozen=True)
class Reports:
    """Every value that was told, by key, in order.

    first_s:   when the first period began
    period_s:  the commonest; zero where nothing was told
    """

    key: Int[np.ndarray, " row"]
    value: Float[np.ndarray, " row"]
    first_s: float
    period_s: float

    def at(
        self, series: Int[np.ndarray, " ask"], elapsed_s: Float[np.ndarray, " ask"]
    ) -> Float[np.ndarray, " ask"]:
        """The value of the period that begins then; NaN where there is none."""
        wanted, known = self._wanted(series, elapsed_s)
        row = np.searchsorted(self.key, wanted)
        return self._value(row, known & (row < len(self.key)), wanted, 0)

    def last(
        self, series: Int[np.ndarray, " ask"], ended_s: Float[np.ndarray, " ask"]
    ) -> Float[np.ndarray, " ask"]:
        """The newest value of a period that had ended then."""
        wanted, known = self._wanted(series, ended_s - self.period_s)
        row = np.searchsorted(self.key, wanted, side="right") - 1
        return self._value(row, known & (row >= 0), wanted, TIME_BITS)

    def _wanted(
        self, series: np.ndarray, elapsed_s: np.ndarray
    ) -> tuple[Int[np.ndarray, " ask"], Bool[np.ndarray, " ask"]]:
        since_s = np.rint(elapsed_s - self.first_s)
        return _key(series, np.maximum(since_s, 0.0)), since_s >= 0.0

    def _value(
        self, row: np.ndarray, inside: np.ndarray, wanted: np.ndarray, blind: int
    ) -> Float[np.ndarray, " ask"]:
        if not len(self.key):
            return np.full(len(wanted), np.nan)
        row = np.clip(row, 0, len(self.key) - 1)
        same = inside & (self.key[row] >> blind == wanted >> blind)
        return np.where(same, self.value[row], np.nan)


def refuse_too_many(names: Numbers, cells: Numbers) -> None:
    """ScenarioError for more than a key can number."""
    for what, known, bits in (
        ("measurements", names.known, NAME_BITS),
        ("cells", cells.known, CELL_BITS),
    ):
        if len(known) > 1 << bits:
            raise ScenarioError(
                f"a history of {len(known):,} {what} cannot be judged at once; at most "
                f"{1 << bits:,} can. Keep fewer in one history."
            )


def reports_of(
    told: Columns, inventory: Columns, names: Numbers, cells: Numbers
) -> Reports:
    """The reports of a history, those of all cells together among them.

    inventory:  says which cells slept; where it does not, none did
    names:      what was forecast; reports of anything else are passed over

    Of a value that came twice the later one counts. What cells say adds up to what the
    network did only where all of them were heard, so elsewhere nothing is said of it.
    """
    for word in (*SUMS, LOAD, AWAKE_LOAD, THROUGHPUT, *TARGETS):
        names.known.setdefault(word, len(names.known))
    wanted = np.isin(told["name"], np.array(list(names.known)))
    told = {column: each[wanted] for column, each in told.items()}
    name, cell = names.of(told["name"]), cells.of(told["cell"])
    cells.known.setdefault(NETWORK, len(cells.known))
    refuse_too_many(names, cells)
    elapsed_s = told["elapsed_s"].astype(np.float64)
    value = told["value"].astype(np.float64)
    first_s = float(elapsed_s.min()) if len(elapsed_s) else 0.0
    since_s = np.rint(elapsed_s - first_s)
    there = told["present"].astype(bool) & np.isfinite(value)
    key = _key(series_of(name, cell), since_s)[there]
    once, value = _newest(key, value[there])
    period_s = float(np.median(told["period_s"])) if len(elapsed_s) else 0.0
    asleep = _asleep(once, inventory, cells, first_s)
    more = _network(once, value, asleep, names, cells)
    # What the network itself reported comes last, and so goes before what we added up.
    key = np.concatenate([*(keys for keys, _ in more), once])
    every = np.concatenate([*(values for _, values in more), value])
    return Reports(*_newest(key, every), first_s, period_s)


def _key(series: np.ndarray, since_s: np.ndarray) -> Int[np.ndarray, " row"]:
    return (series << TIME_BITS) + since_s.astype(np.int64)


def _newest(key: np.ndarray, value: np.ndarray) -> Rows:
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    last = np.append(key[1:] != key[:-1], True)[: len(key)]
    return key[last], value[last]


def _asleep(
    key: np.ndarray, inventory: Columns, cells: Numbers, first_s: float
) -> Bool[np.ndarray, " row"]:
    """Whether the cell of each value slept when its period began."""
    own = inventory["name"] == AWAKE
    cell = cells.of(inventory["cell"][own])
    # What was set before the first report has been set from then on.
    since_s = np.maximum(np.rint(inventory["elapsed_s"][own] - first_s), 0.0)
    set_to = (cell << TIME_BITS) + since_s.astype(np.int64)
    order = np.argsort(set_to, kind="stable")
    set_to, awake = set_to[order], inventory["value"][own][order] > 0.5
    if not len(set_to):
        return np.zeros(len(key), bool)
    wanted = key & ((1 << (TIME_BITS + CELL_BITS)) - 1)
    row = np.searchsorted(set_to, wanted, side="right") - 1
    known = (row >= 0) & (set_to[row] >> TIME_BITS == wanted >> TIME_BITS)
    return known & ~awake[row]


def _network(
    key: np.ndarray,
    value: np.ndarray,
    asleep: Bool[np.ndarray, " row"],
    names: Numbers,
    cells: Numbers,
) -> list[Rows]:
    """What all cells together did, under the names that are known."""
    whole = cells.known[NETWORK]
    cell = (key >> TIME_BITS) & ((1 << CELL_BITS) - 1)
    name, since_s = key >> (TIME_BITS + CELL_BITS), key & ((1 << TIME_BITS) - 1)
    made: dict[str, Rows] = {}

    def of(word: str) -> tuple[np.ndarray, ...]:
        own = (name == names.known.get(word, -1)) & (cell != whole)
        return since_s[own], cell[own], value[own], asleep[own]

    for word in (*SUMS, LOAD):
        when, _, values, _ = of(word)
        moments, at, many = np.unique(when, return_inverse=True, return_counts=True)
        total = np.bincount(at, values, len(moments))
        all_heard = many == many.max(initial=0)
        number = total / np.maximum(many, 1) if word == LOAD else total
        made[word] = (moments[all_heard], number[all_heard])
    made[AWAKE_LOAD] = _of_awake(of(LOAD), made[LOAD][0])
    made[THROUGHPUT] = _by_volume(of(THROUGHPUT), of(VOLUME), made[VOLUME][0])
    made |= {target: made[word] for target, word in TARGETS.items()}
    rows = []
    for word, (moments, number) in made.items():
        if len(moments):
            series = np.full(len(moments), (names.known[word] << CELL_BITS) + whole)
            rows.append((_key(series, moments), number))
    return rows


def _of_awake(load: tuple[np.ndarray, ...], complete: np.ndarray) -> Rows:
    """Mean over the cells that are awake, where all were heard; zero if none is."""
    when, _, percent, asleep = load
    at = np.searchsorted(complete, when)
    heard = np.append(complete, -1)[at] == when
    up = heard & ~asleep
    many = np.bincount(at[up], minlength=len(complete))
    total = np.bincount(at[up], percent[up], len(complete))
    return complete, total / np.maximum(many, 1)


def _by_volume(
    throughput: tuple[np.ndarray, ...],
    volume: tuple[np.ndarray, ...],
    complete: np.ndarray,
) -> Rows:
    """Throughput averaged with volume as weight, where every volume is known."""
    when, cell, kbps, _ = throughput
    at_s, of_cell, kbit, _ = volume
    if not len(complete) or not len(when):
        return np.zeros(0, np.int64), np.zeros(0)
    # Both are in the order of cell and time, so one is looked up in the other.
    place = (of_cell << TIME_BITS) + at_s
    wanted = (cell << TIME_BITS) + when
    row = np.clip(np.searchsorted(place, wanted), 0, max(len(place) - 1, 0))
    weight = np.where(place[row] == wanted, kbit[row], 0.0)
    moments = np.unique(complete)
    at = np.clip(np.searchsorted(moments, when), 0, len(moments) - 1)
    weight = np.where(moments[at] == when, weight, 0.0)
    total = np.bincount(at, weight, len(moments))
    number = np.bincount(at, weight * kbps, len(moments))
    flowed = total > 0.0
    return moments[flowed], number[flowed] / total[flowed]
