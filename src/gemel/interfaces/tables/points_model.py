"""How does a calibrated propagation stay on disk with the place it was learned in?

Beside what was learned, its map included, the file keeps where metres count from.
"""

import dataclasses
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.stores.model_file import read_model, write_model
from gemel.interfaces.tables.points_frame import Frame
from gemel.twin.calibration.calibrated import KIND, Calibrated
from gemel.twin.calibration.measured import Terrain


@dataclasses.dataclass(frozen=True)
class Learned:
    """A calibrated propagation, and the frame that its metres count in."""

    calibrated: Calibrated
    frame: Frame

    @property
    def terrain(self) -> Terrain | None:
        """The map that it learned with; None without one."""
        return self.calibrated.knowledge.terrain


def write_learned(path: Path | str, learned: Learned) -> None:
    """The whole file, or none. InterfaceError where it cannot be written."""
    arrays, facts = learned.calibrated.to_arrays()
    kept = {name: np.asarray(array) for name, array in arrays.items()}
    told = {"calibrated": facts, "frame": learned.frame.as_facts()}
    write_model(path, KIND, kept, told)


def read_learned(path: Path | str) -> Learned:
    """What `write_learned` wrote. InterfaceError: of another kind or version, or
    spoilt."""
    arrays, facts = read_model(path, KIND)
    try:
        return Learned(
            Calibrated.from_arrays(arrays, facts["calibrated"]),
            Frame.from_facts(facts["frame"]),
        )
    except (KeyError, TypeError) as error:
        raise InterfaceError(
            f"{path} lacks {error}: it is no model of a calibrated propagation. "
            "Make it anew with gemel calibrate."
        ) from error
