"""What ground, houses and surroundings does a map of pixels know?

An `.npz` of three rasters [row, column], rows to the north and columns to the east:
`altitude` (m above the sea), `building_height` (m) and `clutter` (class), and of the
middle of the first pixel `x0` and `y0` on the grid of the cells, and `step` (m). In
whole numbers an altitude or height of -1, or one lower than any land, means unknown; so
does class 0.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.tables.points_frame import NEAR_M, Frame
from gemel.twin.calibration.measured import CLUTTER_CLASSES, Terrain

RASTERS = ("altitude", "building_height", "clutter")
PLACES = ("x0", "y0", "step")
SHOWN = 8  # arrays of a file that is no map
LOWEST_LAND_M = -500.0  # the shore of the Dead Sea lies at -430 m


def read_terrain(path: Path | str, frame: Frame, cells_m: np.ndarray) -> Terrain:
    """The map, its metres counted in a frame.

    cells_m:  where the cells are [cell, 2], to see that the map is of the same place

    InterfaceError: it cannot be read, lacks something, or lies elsewhere.
    """
    arrays = _arrays(Path(path))
    rasters = {name: _raster(path, name, arrays[name]) for name in RASTERS}
    x0, y0, step = (_number(path, name, arrays[name]) for name in PLACES)
    if not step > 0.0:
        raise InterfaceError(f"{path}: step is {step:g}. Give metres above 0, e.g. 5.")
    if len({raster.shape for raster in rasters.values()}) != 1:
        shapes = ", ".join(f"{n} {r.shape}" for n, r in rasters.items())
        raise InterfaceError(
            f"{path}: the rasters are of several shapes ({shapes}). Give one shape."
        )
    x0_m, y0_m = frame.from_grid(np.array(x0), np.array(y0)).tolist()
    rows, columns = rasters["altitude"].shape
    low_m = np.array([x0_m, y0_m]) - NEAR_M
    high_m = np.array([x0_m + columns * step, y0_m + rows * step]) + NEAR_M
    if not ((cells_m > low_m) & (cells_m < high_m)).all(1).any():
        raise InterfaceError(
            f"{path} lies around {frame.said((low_m + high_m) / 2.0)} and the cells "
            f"around {frame.said(np.median(cells_m, 0))}. Give a map on the "
            "grid of the cells."
        )
    return Terrain(x0_m=x0_m, y0_m=y0_m, step_m=step, **rasters)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        # Opened here, so that it is closed here also where it is no archive.
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise InterfaceError(f"{path} is no .npz of rasters. Give such a map.")
            if missing := [n for n in (*RASTERS, *PLACES) if n not in file.files]:
                has = [*file.files[:SHOWN], *(["…"] if file.files[SHOWN:] else [])]
                raise InterfaceError(
                    f"{path} has no array {', '.join(missing)}; it has "
                    f"{', '.join(has) or 'none'}. Give a map with "
                    f"{', '.join((*RASTERS, *PLACES))}."
                )
            return {name: file[name] for name in (*RASTERS, *PLACES)}
    except OSError as error:
        why = error.strerror or "it is no .npz"
        raise InterfaceError(
            f"{path} cannot be read: {why}. Give the .npz of a map."
        ) from error
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise InterfaceError(
            f"{path} is cut short, spoilt, or no .npz. Give the .npz of a map."
        ) from error


def _raster(path: Path | str, name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 2 or not array.size or array.dtype.kind not in "iuf":
        raise InterfaceError(
            f"{path}: {name} has shape {array.shape} of {array.dtype}. "
            "Give numbers, rows by columns."
        )
    if name == "clutter":
        known = np.isfinite(array) & (array >= 0) & (array < CLUTTER_CLASSES)
        return np.where(known, array, 0).astype(np.uint8)
    values = array.astype(np.float32)
    if array.dtype.kind == "i":
        values[(array == -1) | (array < LOWEST_LAND_M)] = np.nan
    return values


def _number(path: Path | str, name: str, array: np.ndarray) -> float:
    if array.size != 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise InterfaceError(f"{path}: {name} is no number. Give metres on the grid.")
    return float(array.reshape(-1)[0])
