"""How likely are a cell's levels if it looks elsewhere than the inventory says?

A level is the cell's own loudness, a slope over distance, what the antenna loses off
its boresight, the shadow of the way and the rest. What all cells share is learned from
all of them; then every cell is turned all the way round, its loudness fitted anew.
"""

import dataclasses

import numpy as np

from gemel.errors import ScenarioError
from gemel.twin.calibration.measured import Points, SiteTable
from gemel.twin.suspects.heard import (
    FARTHEST_M,
    NEAREST_M,
    Heard,
    heard_of,
    masts_of,
)
from gemel.twin.suspects.nearness import correlation, repeats
from gemel.twin.suspects.shared import (
    Shared,
    first_idea,
    learned,
    medians,
)
from gemel.twin.suspects.turning import TURNS_DEG, Mast, orders, turned

ROUNDS = 4  # of learning what all cells share, and turning them
FEWEST_PLACES = 12  # below them a cell is not judged


@dataclasses.dataclass(frozen=True)
class Swap:
    """Cells of one mast whose places the inventory may have mixed up.

    cells:   numbers in the inventory
    looks:   each looks where the inventory says that this one looks
    gain:    in log-likelihood over the inventory
    missed:  in log-likelihood against turning every cell freely
    """

    cells: tuple[int, ...]
    looks: tuple[int, ...]
    gain: float
    missed: float


@dataclasses.dataclass(frozen=True)
class Evidence:
    """Of every cell of the inventory.

    places, points:  that it was heard at
    turn_deg:        the likeliest turn, clockwise, -180..180; 0 where nobody can tell
    loudness_db:     at that turn; NaN where it was not heard
    repeats:         how many times over its places repeat each other
    log_likelihood:  [cell, turn] at TURNS_DEG, the others of its mast as likeliest,
                     divided by that; NaN where it was not judged
    gain:            in log-likelihood, of the likeliest turn over none, others of the
                     mast turned as suits either, divided by `repeats`; NaN where it
                     was not judged
    swaps:           the best change of places of every mast that gains by one
    """

    heard: Heard
    shared: Shared
    places: np.ndarray
    points: np.ndarray
    turn_deg: np.ndarray
    loudness_db: np.ndarray
    repeats: np.ndarray
    log_likelihood: np.ndarray
    gain: np.ndarray
    swaps: tuple[Swap, ...]


def evidence_of(sites: SiteTable, points: Points) -> Evidence:
    """Raises ScenarioError where nothing was heard within reach."""
    heard = heard_of(sites, points)
    if not len(heard.cell):
        raise ScenarioError(
            f"No measured point lies between {NEAREST_M:g} and {FARTHEST_M:g} m from "
            "its cell. Give measurements around the cells."
        )
    cells = len(sites)
    places = np.bincount(heard.cell, minlength=cells)
    judged = (places >= FEWEST_PLACES) & np.isfinite(sites.azimuth_deg)
    groups = _masts(heard, masts_of(sites), judged)
    turn_deg = np.zeros(cells)
    bearing_off_deg = heard.bearing_deg - sites.azimuth_deg[heard.cell]
    shared = learned(heard, bearing_off_deg, first_idea(heard), None)
    for _ in range(ROUNDS):
        for rows, members in groups:
            mast = Mast(heard, shared, rows, members, sites.azimuth_deg[members])
            turn_deg[members] = mast.searched(turn_deg[members]).turn_deg
        off_deg = bearing_off_deg - turn_deg[heard.cell]
        loudness_db = _loudness_db(heard, shared, off_deg, cells)
        shared = learned(heard, off_deg, shared, loudness_db)
    log_likelihood = np.full((cells, len(TURNS_DEG)), np.nan)
    repeated, gain = np.full(cells, np.nan), np.full(cells, np.nan)
    swaps = []
    misses: dict[int, np.ndarray] = {}
    masts = []
    for rows, members in groups:
        mast = Mast(heard, shared, rows, members, sites.azimuth_deg[members])
        found = mast.searched(turn_deg[members])
        turn_deg[members] = found.turn_deg
        for k, cell in enumerate(members):
            log_likelihood[cell] = mast.scan(found.left_db, k)[0]
            gain[cell] = mast.gain(found, k)
            misses[int(cell)] = mast.misses(found.left_db, k)
        masts.append((mast, found.log_likelihood))
    place_m = _places_m(heard, list(misses))
    east_m, north_m = ([one[axis] for one in place_m] for axis in (0, 1))
    alike = correlation(east_m, north_m, list(misses.values()))
    for cell, place in zip(misses, place_m, strict=True):
        repeated[cell] = repeats(*place, alike)
    log_likelihood /= repeated[:, None]
    gain /= repeated
    for mast, free in masts:
        swaps.extend(_swap(mast, free, float(np.mean(repeated[mast.cells]))))
    off_deg = bearing_off_deg - turn_deg[heard.cell]
    return Evidence(
        heard=heard,
        shared=shared,
        places=places,
        points=np.bincount(heard.cell, heard.points, cells).astype(np.int64),
        turn_deg=turn_deg,
        loudness_db=_loudness_db(heard, shared, off_deg, cells),
        repeats=repeated,
        log_likelihood=log_likelihood,
        gain=gain,
        swaps=tuple(swaps),
    )


def _masts(
    heard: Heard, mast_of_cell: np.ndarray, judged: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows and judged cells of every mast that has any."""
    order = np.argsort(heard.mast, kind="stable")
    ends = np.cumsum(np.bincount(heard.mast, minlength=int(mast_of_cell.max()) + 1))
    rows = np.split(order, ends[:-1])
    found = []
    for mast, its in enumerate(rows):
        members = np.flatnonzero((mast_of_cell == mast) & judged)
        if len(members):
            found.append((its, members))
    return found


def _loudness_db(
    heard: Heard, shared: Shared, off_deg: np.ndarray, cells: int
) -> np.ndarray:
    found = medians(heard, shared.bare_db(heard) - shared.antenna_db(off_deg))
    return np.concatenate([found, np.full(cells - len(found), np.nan)])


def _places_m(heard: Heard, cells: list[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Where each of these cells was heard, from its mast: in the order of the rows."""
    bearing = np.radians(heard.bearing_deg)
    east_m = heard.distance_m * np.sin(bearing)
    north_m = heard.distance_m * np.cos(bearing)
    rows = [np.flatnonzero(heard.cell == cell) for cell in cells]
    return [(east_m[r], north_m[r]) for r in rows]


def _swap(mast: Mast, free: float, repeated: float) -> list[Swap]:
    """The likeliest change of places, if it is likelier than none."""
    count = len(mast.cells)
    as_told = mast.likely(np.zeros(count)).log_likelihood
    found: list[Swap] = []
    for order in orders(count):
        turn_deg = turned(mast.azimuth_deg, mast.azimuth_deg[list(order)])
        moved = np.flatnonzero(np.abs(turn_deg) > 0.0)
        if not len(moved):
            continue
        likely = mast.likely(turn_deg).log_likelihood
        gain = (likely - as_told) / repeated
        if gain > 0.0 and (not found or gain > found[0].gain):
            looks = mast.cells[np.array(order)[moved]]
            found = [
                Swap(
                    cells=tuple(mast.cells[moved].tolist()),
                    looks=tuple(looks.tolist()),
                    gain=gain,
                    missed=(free - likely) / repeated,
                )
            ]
    return found
