"""How far off may a prediction be at a base station that nobody measured?

Conformal intervals for data in groups: hours of one station share what is wrong about
it, so that stations, not hours, are the sample. Every station weighs alike, and the new
one might be as wrong as any (Dunn, Wasserman and Ramdas, "Distribution-free prediction
sets for two-layer hierarchical models", JASA 118, 2023, method 1: pooling).
"""

import numpy as np
from jaxtyping import Bool, Float, Int

# With fewer stations the interval has no end: one of k + 1 lies beyond all k.
FEWEST_STATIONS = 20


def conformal_ends(
    off: Float[np.ndarray, " row"], station: Int[np.ndarray, " row"], sure: float
) -> tuple[float, float]:
    """From where to where a new station's error reaches with this certainty.

    off:  errors at stations that had no part in learning

    Both infinite where there are too few stations to say.
    """
    names, which, count = np.unique(station, return_inverse=True, return_counts=True)
    weight = 1.0 / count[which] / (len(names) + 1.0)  # the new station has the rest
    rest = (1.0 - sure) / 2.0
    return -_upper(-off, weight, rest), _upper(off, weight, rest)


def _upper(
    off: Float[np.ndarray, " row"], weight: Float[np.ndarray, " row"], rest: float
) -> float:
    order = np.argsort(off)
    reached = np.cumsum(weight[order])
    at = int(np.searchsorted(reached, 1.0 - rest))
    return float(off[order][at]) if at < len(off) else float("inf")


def ends_by_type(
    off: Float[np.ndarray, " row"],
    station: Int[np.ndarray, " row"],
    radio_type: Int[np.ndarray, " row"],
    types: int,
    sure: float,
) -> tuple[Float[np.ndarray, " doubt"], Float[np.ndarray, " doubt"]]:
    """Both ends for every type, and last for types that nobody knows.

    Types with few stations, and unknown ones, have those of all the types that have few
    together, or of all stations where even these are too few.
    """
    low, high = np.zeros(types + 1), np.zeros(types + 1)
    stations = [len(np.unique(station[radio_type == kind])) for kind in range(types)]
    rich = np.array([many >= 2 * FEWEST_STATIONS for many in stations] + [False])
    poor = ~rich[radio_type]
    if len(np.unique(station[poor])) < 2 * FEWEST_STATIONS:
        poor = np.ones(len(off), bool)
    rest = conformal_ends(off[poor], station[poor], sure)
    for kind in range(types + 1):
        rows = radio_type == kind
        low[kind], high[kind] = (
            conformal_ends(off[rows], station[rows], sure) if rich[kind] else rest
        )
    return low, high


def inside_others(
    off: Float[np.ndarray, " row"],
    station: Int[np.ndarray, " row"],
    radio_type: Int[np.ndarray, " row"],
    types: int,
    sure: float,
    fold: Int[np.ndarray, " row"],
) -> Bool[np.ndarray, " row"]:
    """Whether a row lies in the interval that the other folds' errors make."""
    inside = np.zeros(len(off), bool)
    for part in np.unique(fold):
        here = fold == part
        low, high = ends_by_type(
            off[~here], station[~here], radio_type[~here], types, sure
        )
        kind = radio_type[here]
        inside[here] = (low[kind] <= off[here]) & (off[here] <= high[kind])
    return inside
