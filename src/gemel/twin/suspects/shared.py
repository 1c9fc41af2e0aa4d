"""What do all cells of a network have in common, as far as levels tell?

A slope over distance, an antenna, what a place takes from all masts alike (a wall
around a phone, say), and how far levels stray from all that.
"""

import dataclasses

import numpy as np

from gemel.twin.suspects.heard import Heard

KNOTS_DEG = np.arange(0.0, 181.0, 15.0)  # of the antenna's loss off its boresight
FREEDOM = 4.0  # of Student's t: a few places are far off, by echo or by mistake
TO_SIGMA = 1.4826  # from a median of deviations to a normal's standard deviation
PASSES = 6  # of weighing anew
LITTLE = 1e-3  # of the rows: the pull on an angle at which nobody stood
LEAST_OWN_DB = 0.5  # levels are told to one decibel
FEWEST_ROWS = 50  # heard together, to tell a shadow from the rest
FIRST_SPREAD_DB = 6.0


@dataclasses.dataclass(frozen=True)
class Shared:
    """What all cells have in common.

    slope_db:   lost per decade of distance
    off_db:     gained over the boresight's at KNOTS_DEG off it, so zero and below
    shadow_db:  standard deviation of what cells of one mast share at a place
    own_db:     the same of what each has for itself
    place_db:   of every row, what its place adds to all masts alike
    """

    slope_db: float
    off_db: np.ndarray
    shadow_db: float
    own_db: float
    place_db: np.ndarray

    def antenna_db(self, off_deg: np.ndarray) -> np.ndarray:
        """Gain over the boresight's, at angles off it; none off an unknown one."""
        away_deg = np.abs((off_deg + 180.0) % 360.0 - 180.0)
        gain_db = np.interp(away_deg, KNOTS_DEG, self.off_db)
        return np.where(np.isfinite(off_deg), gain_db, 0.0)

    def bare_db(self, heard: Heard) -> np.ndarray:
        """Levels without slope and place: loudness, antenna, shadow and the rest."""
        slope_db = self.slope_db * np.log10(heard.distance_m)
        return heard.level_dbm - self.place_db + slope_db


def first_idea(heard: Heard) -> Shared:
    """Before anything is learned: spreads alone."""
    nothing = np.zeros(len(heard.cell))
    flat = np.zeros(len(KNOTS_DEG))
    return Shared(0.0, flat, 0.01, FIRST_SPREAD_DB, nothing)


def learned(
    heard: Heard, off_deg: np.ndarray, before: Shared, loudness_db: np.ndarray | None
) -> Shared:
    """All of it, with antennas turned as they are thought to be.

    off_deg:      of every row off its cell's boresight
    loudness_db:  of every cell; None while nobody knows
    """
    shared = before
    if loudness_db is not None:
        left_db = before.bare_db(heard) - before.antenna_db(off_deg)
        left_db = left_db - loudness_db[heard.cell] + before.place_db
        shared = dataclasses.replace(before, place_db=_of_places(heard, left_db))
    shared = _slope_and_antenna(heard, off_deg, shared)
    left_db = shared.bare_db(heard) - shared.antenna_db(off_deg)
    left_db = left_db - medians(heard, left_db)[heard.cell]
    own_db, shadow_db = _spreads(heard, left_db)
    return dataclasses.replace(shared, own_db=own_db, shadow_db=shadow_db)


def medians(heard: Heard, values: np.ndarray) -> np.ndarray:
    """The median of every cell's rows; NaN where it has none."""
    order = np.argsort(heard.cell, kind="stable")
    cells = int(heard.cell.max()) + 1
    ends = np.cumsum(np.bincount(heard.cell, minlength=cells))[:-1]
    parts = np.split(values[order], ends)
    return np.array([np.median(part) if len(part) else np.nan for part in parts])


