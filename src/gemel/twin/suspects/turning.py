"""How must the antennas of one mast be turned for what was heard of them to be likely?

Their levels at a place share a shadow, so the turn of one is evidence of the others':
they are searched together.
"""

import dataclasses
import itertools

import numpy as np

from gemel.twin.suspects.heard import Heard
from gemel.twin.suspects.shared import FREEDOM, Shared

STEP_DEG = 5.0
TURNS_DEG = np.arange(-180.0, 180.0, STEP_DEG)
STAYS = len(TURNS_DEG) // 2  # where the turn is zero
SURE = 3.0  # log-likelihood from which a turn is believed while searching
SWEEPS = 2  # over the cells of a mast
SETTLES = 3  # of loudness, cell by cell
MOST_TO_PERMUTE = 4  # cells; of more, only pairs change places
LOUDNESS_PASSES = 4


class Mast:
    """The judged cells of one mast and all rows of it.

    cells:        their numbers in the inventory
    azimuth_deg:  of those, by the inventory
    """

    def __init__(
        self,
        heard: Heard,
        shared: Shared,
        rows: np.ndarray,
        cells: np.ndarray,
        azimuth_deg: np.ndarray,
    ):
        self.cells, self.azimuth_deg = cells, azimuth_deg
        self.shared = shared
        member = np.full(int(heard.cell.max()) + 1, -1)
        member[cells] = np.arange(len(cells))
        rows = rows[member[heard.cell[rows]] >= 0]
        of = member[heard.cell[rows]]
        self.group = np.unique(heard.together[rows], return_inverse=True)[1]
        self.groups = int(self.group.max(initial=-1)) + 1
        self.size = np.bincount(self.group, minlength=self.groups)
        self.bare_db = shared.bare_db(heard)[rows]
        self.bearing_deg = heard.bearing_deg[rows]
        self.rows = [np.flatnonzero(of == k) for k in range(len(cells))]

    def likely(self, turn_deg: np.ndarray) -> "Likely":
        """How likely these turns are, loudness fitted; [cell of the mast]."""
        left_db = self._without_antenna_db(turn_deg)
        left_db = left_db - self._each(
            np.array([np.median(left_db[r]) for r in self.rows])
        )
        for _ in range(SETTLES):
            for k, rows in enumerate(self.rows):
                _, loudness_db = self._given_others(left_db, k, left_db[rows][None])
                left_db[rows] -= loudness_db[0]
        return Likely(turn_deg, self._together(left_db), left_db)

    def swept(self, turn_deg: np.ndarray, fixed: int | None = None) -> "Likely":
        """The likeliest turns that are found from these, one cell after the other.

        fixed:  a cell that stays as it is
        """
        now = self.likely(turn_deg)
        for _ in range(SWEEPS):
            turn_deg, left_db = now.turn_deg.copy(), now.left_db.copy()
            for k in range(len(self.rows)):
                if k == fixed:
                    continue
                found, turned_db = self.scan(left_db, k)
                best = int(found.argmax())
                if found[best] - found[STAYS] < SURE:
                    best = STAYS
                turn_deg[k] = TURNS_DEG[best]
                left_db[self.rows[k]] = turned_db[best]
            after = self.likely(turn_deg)
            if after.log_likelihood <= now.log_likelihood:
                break
            now = after
        return now

    def scan(self, left_db: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Log-likelihood of every turn of one cell, the others as they are, and what is
        then left of its levels [turn, row]."""
        rows = self.rows[k]
        off_deg = self.bearing_deg[rows] - self.azimuth_deg[k] - TURNS_DEG[:, None]
        bare_db = self.bare_db[rows] - self.shared.antenna_db(off_deg)
        found, loudness_db = self._given_others(left_db, k, bare_db)
        return found, bare_db - loudness_db[:, None]

    def gain(self, found: "Likely", k: int) -> float:
        """By how much likelier it all is with this cell turned as found than with it as
        told, whatever the others of the mast must do for it; log-likelihood."""
        turn_deg = found.turn_deg.copy()
        if turn_deg[k] == 0.0:
            return 0.0
        turn_deg[k] = 0.0
        starts = [turn_deg, np.zeros(len(turn_deg))]
        best = max((self.swept(one, fixed=k) for one in starts), key=_how_likely)
        return max(found.log_likelihood - best.log_likelihood, 0.0)

    def misses(self, left_db: np.ndarray, k: int) -> np.ndarray:
        """By how many standard deviations each row of a cell misses what the others of
        the mast foretell."""
        wanted_db, sigma_db = self._foretold(left_db, k, left_db[self.rows[k]][None])
        return wanted_db[0] / sigma_db

    def searched(self, turn_deg: np.ndarray) -> "Likely":
        """The likeliest turns, sought from several sides."""
        starts = [turn_deg, np.zeros(len(self.cells))]
        found = max((self.swept(start) for start in starts), key=_how_likely)
        looks_deg = self.azimuth_deg + found.turn_deg
        others = [
            self.likely(turned(self.azimuth_deg, looks_deg[list(order)]))
            for order in orders(len(self.cells))
        ]
        if others:
            best = max(others, key=_how_likely)
            if best.log_likelihood > found.log_likelihood:
                found = max(found, self.swept(best.turn_deg), key=_how_likely)
        return found

    def _without_antenna_db(self, turn_deg: np.ndarray) -> np.ndarray:
        off_deg = self.bearing_deg - self._each(self.azimuth_deg + turn_deg)
        return self.bare_db - self.shared.antenna_db(off_deg)

    def _each(self, of_cell: np.ndarray) -> np.ndarray:
        """The value of its cell for every row."""
        values = np.zeros(len(self.bare_db))
        for rows, value in zip(self.rows, of_cell, strict=True):
            values[rows] = value
        return values

    def _foretold(
        self, left_db: np.ndarray, k: int, reading_db: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """What readings of one cell's rows [reading, row] are off what the others
        foretell, and the standard deviation of that.

        A Gaussian shadow s is shared by n rows, each with e of its own: given the sum S
        of what is left of the n - 1 others, a row has mean kS/(1 - k) and variance
        e²/(1 - k), where k = s²/(e² + n s²).
        """
        rows, group = self.rows[k], self.group[self.rows[k]]
        sums_db = np.bincount(self.group, left_db, self.groups)
        others_db = sums_db[group] - left_db[rows]
        share = self._share()[group]
        off_db = reading_db - share * others_db / (1.0 - share)
        return off_db, self.shared.own_db / np.sqrt(1.0 - share)

    def _given_others(
        self, left_db: np.ndarray, k: int, reading_db: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log-likelihood of each reading, and the loudness of the cell in each."""
        wanted_db, sigma_db = self._foretold(left_db, k, reading_db)
        loudness_db = np.median(wanted_db, 1)
        for _ in range(LOUDNESS_PASSES):
            miss = (wanted_db - loudness_db[:, None]) / sigma_db
            weight = 1.0 / (sigma_db**2 * (1.0 + miss**2 / FREEDOM))
            loudness_db = (weight * wanted_db).sum(1) / weight.sum(1)
        miss = (wanted_db - loudness_db[:, None]) / sigma_db
        likely = -0.5 * (FREEDOM + 1.0) * np.log1p(miss**2 / FREEDOM).sum(1)
        return likely, loudness_db

    def _together(self, left_db: np.ndarray) -> float:
        """Log-likelihood of all rows, Student's t of as many dimensions as a place has
        rows."""
        squares = np.bincount(self.group, left_db**2, self.groups)
        sums = np.bincount(self.group, left_db, self.groups)
        miss = (squares - self._share() * sums**2) / self.shared.own_db**2
        return float(-0.5 * ((FREEDOM + self.size) * np.log1p(miss / FREEDOM)).sum())

    def _share(self) -> np.ndarray:
        own, shadow = self.shared.own_db**2, self.shared.shadow_db**2
        return shadow / (own + self.size * shadow)


@dataclasses.dataclass(frozen=True)
class Likely:
    """Turns of the cells of a mast, how likely they are, and what levels leave over."""

    turn_deg: np.ndarray
    log_likelihood: float
    left_db: np.ndarray


def _how_likely(one: Likely) -> float:
    return one.log_likelihood


def turned(azimuth_deg: np.ndarray, looks_deg: np.ndarray) -> np.ndarray:
    """From one direction to another, -180..180."""
    return (looks_deg - azimuth_deg + 180.0) % 360.0 - 180.0


def orders(count: int) -> list[tuple[int, ...]]:
    """In which ways so many cells may have changed places: all ways of few cells, pairs
    of many; as they are is not among them."""
    same = tuple(range(count))
    if count <= MOST_TO_PERMUTE:
        return [order for order in itertools.permutations(same) if order != same]
    pairs = []
    for a, b in itertools.combinations(same, 2):
        order = list(same)
        order[a], order[b] = b, a
        pairs.append(tuple(order))
    return pairs
