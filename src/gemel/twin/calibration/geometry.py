"""How does every point lie, seen from the antenna that it heard?"""

import dataclasses

import numpy as np

from gemel.twin.calibration.measured import Points, SiteTable

USER_HEIGHT_M = 1.5  # TR 38.901, table 7.2-1, h_UT of people outdoors
USUAL_HEIGHT_M = 30.0  # of an antenna of which nobody knows it
LOWEST_ANTENNA_M = 2.0  # what is said to hang lower is not known
USUAL_TILT_DEG = 10.0  # likewise; electrical and mechanical together
REACH_M = 1_500.0  # what was heard further away is rather in the wrong place
NEAREST_M = 10.0  # measured positions are no better than this
BLOCK_M = 100.0  # what is left out together, so that neighbours tell no secrets


@dataclasses.dataclass(frozen=True)
class Geometry:
    """One entry a point, float32.

    east_m, north_m:  of the point, from the antenna
    distance_m:       along the ground, at least `NEAREST_M`
    drop_m:           of the user below the antenna
    aside_deg:        bearing off the inventory's azimuth, clockwise, -180..180; 0 where
                      the azimuth is unknown
    fall_deg:         of the user below the antenna's horizon
    tilt_deg:         of the boresight below the horizon towards this point: electrical
                      tilt is the same all round, mechanical tilt rises behind
    """

    east_m: np.ndarray
    north_m: np.ndarray
    distance_m: np.ndarray
    drop_m: np.ndarray
    aside_deg: np.ndarray
    fall_deg: np.ndarray
    tilt_deg: np.ndarray


def geometry_of(sites: SiteTable, points: Points) -> Geometry:
    """Of every point and the cell it belongs to."""
    cell = points.cell
    east_m = (points.x_m - sites.x_m[cell]).astype(np.float32)
    north_m = (points.y_m - sites.y_m[cell]).astype(np.float32)
    distance_m = np.maximum(np.hypot(east_m, north_m), np.float32(NEAREST_M))
    climb_m = points.altitude_m - sites.altitude_m[cell]
    climb_m = np.where(np.isfinite(climb_m), climb_m, 0.0)
    height_m = antenna_height_m(sites)[cell]
    drop_m = (height_m - USER_HEIGHT_M - climb_m).astype(np.float32)
    azimuth_deg = known_or(sites.azimuth_deg, np.nan)[cell]
    aside_deg = np.degrees(np.arctan2(east_m, north_m)) - azimuth_deg
    aside_deg = known_or(wrapped_deg(aside_deg), 0.0).astype(np.float32)
    electrical_deg = known_or(sites.electrical_tilt_deg, USUAL_TILT_DEG)[cell]
    mechanical_deg = known_or(sites.mechanical_tilt_deg, 0.0)[cell]
    tilt_deg = electrical_deg + mechanical_deg * np.cos(np.radians(aside_deg))
    return Geometry(
        east_m=east_m,
        north_m=north_m,
        distance_m=distance_m,
        drop_m=drop_m,
        aside_deg=aside_deg,
        fall_deg=np.degrees(np.arctan2(drop_m, distance_m)).astype(np.float32),
        tilt_deg=tilt_deg.astype(np.float32),
    )


def antenna_height_m(sites: SiteTable) -> np.ndarray:
    """Above ground; inventories write 0 where they do not know."""
    known = sites.height_m >= LOWEST_ANTENNA_M
    return np.where(known, sites.height_m, USUAL_HEIGHT_M)


def known_or(values: np.ndarray, otherwise: float) -> np.ndarray:
    """The values, with another one where nobody knows."""
    return np.where(np.isfinite(values), values, otherwise)


def wrapped_deg(angle_deg: np.ndarray) -> np.ndarray:
    """The same direction, -180..180."""
    return (angle_deg + 180.0) % 360.0 - 180.0
