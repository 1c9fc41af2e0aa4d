"""What do trees add to physics, and how wide is the interval around the sum?

The width is measured, not assumed: trees grown on some blocks (or cells) are asked
about others, how far they are off is learned as a scale, and eight of ten lie within
the ends of the interval, scale for scale (cross-conformal prediction: Vovk, Annals of
Mathematics and Artificial Intelligence, 2015).
"""

import dataclasses
from typing import Any

import numpy as np

from gemel.twin.forest import Forest
from gemel.twin.trees import Grow, said_by

LOW, HIGH = 0.1, 0.9
PARTS = 4  # of groups; each is asked about by trees grown on the other three
MOST_ROWS = 300_000  # more teach the trees nothing
ROWS_TO_MEASURE = 120_000  # the width by
LEAST_SCALE_DB = 1.0
MEAN = {"rounds": 300, "leaves": 48, "learning_rate": 0.05, "l2": 20.0}
SCALE = {"rounds": 60, "leaves": 12, "learning_rate": 0.08, "l2": 50.0}
ROWS_A_LEAF = 500  # or more: trees of small tables stay small


@dataclasses.dataclass(frozen=True)
class Residual:
    """What is added to a physical guess.

    mean:       trees: dB to add
    scale:      trees: how far off, dB
    low, high:  where the interval ends, in scales from the mean
    """

    mean: Forest
    scale: Forest
    low: float
    high: float

    def predict(
        self, features: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean to add and ends of the interval, all dB."""
        mean_db, scale_db = said_by(self.mean, features), said_by(self.scale, features)
        scale_db = np.maximum(scale_db, LEAST_SCALE_DB)
        return mean_db, mean_db + self.low * scale_db, mean_db + self.high * scale_db


def learn(
    features: np.ndarray,
    left_db: np.ndarray,
    group: np.ndarray,
    *,
    grow: Grow,
    seed: int,
) -> Residual:
    """Trees for what is left over.

    group:  of each row: rows of one group tell each other too much to be parted
    """
    lot = np.random.default_rng(seed)
    names, number = np.unique(group, return_inverse=True)
    part = lot.permutation(np.arange(len(names)) % PARTS)[number]
    few = lot.permutation(len(left_db))[:ROWS_TO_MEASURE]
    some, off_db, part = features[few], left_db[few].astype(np.float64), part[few]
    for one in np.unique(part):
        others, own = part != one, part == one
        if others.any():
            tried = _grown(grow, some[others], left_db[few][others], seed, MEAN)
            off_db[own] -= said_by(tried, some[own])
    return Residual(
        _grown(grow, features, left_db, seed, MEAN),
        _grown(grow, some, np.abs(off_db), seed, SCALE),
        *_ends(some, off_db, part % 2 == 0, grow=grow, seed=seed),
    )


def _ends(
    features: np.ndarray, off_db: np.ndarray, half: np.ndarray, *, grow: Grow, seed: int
) -> tuple[float, float]:
    """Where the interval ends, in scales learned from the other half."""
    scaled = off_db.copy()
    for own in (half, ~half):
        other = ~own if own.any() and not own.all() else own
        if own.any():
            scale = _grown(grow, features[other], np.abs(off_db[other]), seed, SCALE)
            scale_db = said_by(scale, features[own])
            scaled[own] = off_db[own] / np.maximum(scale_db, LEAST_SCALE_DB)
    low, high = np.quantile(scaled, [LOW, HIGH])
    # The mean lies inside, whatever a small table says.
    return min(float(low), 0.0), max(float(high), 0.0)


# One thread: where a machine is busy, two spend their time waiting for each other.


def _grown(
    grow: Grow, features: np.ndarray, target: np.ndarray, seed: int, how: dict[str, Any]
) -> Forest:
    rows = len(target)
    how = how | {"leaves": int(np.clip(rows // ROWS_A_LEAF, 4, how["leaves"]))}
    least_rows = int(np.clip(rows // 1_000, 10, 100))
    return grow(features, target, seed=seed, least_rows=least_rows, **how)
