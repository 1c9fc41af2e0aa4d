"""Where is a latitude and longitude on a flat map in metres, and back?

The azimuthal equidistant projection of WGS 84 (Snyder, Map Projections: A Working
Manual, USGS Professional Paper 1395, chapter 25): distances from the origin are true.
Between two other points at distance d from it they are long by (d/R)²/6 at most:
0.004 % in a region of 100 km, 1.6 % at the 2,000 km where we stop.
"""

import numpy as np
import pyproj
from jaxtyping import Float

from gemel.errors import InterfaceError
from gemel.world.inventory import Origin

FARTHEST_M = 2_000_000.0  # the projection's error stays below 1.6 %
ORIGIN_DECIMALS = 5  # about a metre: short to print, and exact because rounded first


def origin_between(
    latitude_deg: Float[np.ndarray, " point"],
    longitude_deg: Float[np.ndarray, " point"],
) -> Origin:
    """The middle of the points, where the flat map is laid on.

    The longitudes are averaged around the first one, so that a network astride the
    180th meridian is not cut in two.
    """
    east_deg = (longitude_deg - longitude_deg[0] + 180.0) % 360.0 - 180.0
    middle_deg = float(longitude_deg[0] + np.mean(east_deg) + 180.0) % 360.0 - 180.0
    return Origin(
        latitude_deg=round(float(np.mean(latitude_deg)), ORIGIN_DECIMALS),
        longitude_deg=round(middle_deg, ORIGIN_DECIMALS),
    )


def local_m(
    origin: Origin,
    latitude_deg: Float[np.ndarray, " point"],
    longitude_deg: Float[np.ndarray, " point"],
) -> Float[np.ndarray, "point 2"]:
    """Metres east and north of the origin, in float64.

    InterfaceError: a point lies farther than 2,000 km from the origin.
    """
    east_m, north_m = _projection(origin)(longitude_deg, latitude_deg)
    position_m = np.stack([np.asarray(east_m), np.asarray(north_m)], axis=-1)
    away_m = np.hypot(position_m[:, 0], position_m[:, 1])
    if not np.all(away_m <= FARTHEST_M):  # also when the projection gave inf
        at = int(np.argmax(np.where(np.isfinite(away_m), away_m, np.inf)))
        raise InterfaceError(
            f"the point {latitude_deg[at]}° N {longitude_deg[at]}° E lies more than "
            f"{FARTHEST_M / 1e3:.0f} km from the middle of the others "
            f"({origin.latitude_deg}° N {origin.longitude_deg}° E). Check whether "
            "latitude and longitude are swapped, or give one region at a time."
        )
    return position_m


def latitude_longitude_deg(
    origin: Origin, position_m: Float[np.ndarray, "point 2"]
) -> Float[np.ndarray, "point 2"]:
    """Latitude and longitude (WGS 84) of metres east and north of the origin."""
    longitude_deg, latitude_deg = _projection(origin)(
        position_m[:, 0], position_m[:, 1], inverse=True
    )
    return np.stack([np.asarray(latitude_deg), np.asarray(longitude_deg)], axis=-1)


def _projection(origin: Origin) -> pyproj.Proj:
    return pyproj.Proj(
        proj="aeqd",
        lat_0=origin.latitude_deg,
        lon_0=origin.longitude_deg,
        datum="WGS84",
        units="m",
    )
