"""Which sites and cells does a table of one's own network describe?"""

import dataclasses
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from gemel.errors import InterfaceError
from gemel.interfaces.maps.coordinates import local_m, origin_between
from gemel.interfaces.tables.reading import Table, read_table
from gemel.interfaces.tables.rows import Row, shown
from gemel.radio.named_antennas import ANTENNAS
from gemel.world.inventory import Origin, SiteRow
from gemel.world.sectors import cells_of

logger = logging.getLogger("gemel.interfaces.tables.sites")

# Our column → what others call it. The header's case, spaces and dots do not matter.
SYNONYMS = {
    "site": ("name", "site_name", "site_id", "enodeb", "gnodeb", "station"),
    "cell": ("cell_name", "cell_id", "sector_name"),
    "lat": ("latitude", "latitude_deg", "lat_deg"),
    "lon": ("longitude", "longitude_deg", "lon_deg", "lng", "long"),
    "x_m": ("x", "east_m", "easting", "easting_m"),
    "y_m": ("y", "north_m", "northing", "northing_m"),
    "height_m": ("height", "antenna_height_m", "antenna_height"),
    "azimuth_deg": ("azimuth", "bearing", "bearing_deg"),
    "tilt_deg": ("tilt", "downtilt", "downtilt_deg"),
    "power_dbm": ("power", "tx_power_dbm"),
    "carrier_ghz": ("frequency_ghz", "freq_ghz"),
    "bandwidth_mhz": ("bandwidth", "bw_mhz"),
    "antenna": ("antenna_type", "antenna_model"),
}
FAR_M = 100_000.0  # float32 still tells centimetres apart; map grids lie farther out


@dataclasses.dataclass(frozen=True)
class SiteTable:
    """What a table says about sites.

    rows:             one or more a site, missing numbers as None
    origin:           of x_m and y_m on Earth; None if the table had metres only
    neighbourhood_m:  where people build sites, east and north of the origin: a hint at
                      where people are
    """

    rows: tuple[SiteRow, ...]
    origin: Origin | None
    neighbourhood_m: Float[np.ndarray, "position 2"]


@dataclasses.dataclass(frozen=True)
class Bounds:
    """What a number in a column may be, and how to say so."""

    holds: Callable[[float], bool]
    rule: str


BOUNDS = {
    "lat": Bounds(lambda x: -90 <= x <= 90, "between -90 and 90 degrees"),
    "lon": Bounds(lambda x: -180 <= x <= 180, "between -180 and 180 degrees"),
    # The highest mast on Earth has 650 m; the highest with mobile service is lower.
    "height_m": Bounds(lambda x: 0 < x <= 500, "above 0 and at most 500 metres"),
    "support_height_m": Bounds(lambda x: 0 <= x <= 500, "at most 500 metres"),
    "tilt_deg": Bounds(lambda x: -90 <= x <= 90, "between -90 and 90 degrees"),
    "power_dbm": Bounds(lambda x: 0 <= x <= 100, "in dBm, between 0 and 100"),
    "carrier_ghz": Bounds(
        lambda x: 0.5 <= x <= 100, "in GHz, between 0.5 and 100, as in 3.5 for 3500 MHz"
    ),
    "bandwidth_mhz": Bounds(lambda x: 0 < x <= 10_000, "in MHz, above 0"),
}


def bounded(row: Row, column: str) -> float | None:
    """The number in a cell, None if empty; InterfaceError outside its BOUNDS."""
    value = row.number_or_none(column)
    if value is not None and not BOUNDS[column].holds(value):
        raise row.refusal(
            column, f"{value:g} must lie {BOUNDS[column].rule}. Correct it or empty it."
        )
    return value


def degrees_of(row: Row) -> tuple[float, float]:
    """Latitude and longitude of a row; InterfaceError if missing or nowhere."""
    for column in ("lat", "lon"):
        row.needed(column)
    latitude_deg, longitude_deg = bounded(row, "lat"), bounded(row, "lon")
    assert latitude_deg is not None and longitude_deg is not None
    if latitude_deg == 0.0 and longitude_deg == 0.0:
        raise row.refusal(
            "lat", "0° N 0° E is open sea. Fill in the position or remove the row."
        )
    return latitude_deg, longitude_deg


