"""What do levels of other cells say about a place: is it loud or quiet for everybody?

Sums over squares, of all cells and of each on its own, so that whoever asks may leave
out what must not tell: the cell itself, and in training also its own block.
"""

import dataclasses

import numpy as np

from gemel.twin.calibration.geometry import BLOCK_M

ROW = 1 << 20  # squares from west to east; more than any country needs
DOUBT = 2.0  # levels' worth of "as usual" in every mean


def square_of(x_m: np.ndarray, y_m: np.ndarray, side_m: float) -> np.ndarray:
    """A number for the square of that side in which a place lies."""
    east = np.floor(x_m / side_m).astype(np.int64)
    north = np.floor(y_m / side_m).astype(np.int64)
    return (north + ROW // 2) * ROW + east + ROW // 2


def middle_m(square: np.ndarray, side_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the middle of a square lies, east and north."""
    east, north = square % ROW - ROW // 2, square // ROW - ROW // 2
    return (east + 0.5) * side_m, (north + 0.5) * side_m


@dataclasses.dataclass(frozen=True)
class Tally:
    """Sums by key; a key that was never seen has none."""

    key: np.ndarray
    total: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, key: np.ndarray, value: np.ndarray, weight: np.ndarray) -> "Tally":
        """Sums of values by their weights."""
        unique, inverse = np.unique(key, return_inverse=True)
        count = len(unique)
        return cls(
            unique,
            np.bincount(inverse, weight * value, count),
            np.bincount(inverse, weight, count),
        )

    def at(self, key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Total and weight of each key."""
        if not len(self.key):
            return np.zeros(len(key)), np.zeros(len(key))
        where = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        found = self.key[where] == key
        return self.total[where] * found, self.weight[where] * found


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What was left over around places, by squares of one side.

    group:  the group (a cell's site, or 0 where all belong together) of each cell
    """

    side_m: float
    group: np.ndarray
    of_group: Tally
    of_cell: Tally

    @classmethod
    def of(
        cls,
        side_m: float,
        group: np.ndarray,
        cell: np.ndarray,
        square: np.ndarray,
        left_db: np.ndarray,
        weight: np.ndarray,
    ) -> "Surroundings":
        """Of levels: whose, where, how much louder than physics, how sure."""
        return cls(
            side_m,
            group,
            Tally.of(_key(group[cell], square), left_db, weight),
            Tally.of(_key(cell, square), left_db, weight),
        )

    def without(
        self, cell: np.ndarray, square: np.ndarray, reach: int, own_block: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean of what is left over for other cells of the group, and its weight.

        reach:      how many squares further out count too, each ring half as much
        own_block:  whether levels in the same block may tell
        """
        asked, back = np.unique(_key(cell, square), return_inverse=True)
        cell, square = asked >> 41, asked & ((1 << 41) - 1)
        total, weight = np.zeros(len(asked)), np.zeros(len(asked))
        a_block = round(BLOCK_M / self.side_m)
        for north in range(-reach, reach + 1):
            for east in range(-reach, reach + 1):
                near = square + north * ROW + east
                share = 0.5 ** max(abs(north), abs(east))
                if not own_block:
                    share = share * ~_same_block(square, near, a_block)
                for tally, sign, who in (
                    (self.of_group, 1.0, self.group[cell]),
                    (self.of_cell, -1.0, cell),
                ):
                    some, much = tally.at(_key(who, near))
                    total += sign * share * some
                    weight += sign * share * much
        weight = np.maximum(weight, 0.0)
        mean_db = np.where(weight > 0.05, total / (weight + DOUBT), np.nan)
        return mean_db[back], weight[back]


def _key(who: np.ndarray, square: np.ndarray) -> np.ndarray:
    return (who.astype(np.int64) << 41) + square


def _same_block(square: np.ndarray, other: np.ndarray, a_block: int) -> np.ndarray:
    half = ROW // 2
    return ((square % ROW - half) // a_block == (other % ROW - half) // a_block) & (
        (square // ROW - half) // a_block == (other // ROW - half) // a_block
    )
