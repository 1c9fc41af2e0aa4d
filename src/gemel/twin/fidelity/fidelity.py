"""How good is the twin now?

Judged by history alone: what was forecast, against what was then reported. The answer
is for people, and for whoever decides how much the twin may be trusted with:
`Fidelity.may` is a rung of a ladder.
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from gemel.twin.fidelity.drift import DriftRule, Excursion, excursions, limit_of
from gemel.twin.fidelity.grades import GRADES, Verdict, judged, worst
from gemel.twin.fidelity.pairs import Pairs, pairs_of
from gemel.twin.fidelity.scores import (
    HORIZONS,
    IN_POINTS,
    PERIOD,
    Score,
    horizon_of,
    scores,
    surprises,
)
from gemel.twin.history import NETWORK, AbstractHistory
from gemel.world.demand import DAY_S

FEWEST_CELLS = 5  # of which the middle one speaks for all


@dataclasses.dataclass(frozen=True)
class KpiFidelity:
    """One measurement at one horizon.

    whole:    of all cells together, else cell by cell
    typical:  median over cells of their mean absolute error: in points where the
              measurement is in percent, else as a share of the cell's mean report
    """

    name: str
    horizon: str
    whole: bool
    score: Score
    typical: float
    verdict: Verdict


@dataclasses.dataclass(frozen=True)
class CellFidelity:
    """One cell's forecasts of the next period, by measurement.

    surprise:  mean over its measurements, see `Score`
    """

    cell: str
    surprise: float
    scores: dict[str, Score]


@dataclasses.dataclass(frozen=True)
class Alarm:
    """Errors that ran away in one direction; `cell` is "" for all cells together.

    above:      reports were above forecasts, else below
    since_s:    the likely onset
    found_s, over_s: of the alarm; `over_s` None while it stands
    mean_error: report minus forecast since the onset, in the measurement's unit
    """

    name: str
    cell: str
    above: bool
    since_s: float
    found_s: float
    over_s: float | None
    mean_error: float


@dataclasses.dataclass(frozen=True)
class Fidelity:
    """All that is known of the twin's errors in a window of time.

    kpis:    by measurement and horizon
    cells:   the worst first
    alarms:  those that stand first, of them those of all cells, then the newest first
    pairs:   what all of it was counted from
    """

    now_s: float
    window_s: float
    rule: DriftRule
    kpis: tuple[KpiFidelity, ...]
    cells: tuple[CellFidelity, ...]
    alarms: tuple[Alarm, ...]
    pairs: Pairs

    @property
    def standing(self) -> tuple[Alarm, ...]:
        """The alarms that are not over."""
        return tuple(alarm for alarm in self.alarms if alarm.over_s is None)

    def grade(self, name: str, horizon: str = PERIOD) -> str:
        """A to D; D where nothing was forecast or nothing reported."""
        return worst(
            [
                kpi.verdict.grade
                for kpi in self.kpis
                if (kpi.name, kpi.horizon) == (name, horizon)
            ]
        )

    def may(self, names: tuple[str, ...], horizon: str = PERIOD) -> int:
        """What may be done with forecasts of these measurements, as a rung.

        3 act alone, 2 act in small steps, 1 propose and let people decide, 0 watch:
        that of the worst of them, see `fidelity_grades.RUNGS`.
        """
        grade = worst([self.grade(name, horizon) for name in names])
        return len(GRADES) - 1 - GRADES.index(grade)

    def doubtful(self, names: tuple[str, ...]) -> frozenset[str]:
        """Cells of which forecasts of these measurements drift: better left alone."""
        return frozenset(a.cell for a in self.standing if a.name in names) - {NETWORK}


def fidelity(
    history: AbstractHistory,
    now_s: float | None = None,
    window_s: float = DAY_S,
    rule: DriftRule | None = None,
) -> Fidelity:
    """The fidelity over the periods that began in the last `window_s` seconds.

    now_s:  None is the end of the newest report
    """
    rule = DriftRule() if rule is None else rule
    if now_s is None:
        now_s = newest_s(history)
    pairs = pairs_of(history, now_s - window_s, now_s)
    horizon = horizon_of(pairs)
    alarms = _alarms(pairs, horizon == 0, rule)
    network = pairs.cell == cell_number(pairs, NETWORK)
    kpis = []
    for number, ahead in enumerate(HORIZONS):
        for whole in (False, True):
            group = np.where((horizon == number) & (network == whole), pairs.name, -1)
            kpis += _kpis(pairs, group, ahead, whole, alarms)
    cells = _cells(pairs, horizon == 0)
    return Fidelity(now_s, window_s, rule, tuple(kpis), cells, alarms, pairs)


def newest_s(history: AbstractHistory, since_s: float | None = None) -> float:
    """When the newest report that began from `since_s` on ended; zero without any."""
    told = history.read("reports", since_s)
    ended_s = told["elapsed_s"] + told["period_s"]
    return float(ended_s.max(initial=0.0))


def cell_number(pairs: Pairs, cell: str) -> int:
    """Of a cell by name; -1 where there is none such."""
    return pairs.cells.index(cell) if cell in pairs.cells else -1


def _kpis(
    pairs: Pairs,
    group: np.ndarray,
    horizon: str,
    whole: bool,
    alarms: tuple[Alarm, ...],
) -> list[KpiFidelity]:
    standing = [alarm for alarm in alarms if alarm.over_s is None]
    made = []
    for number, score in enumerate(scores(pairs, group, len(pairs.names))):
        if not score.pairs:
            continue
        name = pairs.names[number]
        cell = np.where(group == number, pairs.cell, -1)
        of_cell = [s for s in scores(pairs, cell, len(pairs.cells)) if s.pairs]
        points = name in IN_POINTS
        errors = [s.mean_absolute if points else s.relative for s in of_cell]
        known = [error for error in errors if np.isfinite(error)]
        typical = float(np.median(known)) if known else float("nan")
        own = [alarm.cell for alarm in standing if alarm.name == name]
        drifting = 1.0 if NETWORK in own else len(set(own)) / len(of_cell)
        verdict = judged(name, typical, score, drifting)
        made.append(KpiFidelity(name, horizon, whole, score, typical, verdict))
    return sorted(made, key=lambda kpi: kpi.name)


def _cells(pairs: Pairs, due: np.ndarray) -> tuple[CellFidelity, ...]:
    many = len(pairs.names)
    group = np.where(due, pairs.cell * many + pairs.name, -1)
    every = scores(pairs, group, len(pairs.cells) * many)
    made = []
    for number, cell in enumerate(pairs.cells):
        row = every[number * many : (number + 1) * many]
        own = {n: s for n, s in zip(pairs.names, row, strict=True) if s.pairs}
        if own and cell != NETWORK:
            known = [s.surprise for s in own.values() if np.isfinite(s.surprise)]
            surprise = float(np.mean(known)) if known else float("nan")
            made.append(CellFidelity(cell, surprise, dict(sorted(own.items()))))
    return tuple(sorted(made, key=lambda one: (-np.nan_to_num(one.surprise), one.cell)))


def _alarms(pairs: Pairs, due: np.ndarray, rule: DriftRule) -> tuple[Alarm, ...]:
    times_s = np.unique(pairs.elapsed_s[due])
    surprise, error = surprises(pairs), pairs.value - pairs.mean
    tables = []
    for number, name in enumerate(pairs.names):
        mine = np.flatnonzero(due & (pairs.name == number))
        if not mine.size:
            continue
        # Of several forecasts of one period the one made last counts.
        mine = mine[np.argsort(pairs.made_s[mine], kind="stable")]
        row = pairs.cell[mine]
        column = np.searchsorted(times_s, pairs.elapsed_s[mine])
        shape = (len(pairs.cells), len(times_s))
        units, values = np.full(shape, np.nan), np.full(shape, np.nan)
        units[row, column], values[row, column] = surprise[mine], error[mine]
        tables.append((name, *_with_network(units, values, pairs.cells)))
    known = sum(int(np.isfinite(units).sum()) for _, units, _, _ in tables)
    limit = limit_of(known, rule)
    alarms = [
        _alarm(name, rows[one.series], times_s, values[one.series], one)
        for name, units, values, rows in tables
        for one in excursions(units, rule, limit)
    ]

    def place(alarm: Alarm) -> tuple:
        return alarm.over_s is not None, alarm.cell != NETWORK, -alarm.found_s

    return tuple(sorted(alarms, key=place))


def _with_network(
    units: Float[np.ndarray, "cell period"],
    values: Float[np.ndarray, "cell period"],
    cells: tuple[str, ...],
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The cells that were forecast, and the middle one of them: a shift that is small
    in every cell may be plain there, and one cell alone does not move it."""
    known = np.isfinite(units)
    rows = [n for n in range(len(cells)) if known[n].any()]
    labels = [cells[n] for n in rows]
    units, values = units[rows], values[rows]
    if NETWORK in labels or len(rows) < FEWEST_CELLS:
        return units, values, labels
    many = known[rows].sum(0)
    enough = many >= FEWEST_CELLS
    middle = np.full((2, len(many)), np.nan)
    middle[:, enough] = np.nanmedian([units[:, enough], values[:, enough]], axis=1)
    # Of normal errors the median scatters by this.
    scatter = np.sqrt(np.pi / 2.0 / np.maximum(many, 1))
    units, values = (
        np.vstack([units, middle[0] / scatter]),
        np.vstack([values, middle[1]]),
    )
    return units, values, [*labels, NETWORK]


def _alarm(
    name: str, cell: str, times_s: np.ndarray, values: np.ndarray, one: Excursion
) -> Alarm:
    during = values[one.began : one.over]
    known = during[np.isfinite(during)]
    return Alarm(
        name=name,
        cell=cell,
        above=one.above,
        since_s=float(times_s[one.began]),
        found_s=float(times_s[one.found]),
        over_s=None if one.over is None else float(times_s[one.over]),
        mean_error=float(known.mean()) if known.size else float("nan"),
    )
