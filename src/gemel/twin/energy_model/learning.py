"""How is the energy model learned, and how wrong is it at stations it never saw?

Stations are split, never hours: hours of one station are nearly copies. How large the
trees may be is decided on inner folds; the errors that are told, and the intervals,
come of outer folds that had no part in that.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from gemel.errors import ScenarioError
from gemel.twin.energy_model.clocks import hours_ahead
from gemel.twin.energy_model.doubt import ends_by_type, inside_others
from gemel.twin.energy_model.energy_model import PLACES, SURE, EnergyModel
from gemel.twin.energy_model.lesson import Lesson
from gemel.twin.energy_model.rows import Activity, Equipment, rows_of
from gemel.twin.energy_model.splits import folds_of, thinned
from gemel.twin.energy_model.unseen import Unseen
from gemel.twin.trees import Grow

ROWS_TO_CHOOSE = 36
LEAVES = (0, 7, 15, 31)  # of a tree; 0 is the formula alone
FEWEST_STATIONS = 10
Tell = Callable[[str, float], None]


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
    lesson = Lesson(rows, log_energy, len(kinds), len(modes), grow, seed)
    sizes = LEAVES if grow is not None else (0,)
    luck = np.random.default_rng(seed)
    fold = folds_of(rows.station, folds, luck)
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
        inside=inside_others(off, rows.station, kind, len(kinds), SURE, fold),
        leaves=tuple(chosen),
    )
    tell("learning", 1.0)
    return model, unseen


def _best_size(
    lesson: Lesson,
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
    few[thinned(lesson.rows.station, ROWS_TO_CHOOSE)] = True
    learnt = learnt & few
    fold = np.full(len(learnt), -1)
    fold[learnt] = folds_of(lesson.rows.station[learnt], folds, luck)
    off = np.zeros(len(sizes))
    for part in range(folds):
        asked = fold == part
        _, _, _, said = lesson.learn(learnt & ~asked, sizes)
        wrong = np.exp(said[:, asked] - lesson.log_energy[None, asked]) - 1.0
        off += np.abs(wrong).sum(1)
    return sizes[int(np.argmin(off))]
