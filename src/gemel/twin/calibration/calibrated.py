"""What does a network look like after its measurements were heard: levels anywhere?

Physics fitted by gradient; what it leaves over of a measured cell is kriged; trees add
what geometry, map and other cells' levels know beyond that. A cell that was never
measured has physics, its neighbours, and trees of its own.
"""

import dataclasses
from typing import Any

import numpy as np

from gemel.twin.calibration import storing
from gemel.twin.calibration.asking import Asked, Knowledge
from gemel.twin.calibration.fitted import CellFits
from gemel.twin.calibration.measured import Points, SiteTable, Terrain
from gemel.twin.calibration.residual import Residual

KIND = "propagation"  # of the model file
POINTS_AT_ONCE = 500_000


@dataclasses.dataclass(frozen=True)
class Predicted:
    """Of every point, in the order of the question, dBm."""

    mean_dbm: np.ndarray
    p10_dbm: np.ndarray
    p90_dbm: np.ndarray


@dataclasses.dataclass(frozen=True)
class Calibrated:
    """What `calibrate` learned.

    knowledge:  physics, the map, and what is kept of all levels
    measured:   trees for cells with levels of their own
    new:        trees for cells without
    cells:      what was found out about each
    """

    knowledge: Knowledge
    measured: Residual
    new: Residual
    cells: CellFits

    def predict(
        self, sites: SiteTable, points: Points, terrain: Terrain | None
    ) -> Predicted:
        """Levels of points; cells are known again by name, others need no measurement.

        terrain:  None for the map that it learned with, if there was one
        """
        knowledge = self.knowledge.with_sites(sites).with_terrain(terrain)
        said = np.full((3, len(points)), np.nan, np.float32)
        known = knowledge.measured[points.cell]
        for which, ask, trees in (
            (known, knowledge.of_measured_cells, self.measured),
            (~known, knowledge.of_new_cells, self.new),
        ):
            rows = np.flatnonzero(which)
            for begin in range(0, len(rows), POINTS_AT_ONCE):
                some = rows[begin : begin + POINTS_AT_ONCE]
                said[:, some] = _summed(ask(points.chosen(some)), trees)
        return Predicted(*said)

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and facts for `write_model(path, KIND, ...)`.

        The door adds where its origin lies.
        """
        arrays, facts = storing.stored_knowledge(self.knowledge)
        arrays |= storing.stored_table(self.cells, "cells")
        for name, residual in (("measured", self.measured), ("new", self.new)):
            more, ends = storing.stored_residual(residual, name)
            arrays |= more
            facts[name] = ends
        return arrays, facts

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, np.ndarray], facts: dict[str, Any]
    ) -> "Calibrated":
        """What `to_arrays` gave. KeyError where something is missing."""
        return cls(
            knowledge=storing.knowledge_of(arrays, facts),
            measured=storing.residual_of(arrays, facts["measured"], "measured"),
            new=storing.residual_of(arrays, facts["new"], "new"),
            cells=storing.cells_of(arrays),
        )


def _summed(asked: Asked, trees: Residual) -> np.ndarray:
    """[mean, p10, p90; point] guess and trees together."""
    return asked.guess_dbm + np.stack(trees.predict(asked.features))
