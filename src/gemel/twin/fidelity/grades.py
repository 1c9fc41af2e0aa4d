"""How good is good enough, and how much may a twin so good be trusted with?

Grades go from A to D by the worst of four numbers: the error, the coverage of the
interval that should hold nine of ten reports, the skill over the better naive forecast,
and whether the errors drift. The limits of A are those that a twin is held to at all:
load within 5 points, everything else within a tenth, 85 to 95 of 100 reports inside,
and a fifth better than what costs nothing.
"""

import dataclasses
import math

from gemel.twin.fidelity.scores import IN_POINTS, Score

GRADES = ("A", "B", "C", "D")
# What a loop may do with forecasts so good, as rungs of a ladder.
RUNGS = {
    "A": "act alone",
    "B": "act in small steps",
    "C": "propose, and let people decide",
    "D": "watch",
}


@dataclasses.dataclass(frozen=True)
class Limits:
    """The worst that still earns a grade.

    points, share:  of the error, where that is counted in points of 100 or relative
    covered:        of the interval: lowest and highest
    skill:          least
    drifting:       of all cells, share whose errors may drift
    """

    points: float
    share: float
    covered: tuple[float, float]
    skill: float
    drifting: float


LIMITS = {
    "A": Limits(5.0, 0.10, (0.85, 0.95), 0.2, 0.0),
    "B": Limits(10.0, 0.20, (0.80, 1.0), 0.0, 0.05),
    "C": Limits(20.0, 0.40, (0.60, 1.0), -0.25, 1.0),
}
FEWEST_PAIRS = 30  # with fewer nobody knows how good a twin is: D


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A grade and the number that decided it."""

    grade: str
    reason: str


def judged(name: str, typical: float, score: Score, drifting: float) -> Verdict:
    """The grade of one measurement's forecasts.

    typical:   the median over cells of their mean absolute error, in points or as a
               share of the mean report
    drifting:  share of the cells in which an alarm stands; 1 where the network's does
    """
    if score.pairs < FEWEST_PAIRS:
        return Verdict("D", f"only {score.pairs} forecasts were checked")
    held: dict[str, str] = {}
    for grade, limits in LIMITS.items():
        reason = _missed(name, typical, score, drifting, limits)
        if reason is None:
            # What kept it from the grade above is the reason for this one.
            above = [held[better] for better in GRADES if better in held]
            return Verdict(grade, above[-1] if above else "every limit is kept")
        held[grade] = reason
    return Verdict("D", held["C"])


def _missed(
    name: str, typical: float, score: Score, drifting: float, limits: Limits
) -> str | None:
    """The first limit that is not kept, in words."""
    points = name in IN_POINTS
    most = limits.points if points else limits.share
    if not typical <= most:  # NaN is not within any limit
        said = f"{typical:.1f} points" if points else f"{100 * typical:.0f} %"
        allowed = f"{most:g} points" if points else f"{100 * most:g} %"
        return f"the error is {said}, above {allowed}"
    low, high = limits.covered
    if not low <= score.coverage <= high:
        return (
            f"intervals hold {100 * score.coverage:.0f} % of reports, "
            f"not {100 * low:g} to {100 * high:g}"
        )
    # A skill that nobody can tell, for want of history, is held against no one.
    if not math.isnan(score.skill) and score.skill < limits.skill:
        return f"the skill is {score.skill:+.2f}, below {limits.skill:+g}"
    if drifting > limits.drifting:
        return f"errors drift in {100 * drifting:.0f} % of the cells"
    return None


def worst(grades: list[str]) -> str:
    """The lowest; D where there is none."""
    return max(grades, key=GRADES.index, default="D")
