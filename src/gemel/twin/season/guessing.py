"""What does a cell's habit say of a coming period, before any tree is asked?

Habit at that time of day, plus a departure that shrinks with every period ahead. A cell
with little history is carried by what it has: its last value, its mean, or the mean of
all cells.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from gemel.twin.season.features import Origin


class Guess(NamedTuple):
    """What a cell's past says, before anybody knows how fast departures fade.

    fades_for:  periods from the latest value to the one that is asked about
    without:    for whoever has no habit at that time of day
    """

    usual: Float[np.ndarray, " row"]
    departure: Float[np.ndarray, " row"]
    fades_for: Float[np.ndarray, " row"]
    without: Float[np.ndarray, " row"]

    def faded(self, fade: float) -> Float[np.ndarray, " row"]:
        """Habit, plus what is left of the latest departure from it."""
        guess = self.usual + self.departure * fade**self.fades_for
        return np.where(np.isfinite(guess), guess, self.without)


def guess(
    origin: Origin,
    cell: Int[np.ndarray, " row"],
    ahead: Int[np.ndarray, " row"],
    typical: float,
) -> Guess:
    """Whoever has no habit at that time of day keeps his last value, then his mean,
    then the mean of all."""
    habits = origin.habits
    age = np.maximum(habits.age[cell], 1.0)
    usual_then = habits.of_slot(origin.slot(1 - age.astype(np.int64)), cell)
    without = np.full(len(cell), typical)
    for other in (habits.level(cell), habits.last[cell]):
        without = np.where(np.isfinite(other), other, without)
    return Guess(
        habits.of_slot(origin.slot(ahead), cell),
        np.nan_to_num(habits.last[cell] - usual_then),
        ahead + age - 1.0,
        without,
    )
