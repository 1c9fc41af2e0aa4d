"""What stands between an antenna and a place, and around the place, by the map?"""

import numpy as np

from gemel.twin.calibration.geometry import USER_HEIGHT_M, Geometry, antenna_height_m
from gemel.twin.calibration.measured import Points, SiteTable, Terrain

STEPS = 12  # looked at along every way, evenly
AROUND_M = (20.0, 60.0)  # half sides of the squares around a place
NAMES = (
    "roofs_above_way_m",
    "share_blocked",
    "roofs_on_way_m",
    "last_roof_m",
    *(f"roofs_within_{side_m:.0f}_m" for side_m in AROUND_M),
    *(f"built_within_{side_m:.0f}_m" for side_m in AROUND_M),
)


def path_features(
    sites: SiteTable, points: Points, geometry: Geometry, terrain: Terrain | None
) -> np.ndarray:
    """[point, feature], in the order of `NAMES`; NaN where the map knows nothing."""
    features = np.full((len(points), len(NAMES)), np.nan, np.float32)
    if terrain is None:
        return features
    roof_m = terrain.building_height.astype(np.float32)
    from_m = antenna_height_m(sites)[points.cell].astype(np.float32)
    drop_m = from_m - np.float32(USER_HEIGHT_M)
    worst_m = np.full(len(points), -np.inf, np.float32)
    blocked, known = (
        np.zeros(len(points), np.float32),
        np.zeros(len(points), np.float32),
    )
    total_m = np.zeros(len(points), np.float32)
    last_m = np.full(len(points), np.nan, np.float32)
    for step in range(1, STEPS + 1):
        share = np.float32(step / (STEPS + 1))
        x_m = points.x_m - (1.0 - share) * geometry.east_m
        y_m = points.y_m - (1.0 - share) * geometry.north_m
        here_m = _at(terrain, roof_m, x_m, y_m)
        sure = np.isfinite(here_m)
        above_m = np.where(sure, here_m - (from_m - share * drop_m), -np.inf)
        worst_m = np.maximum(worst_m, above_m)
        blocked += above_m > 0.0
        total_m += np.where(sure, here_m, 0.0)
        known += sure
        last_m = np.where(sure, here_m, last_m)
    some = known > 0
    many = np.maximum(known, 1.0)
    features[:, 0] = np.where(some, worst_m, np.nan)
    features[:, 1] = np.where(some, blocked / many, np.nan)
    features[:, 2] = np.where(some, total_m / many, np.nan)
    features[:, 3] = last_m
    for number, half_m in enumerate(AROUND_M):
        reach = max(round(half_m / terrain.step_m), 1)
        mean_m, built = _around(roof_m, reach)
        features[:, 4 + number] = _at(terrain, mean_m, points.x_m, points.y_m)
        features[:, 4 + len(AROUND_M) + number] = _at(
            terrain, built, points.x_m, points.y_m
        )
    return features


def _at(
    terrain: Terrain, raster: np.ndarray, x_m: np.ndarray, y_m: np.ndarray
) -> np.ndarray:
    """The pixel in which each place lies; NaN off the map."""
    rows, columns = raster.shape
    column = np.rint((x_m - terrain.x0_m) / terrain.step_m).astype(np.int64)
    row = np.rint((y_m - terrain.y0_m) / terrain.step_m).astype(np.int64)
    on = (0 <= column) & (column < columns) & (0 <= row) & (row < rows)
    column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
    return np.where(on, raster[row, column], np.float32(np.nan))


def _around(roof_m: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean height and share of ground with a building, over known pixels in squares."""
    known = np.isfinite(roof_m)
    here_m = np.where(known, roof_m, 0.0)
    sure = _summed(known, reach)
    nothing = sure < 0.5
    sure = np.maximum(sure, 1.0)
    mean_m = np.where(nothing, np.nan, _summed(here_m, reach) / sure)
    built = np.where(nothing, np.nan, _summed(here_m > 0.0, reach) / sure)
    return mean_m.astype(np.float32), built.astype(np.float32)


def _summed(raster: np.ndarray, reach: int) -> np.ndarray:
    """Over the square around every pixel, by sums of sums."""
    side = 2 * reach + 1
    padded = np.pad(raster.astype(np.float64), ((reach + 1, reach), (reach + 1, reach)))
    sums = padded.cumsum(0).cumsum(1)
    return (sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side]) + sums[
        :-side, :-side
    ]
