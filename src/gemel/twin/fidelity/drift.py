"""Have reports begun to differ from forecasts in one direction, and since when?

A two-sided cumulative sum (Page, Biometrika 41, 1954) over the errors of next-period
forecasts, in standard deviations. How far the sum must go for an alarm follows from how
rarely one may be false: in-control run length ARL of a sum with slack k and limit h by
Siegmund (Sequential Analysis, 1985, chapter 2), b = h + 1.166,

    ARL = (exp(2 k b) - 2 k b - 1) / (2 k^2).

Errors are no white noise of variance one. They are divided by the spread that the
forecast itself stated, or by the one they have if that is larger, and where an error
tells of the next one by the spread of their sum: sqrt((1 + r) / (1 - r)) for a
correlation r from period to period. Both come from differences between periods, all but
one of which a lasting shift leaves as they are, and the upper end of their own
uncertainty is taken, so that few periods make fewer alarms and not more. Where r is 0.8
and there is one series alone, alarms are two or three times as often false as stated.
"""

import dataclasses
import math

import numpy as np
from jaxtyping import Float, Int

from gemel.errors import ScenarioError

OVERSHOOT = 1.166  # Siegmund's correction of the limit for steps of discrete time
SURE = 2.326  # standard normal: one in a hundred lies beyond
WILDEST = 4.0  # standard deviations that one error may count for
TO_SIGMA = 1.4826  # standard deviation of normal numbers over the median of their size
WILD_CHANGE = 3.0  # standard deviations
LEAST_CHANGE = 1.0 / 3.0  # of the spread that was stated; less is no noise
MOST_ALIKE = 0.9  # correlation from period to period; beyond, nothing can be told


@dataclasses.dataclass(frozen=True)
class DriftRule:
    """What counts as drift.

    slack:          standard deviations of shift that are nobody's business, per period;
                    a shift of twice as much is found soonest
    false_alarms:   expected in a window, all series together, while nothing drifts
    least_periods:  fewer errors than that say nothing
    silence:        good periods after which an alarm ends
    """

    slack: float = 0.5
    false_alarms: float = 0.01
    least_periods: int = 12
    silence: int = 12

    def __post_init__(self):
        if not (self.slack > 0.0 and 0.0 < self.false_alarms < 1.0):
            raise ScenarioError(
                f"a drift rule with slack {self.slack:g} and {self.false_alarms:g} "
                "false alarms cannot be. Give a slack above 0 and a rate below 1."
            )


@dataclasses.dataclass(frozen=True)
class Excursion:
    """One time that the errors of a series ran away.

    series:   number of it
    above:    reports were above forecasts, else below
    began:    period after which the sum never was zero again: the likely onset
    found:    period of the alarm
    over:     period in which it ended; None while it stands
    """

    series: int
    above: bool
    began: int
    found: int
    over: int | None


def limit_of(errors: int, rule: DriftRule) -> float:
    """How far a sum must go, so that this many errors raise few false alarms."""
    wanted = 2.0 * max(errors, 1) / rule.false_alarms  # both sides
    low, high = 0.0, 1_000.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        enough = run_length(middle, rule.slack) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def run_length(limit: float, slack: float) -> float:
    """Errors until a false alarm, on average, on one side."""
    reach = 2.0 * slack * (limit + OVERSHOOT)
    return math.inf if reach > 600.0 else (math.expm1(reach) - reach) / (2 * slack**2)


def excursions(
    error: Float[np.ndarray, "series period"],
    rule: DriftRule,
    limit: float,
) -> list[Excursion]:
    """All runaways of these errors, which are in the forecasts' own spreads.

    NaN is a period that nobody knows of; it changes no sum.
    """
    scaled = np.clip(error / spread_of(error, rule)[:, None], -WILDEST, WILDEST)
    return [
        one
        for above in (True, False)
        for one in _one_side(scaled if above else -scaled, above, rule, limit)
    ]


def _one_side(
    error: Float[np.ndarray, "series period"],
    above: bool,
    rule: DriftRule,
    limit: float,
) -> list[Excursion]:
    many, periods = error.shape
    total = np.zeros(many)
    began, found = np.zeros(many, np.int64), np.full(many, -1)
    # An alarm that went on for days must not need days to end, nor may it end by one
    # lucky period: it takes as many errors of nought as `silence` says.
    highest, lowest = limit, max(limit - rule.slack * rule.silence, 0.0)
    made: list[Excursion] = []

    def one(row: int, over: int | None) -> Excursion:
        return Excursion(row, above, int(began[row]), int(found[row]), over)

    for period in range(periods):
        known = np.isfinite(error[:, period])
        began = np.where(total > 0.0, began, period)
        step = np.where(known, error[:, period] - rule.slack, 0.0)
        total = np.clip(total + np.where(known, step, 0.0), 0.0, highest)
        found = np.where((found < 0) & (total >= limit), period, found)
        ended = (found >= 0) & (total <= lowest)
        made += [one(row, period) for row in np.flatnonzero(ended).tolist()]
        # What comes after an alarm is judged from the start.
        total, found = np.where(ended, 0.0, total), np.where(ended, -1, found)
    return made + [one(row, None) for row in np.flatnonzero(found >= 0).tolist()]


def spread_of(
    error: Float[np.ndarray, "series period"], rule: DriftRule
) -> Float[np.ndarray, " series"]:
    """What a series' errors are divided by; infinite where too little is known."""
    own, many = _variance(error, 1)
    further, _ = _variance(error, 2)
    # Of one series r is uncertain, so all series of a kind speak of it together.
    known = (many >= rule.least_periods) & (own > 0.0)
    pairs = max(int(many[known].sum()), 1)
    ratio = float(np.mean(further[known] / own[known])) if known.any() else 1.0
    # First and second differences of an autoregression of order one: 1 + r to 1.
    alike = min(max(ratio - 1.0 + SURE / math.sqrt(pairs), 0.0), MOST_ALIKE)
    variance = own / (1.0 - min(max(ratio - 1.0, 0.0), MOST_ALIKE))
    doubt = _least_chi_square(np.maximum(many - 1, 1)) / np.maximum(many - 1, 1)
    spread = np.sqrt(variance / doubt * (1.0 + alike) / (1.0 - alike))
    return np.where(many >= rule.least_periods, np.maximum(spread, 1.0), np.inf)


def _variance(
    error: Float[np.ndarray, "series period"], lag: int
) -> tuple[Float[np.ndarray, " series"], Int[np.ndarray, " series"]]:
    """Half the mean squared difference over `lag` periods, and of how many.

    The jump by which a large shift begins must not pass for noise, so no difference
    counts for more than three times the usual one.
    """
    change = np.abs(error[:, lag:] - error[:, :-lag])
    known = np.isfinite(change)
    many = known.sum(1)
    usual = np.zeros(len(change))
    some = many > 0
    usual[some] = TO_SIGMA * np.nanmedian(change[some], axis=1)
    most = WILD_CHANGE * np.maximum(usual, LEAST_CHANGE)
    square = np.where(known, np.minimum(change, most[:, None]), 0.0) ** 2
    return square.sum(1) / np.maximum(2 * many, 1), many


def _least_chi_square(
    freedom: Int[np.ndarray, " series"],
) -> Float[np.ndarray, " series"]:
    """Its first percentile (Wilson and Hilferty, PNAS 17, 1931)."""
    ninth = 2.0 / (9.0 * freedom)
    return freedom * np.maximum(1.0 - ninth - SURE * np.sqrt(ninth), 0.05) ** 3
