"""Which levels were measured where, and what of a table of them is of no use?

What cannot be used is skipped and counted, never fatal, as long as something is left.
"""

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.tables.points_columns import Columns, read_columns
from gemel.interfaces.tables.points_frame import NEAR_M, Frame
from gemel.twin.calibration.measured import (
    CLUTTER_CLASSES,
    Points,
    SiteTable,
    Terrain,
)

logger = logging.getLogger("gemel.interfaces.tables.measurements")

LOWEST_DBM, HIGHEST_DBM = -156.0, -31.0  # of SS-RSRP, TS 38.133 table 10.1.6.1-1
SHOWN_CELLS = 5


@dataclasses.dataclass(frozen=True)
class Skipped:
    """Rows of no use.

    why:            reason → rows
    unknown_cells:  cell that the inventory lacks → rows
    """

    why: dict[str, int]
    unknown_cells: dict[str, int]

    @property
    def rows(self) -> int:
        """All of them; a row is counted once, by the first reason against it."""
        return sum(self.why.values())

    def said(self) -> str:
        """One line, e.g. "12 rows skipped: 3 RSRP ..., 9 of unknown cells (a: 9)"."""
        parts = [f"{count:,} {why}" for why, count in self.why.items()]
        line = f"{self.rows:,} rows skipped: {'; '.join(parts)}"
        if self.unknown_cells:
            most = sorted(self.unknown_cells.items(), key=lambda one: -one[1])
            named = ", ".join(f"{n}: {count:,}" for n, count in most[:SHOWN_CELLS])
            more = len(most) - SHOWN_CELLS
            named += f" and {more:,} cells more" if more > 0 else ""
            line += f" (cells not in the inventory: {named})"
        return line


@dataclasses.dataclass(frozen=True)
class PointTable:
    """The useful points of a table.

    columns:  the whole table
    points:   the useful rows
    row:      which rows those are [point]
    """

    columns: Columns
    points: Points
    row: np.ndarray
    skipped: Skipped


NO_CELL = "without a cell"
UNKNOWN = "of unknown cells"
NO_PLACE = "without a position"
NO_LEVEL = "without an RSRP"
BEYOND = f"with an RSRP outside {LOWEST_DBM:g} to {HIGHEST_DBM:g} dBm"
FAR = f"more than {NEAR_M / 1e3:g} km from their cell"


def read_points(
    path: Path | str,
    sites: SiteTable,
    frame: Frame,
    terrain: Terrain | None,
    measured: bool,
) -> PointTable:
    """The points of a Parquet or CSV table with `cell`, and `x_m` and `y_m` on the grid
    of the cells or `lat` and `lon` (WGS 84; goes first where the cells have it, too).

    Optional: `altitude_m`, `building_height_m`, `clutter`; unknown ones are looked up
    in the terrain.

    measured:  `rsrp_dbm` is needed, and rows without a sound one are skipped, as are
               those far from their cell

    InterfaceError: as `read_columns`, a needed column is missing, no row is of use, or
    all are so far from the cells that they must lie on another grid.
    """
    columns = read_columns(path)
    columns.need("cell", *(["rsrp_dbm"] if measured else []))
    cell, unknown_cells = _cells(columns, sites.name)
    place_m = _places(columns, frame)
    level_dbm = columns.numbers("rsrp_dbm") if measured else None
    cells_m = np.stack([sites.x_m, sites.y_m], -1)
    away_m = np.hypot(*(place_m - cells_m[np.maximum(cell, 0)]).T)
    reasons = {
        NO_CELL: cell == -2,
        UNKNOWN: cell == -1,
        NO_PLACE: ~np.isfinite(place_m).all(1),
    }
    if level_dbm is not None:
        # Cells of another network stand near all the same: judged before levels are.
        reasons[NO_LEVEL] = ~np.isfinite(level_dbm)
        reasons[BEYOND] = ~((level_dbm >= LOWEST_DBM) & (level_dbm <= HIGHEST_DBM))
    why, useful = _counted(reasons)
    if not useful.any():
        raise InterfaceError(
            f"{columns.path}: no row is of use; "
            f"{Skipped(why, unknown_cells).said()}. Give points of the cells of the "
            "inventory."
        )
    near = away_m <= NEAR_M
    if not (useful & near).any():
        here, there = np.median(place_m[useful], 0), np.median(cells_m, 0)
        raise InterfaceError(
            f"{columns.path}: no point is within {NEAR_M / 1e3:g} km of its cell; the "
            f"points lie around {frame.said(here)}, the cells around "
            f"{frame.said(there)}. Give both on one grid, or lat and lon."
        )
    if measured:
        why, useful = _counted({**reasons, FAR: ~near})
    row = np.flatnonzero(useful)
    points = _points(columns, cell, place_m, level_dbm, terrain, row)
    return PointTable(columns, points, row, Skipped(why, unknown_cells))


