"""Which stations and hours teach, and which judge?"""

import numpy as np
from jaxtyping import Int


def folds_of(
    station: Int[np.ndarray, " row"], folds: int, luck: np.random.Generator
) -> Int[np.ndarray, " row"]:
    """The number of its fold for every row; rows of one station share one."""
    names, which = np.unique(station, return_inverse=True)
    return (luck.permutation(len(names)) % folds)[which]


def thinned(station: Int[np.ndarray, " row"], most: int) -> Int[np.ndarray, " some"]:
    """Rows spread evenly over those of every station."""
    chosen = []
    for name in np.unique(station):
        mine = np.flatnonzero(station == name)
        step = np.linspace(0, len(mine) - 1, min(most, len(mine)))
        chosen.append(mine[step.astype(int)])
    return np.concatenate(chosen)
