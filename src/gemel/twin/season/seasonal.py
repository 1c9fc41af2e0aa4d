"""What will every cell's load or demand be in the next hour and over the next day?

A day looks like the days before it, and what is unusual now fades: habit at that time
of day, plus a departure that shrinks with every period ahead, plus what trees add.
"""

from typing import NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Float, Int

from gemel.errors import ScenarioError
from gemel.twin.forest import Forest
from gemel.twin.season.features import Origin, origins
from gemel.twin.season.guessing import guess
from gemel.twin.trees import said_by
from gemel.world.demand import DAY_S

SURE = 0.90  # of every interval
ENDS = ((1.0 - SURE) / 2.0, (1.0 + SURE) / 2.0)


class Reach(eqx.Module):
    """What was learned for periods up to so many ahead.

    fade:    what of a departure from the habit is left, a period later
    middle, low, high: what trees add to habit and departure; None without them
    trust:   how much of what the trees say of the middle is believed
    spread:  how far the ends lie from the middle without trees, and how much further
             with them
    """

    up_to: int = eqx.field(static=True)
    fade: float
    trust: float
    middle: Forest | None
    low: Forest | None
    high: Forest | None
    spread: Float[np.ndarray, "2"]


class Seasonal(eqx.Module):
    """What was learned from all cells of a history.

    scale:    a usual value: all is learned in units of it
    typical:  mean of all cells, for those nobody has heard of
    most:     what a value never exceeds, e.g. 1 for a load; None: anything
    reaches:  the next hour, the next day
    """

    period_s: float = eqx.field(static=True)
    most: float | None = eqx.field(static=True)
    scale: float
    typical: float
    reaches: tuple[Reach, ...]

    def forecast(
        self,
        history: Float[np.ndarray, "time cell"],
        periods: int,
        starts_s: float = 0.0,
    ) -> "Ahead":
        """The coming periods of every cell.

        history:   all that is known so far, NaN where it is missing; cells may be
                   others than those learned from
        starts_s:  seconds from midnight to the first period of the history
        """
        if periods < 1:
            raise ScenarioError(f"{periods} periods ahead are none. Ask for 1 or more.")
        scaled = np.asarray(history, np.float64) / self.scale
        past = origins(scaled, self.first_slot(starts_s), self.slots)
        return self.from_origin(past[-1], periods)

    @property
    def slots(self) -> int:
        """Periods of a day."""
        return slots_of_day(self.period_s)

    def first_slot(self, starts_s: float) -> int:
        """Which period of the day begins so many seconds after midnight."""
        return first_slot(starts_s, self.period_s)

    def from_origin(self, origin: Origin, periods: int) -> "Ahead":
        """The coming periods of every cell, from a history in units of `scale`."""
        cells = origin.history.shape[1]
        found = []
        for ahead in range(1, periods + 1):
            reach = next(
                (r for r in self.reaches if ahead <= r.up_to), self.reaches[-1]
            )
            found.append(self._one(origin, reach, np.full(cells, ahead)))
        mean, low, high = (np.stack(part) for part in zip(*found, strict=True))
        return Ahead(mean, low, high)

    def _one(
        self, origin: Origin, reach: Reach, ahead: Int[np.ndarray, " cell"]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        cell = np.arange(len(ahead))
        base = guess(origin, cell, ahead, self.typical / self.scale).faded(reach.fade)
        middle = low = high = base
        if reach.low is not None and reach.high is not None:
            shown = origin.features(cell, ahead)
            low = base + said_by(reach.low, shown)
            high = base + said_by(reach.high, shown)
            if reach.middle is not None:
                middle = base + reach.trust * said_by(reach.middle, shown)
        ends = (low - reach.spread[0], middle, high + reach.spread[1])
        # Learned apart, the ends may cross the middle where rows are few.
        low, middle, high = (np.clip(end, 0.0, self._top()) for end in ends)
        scale = self.scale
        return (
            middle * scale,
            np.minimum(low, middle) * scale,
            np.maximum(high, middle) * scale,
        )

    def _top(self) -> float:
        return np.inf if self.most is None else self.most / self.scale


class Ahead(NamedTuple):
    """Coming periods of every cell; low and high hold nine of ten values."""

    mean: Float[np.ndarray, "ahead cell"]
    low: Float[np.ndarray, "ahead cell"]
    high: Float[np.ndarray, "ahead cell"]


def slots_of_day(period_s: float) -> int:
    slots = round(DAY_S / period_s) if period_s > 0 else 0
    if slots < 1 or abs(slots * period_s - DAY_S) > 1e-6 * DAY_S:
        raise ScenarioError(
            f"period_s is {period_s}; periods must divide a day. Give e.g. 900 or 3600."
        )
    return slots


def first_slot(starts_s: float, period_s: float) -> int:
    return round(starts_s % DAY_S / period_s) % slots_of_day(period_s)
