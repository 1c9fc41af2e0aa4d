"""Are wrong azimuths found from what phones tell of a network whose truth is known?

The inventory of the textbook network is wrong in a third of its cells, any azimuth as
likely as any other. Phones of a trace job tell levels and where they believe to be; who
is suspected is compared with the truth, which nobody who suspects has seen.
"""

import dataclasses

import numpy as np

from gemel.interfaces.maps.coordinates import latitude_longitude_deg
from gemel.interfaces.standards.mdt import MdtRecord
from gemel.interfaces.tables.measurements_mdt import points_of_records
from gemel.interfaces.tables.points_frame import (
    Frame,
    frame_around,
    on_grid,
    zone_of,
)
from gemel.network.cells import Cells
from gemel.scenarios.suspects_records import records_of
from gemel.scenarios.twin_accuracy_world import PERIOD_S, accuracy_world
from gemel.twin.calibration.measured import SiteTable
from gemel.twin.suspects.suspects import Suspicion, suspicion_of
from gemel.world.inventory import Inventory, Origin

LARGE_DEG = 50.0  # an error that must be found
SMALL_DEG = 30.0  # up to here a cell that is named is named wrongly
NOWHERE = Origin(0.0, 0.0)  # where the management system puts a network without a place


@dataclasses.dataclass(frozen=True)
class Found:
    """What became of one network, lived with one seed.

    error_deg:  [cell] from the inventory's azimuth to the true one, -180..180
    named:      [cell] suspected
    off_deg:    of the estimated turn of every cell, from the true one
    held:       of those named: the interval held the true turn
    """

    records: int
    error_deg: np.ndarray
    named: np.ndarray
    off_deg: np.ndarray
    held: np.ndarray

    @property
    def large(self) -> np.ndarray:
        """Cells whose error must be found."""
        return np.abs(self.error_deg) >= LARGE_DEG

    @property
    def small(self) -> np.ndarray:
        """Cells that must not be named."""
        return np.abs(self.error_deg) < SMALL_DEG


@dataclasses.dataclass(frozen=True)
class Score:
    """Pooled over networks.

    precision:  of the named ones that count, how many have a large error
    recall:     of the large errors, how many were named
    held:       of the named ones, whose interval held the truth
    """

    precision: float
    recall: float
    held: float
    median_off_deg: float


def found_in(
    seed: int, mean_load: float = 0.5, hours: float = 2.0, rings: int = 2
) -> Found:
    """Live so long by flows (a level is one of the way and the antenna, so no slots are
    needed for it) and ask who is suspected."""
    world = accuracy_world(mean_load, seed, rings, tempo="flow")
    records, label = records_of(world.facts, world.stand_in, hours, PERIOD_S, seed)
    inventory = world.facts.plan.inventory
    suspicion = suspicion_from(inventory, world.facts.cells, records, label)
    told_deg = np.asarray(world.facts.cells.azimuth_deg, np.float64)
    true_deg = np.asarray(world.stand_in.network.cells.azimuth_deg, np.float64)
    error_deg = _turn(true_deg - told_deg)
    named = {one.cell: one for one in suspicion.suspects}
    number = {name: index for index, name in enumerate(world.facts.cells.name)}
    suspects = suspicion.suspects
    of_named_deg = error_deg[np.array([number[one.cell] for one in suspects], int)]
    low_deg, turn_deg, high_deg = (
        np.array([(one.low_deg, one.turn_deg, one.high_deg) for one in suspects])
        .reshape(-1, 3)
        .T
    )
    near_deg = turn_deg + _turn(of_named_deg - turn_deg)
    named = {one.cell for one in suspects}
    return Found(
        records=len(records),
        error_deg=error_deg,
        named=np.array([name in named for name in world.facts.cells.name]),
        off_deg=_turn(suspicion.evidence.turn_deg - error_deg),
        held=(low_deg <= near_deg) & (near_deg <= high_deg),
    )


def suspicion_from(
    inventory: Inventory, cells: Cells, records: list[MdtRecord], label: dict[str, str]
) -> Suspicion:
    """Who is suspected by what phones told.

    label:  of every NRCellDU, the inventory's name
    """
    sites, frame = site_table(inventory, cells)
    number = {name: index for index, name in enumerate(cells.name)}
    cell_of = {dn: number[name] for dn, name in label.items()}
    return suspicion_of(sites, points_of_records(records, cell_of, frame))


def site_table(inventory: Inventory, cells: Cells) -> tuple[SiteTable, Frame]:
    """The inventory as calibration reads it, and where its metres count from."""
    planned = inventory.cells
    place_m = np.array([(c.x_m, c.y_m) for c in planned], np.float64)
    degrees = latitude_longitude_deg(inventory.origin or NOWHERE, place_m)
    zone = zone_of(*degrees.T)
    x_m, y_m = on_grid(zone, *degrees.T)
    frame = frame_around(zone, x_m, y_m)
    unknown = np.full(len(planned), np.nan)
    here_m = frame.from_grid(x_m, y_m)
    return (
        SiteTable(
            name=cells.name,
            x_m=here_m[:, 0],
            y_m=here_m[:, 1],
            height_m=np.array([c.height_m for c in planned], np.float64),
            azimuth_deg=np.array([c.azimuth_deg for c in planned], np.float64),
            electrical_tilt_deg=unknown,
            mechanical_tilt_deg=unknown,
            frequency_mhz=np.array([1e3 * c.carrier_ghz for c in planned]),
            rs_power_dbm=unknown,
            altitude_m=unknown,
            building_height_m=unknown,
            clutter=np.zeros(len(planned), np.int64),
        ),
        frame,
    )


def score(found: list[Found]) -> Score:
    """Of several networks together; NaN where nothing was named, or nothing wrong."""
    large = np.concatenate([one.large for one in found])
    small = np.concatenate([one.small for one in found])
    named = np.concatenate([one.named for one in found])
    right, wrong = int((named & large).sum()), int((named & small).sum())
    held = np.concatenate([one.held for one in found])
    off_deg = np.concatenate([one.off_deg for one in found])
    return Score(
        precision=right / (right + wrong) if right + wrong else float("nan"),
        recall=right / int(large.sum()) if large.any() else float("nan"),
        held=float(held.mean()) if held.size else float("nan"),
        median_off_deg=float(np.median(np.abs(off_deg))),
    )


def _turn(angle_deg: np.ndarray) -> np.ndarray:
    return (angle_deg + 180.0) % 360.0 - 180.0
