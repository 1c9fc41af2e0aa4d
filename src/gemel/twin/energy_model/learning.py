"""How is the energy model learned, and how wrong is it at stations it never saw?

Stations are split, never hours: hours of one station are nearly copies. How large the
trees may be is decided on inner folds; the errors that are told, and the intervals,
come of outer folds that had no part in that.
"""

import dataclasses
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from gemel.errors import ScenarioError
from gemel.twin.energy_model.doubt import ends_by_type
from gemel.twin.energy_model.energy_model import (
    PLACES,
    SURE,
    EnergyModel,
    features_of,
    log_power,
)
from gemel.twin.energy_model.fit import fit_powers
from gemel.twin.energy_model.power import TypePowers, radios, start
from gemel.twin.energy_model.rows import Activity, Equipment, Rows, rows_of, shifted
from gemel.twin.forest import Forest
from gemel.twin.trees import Grow, said_by

ROWS_A_STATION = 12  # enough for the formula's idle power and slope
ROWS_TO_CHOOSE = 36
SHIFTS = (0, 1, -1)  # hours; the first one wins where all explain alike
LEAVES = (0, 7, 15, 31)  # of a tree; 0 is the formula alone
ROUNDS, RATE, LEAST_ROWS, L2 = 250, 0.06, 100, 5.0
FEWEST_STATIONS = 10
Tell = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class Unseen:
    """Every measured hour, predicted by a model that never saw its station.

    leaves:  of the trees that inner folds chose, by outer fold
    """

    hour: Int[np.ndarray, " row"]
    station: Int[np.ndarray, " row"]
    radio_type: Int[np.ndarray, " row"]
    load: Float[np.ndarray, " row"]
    energy: Float[np.ndarray, " row"]
    predicted: Float[np.ndarray, " row"]
    formula: Float[np.ndarray, " row"]
    inside: Bool[np.ndarray, " row"]
    leaves: tuple[int, ...]

    def mape_percent(self, predicted: np.ndarray | None = None) -> float:
        """Mean absolute percentage error over all rows."""
        said = self.predicted if predicted is None else predicted
        return float(100.0 * np.mean(np.abs(said - self.energy) / self.energy))


@dataclasses.dataclass(frozen=True)
class _Lesson:
    """All that is measured, ready for learning from some of its stations."""

    rows: Rows
    log_energy: Float[np.ndarray, " row"]
    types: int
    modes: int
    grow: Grow | None
    seed: int

    def powers(self, learnt: Bool[np.ndarray, " row"]) -> TypePowers:
        """The formula, from these rows: always as many, so that one program does."""
        some = _thinned(self.rows.station, ROWS_A_STATION)
        told = radios(self.rows.some(some), self.types, self.modes)
        saving = self.rows.saving.shape[2]
        median = float(np.exp(np.median(self.log_energy[learnt])))
        begin = start(self.types, self.modes, saving, told, median)
        return fit_powers(
            begin,
            told,
            jnp.asarray(self.log_energy[some], jnp.float32),
            jnp.asarray(learnt[some], jnp.float32),
        )

    def trees(
        self,
        features: np.ndarray,
        rest: np.ndarray,
        learnt: Bool[np.ndarray, " row"],
        leaves: int,
    ) -> Forest | None:
        """What the formula leaves over, as trees; None without any."""
        if leaves == 0 or self.grow is None:
            return None
        return self.grow(
            features[learnt],
            rest[learnt],
            seed=self.seed,
            objective="absolute",
            rounds=ROUNDS,
            leaves=leaves,
            learning_rate=RATE,
            least_rows=LEAST_ROWS,
            l2=L2,
        )

    def learn(
        self, learnt: Bool[np.ndarray, " row"], sizes: tuple[int, ...]
    ) -> tuple[TypePowers, list[Forest | None], np.ndarray, np.ndarray]:
        """Powers, trees of every size, what the formula says of all rows, and what it
        says with each of the trees; natural logarithms."""
        powers = self.powers(learnt)
        told = radios(self.rows, self.types, self.modes)
        formula = log_power(powers, told)
        features = features_of(powers, self.rows, told)
        rest = self.log_energy - formula
        forests = [self.trees(features, rest, learnt, size) for size in sizes]
        # All rows every time, seen or not: one shape compiles once.
        said = [
            formula if forest is None else formula + said_by(forest, features)
            for forest in forests
        ]
        return powers, forests, formula, np.array(said)


