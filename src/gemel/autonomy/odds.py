"""How likely is a target to be missed, given what a forecast says?"""

import math

import numpy as np

from gemel.autonomy.intents import Target, headroom, met
from gemel.twin.forecast import Forecast

BAD_SIDE = 2.326  # standard normal: one in a hundred lies further out on one side


def violation_odds(target: Target, mean: float, spread: float) -> float:
    """Probability that a value so forecast lies on the wrong side, 0..1.

    What nobody could forecast (NaN) is taken for missed.
    """
    if math.isnan(mean) or math.isnan(spread):
        return 1.0
    if spread <= 0.0:
        return 0.0 if met(target, mean) else 1.0
    return 0.5 * math.erfc(headroom(target, mean) / spread / math.sqrt(2.0))


def interval(forecast: Forecast, name: str) -> tuple[float, float, float]:
    """Low, mean, high: one in a hundred is expected beyond either end."""
    mean, spread = float(forecast.mean[name]), float(forecast.spread[name])
    return max(mean - BAD_SIDE * spread, 0.0), mean, mean + BAD_SIDE * spread


def rise_below_floor(after: Forecast, before: Forecast) -> float:
    """Expected rise of the share of users below the coverage floor."""
    return float(
        np.mean(np.asarray(after.below_floor) - np.asarray(before.below_floor))
    )
