"""Which cells look elsewhere than the inventory says, and how sure is that?

Named are cells whose levels are far likelier with the antenna turned, and cells of one
mast that seem to have changed places, by crossed feeders say. All else about a cell may
be wrong, too, but an azimuth shows on a map.
"""

import dataclasses
from typing import Literal

import numpy as np

from gemel.twin.calibration.measured import Points, SiteTable
from gemel.twin.suspects.evidence import Evidence, Swap, evidence_of
from gemel.twin.suspects.turning import STEP_DEG, TURNS_DEG

LEAST_TURN_DEG = 40.0  # less is within what measured levels can tell
LEAST_GAIN = 8.0  # in log-likelihood: two thousand to one before it is named
MOST_MISSED = 4.0  # by a change of places, against turning every cell freely
INTERVAL = (0.05, 0.95)
# No antenna is quite like the mean of all, no mast quite where it is told: chosen so
# that nine of ten intervals held the truth on stand-in networks.
BLUR_DEG = 7.0
PETALS = 24  # of a rose: 15 degrees each
Kind = Literal["azimuth", "swapped"]


@dataclasses.dataclass(frozen=True)
class Rose:
    """How loud a cell is around its mast, distance and loudness taken away.

    bearing_deg:  the middle of each petal, clockwise from north
    heard_db:     the median there; NaN where nobody stood
    told_db:      what the inventory's azimuth makes of it, around its own middle
    places:       in each petal
    """

    bearing_deg: np.ndarray
    heard_db: np.ndarray
    told_db: np.ndarray
    places: np.ndarray


@dataclasses.dataclass(frozen=True)
class Suspect:
    """One cell that contradicts its inventory.

    kind:           an azimuth that is wrong, or places that were swapped
    azimuth_deg:    by the inventory
    turn_deg:       the likeliest, clockwise, -180..180
    low_deg, high_deg: between them lies the turn with 90 %; above 180 or below -180
                    where that goes past the back
    gain:           in log-likelihood over the inventory, places near each other counted
                    as one
    looks_like:     of cells that were swapped, whose place this one seems to have
    """

    cell: str
    kind: Kind
    azimuth_deg: float
    turn_deg: float
    low_deg: float
    high_deg: float
    gain: float
    places: int
    points: int
    looks_like: str | None
    rose: Rose

    @property
    def seems_deg(self) -> float:
        """Where it seems to look."""
        return (self.azimuth_deg + self.turn_deg) % 360.0


@dataclasses.dataclass(frozen=True)
class Suspicion:
    """Who is suspected, the surest first, and of whom that can be said.

    judged:  cells that were heard at enough places
    """

    suspects: tuple[Suspect, ...]
    judged: int
    evidence: Evidence


def suspicion_of(sites: SiteTable, points: Points) -> Suspicion:
    """Raises ScenarioError where nothing was heard near the cells."""
    evidence = evidence_of(sites, points)
    swapped: dict[int, tuple[int, Swap]] = {}
    for swap in evidence.swaps:
        if swap.gain >= LEAST_GAIN and swap.missed <= MOST_MISSED:
            pairs = zip(swap.cells, swap.looks, strict=True)
            swapped |= {cell: (look, swap) for cell, look in pairs}
    suspects = []
    for cell in np.flatnonzero(np.isfinite(evidence.repeats)):
        one = _suspect(sites, evidence, int(cell), swapped.get(int(cell)))
        if one is not None:
            suspects.append(one)
    suspects.sort(key=lambda one: -one.gain)
    judged = int(np.isfinite(evidence.repeats).sum())
    return Suspicion(tuple(suspects), judged, evidence)


def _suspect(
    sites: SiteTable, evidence: Evidence, cell: int, swap: tuple[int, Swap] | None
) -> Suspect | None:
    azimuth_deg = float(sites.azimuth_deg[cell])
    turn_deg = float(evidence.turn_deg[cell])
    likely = evidence.log_likelihood[cell]
    gain, looks_like = float(evidence.gain[cell]), None
    if swap is not None:
        look, found = swap
        turn_deg = (float(sites.azimuth_deg[look]) - azimuth_deg + 180.0) % 360 - 180.0
        gain, looks_like = found.gain, str(sites.name[look])
    elif abs(turn_deg) < LEAST_TURN_DEG or gain < LEAST_GAIN:
        return None
    low_deg, high_deg = interval_deg(likely, turn_deg)
    return Suspect(
        cell=str(sites.name[cell]),
        kind="azimuth" if swap is None else "swapped",
        azimuth_deg=azimuth_deg,
        turn_deg=turn_deg,
        low_deg=low_deg,
        high_deg=high_deg,
        gain=gain,
        places=int(evidence.places[cell]),
        points=int(evidence.points[cell]),
        looks_like=looks_like,
        rose=rose_of(evidence, cell, azimuth_deg),
    )


def interval_deg(log_likelihood: np.ndarray, turn_deg: float) -> tuple[float, float]:
    """Between which turns the truth lies with 90 %, all turns as likely beforehand."""
    off_deg = (TURNS_DEG - turn_deg + 180.0) % 360.0 - 180.0
    order = np.argsort(off_deg)
    sharp = np.exp(log_likelihood - log_likelihood.max())
    apart_deg = (TURNS_DEG[:, None] - TURNS_DEG + 180.0) % 360.0 - 180.0
    blur = np.exp(-0.5 * (apart_deg / BLUR_DEG) ** 2)
    weight = (blur @ sharp)[order]
    upper_edge = np.cumsum(weight) / weight.sum()
    edges_deg = off_deg[order] + 0.5 * STEP_DEG
    low_deg, high_deg = np.interp(
        INTERVAL,
        np.concatenate([[0.0], upper_edge]),
        np.concatenate([[edges_deg[0] - STEP_DEG], edges_deg]),
    )
    return turn_deg + min(float(low_deg), 0.0), turn_deg + max(float(high_deg), 0.0)


def rose_of(evidence: Evidence, cell: int, azimuth_deg: float) -> Rose:
    """What was heard of a cell around its mast."""
    heard, shared = evidence.heard, evidence.shared
    rows = heard.cell == cell
    width_deg = 360.0 / PETALS
    bearing_deg = (np.arange(PETALS) + 0.5) * width_deg
    petal = (heard.bearing_deg[rows] // width_deg).astype(int) % PETALS
    left_db = shared.bare_db(heard)[rows] - evidence.loudness_db[cell]
    heard_db = np.full(PETALS, np.nan)
    for each in np.unique(petal):
        heard_db[each] = np.median(left_db[petal == each])
    return Rose(
        bearing_deg=bearing_deg,
        heard_db=heard_db,
        told_db=shared.antenna_db(bearing_deg - azimuth_deg),
        places=np.bincount(petal, minlength=PETALS),
    )
