"""Which cells does an inventory list, and where do they hang and look?"""

from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.tables.points_frame import (
    Frame,
    between_zones,
    frame_around,
    on_grid,
    utm_columns,
    zone_of,
)
from gemel.interfaces.tables.reading import Table, read_table
from gemel.twin.calibration.measured import CLUTTER_CLASSES, SiteTable

# Our column → what others call it.
SYNONYMS = {
    "cell": ("cell_id", "cell_name", "sector_name"),
    "lat": ("latitude", "latitude_deg", "lat_deg"),
    "lon": ("longitude", "longitude_deg", "lon_deg", "lng", "long"),
    "x_m": ("x", "east_m", "easting", "easting_m"),
    "y_m": ("y", "north_m", "northing", "northing_m"),
    "height_m": ("height", "antenna_height_m", "antenna_height"),
    "azimuth_deg": ("azimuth", "bearing", "bearing_deg"),
    "electrical_downtilt_deg": ("electrical_tilt_deg", "tilt_deg", "downtilt_deg"),
    "mechanical_downtilt_deg": ("mechanical_tilt_deg",),
    "freq_mhz": ("frequency_mhz", "carrier_mhz"),
    "rs_power_dbm": ("reference_signal_power_dbm", "rs_power"),
    "site_altitude_m": ("altitude_m",),
    "site_building_height_m": ("building_height_m",),
    "site_clutter": ("clutter",),
}
# What a number may be; beyond it, somebody has taken one unit for another.
BOUNDS = {
    "lat": (-90.0, 90.0),
    "lon": (-180.0, 180.0),
    "height_m": (0.0, 1_000.0),
    "azimuth_deg": (-360.0, 360.0),
    "electrical_downtilt_deg": (-90.0, 90.0),
    "mechanical_downtilt_deg": (-90.0, 90.0),
    "freq_mhz": (100.0, 100_000.0),
    "rs_power_dbm": (-60.0, 60.0),
    "site_altitude_m": (-500.0, 9_000.0),
    "site_building_height_m": (0.0, 1_000.0),
    "site_clutter": (0.0, CLUTTER_CLASSES - 1.0),
}


def read_cells(path: Path | str, frame: Frame | None = None) -> tuple[SiteTable, Frame]:
    """The cells of a CSV, one a row, and the frame that their metres count in.

    Needed are `cell`, `azimuth_deg` and a position: `x_utm48n` and `y_utm48n` (any
    zone), `x_m` and `y_m`, or `lat` and `lon`. Optional: `height_m`,
    `electrical_downtilt_deg`, `mechanical_downtilt_deg`, `freq_mhz`, `rs_power_dbm`,
    `site_altitude_m`, `site_building_height_m`, `site_clutter`; what is empty is
    unknown.

    frame:  of a model that was learned before; None chooses one

    InterfaceError: as `read_table`, a needed column or position missing, a number
    beyond BOUNDS, a cell named twice.
    """
    table = read_table(path).with_known(SYNONYMS)
    table.need("cell", "azimuth_deg")
    name = _names(table)
    place_m, frame = _placed(table, frame)

    def told(column: str, unknown: float = np.nan) -> np.ndarray:
        return _numbers(table, column, unknown)

    return (
        SiteTable(
            name=name,
            x_m=place_m[:, 0],
            y_m=place_m[:, 1],
            height_m=told("height_m"),
            azimuth_deg=told("azimuth_deg") % 360.0,
            electrical_tilt_deg=told("electrical_downtilt_deg"),
            mechanical_tilt_deg=told("mechanical_downtilt_deg"),
            frequency_mhz=told("freq_mhz"),
            rs_power_dbm=told("rs_power_dbm"),
            altitude_m=told("site_altitude_m"),
            building_height_m=told("site_building_height_m"),
            clutter=told("site_clutter", 0.0).astype(np.int64),
        ),
        frame,
    )


def _names(table: Table) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for row in table.rows:
        name = row.needed("cell")
        if name in seen:
            raise row.refusal(
                "cell",
                f"{name!r} is also the name in {seen[name]}. Give each cell its own.",
            )
        seen[name] = f"row {row.number}"
    return tuple(seen)


def _placed(table: Table, frame: Frame | None) -> tuple[np.ndarray, Frame]:
    """Positions from the frame's origin [cell, 2]."""
    utm = utm_columns(table.columns)
    degrees = "lat" in table.columns and "lon" in table.columns
    own = "x_m" in table.columns and "y_m" in table.columns
    if utm is not None:
        zone, east, north = utm
        x_m, y_m = _positions(table, east), _positions(table, north)
        if frame is None:
            frame = frame_around(zone, x_m, y_m)
        if frame.zone is not None:
            x_m, y_m = between_zones(frame.zone, zone, x_m, y_m)
        return frame.from_grid(x_m, y_m), frame
    if degrees and not (own and frame is not None and frame.zone is None):
        latitude_deg, longitude_deg = _degrees(table)
        if frame is None:
            zone = zone_of(latitude_deg, longitude_deg)
            frame = frame_around(zone, *on_grid(zone, latitude_deg, longitude_deg))
        where = f"{table.path}"
        return frame.from_degrees(latitude_deg, longitude_deg, where), frame
    if not own:
        table.need("lat", "lon")
    x_m, y_m = _positions(table, "x_m"), _positions(table, "y_m")
    frame = frame or frame_around(None, x_m, y_m)
    return frame.from_grid(x_m, y_m), frame


def _degrees(table: Table) -> tuple[np.ndarray, np.ndarray]:
    latitude_deg, longitude_deg = _positions(table, "lat"), _positions(table, "lon")
    nowhere = (latitude_deg == 0.0) & (longitude_deg == 0.0)
    if nowhere.any():
        raise table.rows[int(nowhere.argmax())].refusal(
            "lat", "0° N 0° E is open sea. Fill in the position or remove the row."
        )
    spread_deg = float(np.ptp(longitude_deg))
    if spread_deg > 12.0:
        raise InterfaceError(
            f"{table.path}: the cells lie {spread_deg:.0f} degrees of longitude apart. "
            "Check whether lat and lon are swapped, or give one region at a time."
        )
    return latitude_deg, longitude_deg


def _positions(table: Table, column: str) -> np.ndarray:
    for row in table.rows:
        row.needed(column)
    return _numbers(table, column, np.nan)


def _numbers(table: Table, column: str, unknown: float) -> np.ndarray:
    if column not in table.columns:
        return np.full(len(table.rows), unknown)
    low, high = BOUNDS.get(column, (-np.inf, np.inf))
    numbers = []
    for row in table.rows:
        value = row.number_or_none(column)
        if value is not None and not low <= value <= high:
            raise row.refusal(
                column,
                f"{value:g} must lie between {low:g} and {high:g}. "
                "Correct it or empty it.",
            )
        numbers.append(unknown if value is None else value)
    return np.array(numbers, np.float64)