def _slope_and_antenna(heard: Heard, off_deg: np.ndarray, before: Shared) -> Shared:
    """Robust least squares on what differs in a cell and between cells of a mast."""
    hats = _hats(np.where(np.isfinite(off_deg), off_deg, 0.0))
    columns = [np.log10(heard.distance_m), *hats[1:]]
    ready = [_apart(heard, _centred(heard, c), before) for c in columns]
    design = np.stack(ready, 1)
    level_db = _centred(heard, heard.level_dbm - before.place_db)
    level_db = _apart(heard, level_db, before)
    pull = np.eye(len(columns)) * LITTLE * len(level_db) / len(columns)
    weight = np.ones(len(level_db))
    found = np.zeros(len(columns))
    for _ in range(PASSES):
        weighted = design * weight[:, None]
        found = np.linalg.solve(design.T @ weighted + pull, weighted.T @ level_db)
        left_db = level_db - design @ found
        sigma_db = TO_SIGMA * np.median(np.abs(left_db)) + 1e-3
        weight = 1.0 / (1.0 + (left_db / sigma_db) ** 2 / FREEDOM)
    # Further off the boresight an antenna gains no more.
    off_db = np.minimum.accumulate(np.concatenate([[0.0], found[1:]]))
    return dataclasses.replace(before, slope_db=-float(found[0]), off_db=off_db)


def _of_places(heard: Heard, left_db: np.ndarray) -> np.ndarray:
    """What every place adds to all masts alike, shrunk towards nothing; [row]."""
    groups = np.bincount(heard.together)
    mean_db = np.bincount(heard.together, left_db) / groups
    place = np.zeros(len(groups), np.int64)
    place[heard.together] = heard.place
    masts = np.bincount(place)
    place_db = np.bincount(place, mean_db) / masts
    within = ((mean_db - place_db[place]) ** 2).sum()
    apart = within / max(len(groups) - len(masts), 1)
    common = max(float(np.var(place_db) - apart * np.mean(1.0 / masts)), 0.0)
    shrunk_db = place_db * common / (common + apart / masts + 1e-9)
    return shrunk_db[heard.place]


def _spreads(heard: Heard, left_db: np.ndarray) -> tuple[float, float]:
    """Standard deviations of what each cell has for itself, and of the shadow."""
    whole_db = TO_SIGMA * float(np.median(np.abs(left_db)))
    own_db, many = whole_db, heard.size > 1
    if many.sum() >= FEWEST_ROWS:
        mean_db = np.bincount(heard.together, left_db)[heard.together] / heard.size
        # Of n values around their mean, (n - 1)/n of the variance is left.
        grown = np.sqrt(heard.size / np.maximum(heard.size - 1, 1))
        apart_db = (left_db - mean_db) * grown
        own_db = TO_SIGMA * float(np.median(np.abs(apart_db[many])))
    own_db = float(np.clip(own_db, LEAST_OWN_DB, max(whole_db, LEAST_OWN_DB)))
    return own_db, float(np.sqrt(max(whole_db**2 - own_db**2, 1e-4)))


def _apart(heard: Heard, values: np.ndarray, spreads: Shared) -> np.ndarray:
    """Values less a share of their mean over mast and place, so that what is left of
    rows with one shadow is independent."""
    own, shadow = spreads.own_db**2, spreads.shadow_db**2
    share = 1.0 - np.sqrt(own / (own + heard.size * shadow))
    mean = np.bincount(heard.together, values)[heard.together] / heard.size
    return values - share * mean


def _centred(heard: Heard, values: np.ndarray) -> np.ndarray:
    """Values without the mean of their cell."""
    count = np.maximum(np.bincount(heard.cell), 1)
    return values - (np.bincount(heard.cell, values) / count)[heard.cell]


def _hats(off_deg: np.ndarray) -> list[np.ndarray]:
    """How much each of KNOTS_DEG has a say at these angles; they add up to one."""
    away_deg = np.abs((off_deg + 180.0) % 360.0 - 180.0)
    width_deg = KNOTS_DEG[1] - KNOTS_DEG[0]
    return [
        np.maximum(1.0 - np.abs(away_deg - knot_deg) / width_deg, 0.0)
        for knot_deg in KNOTS_DEG
    ]
