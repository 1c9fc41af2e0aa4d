"""Which height has the highest triangle above the middle of each pixel?"""

import numpy as np
from jaxtyping import Float32

FLAT_M2 = 1e-6  # a triangle with less area seen from above is a wall
AT_THE_EDGE = 1e-9  # share of a side: a shared edge belongs to both its triangles
PAIRS_AT_ONCE = 4_000_000  # pairs of triangle and pixel, about 0.5 GB of scratch


def roof_heights_m(
    triangles_m: Float32[np.ndarray, "triangle 3 3"],
    x0_m: float,
    y0_m: float,
    step_m: float,
    rows: int,
    columns: int,
) -> Float32[np.ndarray, "row column"]:
    """Raster of the highest triangle over each pixel's middle, 0 where there is none.

    x0_m, y0_m: south-west corner of pixel [0, 0]; step_m: side of a pixel.
    """
    corners_m = triangles_m.astype(np.float64)
    east_m, north_m, up_m = corners_m[..., 0], corners_m[..., 1], corners_m[..., 2]
    first_column, last_column = _middles_between(east_m, x0_m, step_m, columns)
    first_row, last_row = _middles_between(north_m, y0_m, step_m, rows)
    double_area_m2 = _cross(
        east_m[:, 1] - east_m[:, 0],
        north_m[:, 1] - north_m[:, 0],
        east_m[:, 2] - east_m[:, 0],
        north_m[:, 2] - north_m[:, 0],
    )
    wide = np.maximum(last_column - first_column + 1, 0)
    pixels = wide * np.maximum(last_row - first_row + 1, 0)
    pixels[np.abs(double_area_m2) < FLAT_M2] = 0

    height_m = np.zeros(rows * columns, np.float32)
    parts = np.cumsum(pixels) // PAIRS_AT_ONCE
    for part in np.unique(parts):
        few = np.flatnonzero((parts == part) & (pixels > 0))
        which = np.repeat(few, pixels[few])
        if which.size == 0:
            continue
        nth = np.arange(which.size) - np.repeat(
            np.cumsum(pixels[few]) - pixels[few], pixels[few]
        )
        row = first_row[which] + nth // wide[which]
        column = first_column[which] + nth % wide[which]
        to_east_m = x0_m + (column + 0.5) * step_m - east_m[which].T
        to_north_m = y0_m + (row + 0.5) * step_m - north_m[which].T
        # Barycentric: the share of each corner is the area opposite to it.
        share = (
            _cross(to_east_m[[1, 2, 0]], to_north_m[[1, 2, 0]],
                   to_east_m[[2, 0, 1]], to_north_m[[2, 0, 1]])
            / double_area_m2[which]
        )  # fmt: skip
        inside = np.all(share >= -AT_THE_EDGE, axis=0)
        above_m = np.sum(share * up_m[which].T, axis=0)[inside]
        pixel = (row * columns + column)[inside]
        np.maximum.at(height_m, pixel, above_m.astype(np.float32))
    return height_m.reshape(rows, columns)


def _middles_between(at_m, start_m, step_m, count):
    """First and last index of the pixels whose middle lies within each triangle."""
    first = np.ceil((at_m.min(axis=1) - start_m) / step_m - 0.5)
    last = np.floor((at_m.max(axis=1) - start_m) / step_m - 0.5)
    first = np.clip(first, 0, count).astype(np.int64)
    return first, np.clip(last, -1, count - 1).astype(np.int64)


def _cross(a_east, a_north, b_east, b_north):
    return a_east * b_north - a_north * b_east
