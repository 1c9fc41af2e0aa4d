"""On which grid, and from where on it, do cells, points and maps count their metres?

A national grid is UTM on WGS 84 (zones of 6 degrees); a grid of one's own has no place
on Earth. Either way metres count from a local origin near the cells.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyproj

from gemel.errors import InterfaceError

UTM_COLUMN = re.compile(r"([xy])_utm([0-9]{1,2})([ns])", re.ASCII)
ROUND_M = 1_000.0  # of the origin: short to print
NEAR_M = 10_000.0  # from its cell; nothing that near means another grid


@dataclasses.dataclass(frozen=True)
class Frame:
    """Where metres count from.

    zone:        of UTM, negative south of the equator; None on a grid of one's own
    x0_m, y0_m:  the origin on that grid
    """

    zone: int | None
    x0_m: float
    y0_m: float

    def __post_init__(self):
        if self.zone is not None and not 1 <= abs(self.zone) <= 60:
            raise InterfaceError(
                f"there is no UTM zone {self.zone}. Give one of 1 to 60, with n or s."
            )

    def from_grid(self, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
        """Metres from the origin [point, 2], of coordinates on the grid."""
        return np.stack([x_m - self.x0_m, y_m - self.y0_m], -1)

    def from_degrees(
        self, latitude_deg: np.ndarray, longitude_deg: np.ndarray, where: str
    ) -> np.ndarray:
        """The same, of WGS 84; NaN stays NaN. InterfaceError on a grid of one's own."""
        if self.zone is None:
            raise InterfaceError(
                f"{where} has latitudes, but of the cells only metres are known. "
                "Give the cells lat and lon, or the points x_m and y_m."
            )
        x_m, y_m = on_grid(self.zone, latitude_deg, longitude_deg)
        return self.from_grid(x_m, y_m)

    def said(self, place_m: np.ndarray) -> str:
        """A place for people: degrees if they are known, else metres of the grid."""
        x_m, y_m = float(place_m[0]) + self.x0_m, float(place_m[1]) + self.y0_m
        metres = f"x {x_m:.0f} m, y {y_m:.0f} m"
        if self.zone is None:
            return metres
        # Far outside its zone UTM says nothing, or nonsense.
        longitude, latitude = _utm(self.zone)(x_m, y_m, inverse=True)
        if not (abs(latitude) <= 90.0 and abs(longitude) <= 180.0):
            return metres
        return f"{latitude:.4f}° N {longitude:.4f}° E ({metres})"

    def as_facts(self) -> dict[str, Any]:
        """As a model file keeps it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "Frame":
        """What `as_facts` gave."""
        zone = facts["zone"]
        return cls(
            None if zone is None else int(zone),
            float(facts["x0_m"]),
            float(facts["y0_m"]),
        )


def on_grid(
    zone: int, latitude_deg: np.ndarray, longitude_deg: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates on UTM; NaN or infinite where it has none."""
    x_m, y_m = _utm(zone)(longitude_deg, latitude_deg)
    return np.asarray(x_m, np.float64), np.asarray(y_m, np.float64)


def between_zones(
    zone: int, other: int, x_m: np.ndarray, y_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates on one zone's grid, of those on another's."""
    if zone == other:
        return x_m, y_m
    longitude_deg, latitude_deg = _utm(other)(x_m, y_m, inverse=True)
    return on_grid(zone, np.asarray(latitude_deg), np.asarray(longitude_deg))


def zone_of(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> int:
    """The UTM zone of the middle of the places, negative in the south."""
    middle_deg = float(np.median(longitude_deg))
    zone = int(np.clip((middle_deg + 180.0) // 6.0 + 1, 1, 60))
    return zone if float(np.median(latitude_deg)) >= 0.0 else -zone


def frame_around(zone: int | None, x_m: np.ndarray, y_m: np.ndarray) -> Frame:
    """A frame with its origin amid coordinates on the grid."""
    x0_m, y0_m = (float(np.round(np.median(v) / ROUND_M) * ROUND_M) for v in (x_m, y_m))
    return Frame(zone, x0_m, y0_m)


def utm_columns(names: tuple[str, ...]) -> tuple[int, str, str] | None:
    """Zone, and the columns of east and north, where a table has x_utm48n and so on."""
    for name in names:
        found = UTM_COLUMN.fullmatch(name.lower())
        if found is None or found[1] != "x":
            continue
        partner = "y" + name[1:]
        if partner in names:
            zone = int(found[2])
            return (zone if found[3] == "n" else -zone), name, partner
    return None


def _utm(zone: int) -> pyproj.Proj:
    return pyproj.Proj(proj="utm", zone=abs(zone), south=zone < 0, datum="WGS84")