def _counted(reasons: dict[str, np.ndarray]) -> tuple[dict[str, int], np.ndarray]:
    """How many rows each reason is the first against, and which rows are left."""
    left, why = None, {}
    for reason, applies in reasons.items():
        left = np.ones(len(applies), bool) if left is None else left
        if count := int((left & applies).sum()):
            why[reason] = count
        left = left & ~applies
    assert left is not None
    return why, left


def _cells(columns: Columns, names: Sequence[str]) -> tuple[np.ndarray, dict[str, int]]:
    """Which cell of the inventory each row is of: -1 is none, -2 says none."""
    number = {name: index for index, name in enumerate(names)}
    said, code = columns.names("cell")
    index = np.array([-2 if name is None else number.get(name, -1) for name in said])
    count = np.bincount(code, minlength=len(said))
    unknown = {
        str(name): int(count[at])
        for at, name in enumerate(said)
        if name is not None and index[at] < 0
    }
    return index[code], unknown


def _places(columns: Columns, frame: Frame) -> np.ndarray:
    """Metres from the frame's origin [row, 2]; NaN where there is no place."""
    degrees = "lat" in columns.ours and "lon" in columns.ours
    metres = "x_m" in columns.ours and "y_m" in columns.ours
    if not metres and not degrees:
        columns.need(*(["lat", "lon"] if "lat" in columns.ours else ["x_m", "y_m"]))
    if degrees and (frame.zone is not None or not metres):
        latitude_deg, longitude_deg = columns.numbers("lat"), columns.numbers("lon")
        on_earth = (np.abs(latitude_deg) <= 90.0) & (np.abs(longitude_deg) <= 180.0)
        if not on_earth.any() and (np.abs(longitude_deg) <= 90.0).any():
            raise InterfaceError(
                f"{columns.path}: lat is beyond 90° in every row. Did lat and lon "
                "change places?"
            )
        place_m = frame.from_degrees(
            np.where(on_earth, latitude_deg, np.nan),
            np.where(on_earth, longitude_deg, np.nan),
            f"{columns.path}",
        )
    else:
        place_m = frame.from_grid(columns.numbers("x_m"), columns.numbers("y_m"))
    known = np.isfinite(place_m).all(axis=1, keepdims=True)
    return np.where(known, place_m, np.nan)


def _points(
    columns: Columns,
    cell: np.ndarray,
    place_m: np.ndarray,
    level_dbm: np.ndarray | None,
    terrain: Terrain | None,
    row: np.ndarray,
) -> Points:
    x_m, y_m = place_m[row].T
    ground = {
        name: columns.numbers(name)[row]
        for name in ("altitude_m", "building_height_m", "clutter")
    }
    if terrain is not None:
        there = ground_at(terrain, x_m, y_m)
        for name, values in ground.items():
            ground[name] = np.where(np.isfinite(values), values, there[name])
    clutter = np.nan_to_num(ground["clutter"], nan=0.0)
    known = (clutter >= 0) & (clutter < CLUTTER_CLASSES)
    return Points(
        cell=cell[row],
        x_m=x_m,
        y_m=y_m,
        rsrp_dbm=None if level_dbm is None else level_dbm[row],
        altitude_m=ground["altitude_m"],
        building_height_m=ground["building_height_m"],
        clutter=np.where(known, clutter, 0.0).astype(np.int64),
    )


def ground_at(
    terrain: Terrain, x_m: np.ndarray, y_m: np.ndarray
) -> dict[str, np.ndarray]:
    """What the map says of places; NaN, and class 0, outside of it."""
    rows, columns = terrain.altitude.shape
    row = np.floor((y_m - terrain.y0_m) / terrain.step_m + 0.5)
    column = np.floor((x_m - terrain.x0_m) / terrain.step_m + 0.5)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    at = np.where(inside, row, 0).astype(int), np.where(inside, column, 0).astype(int)
    return {
        "altitude_m": np.where(inside, terrain.altitude[at], np.nan),
        "building_height_m": np.where(inside, terrain.building_height[at], np.nan),
        "clutter": np.where(inside, terrain.clutter[at], 0).astype(np.float64),
    }
