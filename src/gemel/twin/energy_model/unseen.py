"""How wrong is an energy model at stations it never saw?"""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float, Int


@dataclasses.dataclass(frozen=True)
class Unseen:
    """Every measured hour, predicted by a model that never saw its station.

    leaves:  of the trees that inner folds chose, by outer fold
    """

    hour: Int[np.ndarray, " row"]
    station: Int[np.ndarray, " row"]
    radio_type: Int[np.ndarray, " row"]
    load: Float[np.ndarray, " row"]
    energy: Float[np.ndarray, " row"]
    predicted: Float[np.ndarray, " row"]
    formula: Float[np.ndarray, " row"]
    inside: Bool[np.ndarray, " row"]
    leaves: tuple[int, ...]

    def mape_percent(self, predicted: np.ndarray | None = None) -> float:
        """Mean absolute percentage error over all rows."""
        said = self.predicted if predicted is None else predicted
        return float(100.0 * np.mean(np.abs(said - self.energy) / self.energy))
