"""Which cells does a ScopeDefinition of TS 28.561 mean?"""

import numpy as np
from jaxtyping import Bool, Float

from gemel.errors import InterfaceError
from gemel.interfaces.maps.coordinates import local_m
from gemel.interfaces.standards.naming import LocalNames
from gemel.interfaces.standards.ts28561_nrm import ScopeDefinition
from gemel.world.inventory import Inventory


def cells_within(
    scope: ScopeDefinition | None, inventory: Inventory, names: LocalNames
) -> Bool[np.ndarray, " cell"]:
    """All of them without a scope.

    Raises InterfaceError for an object that is not there, for an area where the network
    has no place on Earth, and where nothing is left.
    """
    if scope is None:
        return np.ones(len(inventory.cells), bool)
    if scope.entities:
        return np.any([_below(dn, names) for dn in scope.entities], 0)
    if inventory.origin is None:
        raise InterfaceError(
            "nDTJobSynchScope gives an areaScope, and this network is nowhere on "
            "Earth. Give a managedEntitiesScope, e.g. SubNetwork=1."
        )
    position_m = np.array([(cell.x_m, cell.y_m) for cell in inventory.cells])
    inside = np.zeros(len(position_m), bool)
    for area in scope.areas:
        latitude_deg, longitude_deg = np.array(area, np.float64).T
        corner_m = local_m(inventory.origin, latitude_deg, longitude_deg)
        inside |= within(position_m, corner_m)
    if not inside.any():
        raise InterfaceError(
            "nDTJobSynchScope has an areaScope that holds no cell; the network lies "
            f"around {inventory.origin.latitude_deg}° N "
            f"{inventory.origin.longitude_deg}° E. Give another polygon."
        )
    return inside


def _below(dn: str, names: LocalNames) -> Bool[np.ndarray, " cell"]:
    """An object stands for every cell below it, and for itself."""
    found = np.array(
        [
            any(own == dn or own.startswith(f"{dn},") for own in cell)
            for cell in zip(names.cell_du, names.cell_cu, strict=True)
        ]
    )
    if not found.any():
        raise InterfaceError(
            f"nDTJobSynchScope names no cell: there is nothing at or below {dn!r}. "
            f"Give e.g. {names.element[0]} or {names.cell_du[0]}."
        )
    return found


def within(
    point_m: Float[np.ndarray, "point 2"], corner_m: Float[np.ndarray, "corner 2"]
) -> Bool[np.ndarray, " point"]:
    """Whether a polygon holds each point: a ray to the east crosses its edges oddly
    often."""
    inside = np.zeros(len(point_m), bool)
    east_m, north_m = point_m.T
    for (x0_m, y0_m), (x1_m, y1_m) in zip(
        corner_m, np.roll(corner_m, -1, 0), strict=True
    ):
        spans = (y0_m > north_m) != (y1_m > north_m)
        height_m = np.where(spans, y1_m - y0_m, 1.0)
        crossing_m = x0_m + (north_m - y0_m) / height_m * (x1_m - x0_m)
        inside ^= spans & (east_m < crossing_m)
    return inside
