"""Do the hours of load and of energy mean the same, when two tables tell them?"""

import numpy as np
from jaxtyping import Float

from gemel.twin.energy_model.rows import Activity, Equipment, shifted

SHIFTS = (0, 1, -1)  # hours; the first one wins where all explain alike


def hours_ahead(
    equipment: Equipment,
    activity: Activity,
    energy: Float[np.ndarray, "hour station"],
) -> int:
    """By how many hours the stamps of load are ahead of those of energy.

    One table may stamp an hour by its end and the other by its beginning. Whichever
    shift makes load and energy of a station go together best is meant.
    """
    station = equipment.station
    return max(
        SHIFTS,
        key=lambda ahead: _together(shifted(activity.load, ahead), energy[:, station]),
    )


def _together(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over columns of the squared correlation, where both are known."""
    both = np.isfinite(one) & np.isfinite(other)
    many = both.sum(0)
    count = np.maximum(many, 1)
    one, other = np.where(both, one, 0.0), np.where(both, other, 0.0)
    away = np.where(both, one - one.sum(0) / count, 0.0)
    off = np.where(both, other - other.sum(0) / count, 0.0)
    square = (away**2).sum(0) * (off**2).sum(0)
    usable = (many >= 6) & (square > 0.0)
    if not usable.any():
        return 0.0
    return float(((away * off).sum(0)[usable] ** 2 / square[usable]).mean())
