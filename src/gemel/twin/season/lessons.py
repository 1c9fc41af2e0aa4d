"""Which questions about the past are there whose answers came true?

A question is a cell, an origin, and how many periods ahead of it. Half are asked of the
past as it was, half of one in which reports were lost.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from gemel.twin.season.features import Origin
from gemel.twin.season.guessing import Guess, guess

MOST_ROWS = 60_000  # to learn one forest from
Ask = Callable[[Origin, Int[np.ndarray, " row"], Int[np.ndarray, " row"]], np.ndarray]


class Lessons(NamedTuple):
    """Questions of which the answer is known, drawn from the past.

    past:    as it was, and with reports lost
    holed:   which of the two a question is asked of
    origin:  number of the origin there
    """

    past: tuple[list[Origin], list[Origin]]
    holed: Bool[np.ndarray, " row"]
    origin: Int[np.ndarray, " row"]
    cell: Int[np.ndarray, " row"]
    ahead: Int[np.ndarray, " row"]
    value: Float[np.ndarray, " row"]

    @classmethod
    def drawn(
        cls,
        past: list[Origin],
        holed: list[Origin],
        scaled: Float[np.ndarray, "time cell"],
        from_to: tuple[int, int],
        luck: np.random.Generator,
    ) -> "Lessons":
        """Every value of the past that somebody could have foretold, or as many as are
        enough, each from one origin before it."""
        time, cell = np.nonzero(np.isfinite(scaled))
        ahead = luck.integers(from_to[0], from_to[1] + 1, len(time))
        origin = time - ahead + 1
        # Before one whole day there is no habit to depart from.
        slots = past[0].slots
        usable = origin >= min(slots, max(len(scaled) // 2, 1))
        rows = np.flatnonzero(usable)
        if len(rows) > MOST_ROWS:
            rows = np.sort(luck.choice(rows, MOST_ROWS, replace=False))
        rows = rows[np.argsort(origin[rows], kind="stable")]
        return cls(
            (past, holed),
            luck.random(len(rows)) < 0.5,
            origin[rows],
            cell[rows],
            ahead[rows],
            scaled[time[rows], cell[rows]],
        )

    @property
    def time(self) -> Int[np.ndarray, " row"]:
        """The period that was asked about."""
        return self.origin + self.ahead - 1

    def guess(self, typical: float) -> Guess:
        """By habit and departure."""
        columns = self._each(
            lambda origin, cell, ahead: np.column_stack(
                guess(origin, cell, ahead, typical)
            )
        )
        return Guess(*columns.reshape(-1, 4).T)

    def features(self) -> Float[np.ndarray, "row feature"]:
        """Of every question."""
        return self._each(lambda origin, cell, ahead: origin.features(cell, ahead))

    def _each(self, ask: Ask) -> np.ndarray:
        """The answers, asked of every origin once for each of its two pasts."""
        answer: np.ndarray | None = None
        for number in np.unique(self.origin):
            for holed, past in enumerate(self.past):
                rows = (self.origin == number) & (self.holed == bool(holed))
                if rows.any():
                    said = ask(past[number], self.cell[rows], self.ahead[rows])
                    if answer is None:
                        answer = np.zeros((len(self.origin), *said.shape[1:]))
                    answer[rows] = said
        return np.zeros(0) if answer is None else answer