def learn_energy(
    equipment: Equipment,
    activity: Activity,
    energy: Float[np.ndarray, "hour station"],
    *,
    grow: Grow | None,
    seed: int,
    folds: int = 5,
    tell: Tell = lambda what, share: None,
) -> tuple[EnergyModel, Unseen]:
    """A model from all stations, and what it is worth at stations it never saw.

    energy:  NaN where it was not measured
    grow:    how trees are grown; None: the formula alone

    ScenarioError: too few stations were measured to say anything about others.
    """
    types = tuple(sorted({str(name) for name in equipment.radio_type}))
    modes = tuple(sorted({str(name) for name in equipment.mode}))
    ahead = hours_ahead(equipment, activity, energy)
    rows = rows_of(equipment, activity, ahead, types, modes, PLACES)
    measured = energy[rows.hour, rows.station]
    rows = rows.some(measured > 0.0)
    stations = np.unique(rows.station)
    if len(stations) < FEWEST_STATIONS:
        raise ScenarioError(
            f"energy of {len(stations)} stations with load was measured; "
            f"{FEWEST_STATIONS} or more are needed to say anything of others. "
            "Give more stations."
        )
    # A type nobody measured must not pass as known: its own number would be zero.
    seen = sorted({types[kind] for kind in rows.radio_type[:, 0] if kind >= 0})
    kinds = tuple(seen)
    rows = rows_of(equipment, activity, ahead, kinds, modes, PLACES)
    measured = energy[rows.hour, rows.station]
    rows = rows.some(measured > 0.0)
    log_energy = np.log(energy[rows.hour, rows.station])
    lesson = _Lesson(rows, log_energy, len(kinds), len(modes), grow, seed)
    sizes = LEAVES if grow is not None else (0,)
    luck = np.random.default_rng(seed)
    fold = _folds(rows.station, folds, luck)
    said, formula = np.zeros(len(rows)), np.zeros(len(rows))
    chosen = []
    for part in range(folds):
        tell("learning", part / (folds + 1))
        learnt = fold != part
        size = _best_size(lesson, learnt, sizes, luck)
        _, _, plain, said_here = lesson.learn(learnt, (size,))
        said[~learnt], formula[~learnt] = said_here[0][~learnt], plain[~learnt]
        chosen.append(size)
    tell("learning", folds / (folds + 1))
    size = _best_size(lesson, np.ones(len(rows), bool), sizes, luck)
    powers, forests, _, _ = lesson.learn(np.ones(len(rows), bool), (size,))
    off = log_energy - said
    kind = rows.radio_type[:, 0]
    low, high = ends_by_type(off, rows.station, kind, len(kinds), SURE)
    model = EnergyModel(powers, forests[0], low, high, kinds, modes, ahead)
    unseen = Unseen(
        hour=rows.hour,
        station=rows.station,
        radio_type=kind,
        load=rows.load[:, 0],
        energy=np.exp(log_energy),
        predicted=np.exp(said),
        formula=np.exp(formula),
        inside=_inside(off, rows.station, kind, len(kinds), fold),
        leaves=tuple(chosen),
    )
    tell("learning", 1.0)
    return model, unseen


def _best_size(
    lesson: _Lesson,
    learnt: Bool[np.ndarray, " row"],
    sizes: tuple[int, ...],
    luck: np.random.Generator,
    folds: int = 3,
) -> int:
    """The size of trees with the least error at inner folds of these rows alone."""
    if len(sizes) == 1:
        return sizes[0]
    # Which size is best shows on a few dozen hours of every station as well.
    few = np.zeros(len(learnt), bool)
    few[_thinned(lesson.rows.station, ROWS_TO_CHOOSE)] = True
    learnt = learnt & few
    fold = np.full(len(learnt), -1)
    fold[learnt] = _folds(lesson.rows.station[learnt], folds, luck)
    off = np.zeros(len(sizes))
    for part in range(folds):
        asked = fold == part
        _, _, _, said = lesson.learn(learnt & ~asked, sizes)
        wrong = np.exp(said[:, asked] - lesson.log_energy[None, asked]) - 1.0
        off += np.abs(wrong).sum(1)
    return sizes[int(np.argmin(off))]


def _folds(
    station: Int[np.ndarray, " row"], folds: int, luck: np.random.Generator
) -> Int[np.ndarray, " row"]:
    names, which = np.unique(station, return_inverse=True)
    return (luck.permutation(len(names)) % folds)[which]


def _thinned(station: Int[np.ndarray, " row"], most: int) -> Int[np.ndarray, " some"]:
    """Rows spread evenly over those of every station."""
    chosen = []
    for name in np.unique(station):
        mine = np.flatnonzero(station == name)
        step = np.linspace(0, len(mine) - 1, min(most, len(mine)))
        chosen.append(mine[step.astype(int)])
    return np.concatenate(chosen)


def _inside(
    off: Float[np.ndarray, " row"],
    station: Int[np.ndarray, " row"],
    kind: Int[np.ndarray, " row"],
    types: int,
    fold: Int[np.ndarray, " row"],
) -> Bool[np.ndarray, " row"]:
    """Whether a row lies in the interval that the other folds' errors make."""
    inside = np.zeros(len(off), bool)
    for part in np.unique(fold):
        here = fold == part
        low, high = ends_by_type(off[~here], station[~here], kind[~here], types, SURE)
        inside[here] = (low[kind[here]] <= off[here]) & (off[here] <= high[kind[here]])
    return inside


def hours_ahead(
    equipment: Equipment,
    activity: Activity,
    energy: Float[np.ndarray, "hour station"],
) -> int:
    """By how many hours the stamps of load are ahead of those of energy.

    One table may stamp an hour by its end and the other by its beginning. Whichever
    shift makes load and energy of a station go together best is meant.
    """
    station = equipment.station
    return max(
        SHIFTS,
        key=lambda ahead: _together(shifted(activity.load, ahead), energy[:, station]),
    )


def _together(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over columns of the squared correlation, where both are known."""
    both = np.isfinite(one) & np.isfinite(other)
    many = both.sum(0)
    count = np.maximum(many, 1)
    one, other = np.where(both, one, 0.0), np.where(both, other, 0.0)
    away = np.where(both, one - one.sum(0) / count, 0.0)
    off = np.where(both, other - other.sum(0) / count, 0.0)
    square = (away**2).sum(0) * (off**2).sum(0)
    usable = (many >= 6) & (square > 0.0)
    if not usable.any():
        return 0.0
    return float(((away * off).sum(0)[usable] ** 2 / square[usable]).mean())
