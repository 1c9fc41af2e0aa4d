"""How far from the reports were forecasts, and did their intervals hold?"""

import dataclasses
import math

import numpy as np
from jaxtyping import Bool, Float, Int

from gemel.twin.fidelity.pairs import Pairs
from gemel.world.demand import HOUR_S

# Counted in points of 100; everything else is judged as a share.
IN_POINTS = (
    "RRU.PrbTotDl",
    "AveDLPrbLoad",
    "LowDLRANUEThptRatio",
    "HighDLPrbLoadRatio",
)
PERIOD, HOUR, DAY = "period", "hour", "day"
HORIZONS = (PERIOD, HOUR, DAY)
REACH = 1.5  # a forecast so many times as far ahead still counts for a horizon
END = 1.645  # standard normal: nine of ten lie within
# The least spread that is taken for stated, since nobody cares about less: reports in
# percent are whole numbers, rounded down, so half a point is hidden; of everything else
# a share of what the cell or the usual cell reports.
LEAST_POINTS, LEAST_SHARE = 0.5, 0.005
FARTHEST = 20.0  # spreads; of a number further out nobody can tell how far


@dataclasses.dataclass(frozen=True)
class Score:
    """What came of some pairs; NaN where nothing is known.

    bias:           mean of forecast minus report, in the measurement's unit
    mean_absolute:  of the error, in the same unit
    relative:       the same as a share of the mean report
    coverage:       share of reports inside the interval, which should hold 0.9 of them
    width:          mean of the interval
    surprise:       mean distance from the forecast in its own spreads: 0.8 where the
                    intervals are honest and errors normal
    persistence, seasonal: skill: the share of the naive's mean absolute error that the
                    twin does without; below zero the naive is better
    """

    pairs: int
    bias: float
    mean_absolute: float
    relative: float
    coverage: float
    width: float
    surprise: float
    persistence: float
    seasonal: float

    @property
    def skill(self) -> float:
        """Over the better of the naive ones that are known."""
        known = [s for s in (self.persistence, self.seasonal) if not math.isnan(s)]
        return min(known, default=math.nan)


def horizon_of(pairs: Pairs) -> Int[np.ndarray, " pair"]:
    """Which of HORIZONS each belongs to, by how far ahead it was made."""
    horizon_s = pairs.horizon_s
    hour = np.where(horizon_s <= REACH * HOUR_S, 1, 2)
    return np.where(horizon_s <= REACH * pairs.period_s, 0, hour)


def surprises(pairs: Pairs) -> Float[np.ndarray, " pair"]:
    """Report minus forecast, in the spread stated for that side of it."""
    points = np.array([name in IN_POINTS for name in pairs.names], bool)[pairs.name]
    error = pairs.value - pairs.mean
    side = np.where(error >= 0.0, pairs.high - pairs.mean, pairs.mean - pairs.low)
    size = np.abs(pairs.value)
    many = np.bincount(pairs.name, minlength=len(pairs.names))
    total = np.bincount(pairs.name, size, len(pairs.names))
    # An idle cell reports next to nothing, and next to nothing is what it is off by.
    usual = (total / np.maximum(many, 1))[pairs.name]
    least = np.where(points, LEAST_POINTS, LEAST_SHARE * np.maximum(size, usual))
    least = np.maximum(least, 1e-12)
    return np.clip(error / np.maximum(side / END, least), -FARTHEST, FARTHEST)


def scores(
    pairs: Pairs, group: Int[np.ndarray, " pair"], groups: int
) -> tuple[Score, ...]:
    """One score a group; group -1 is nobody's."""
    mine = group >= 0
    group = group[mine]
    value, mean = pairs.value[mine], pairs.mean[mine]
    low, high = pairs.low[mine], pairs.high[mine]
    error = mean - value
    banded = np.isfinite(low) & np.isfinite(high)

    def average(
        what: np.ndarray, where: Bool[np.ndarray, " pair"] | None = None
    ) -> Float[np.ndarray, " group"]:
        where = np.isfinite(what) if where is None else where
        many = np.bincount(group[where], minlength=groups)
        total = np.bincount(group[where], what[where], groups)
        return np.where(many > 0, total / np.maximum(many, 1), np.nan)

    def skill(naive: np.ndarray) -> Float[np.ndarray, " group"]:
        known = np.isfinite(naive)
        ours = average(np.abs(error), known)
        theirs = average(np.abs(naive - value), known)
        # Where the naive made no error there was nothing to gain.
        least = np.where(theirs > 0.0, theirs, np.nan)
        return np.where((theirs == 0.0) & (ours == 0.0), 0.0, 1.0 - ours / least)

    absolute = average(np.abs(error))
    size = average(np.abs(value))
    columns = (
        average(error),
        absolute,
        np.where(size > 0.0, absolute / np.where(size > 0.0, size, 1.0), np.nan),
        average(((low <= value) & (value <= high)).astype(np.float64), banded),
        average(high - low, banded),
        average(np.abs(surprises(pairs)[mine]), banded),
        skill(pairs.persistence[mine]),
        skill(pairs.seasonal[mine]),
    )
    many = np.bincount(group, minlength=groups)
    return tuple(
        Score(int(count), *(float(number) for number in numbers))
        for count, *numbers in zip(many, *columns, strict=True)
    )
