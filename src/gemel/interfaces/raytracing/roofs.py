"""What does somebody under a roof hear, when rays end at the wall?

What arrives outside the nearest walls: on the way in, the loss of wall and rooms is
added like everywhere else (3GPP TR 38.901, clause 7.4.3.1).
"""

import numpy as np
from jaxtyping import Bool, Float, Float32

from gemel.interfaces.maps.scenes import Scene
from gemel.network.radio_maps import Grid
from gemel.world.rooftops import roof_heights_m

PARTS = 5  # a side of a pixel, to see which share of it is open air
LEAST_OPEN = 0.5  # below, a pixel is a house
DEEPEST_M = 25.0  # clause 7.4.3.1: nobody is farther behind the outer wall


def open_share(scene: Scene, grid: Grid) -> Float[np.ndarray, "level row column"]:
    """Which share of each pixel is open air at each height, not house."""
    roof_m = roof_heights_m(
        scene.triangles_m,
        grid.x0_m,
        grid.y0_m,
        grid.step_m / PARTS,
        grid.rows * PARTS,
        grid.columns * PARTS,
    )
    parts_m = np.asarray(roof_m).reshape(grid.rows, PARTS, grid.columns, PARTS)
    return np.stack(
        [(parts_m <= height_m).mean(axis=(1, 3)) for height_m in grid.level_m]
    )


def heard_db(
    gain: Float32[np.ndarray, "level row column"],
    share: Float[np.ndarray, "level row column"],
    step_m: float,
) -> tuple[
    Float32[np.ndarray, "level row column"], Bool[np.ndarray, "level row column"]
]:
    """Path gain in dB of what was traced, and where there is any.

    gain:   mean over a pixel, house included, as a ratio
    share:  as `open_share`

    The power of a pixel is that of its open part. A pixel that is house hears what its
    strongest neighbour does, up to 25 m from the open air.
    """
    is_open = share >= LEAST_OPEN
    present = is_open & (gain > 0)
    ratio = np.where(present, gain, 1.0) / np.where(is_open, share, 1.0)
    gain_db = np.where(present, 10.0 * np.log10(ratio), -np.inf)
    for _ in range(round(DEEPEST_M / step_m)):
        around_db = np.pad(gain_db, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
        strongest_db = np.maximum.reduce(
            [
                around_db[:, 2:, 1:-1],
                around_db[:, :-2, 1:-1],
                around_db[:, 1:-1, 2:],
                around_db[:, 1:-1, :-2],
            ]
        )
        # Only what is empty: nobody's own level is replaced.
        empty = ~is_open & np.isneginf(gain_db)
        gain_db = np.where(empty, strongest_db, gain_db)
    present = np.isfinite(gain_db)
    return np.where(present, gain_db, 0.0).astype(np.float32), present
