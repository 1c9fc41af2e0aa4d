"""What is promised for the day, when nobody brought an intent of their own?

Absolute thresholds, set once from the twin's forecast of the day with every cell awake,
and then judged in every period: throughput against the day's number (every cell and
period weighted by its volume, as TS 28.554 defines it for a network), the share of slow
cells against the day's mean, energy against the sum. Nothing is promised that the twin
thinks the network might miss with every cell awake: where the hardest period, at the
bad end of its forecast interval, does not reach that far, that end is the threshold.
"""

import dataclasses

import numpy as np

from gemel.autonomy.intents import Intent, Target
from gemel.autonomy.odds import BAD_SIDE
from gemel.twin.belief import ERROR_IN_POINTS, Belief
from gemel.twin.forecast import Thresholds
from gemel.twin.source import Observation
from gemel.twin.synchronise import reported_kpis

THROUGHPUT_SHARE = 0.75  # of the forecast
LOW_RATIO_POINTS = 2.0  # above the forecast
ENERGY_SHARE = 0.94  # of the forecast
# How far one day is from the next, standard deviations: our assumption.
DAY_SHARE = 0.04
DAY_POINTS = 0.5
HOUR_OF_PERIODS = 5  # a forecast is smoothed over so many


@dataclasses.dataclass(frozen=True)
class UsualDay:
    """The twin's forecast of the day with every cell awake, one value a period.

    slowest_kbps, worst_ratio_percent: the bad end of the forecast interval
    """

    volume_kbit: np.ndarray
    throughput_kbps: np.ndarray
    slowest_kbps: np.ndarray
    low_ratio_percent: np.ndarray
    worst_ratio_percent: np.ndarray
    energy_kwh: np.ndarray


def usual_day(
    belief: Belief, yesterday: list[Observation], periods: int, thresholds: Thresholds
) -> UsualDay:
    """A day like the last one, when every cell was awake: what was reported then,
    smoothed over an hour, and how far forecasts have been off since.

    A forecast through the physics, slot by slot, would add the errors of the physics to
    those of the habit; for a network left alone the habit is all there is to know.
    """
    told = [reported_kpis(report, thresholds) for report in yesterday]
    volume = [float(o.measured["DRB.PdcpSduVolumeDL"].value.sum()) for o in yesterday]

    def curve(values: list[float]) -> np.ndarray:
        reach = HOUR_OF_PERIODS // 2
        around = [np.roll(values, shift) for shift in range(-reach, reach + 1)]
        return np.mean(around, axis=0)[:periods]

    def forecast(name: str) -> tuple[np.ndarray, np.ndarray]:
        mean = curve([float(values[name]) for values in told])
        doubt = float(belief.kpi_variance[name]) ** 0.5
        if ERROR_IN_POINTS[name]:
            return mean, np.full(periods, max(doubt, DAY_POINTS))
        return mean, max(doubt, DAY_SHARE) * mean

    throughput, doubt_kbps = forecast("AveDLRANUEThpt")
    low_ratio, doubt_points = forecast("LowDLRANUEThptRatio")
    return UsualDay(
        volume_kbit=curve(volume),
        throughput_kbps=throughput,
        slowest_kbps=throughput - BAD_SIDE * doubt_kbps,
        low_ratio_percent=low_ratio,
        worst_ratio_percent=low_ratio + BAD_SIDE * doubt_points,
        energy_kwh=forecast("RANEnergyConsumption")[0],
    )


def default_intent(day: UsualDay) -> Intent:
    """Energy down by 6 %, and nobody much worse off at any time."""
    usual_kbps = np.average(day.throughput_kbps, weights=day.volume_kbit)
    throughput_kbps = min(
        THROUGHPUT_SHARE * float(usual_kbps), float(day.slowest_kbps.min())
    )
    low_percent = max(
        float(day.low_ratio_percent.mean()) + LOW_RATIO_POINTS,
        float(day.worst_ratio_percent.max()),
    )
    energy_kwh = ENERGY_SHARE * float(day.energy_kwh.sum())
    return Intent(
        id="save-energy",
        user_label="save energy, keep throughput",
        targets=(
            Target(
                "AveDLRANUEThpt",
                "IS_EQUAL_TO_OR_GREATER_THAN",
                round(throughput_kbps, 0),
            ),
            Target(
                "LowDLRANUEThptRatio",
                "IS_EQUAL_TO_OR_LESS_THAN",
                round(min(low_percent, 100.0), 2),
                context_threshold=5_000.0,
            ),
            Target(
                "RANEnergyConsumption",
                "IS_EQUAL_TO_OR_LESS_THAN",
                round(energy_kwh, 1),
            ),
        ),
        priority=10,
    )
