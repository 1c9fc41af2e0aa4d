"""What does the past of a cell say of one of its coming periods?

Everything is looked at from an origin: the first period that nobody knows yet. A row is
a cell and how many periods ahead of the origin it is asked about. What is missing is
NaN, in the history and in what is drawn from it.
"""

import dataclasses

import numpy as np
from jaxtyping import Float, Int

FORGETS = 0.8  # what yesterday's value at this time of day still counts, a day later
RECENT = 3  # periods before the origin that are looked at one by one
DAYS = 3  # so many days back at the same time of day


@dataclasses.dataclass(frozen=True)
class Habits:
    """What is usual, as it was known at one moment.

    slot_sum, slot_count:  by time of day; older days count less
    sum, count:            over everything
    last, age:             the last value that was known, and how many periods ago
    """

    slot_sum: Float[np.ndarray, "slot cell"]
    slot_count: Float[np.ndarray, "slot cell"]
    sum: Float[np.ndarray, " cell"]
    count: Float[np.ndarray, " cell"]
    last: Float[np.ndarray, " cell"]
    age: Float[np.ndarray, " cell"]

    @classmethod
    def none(cls, slots: int, cells: int) -> "Habits":
        """Nothing was seen yet."""
        return cls(
            np.zeros((slots, cells)),
            np.zeros((slots, cells)),
            np.zeros(cells),
            np.zeros(cells),
            np.full(cells, np.nan),
            np.zeros(cells),
        )

    def after(self, slot: int, value: Float[np.ndarray, " cell"]) -> "Habits":
        """The same, one period later; NaN is a report that did not come."""
        known = np.isfinite(value)
        seen = np.where(known, value, 0.0)
        slot_sum, slot_count = self.slot_sum.copy(), self.slot_count.copy()
        slot_sum[slot] = FORGETS * slot_sum[slot] + seen
        slot_count[slot] = FORGETS * slot_count[slot] + known
        return Habits(
            slot_sum,
            slot_count,
            self.sum + seen,
            self.count + known,
            np.where(known, value, self.last),
            np.where(known, 1.0, self.age + 1.0),
        )

    def of_slot(
        self, slot: Int[np.ndarray, " row"], cell: Int[np.ndarray, " row"]
    ) -> Float[np.ndarray, " row"]:
        """What is usual at a time of day."""
        return _ratio(self.slot_sum[slot, cell], self.slot_count[slot, cell])

    def around(
        self, slot: Int[np.ndarray, " row"], cell: Int[np.ndarray, " row"]
    ) -> Float[np.ndarray, " row"]:
        """What is usual within one period of a time of day."""
        slots = len(self.slot_sum)
        near = [(slot + step) % slots for step in (-1, 0, 1)]
        total = sum(self.slot_sum[one, cell] for one in near)
        count = sum(self.slot_count[one, cell] for one in near)
        return _ratio(np.asarray(total), np.asarray(count))

    def level(self, cell: Int[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
        """The mean of everything."""
        return _ratio(self.sum[cell], self.count[cell])


@dataclasses.dataclass(frozen=True)
class Origin:
    """All that is known before one period.

    history:  that period's predecessors, oldest first
    first:    the time of day of the oldest, in periods
    network:  how far the whole network lately was from its habits, one value a period
    """

    history: Float[np.ndarray, "time cell"]
    first: int
    habits: Habits
    network: Float[np.ndarray, " recent"]

    @property
    def slots(self) -> int:
        """Periods of a day."""
        return len(self.habits.slot_sum)

    def slot(self, ahead: Int[np.ndarray, " row"]) -> Int[np.ndarray, " row"]:
        """The time of day of a coming period; the next one is 1 ahead."""
        return (self.first + len(self.history) - 1 + ahead) % self.slots

    def back(
        self, periods: Int[np.ndarray, " row"], cell: Int[np.ndarray, " row"]
    ) -> Float[np.ndarray, " row"]:
        """What was reported so many periods before the origin; 1 is the latest."""
        at = len(self.history) - periods
        inside = (at >= 0) & (periods >= 1)
        return np.where(inside, self.history[np.where(inside, at, -1), cell], np.nan)

    def features(
        self, cell: Int[np.ndarray, " row"], ahead: Int[np.ndarray, " row"]
    ) -> Float[np.ndarray, "row feature"]:
        """What a forest looks at, one column a feature."""
        habits, day = self.habits, self.slots
        slot = self.slot(ahead)
        usual = habits.of_slot(slot, cell)
        columns = [
            ahead.astype(np.float64),
            slot / day,
            habits.last[cell],
            habits.age[cell],
            usual,
            habits.around(slot, cell),
            habits.level(cell),
        ]
        # The same time of day, a period before and after: how the day went on then.
        whole = -(-ahead // day)
        for days in range(DAYS):
            before = (whole + days) * day - ahead + 1
            columns.append(self.back(before, cell))
            if days == 0:
                columns += [self.back(before + 1, cell), self.back(before - 1, cell)]
        yesterday = columns[7]
        columns.append(yesterday - self.back(day + np.ones_like(ahead), cell))
        latest = self.slot(np.zeros_like(ahead))
        columns.append(usual - habits.of_slot(latest, cell))
        for periods in range(1, RECENT + 1):
            value = self.back(np.full_like(ahead, periods), cell)
            then = self.slot(np.full_like(ahead, 1 - periods))
            columns += [value, value - habits.of_slot(then, cell)]
        columns += [np.full(len(cell), value) for value in self.network]
        return np.column_stack(columns)


def origins(
    history: Float[np.ndarray, "time cell"], first: int, slots: int
) -> "list[Origin]":
    """Every moment of a history, from before its first period to after its last."""
    habits = Habits.none(slots, history.shape[1])
    cells = np.arange(history.shape[1])
    network = np.full(RECENT, np.nan)
    found = [Origin(history[:0], first, habits, network)]
    for time, value in enumerate(history):
        slot = (first + time) % slots
        usual = habits.of_slot(np.full(len(cells), slot), cells)
        away = value - usual
        known = np.isfinite(away)
        newest = away[known].mean() if known.any() else np.nan
        network = np.append(newest, network[:-1])
        habits = habits.after(slot, value)
        found.append(Origin(history[: time + 1], first, habits, network))
    return found


def _ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """NaN where nothing was counted."""
    return np.where(count > 0.0, total / np.maximum(count, 1e-9), np.nan)
