"""What may trees look at: geometry, map, rivals, and what others heard there?

Two kinds of point are asked for: of a cell that was measured, in a block that was not;
and of a cell that nobody ever measured. In training every point plays both parts, and
what a point could not have known in its part is left out of its row.
"""

import dataclasses

import numpy as np

from gemel.twin.calibration.geometry import BLOCK_M, Geometry, antenna_height_m
from gemel.twin.calibration.heard import PIXEL_M, Heard
from gemel.twin.calibration.kriging import TILE_M
from gemel.twin.calibration.measured import Points, SiteTable, Terrain
from gemel.twin.calibration.paths import path_features
from gemel.twin.calibration.places import Surroundings, Tally, square_of

SAME_SITE_M = 30.0
NEAR_CELLS_M = 600.0  # cells that near have gains alike, if any have
GAIN_DOUBT = 1.0  # cells' worth of "as usual" in a mean of gains


def site_of(sites: SiteTable) -> np.ndarray:
    """A number for the mast of each cell."""
    place = np.stack(
        [np.round(sites.x_m / SAME_SITE_M), np.round(sites.y_m / SAME_SITE_M)]
    )
    return np.unique(place, axis=1, return_inverse=True)[1].reshape(-1)


def ground_features(
    sites: SiteTable, points: Points, geometry: Geometry, terrain: Terrain | None
) -> np.ndarray:
    """[point, feature] of inventory, place and map alone."""
    cell = points.cell
    columns = [
        np.log10(geometry.distance_m),
        np.abs(geometry.aside_deg),
        geometry.fall_deg - geometry.tilt_deg,
        geometry.fall_deg,
        geometry.drop_m,
        antenna_height_m(sites)[cell],
        sites.electrical_tilt_deg[cell],
        sites.mechanical_tilt_deg[cell],
        sites.rs_power_dbm[cell],
        sites.frequency_mhz[cell],
        sites.building_height_m[cell],
        sites.clutter[cell],
        points.altitude_m - sites.altitude_m[cell],
        points.building_height_m,
        points.clutter,
    ]
    path = path_features(sites, points, geometry, terrain)
    return np.column_stack([*(np.asarray(c, np.float32) for c in columns), path])


@dataclasses.dataclass(frozen=True)
class Hearsay:
    """Sums ready to be asked what others heard."""

    everybody: dict[float, Surroundings]
    siblings: dict[float, Surroundings]
    levels: Surroundings

    @classmethod
    def of(cls, sites: SiteTable, heard: Heard) -> "Hearsay":
        """Of all cells, of cells on one mast, and levels."""
        alike, site = np.zeros(len(sites), np.int64), site_of(sites)
        sides_m = (TILE_M, 2.0 * TILE_M, BLOCK_M)
        return cls(
            everybody={side_m: heard.around(side_m, alike) for side_m in sides_m},
            siblings={side_m: heard.around(side_m, site) for side_m in sides_m},
            levels=heard.around(TILE_M, alike, levels=True),
        )

    def of_measured_cells(self, points: Points, own_block: bool) -> np.ndarray:
        """[point, feature] for cells that were measured.

        own_block:  whether the block may tell: in training it may not
        """
        asked = (
            (self.everybody[TILE_M], 3),
            (self.everybody[BLOCK_M], 1),
            (self.siblings[2.0 * TILE_M], 2),
            (self.siblings[BLOCK_M], 1),
            (self.levels, 3),
        )
        return _asked(asked, points, own_block)

    def of_new_cells(self, points: Points, own_block: bool = True) -> np.ndarray:
        """[point, feature] for cells that never were."""
        asked = (
            (self.everybody[TILE_M], 0),
            (self.everybody[TILE_M], 2),
            (self.everybody[BLOCK_M], 1),
            (self.siblings[TILE_M], 1),
            (self.siblings[BLOCK_M], 1),
            (self.levels, 1),
        )
        return _asked(asked, points, own_block)


def _asked(
    asked: tuple[tuple[Surroundings, int], ...], points: Points, own_block: bool
) -> np.ndarray:
    columns = []
    for surroundings, reach in asked:
        square = square_of(points.x_m, points.y_m, surroundings.side_m)
        mean_db, weight = surroundings.without(points.cell, square, reach, own_block)
        columns += [mean_db, np.log1p(weight)]
    return np.column_stack(columns).astype(np.float32)


def pixel_features(heard: Heard, points: Points, own: Tally | None) -> np.ndarray:
    """[point, 2] what was left over of others on the very spot, and how many.

    own:  what each cell itself left over, by `own_pixel`; None where nobody measured it
    """
    pixel = square_of(points.x_m, points.y_m, PIXEL_M)
    everybody = Tally(heard.pixel, heard.pixel_left_db, heard.pixel_weight)
    total, weight = everybody.at(pixel)
    if own is not None:
        mine, much = own.at(own_pixel(points))
        total, weight = total - mine, np.maximum(weight - much, 0.0)
    mean_db = np.where(weight > 0.02, total / (weight + 1.0), np.nan)
    return np.column_stack([mean_db, weight]).astype(np.float32)


def own_pixel(points: Points) -> np.ndarray:
    """A number for the cell and the spot of each point."""
    pixel = square_of(points.x_m, points.y_m, PIXEL_M)
    return (points.cell.astype(np.int64) << 41) + pixel


def gain_features(
    sites: SiteTable, gain_db: np.ndarray, measured: np.ndarray
) -> np.ndarray:
    """[cell, 4] what the gains of other cells say: on the mast and near by, each the
    mean and how many they are.

    measured:  which cells have a gain
    """
    site = site_of(sites)
    east_m = sites.x_m[:, None] - sites.x_m[None, :]
    north_m = sites.y_m[:, None] - sites.y_m[None, :]
    near = np.exp(-(east_m**2 + north_m**2) / (2.0 * (0.5 * NEAR_CELLS_M) ** 2))
    features = []
    for share in ((site[:, None] == site[None, :]).astype(float), near):
        share = share * measured[None, :]
        np.fill_diagonal(share, 0.0)
        many = share.sum(1)
        features += [
            share @ np.where(measured, gain_db, 0.0) / (many + GAIN_DOUBT),
            many,
        ]
    return np.column_stack(features).astype(np.float32)
