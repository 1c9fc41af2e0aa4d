"""What does equipment do that answers "done" and did nothing?"""

import dataclasses

import numpy as np
from jaxtyping import Bool

from gemel.emulator.faults.base import AbstractActuatorFault


@dataclasses.dataclass(frozen=True)
class LyingActuator(AbstractActuatorFault):
    """Every order is acknowledged, and every knob stays where it was."""

    def ignores(self, cell: Bool[np.ndarray, " cell"]) -> Bool[np.ndarray, " cell"]:
        return cell
