"""What was heard of every cell, place by place, and which cells were heard together?

Cells on one mast share the way to a place, and so its shadows: what differs between
them there is their antennas. That is the strongest evidence of where they look.
"""

import dataclasses

import numpy as np

from gemel.twin.calibration.measured import Points, SiteTable

NEAREST_M, FARTHEST_M = 20.0, 1_500.0  # between them bearing and level mean something
PLACE_M = 50.0  # as far as shadows go on: points nearer to each other count as one
SAME_MAST_M = 1.0


@dataclasses.dataclass(frozen=True)
class Heard:
    """One row a cell and place.

    cell:         number in the inventory
    mast:         number of the place that carries the cell
    place:        number of the place
    together:     rows of one mast at one place have one number
    bearing_deg:  of the place from the mast, clockwise from north
    distance_m:   from the mast
    level_dbm:    mean of the levels there
    points:       how many those were
    """

    cell: np.ndarray
    mast: np.ndarray
    place: np.ndarray
    together: np.ndarray
    bearing_deg: np.ndarray
    distance_m: np.ndarray
    level_dbm: np.ndarray
    points: np.ndarray

    @property
    def size(self) -> np.ndarray:
        """How many rows each is together with, itself included."""
        return np.bincount(self.together)[self.together]


def masts_of(sites: SiteTable) -> np.ndarray:
    """Which cells stand at one place: a number for every cell."""
    rounded = np.round(np.stack([sites.x_m, sites.y_m], -1) / SAME_MAST_M)
    return np.unique(rounded, axis=0, return_inverse=True)[1].reshape(-1)


def heard_of(sites: SiteTable, points: Points) -> Heard:
    """Points within reach, gathered by place."""
    assert points.rsrp_dbm is not None
    mast = masts_of(sites)[points.cell]
    east_m = points.x_m - sites.x_m[points.cell]
    north_m = points.y_m - sites.y_m[points.cell]
    away_m = np.hypot(east_m, north_m)
    near = (away_m >= NEAREST_M) & (away_m <= FARTHEST_M)
    near &= np.isfinite(points.rsrp_dbm)
    # From the cells on, so that it does not matter where their metres count from.
    column = np.floor((points.x_m[near] - sites.x_m.min() + FARTHEST_M) / PLACE_M)
    row = np.floor((points.y_m[near] - sites.y_m.min() + FARTHEST_M) / PLACE_M)
    place = (row * (column.max(initial=0.0) + 1.0) + column).astype(np.int64)
    cell, mast = points.cell[near], mast[near]
    places = int(place.max(initial=0)) + 1
    _, first, number, count = np.unique(
        cell * places + place,
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(number, values[near], len(count)) / count

    east_m, north_m = mean(east_m), mean(north_m)
    together = np.unique((mast * places + place)[first], return_inverse=True)[1]
    return Heard(
        cell=cell[first],
        mast=mast[first],
        place=np.unique(place[first], return_inverse=True)[1],
        together=together,
        bearing_deg=np.degrees(np.arctan2(east_m, north_m)) % 360.0,
        distance_m=np.maximum(np.hypot(east_m, north_m), NEAREST_M),
        level_dbm=mean(points.rsrp_dbm),
        points=count,
    )
