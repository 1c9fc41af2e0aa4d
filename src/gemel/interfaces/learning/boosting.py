"""How are boosted trees grown from rows of features? By LightGBM, which then leaves."""

from typing import Any, Literal

import jax.numpy as jnp
import numpy as np

from gemel.errors import InterfaceError
from gemel.twin.forest import BITS, Forest, kept_when_right

Objective = Literal["squared", "absolute", "quantile"]
OBJECTIVES = {"squared": "regression", "absolute": "l1", "quantile": "quantile"}
BINS = 127  # a column's distinct values in training; more are slower, hardly better


def grow(
    features: np.ndarray,
    target: np.ndarray,
    *,
    seed: int,
    weight: np.ndarray | None = None,
    objective: Objective = "squared",
    quantile: float | None = None,
    rounds: int,
    leaves: int,
    learning_rate: float,
    least_rows: int,
    l2: float = 0.0,
    threads: int = 1,
) -> Forest:
    """A forest that says `target` of `features` [row, feature]; NaN is unknown.

    weight:         of each row
    quantile:       0..1, with that objective
    rounds:         trees, one after the other
    leaves:         of a tree, at most
    learning_rate:  how much of a tree counts
    least_rows:     of a leaf
    l2:             how many rows' worth of doubt shrinks every leaf

    The same seed and threads give the same forest. Raises InterfaceError where
    LightGBM is missing.
    """
    lightgbm = _lightgbm()
    settings: dict[str, Any] = {
        "objective": OBJECTIVES[objective],
        "num_leaves": leaves,
        "learning_rate": learning_rate,
        "min_data_in_leaf": least_rows,
        "lambda_l2": l2,
        "max_bin": BINS,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "num_threads": threads,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    if quantile is not None:
        settings["alpha"] = quantile
    # As float32, because a forest sees them so.
    rows = lightgbm.Dataset(
        np.ascontiguousarray(features, np.float32),
        target,
        weight=weight,
        params={"verbosity": -1, "max_bin": BINS},
    )
    return forest_of(lightgbm.train(settings, rows, rounds).dump_model())


def forest_of(dump: dict[str, Any]) -> Forest:
    """The forest in a model that LightGBM has dumped."""
    trees = [_read(tree["tree_structure"]) for tree in dump["tree_info"]]
    splits = max(max((len(tree.feature) for tree in trees), default=0), 1)
    words = -(-(splits + 1) // BITS)
    feature = np.zeros((len(trees), splits), np.int32)
    threshold = np.full((len(trees), splits), np.inf, np.float32)
    missing_left = np.ones((len(trees), splits), bool)
    kept = np.full((len(trees), splits, words), 0xFFFFFFFF, np.uint32)
    value = np.zeros((len(trees), splits + 1), np.float32)
    for number, tree in enumerate(trees):
        found = len(tree.feature)
        feature[number, :found] = tree.feature
        threshold[number, :found] = _no_greater(np.asarray(tree.threshold))
        missing_left[number, :found] = tree.missing_left
        value[number, : len(tree.value)] = tree.value
        for split, (first, beyond) in enumerate(tree.left):
            kept[number, split] = kept_when_right(first, beyond, words)
    return Forest(
        jnp.asarray(feature),
        jnp.asarray(threshold),
        jnp.asarray(missing_left),
        jnp.asarray(kept),
        jnp.asarray(value),
    )


class _Tree:
    """A tree while it is read from left to right.

    left:  of every split, the first leaf of its left side and the one beyond the last
    """

    def __init__(self):
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.missing_left: list[bool] = []
        self.left: list[tuple[int, int]] = []
        self.value: list[float] = []


def _read(root: dict[str, Any]) -> _Tree:
    tree = _Tree()

    def visit(node: dict[str, Any]) -> None:
        if "split_feature" not in node:
            tree.value.append(node["leaf_value"])
            return
        first = len(tree.value)
        visit(node["left_child"])
        tree.feature.append(node["split_feature"])
        tree.threshold.append(node["threshold"])
        # Where training saw no gaps, LightGBM reads a gap as zero.
        gaps_seen = node["missing_type"] == "NaN"
        goes_left = node["default_left"] if gaps_seen else node["threshold"] >= 0.0
        tree.missing_left.append(goes_left)
        tree.left.append((first, len(tree.value)))
        visit(node["right_child"])

    visit(root)
    return tree


def _no_greater(threshold: np.ndarray) -> np.ndarray:
    """In float32, rounded down: the same float32 features are no greater."""
    most = np.finfo(np.float32).max  # LightGBM's largest are float64's
    near = np.clip(threshold, -most, most).astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near.astype(np.float64) > threshold, below, near)


def _lightgbm() -> Any:
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        raise InterfaceError(
            f"LightGBM, which learns from measurements, cannot be loaded ({error}). "
            "Run: pip install lightgbm (Debian also: apt install libgomp1)."
        ) from error
    return lightgbm