def read_sites(path: Path | str, columns: Mapping[str, str] | None = None) -> SiteTable:
    """A table of sites or cells, one a row.

    Needed are `lat` and `lon` (WGS 84), or `x_m` and `y_m`. Optional: `site`, `cell`,
    `height_m`, `azimuth_deg`, `tilt_deg`, `power_dbm`, `carrier_ghz`,
    `bandwidth_mhz`, `antenna` (a name in ANTENNAS); what is missing or empty is left to
    `gemel.world.planning`. The names in SYNONYMS are understood, others are given as
    `columns`: our name → the file's. Without a `site` column, rows at one position are
    one site.

    InterfaceError: as `read_table`, or an unknown name in `columns`, a number beyond
    BOUNDS, an unknown antenna, a cell named twice, a position missing or at 0° N 0° E,
    or a single cell in all.
    """
    if unknown := [name for name in columns or {} if name not in SYNONYMS]:
        raise InterfaceError(
            f"--columns: gemel has no column {unknown[0]}; it has "
            f"{', '.join(SYNONYMS)}. Give ours=theirs, as in lat=Latitude."
        )
    table = read_table(path, columns).with_known(SYNONYMS)
    on_earth = "lat" in table.columns or "x_m" not in table.columns
    table.need(*(("lat", "lon") if on_earth else ("x_m", "y_m")))
    origin, position_m = _on_earth(table) if on_earth else (None, _in_metres(table))
    rows = _site_rows(table, position_m)
    if len(rows) == 1 and len(cells_of(rows)) < 2:
        raise InterfaceError(
            f"{rows[0].where} is the only row and describes one cell; a network needs "
            "at least 2. Add rows, or empty cell and azimuth_deg for a whole site."
        )
    return SiteTable(rows, origin, np.unique(position_m, axis=0))


def _on_earth(table: Table) -> tuple[Origin, Float[np.ndarray, "row 2"]]:
    degrees = np.array([degrees_of(row) for row in table.rows])
    latitude_deg, longitude_deg = degrees[:, 0], degrees[:, 1]
    origin = origin_between(latitude_deg, longitude_deg)
    try:
        return origin, local_m(origin, latitude_deg, longitude_deg)
    except InterfaceError as error:
        raise InterfaceError(f"{table.path}: {error}") from None


def _in_metres(table: Table) -> Float[np.ndarray, "row 2"]:
    position_m = np.array(
        [(row.number_needed("x_m"), row.number_needed("y_m")) for row in table.rows]
    )
    if np.max(np.abs(position_m)) > FAR_M:
        middle_m = np.round(np.mean(position_m, axis=0), -3)
        logger.info(
            "%s: x_m and y_m now count from %.0f, %.0f; so far out, float32 is coarse",
            table.path,
            *middle_m,
        )
        position_m = position_m - middle_m
    return position_m


def _site_rows(
    table: Table, position_m: Float[np.ndarray, "row 2"]
) -> tuple[SiteRow, ...]:
    named_sites = "site" in table.columns
    at_position: dict[tuple[float, float], str] = {}
    seen: dict[str, str] = {}
    rows: list[SiteRow] = []
    for row, (x_m, y_m) in zip(table.rows, position_m.tolist(), strict=True):
        cell = row.text("cell")
        if cell is not None and cell in seen:
            raise row.refusal(
                "cell",
                f"{cell!r} is also the name in {seen[cell]}. Give each cell its own.",
            )
        if cell is not None:
            seen[cell] = f"row {row.number}"
        unnamed = at_position.setdefault((x_m, y_m), cell or f"site-{row.number}")
        azimuth_deg = row.number_or_none("azimuth_deg")
        rows.append(
            SiteRow(
                name=cell,
                site=row.needed("site") if named_sites else unnamed,
                x_m=x_m,
                y_m=y_m,
                height_m=bounded(row, "height_m"),
                azimuth_deg=None if azimuth_deg is None else azimuth_deg % 360.0,
                tilt_deg=bounded(row, "tilt_deg"),
                power_dbm=bounded(row, "power_dbm"),
                carrier_ghz=bounded(row, "carrier_ghz"),
                bandwidth_mhz=bounded(row, "bandwidth_mhz"),
                antenna=_antenna(row),
                where=row.where,
            )
        )
    return tuple(rows)


def _antenna(row: Row) -> str | None:
    name = row.text("antenna")
    if name is not None and name not in ANTENNAS:
        known = ", ".join(sorted(ANTENNAS))
        raise row.refusal(
            "antenna", f"{shown(name)} is no antenna we know. Choose one of {known}."
        )
    return name
