"""What is promised for the day, when nobody brought an intent of their own?

An absolute threshold that is judged in every period has to hold in the hardest one. So
throughput is promised from the slowest period that the twin forecasts for the day
without autonomy, the share of slow cells from the worst, and energy from the sum.
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


@dataclasses.dataclass(frozen=True)
class UsualDay:
    """The twin's forecast of the day with every cell awake, one value a period."""

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
        ).mean
        for when_s in every_s
    ]
    when_s = start_s + period_s * np.arange(periods)

    def curve(name: str) -> np.ndarray:
        return np.interp(when_s, every_s, [float(mean[name]) for mean in told])

    return UsualDay(
        curve("AveDLRANUEThpt"),
        curve("LowDLRANUEThptRatio"),
        curve("RANEnergyConsumption"),
    )


def default_intent(day: UsualDay) -> Intent:
    """Energy down by 6 %, and nobody much worse off at any time."""
    throughput_kbps = THROUGHPUT_SHARE * float(day.throughput_kbps.min())
    low_percent = float(day.low_ratio_percent.max()) + LOW_RATIO_POINTS
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
