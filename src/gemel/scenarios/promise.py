"""What is promised for the day, when nobody brought an intent of their own?

Absolute thresholds, set once from the twin's forecast of the day with every cell awake,
and then judged in every period: throughput against the day's number (every cell and
period weighted by its volume, as TS 28.554 defines it for a network), the share of slow
cells against the day's mean, energy against the sum. No threshold is set where the twin
expects the network to miss it in its hardest period with every cell awake.
"""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from gemel.autonomy.intents import Intent, Target
from gemel.network.controls import Controls
from gemel.twin.belief import Belief
from gemel.twin.forecast import Thresholds, forecast_jit
from gemel.world.demand import HOUR_S

THROUGHPUT_SHARE = 0.75  # of the forecast
LOW_RATIO_POINTS = 2.0  # above the forecast
ENERGY_SHARE = 0.94  # of the forecast
HARDEST_SHARE = 0.92  # of the slowest period's forecast, at the most
HARDEST_POINTS = 1.0  # above the worst period's forecast, at the least


@dataclasses.dataclass(frozen=True)
class UsualDay:
    """The twin's forecast of the day with every cell awake, one value a period."""

    volume_kbit: np.ndarray
    throughput_kbps: np.ndarray
    low_ratio_percent: np.ndarray
    energy_kwh: np.ndarray


def usual_day(
    belief: Belief,
    controls: Controls,
    start_s: float,
    periods: int,
    period_s: float,
    thresholds: Thresholds,
) -> UsualDay:
    """One forecast an hour, straight lines between."""
    everyone = eqx.tree_at(lambda c: c.awake, controls, jnp.ones_like(controls.awake))
    # Habit alone: today's departures from it say nothing about tonight.
    calm = eqx.tree_at(
        lambda b: b.log_demand, belief, jnp.zeros_like(belief.log_demand)
    )
    end_s = start_s + periods * period_s
    every_s = np.arange(start_s, end_s + 1.0, min(HOUR_S, end_s - start_s))
    told = [
        forecast_jit(
            calm,
            everyone,
            jnp.asarray(when_s, jnp.float32),
            jnp.asarray(period_s, jnp.float32),
            thresholds,
        )
        for when_s in every_s
    ]
    when_s = start_s + period_s * np.arange(periods)

    def curve(name: str) -> np.ndarray:
        return np.interp(when_s, every_s, [float(each.mean[name]) for each in told])

    volume = [each.reported["DRB.PdcpSduVolumeDL"].sum(1).mean() for each in told]
    return UsualDay(
        np.interp(when_s, every_s, [float(each) for each in volume]),
        curve("AveDLRANUEThpt"),
        curve("LowDLRANUEThptRatio"),
        curve("RANEnergyConsumption"),
    )


def default_intent(day: UsualDay) -> Intent:
    """Energy down by 6 %, and nobody much worse off at any time."""
    usual_kbps = np.average(day.throughput_kbps, weights=day.volume_kbit)
    throughput_kbps = min(
        THROUGHPUT_SHARE * float(usual_kbps),
        HARDEST_SHARE * float(day.throughput_kbps.min()),
    )
    low_percent = max(
        float(day.low_ratio_percent.mean()) + LOW_RATIO_POINTS,
        float(day.low_ratio_percent.max()) + HARDEST_POINTS,
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
