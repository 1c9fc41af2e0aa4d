"""For how many independent places do the places of a cell count?

What a model leaves over at one place it leaves over next door, too: a street that is
hidden is hidden all along. So many places say less than they seem to, and a likelihood
that takes them for independent is divided by how many times over they repeat each
other.
"""

from collections.abc import Sequence

import numpy as np

LAGS_M = np.array([0.0, 75.0, 125.0, 200.0, 300.0, 450.0, 650.0, 900.0])
MOST_PLACES = 400  # of a cell that are compared with each other
FEWEST_PAIRS = 200  # to believe a correlation


def correlation(
    east_m: Sequence[np.ndarray],
    north_m: Sequence[np.ndarray],
    miss: Sequence[np.ndarray],
) -> np.ndarray:
    """How alike what is left over is between two of LAGS_M, over the places of each
    cell [lag]; it never rises with distance, and is never below zero.

    miss:  in its standard deviations, clipped where it is wild
    """
    products, pairs = np.zeros(len(LAGS_M)), np.zeros(len(LAGS_M))
    square, count = 0.0, 0
    for x_m, y_m, left in zip(east_m, north_m, miss, strict=True):
        some = _some(len(left))
        left = np.clip(left[some], -3.0, 3.0)
        square, count = square + float((left**2).sum()), count + len(left)
        bin_of = _lag(x_m[some], y_m[some])
        above = np.triu(np.ones(bin_of.shape, bool), 1)
        product = left[:, None] * left
        products += np.bincount(bin_of[above], product[above], len(LAGS_M))
        pairs += np.bincount(bin_of[above], minlength=len(LAGS_M))
    variance = max(square / max(count, 1), 1e-9)
    alike = np.where(pairs >= FEWEST_PAIRS, products / np.maximum(pairs, 1), 0.0)
    alike[-1] = 0.0  # so far apart nothing is shared
    return np.minimum.accumulate(np.clip(alike / variance, 0.0, 1.0))


def repeats(east_m: np.ndarray, north_m: np.ndarray, alike: np.ndarray) -> float:
    """How many times over places repeat each other: 1 where they are independent."""
    some = _some(len(east_m))
    like = alike[_lag(east_m[some], north_m[some])]
    np.fill_diagonal(like, 0.0)
    # Of all places, where only some were looked at.
    scale = (len(east_m) - 1.0) / max(len(like) - 1.0, 1.0)
    return 1.0 + scale * float(like.sum(1).mean())


def _lag(east_m: np.ndarray, north_m: np.ndarray) -> np.ndarray:
    apart_m = np.hypot(east_m[:, None] - east_m, north_m[:, None] - north_m)
    return np.searchsorted(LAGS_M, apart_m, side="right") - 1


def _some(count: int) -> np.ndarray:
    """Evenly out of all, as they lie in a table."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_PLACES)).astype(int))
