"""How do an inventory, measurements and a map become a model, and a model levels?"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gemel.interfaces.learning.boosting import grow
from gemel.interfaces.tables.measurements import PointTable, Skipped, read_points
from gemel.interfaces.tables.measurements_cells import read_cells
from gemel.interfaces.tables.points_added import ADDED, refuse_taken
from gemel.interfaces.tables.points_columns import read_columns
from gemel.interfaces.tables.points_model import Learned, read_learned
from gemel.interfaces.tables.terrain import read_terrain
from gemel.report.suspects import Findings
from gemel.twin.calibration.calibrate import calibrate
from gemel.twin.calibration.measured import SiteTable
from gemel.twin.suspects.suspects import suspicion_of

Progress = Callable[[str, float], None]
LEARNED = 0.9  # of all the work, when the model is ready


@dataclasses.dataclass(frozen=True)
class Calibration:
    """What measurements taught, and what of them was of no use."""

    learned: Learned
    findings: Findings
    skipped: Skipped


@dataclasses.dataclass(frozen=True)
class Answered:
    """Levels of the useful points of a table.

    added:         column → value of each useful point
    of_new_cells:  how many points are of cells never measured
    without_map:   neither the model nor the question has one
    """

    table: PointTable
    added: dict[str, np.ndarray]
    of_new_cells: int
    without_map: bool


def learn_from(
    cells: Path, measurements: Path, terrain: Path | None, seed: int, tell: Progress
) -> Calibration:
    """Raises InterfaceError or ScenarioError for what is wrong with the files."""
    tell("reading", 0.0)
    sites, frame = read_cells(cells)
    ground = None
    if terrain is not None:
        ground = read_terrain(terrain, frame, places_m(sites))
    table = read_points(measurements, sites, frame, ground, measured=True)
    calibrated = calibrate(
        sites,
        table.points,
        ground,
        grow=grow,
        seed=seed,
        progress=lambda what, share: tell(what, LEARNED * share),
    )
    tell("doubtful cells", LEARNED)
    suspicion = suspicion_of(sites, table.points)
    findings = Findings(
        cells=len(sites),
        measured=len(np.unique(table.points.cell)),
        judged=suspicion.judged,
        points=len(table.points),
        suspects=suspicion.suspects,
        skipped=table.skipped.said() if table.skipped.rows else None,
    )
    tell("done", 1.0)
    return Calibration(Learned(calibrated, frame), findings, table.skipped)


def predict_at(
    model: Path, cells: Path, points: Path, terrain: Path | None, tell: Progress
) -> Answered:
    """Raises InterfaceError for what is wrong with the files."""
    tell("reading", 0.0)
    learned = read_learned(model)
    sites, _ = read_cells(cells, learned.frame)
    ground = learned.terrain
    if terrain is not None:
        ground = read_terrain(terrain, learned.frame, places_m(sites))
    refuse_taken(read_columns(points))
    table = read_points(points, sites, learned.frame, ground, measured=False)
    tell("predicting", 0.3)
    said = learned.calibrated.predict(sites, table.points, ground)
    levels = (said.mean_dbm, said.p10_dbm, said.p90_dbm)
    known = np.isin(np.array(sites.name), np.array(learned.calibrated.cells.name))
    tell("done", 1.0)
    return Answered(
        table=table,
        added=dict(zip(ADDED, levels, strict=True)),
        of_new_cells=int((~known[table.points.cell]).sum()),
        without_map=ground is None,
    )


def places_m(sites: SiteTable) -> np.ndarray:
    """Where the cells are, from the origin [cell, 2]."""
    return np.stack([sites.x_m, sites.y_m], -1)
