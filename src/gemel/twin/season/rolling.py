"""What would have been forecast, period after period, and how good would it have been?

Every period is forecast from what was known before it, and held against two guesses
that cost nothing: that nothing changes, and that today is like yesterday.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from gemel.twin.season.features import origins
from gemel.twin.season.seasonal import Seasonal

Tell = Callable[[str, float], None]


class Rolled(NamedTuple):
    """Forecasts of periods `first` and on; each period was forecast once.

    made:  the period before which it was forecast: all earlier ones were known
    """

    first: int
    made: Int[np.ndarray, " time"]
    mean: Float[np.ndarray, "time cell"]
    low: Float[np.ndarray, "time cell"]
    high: Float[np.ndarray, "time cell"]


class Standing(NamedTuple):
    """Mean absolute errors, and how many of the values lie in their intervals.

    compared:    values of which all three say something; the errors are theirs
    of_values:   how many values came true at all; `covered` is a share of them
    error_all:   of all values that came true
    persistence: the latest value, if the period before the forecast has one
    yesterday:   the value a day before
    """

    compared: int
    of_values: int
    error: float
    error_all: float
    persistence: float
    yesterday: float
    covered: float

    @property
    def below_persistence(self) -> float:
        """By which share its error is smaller."""
        return 1.0 - self.error / self.persistence

    @property
    def below_yesterday(self) -> float:
        """By which share its error is smaller."""
        return 1.0 - self.error / self.yesterday


def roll(
    model: Seasonal,
    history: Float[np.ndarray, "time cell"],
    first: int,
    periods: int,
    starts_s: float,
    tell: Tell = lambda what, share: None,
) -> Rolled:
    """Forecasts from period `first` to `periods` beyond the end of the history, made
    every `periods` for the next `periods`."""
    past = origins(
        np.asarray(history, np.float64) / model.scale,
        model.first_slot(starts_s),
        model.slots,
    )
    parts, made = [], []
    moments = range(first, len(history) + 1, periods)
    for number, origin in enumerate(moments):
        tell("forecasting", number / len(moments))
        parts.append(model.from_origin(past[origin], periods))
        made += [origin] * periods
    tell("forecasting", 1.0)
    mean, low, high = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Rolled(first, np.array(made), mean, low, high)


def standing(
    rolled: Rolled, history: Float[np.ndarray, "time cell"], slots: int
) -> Standing:
    """How the forecasts of a history stand against what came true."""
    times = np.arange(rolled.first, len(history))
    true = history[times]
    known = np.isfinite(true)
    mean, low, high = (part[: len(times)] for part in rolled[2:])
    latest = _at(history, rolled.made[: len(times)] - 1)
    day_ago = _at(history, times - slots)
    both = known & np.isfinite(latest) & np.isfinite(day_ago)
    return Standing(
        compared=int(both.sum()),
        of_values=int(known.sum()),
        error=_mean(np.abs(mean - true), both),
        error_all=_mean(np.abs(mean - true), known),
        persistence=_mean(np.abs(latest - true), both),
        yesterday=_mean(np.abs(day_ago - true), both),
        covered=_mean(((low <= true) & (true <= high)).astype(float), known),
    )


def _at(
    history: Float[np.ndarray, "time cell"], time: Int[np.ndarray, " asked"]
) -> Float[np.ndarray, "asked cell"]:
    inside = (time >= 0) & (time < len(history))
    values = history[np.clip(time, 0, len(history) - 1)]
    return np.where(inside[:, None], values, np.nan)


def _mean(
    values: Float[np.ndarray, "time cell"], which: Bool[np.ndarray, "time cell"]
) -> float:
    return float(values[which].mean()) if which.any() else float("nan")
