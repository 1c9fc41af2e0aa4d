"""What is kept of all that was heard? Sums over squares, a thousandth of the points."""

import dataclasses

import numpy as np

from gemel.twin.calibration.kriging import TILE_M, Tiles
from gemel.twin.calibration.measured import Points, SiteTable
from gemel.twin.calibration.places import Surroundings, Tally, middle_m, square_of

PIXEL_M = 5.0
LEAST_SHARE = 0.05  # a level that probably lies elsewhere still counts so much
USUAL_DBM = -90.0


@dataclasses.dataclass(frozen=True)
class Heard:
    """Sums over levels within reach, each counted by how likely it lies where it says.

    cell, square:              of a tile: whose, and where
    left_db, level_db, weight: sums over the tile: what physics leaves over, by how much
                               levels exceed `USUAL_DBM`, and how many they are
    pixel, pixel_left_db, pixel_weight:  the same over small squares, of all cells
    """

    cell: np.ndarray
    square: np.ndarray
    left_db: np.ndarray
    level_db: np.ndarray
    weight: np.ndarray
    pixel: np.ndarray
    pixel_left_db: np.ndarray
    pixel_weight: np.ndarray

    @classmethod
    def of(cls, points: Points, left_db: np.ndarray, located: np.ndarray) -> "Heard":
        """Of measured points.

        left_db:  what physics leaves over of each
        located:  how likely each lies where it says
        """
        assert points.rsrp_dbm is not None
        weight = np.maximum(located, LEAST_SHARE)
        square = square_of(points.x_m, points.y_m, TILE_M)
        key = (points.cell.astype(np.int64) << 41) + square
        tiles = Tally.of(key, left_db, weight)
        levels = Tally.of(key, points.rsrp_dbm - USUAL_DBM, weight)
        pixels = Tally.of(square_of(points.x_m, points.y_m, PIXEL_M), left_db, weight)
        return cls(
            cell=(tiles.key >> 41).astype(np.int32),
            square=tiles.key & ((1 << 41) - 1),
            left_db=tiles.total.astype(np.float32),
            level_db=levels.total.astype(np.float32),
            weight=tiles.weight.astype(np.float32),
            pixel=pixels.key,
            pixel_left_db=pixels.total.astype(np.float32),
            pixel_weight=pixels.weight.astype(np.float32),
        )

    def renumbered(self, number: np.ndarray) -> "Heard":
        """The same where cells have new numbers: which one each has now."""
        cell = number[self.cell]
        order = np.lexsort((self.square, cell))
        return dataclasses.replace(
            self,
            cell=cell[order].astype(np.int32),
            square=self.square[order],
            left_db=self.left_db[order],
            level_db=self.level_db[order],
            weight=self.weight[order],
        )

    def tiles_of(self, sites: SiteTable, cell: int) -> Tiles:
        """Of one cell; tiles are sorted by cell."""
        begin, end = np.searchsorted(self.cell, [cell, cell + 1])
        x_m, y_m = middle_m(self.square[begin:end], TILE_M)
        weight = self.weight[begin:end].astype(np.float64)
        return Tiles(
            east_m=x_m - sites.x_m[cell],
            north_m=y_m - sites.y_m[cell],
            left_db=self.left_db[begin:end] / weight,
            points=weight,
        )

    def around(
        self, side_m: float, group: np.ndarray, levels: bool = False
    ) -> Surroundings:
        """What was left over (or the levels), over squares of that side."""
        x_m, y_m = middle_m(self.square, TILE_M)
        total = self.level_db if levels else self.left_db
        mean_db = total / self.weight
        square = square_of(x_m, y_m, side_m)
        return Surroundings.of(
            side_m, group, self.cell, square, mean_db, self.weight.astype(np.float64)
        )
