"""Which guess does physics make of a point, and which row do the trees get of it?"""

import dataclasses
from functools import cached_property

import numpy as np

from gemel.twin.calibration import features
from gemel.twin.calibration.geometry import BLOCK_M, geometry_of
from gemel.twin.calibration.heard import Heard
from gemel.twin.calibration.kriging import (
    TILE_M,
    Field,
    guess,
    krige,
    without_block,
)
from gemel.twin.calibration.measured import Points, SiteTable, Terrain
from gemel.twin.calibration.physics import Physics
from gemel.twin.calibration.places import Tally, middle_m, square_of
from gemel.twin.calibration.rivals import loudest, masts_of
from gemel.twin.calibration.seeing import (
    levels_dbm,
    power_dbm,
    seen_of,
    without_cells,
)

RIVALS_M = 50.0  # side of the squares for which rivals are worked out
LEAST_VARIANCE = 0.25  # rounding may leave less


@dataclasses.dataclass(frozen=True)
class Asked:
    """Points that are asked for, and what is known of each without any trees."""

    guess_dbm: np.ndarray
    features: np.ndarray


@dataclasses.dataclass(frozen=True)
class Knowledge:
    """All that points are judged by.

    measured:     which cells have levels of their own
    place_db:     what places and cells give on average beyond the way there
    carrier_ghz:  of most cells that were measured
    """

    sites: SiteTable
    physics: Physics
    heard: Heard
    field: Field
    terrain: Terrain | None
    measured: np.ndarray
    place_db: float
    carrier_ghz: float

    @cached_property
    def hearsay(self) -> features.Hearsay:
        """Sums over all tiles, ready to be asked."""
        return features.Hearsay.of(self.sites, self.heard)

    def with_sites(self, sites: SiteTable) -> "Knowledge":
        """The same for another inventory: its cells first, then those it leaves out."""
        mine = {name: number for number, name in enumerate(self.sites.name)}
        asked = set(sites.name)
        rest = np.array([n for name, n in mine.items() if name not in asked], np.int64)
        old = np.array([mine.get(name, -1) for name in sites.name], np.int64)
        old = np.concatenate([old, rest])  # number in the model of each cell, or -1
        new = np.empty(len(mine), np.int64)
        new[old[old >= 0]] = np.flatnonzero(old >= 0)
        return dataclasses.replace(
            self,
            sites=sites.followed_by(self.sites, rest),
            physics=self.physics.for_cells(old),
            heard=self.heard.renumbered(new),
            measured=(old >= 0) & self.measured[old],
        )

    def with_terrain(self, terrain: Terrain | None) -> "Knowledge":
        """The same with this map; with its own for None."""
        if terrain is None:
            return self
        return dataclasses.replace(self, terrain=terrain)

    @property
    def gain_db(self) -> np.ndarray:
        """Of every cell; 0 where nobody measured it."""
        return 10.0 * np.asarray(self.physics.cell_gain, np.float64)

    def of_measured_cells(self, points: Points, own_block: bool = True) -> Asked:
        """Cells that have levels of their own.

        own_block:  whether levels of the point's block may tell; in training they
                    may not
        """
        geometry = geometry_of(self.sites, points)
        level_dbm = levels_dbm(self.physics, seen_of(self.sites, points, geometry))
        krige_db, variance = self._kriged(points, own_block)
        heard_points = np.bincount(self.heard.cell, self.heard.weight, len(self.sites))
        own = np.column_stack(
            [
                level_dbm,
                krige_db,
                np.sqrt(np.maximum(variance, LEAST_VARIANCE)),
                self.gain_db[points.cell],
                np.log1p(heard_points)[points.cell],
                self._above_rivals_db(points, level_dbm),
            ]
        ).astype(np.float32)
        ground = features.ground_features(self.sites, points, geometry, self.terrain)
        hearsay = self.hearsay.of_measured_cells(points, own_block)
        return Asked(level_dbm + krige_db, np.column_stack([own, ground, hearsay]))

    def of_new_cells(
        self, points: Points, own: Tally | None = None, own_block: bool = True
    ) -> Asked:
        """Cells as if nobody had measured them.

        own:  what the cells themselves left over, so that it can be left out
        """
        geometry = geometry_of(self.sites, points)
        plain = without_cells(self.physics)
        level_dbm = levels_dbm(plain, seen_of(self.sites, points, geometry))
        others = features.gain_features(self.sites, self.gain_db, self.measured)
        pixel = features.pixel_features(self.heard, points, own)
        if not own_block:
            pixel[:] = np.nan, 0.0
        told = np.column_stack(
            [level_dbm, self._above_rivals_db(points, level_dbm)]
        ).astype(np.float32)
        ground = features.ground_features(self.sites, points, geometry, self.terrain)
        hearsay = self.hearsay.of_new_cells(points, own_block)
        rows = np.column_stack([told, ground, others[points.cell], pixel, hearsay])
        return Asked(level_dbm, rows)

    def _kriged(self, points: Points, own_block: bool) -> tuple[np.ndarray, np.ndarray]:
        """What the cell's own levels say of the tile of every point, and variance."""
        square = square_of(points.x_m, points.y_m, TILE_M)
        key = (points.cell.astype(np.int64) << 41) + square
        asked, back = np.unique(key, return_inverse=True)
        cell, square = asked >> 41, asked & ((1 << 41) - 1)
        x_m, y_m = middle_m(square, TILE_M)
        said, variance = np.zeros(len(asked)), np.ones(len(asked))
        for one in np.unique(cell):
            begin, end = np.searchsorted(cell, [one, one + 1])
            kriged = krige(self.field, self.heard.tiles_of(self.sites, int(one)))
            own = slice(*np.searchsorted(self.heard.cell, [one, one + 1]))
            if own_block:
                said[begin:end], variance[begin:end] = guess(
                    self.field,
                    kriged,
                    x_m[begin:end] - self.sites.x_m[one],
                    y_m[begin:end] - self.sites.y_m[one],
                )
                continue
            # Points that taught the model: each lies in a tile that it knows.
            at_m = middle_m(self.heard.square[own], TILE_M)
            block = square_of(*at_m, BLOCK_M)
            each, spread = without_block(self.field, kriged, block)
            where = np.searchsorted(self.heard.square[own], square[begin:end])
            said[begin:end], variance[begin:end] = each[where], spread[where]
        return said[back], variance[back]

    def _above_rivals_db(self, points: Points, level_dbm: np.ndarray) -> np.ndarray:
        """By how much physics hears the cell louder than the loudest other one."""
        square = square_of(points.x_m, points.y_m, RIVALS_M)
        asked, back = np.unique(square, return_inverse=True)
        masts = masts_of(self.sites, power_dbm(self.sites), self.gain_db)
        first, second, which = loudest(self.physics, masts, *middle_m(asked, RIVALS_M))
        rival = np.where(which[back] == points.cell, second[back], first[back])
        return level_dbm - rival
