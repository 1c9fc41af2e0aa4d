"""Which cells, which places and which ground does a calibration learn from?

Plain tables of numpy, metres in float64 from one local origin that the reader chose
and keeps: a model only understands places told from the same origin. What nobody knows
is NaN; an unknown clutter class is 0.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from gemel.errors import ScenarioError

CLUTTER_CLASSES = 21  # 0 unknown, 1 to 20 as in the table of a national mapping


@dataclasses.dataclass(frozen=True)
class SiteTable:
    """The inventory, one entry a cell.

    name:                 of the cell; a model knows a cell again by it
    x_m, y_m:             of the antenna, east and north of the origin
    height_m:             of the antenna above ground
    azimuth_deg:          clockwise from north
    electrical_tilt_deg:  downwards
    mechanical_tilt_deg:  downwards
    frequency_mhz:        of the carrier
    rs_power_dbm:         of a reference symbol, at the antenna port
    altitude_m:           of the ground above the sea
    building_height_m:    of the building that carries the antenna, 0 without one
    clutter:              class of the place, 0 unknown
    """

    name: Sequence[str]
    x_m: np.ndarray
    y_m: np.ndarray
    height_m: np.ndarray
    azimuth_deg: np.ndarray
    electrical_tilt_deg: np.ndarray
    mechanical_tilt_deg: np.ndarray
    frequency_mhz: np.ndarray
    rs_power_dbm: np.ndarray
    altitude_m: np.ndarray
    building_height_m: np.ndarray
    clutter: np.ndarray

    def __post_init__(self):
        _refuse_unequal("cells", len(self.name), self, ("name",))
        for field in ("x_m", "y_m"):
            if not np.isfinite(getattr(self, field)).all():
                raise ScenarioError(
                    f"A cell has no {field}. Give every cell a position, "
                    "or leave the cell out."
                )
        if len(set(self.name)) != len(self.name):
            raise ScenarioError(
                "Two cells have one name. Give every cell a name of its own."
            )

    def __len__(self) -> int:
        return len(self.name)

    def followed_by(self, other: "SiteTable", which: np.ndarray) -> "SiteTable":
        """These cells and then some of another table, by number."""
        names = {"name": (*self.name, *(other.name[number] for number in which))}
        columns = {
            field.name: np.concatenate(
                [getattr(self, field.name), getattr(other, field.name)[which]]
            )
            for field in dataclasses.fields(self)
            if field.name != "name"
        }
        return dataclasses.replace(self, **names, **columns)


@dataclasses.dataclass(frozen=True)
class Points:
    """One measured (or asked-for) level each.

    cell:               which cell was heard, by number in the `SiteTable`
    x_m, y_m:           where, east and north of the origin
    rsrp_dbm:           how loud; None where that is what is asked
    altitude_m:         of the ground above the sea
    building_height_m:  of the building there, 0 in the open
    clutter:            class of the place, 0 unknown
    """

    cell: np.ndarray
    x_m: np.ndarray
    y_m: np.ndarray
    rsrp_dbm: np.ndarray | None
    altitude_m: np.ndarray
    building_height_m: np.ndarray
    clutter: np.ndarray

    def __post_init__(self):
        _refuse_unequal("points", len(self.cell), self, ())

    def __len__(self) -> int:
        return len(self.cell)

    def chosen(self, which: np.ndarray) -> "Points":
        """Those of a mask or of a list of numbers."""
        levels = None if self.rsrp_dbm is None else self.rsrp_dbm[which]
        columns = {
            field.name: getattr(self, field.name)[which]
            for field in dataclasses.fields(self)
            if field.name != "rsrp_dbm"
        }
        return dataclasses.replace(self, rsrp_dbm=levels, **columns)


@dataclasses.dataclass(frozen=True)
class Terrain:
    """Rasters [row, column]: rows go north, columns east.

    altitude:         m above the sea, NaN where unknown
    building_height:  m above ground, NaN where unknown
    clutter:          class, 0 where unknown
    x0_m, y0_m:       the middle of the first pixel, from the origin
    step_m:           from one pixel to the next
    """

    altitude: np.ndarray
    building_height: np.ndarray
    clutter: np.ndarray
    x0_m: float
    y0_m: float
    step_m: float

    def __post_init__(self):
        shapes = {self.altitude.shape, self.building_height.shape, self.clutter.shape}
        if len(shapes) != 1 or self.altitude.ndim != 2 or not self.altitude.size:
            raise ScenarioError(
                f"The rasters of the terrain have shapes {sorted(shapes)}. "
                "Give three of one shape, rows by columns."
            )
        if not self.step_m > 0.0:
            raise ScenarioError(
                f"step_m of the terrain is {self.step_m}. Give metres, e.g. 5.0."
            )


def _refuse_unequal(
    what: str, count: int, table: object, besides: tuple[str, ...]
) -> None:
    for field in dataclasses.fields(table):  # type: ignore[arg-type]
        values = getattr(table, field.name)
        if field.name not in besides and values is not None and len(values) != count:
            raise ScenarioError(
                f"{field.name} has {len(values)} entries for {count} {what}. "
                "Give one each."
            )
