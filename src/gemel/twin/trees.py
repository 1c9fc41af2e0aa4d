"""Who grows trees for the twin, and how is a forest asked without compiling it anew?

The twin imports no library of machine learning: whoever has one hands its trees down.
"""

import math
from typing import Literal, Protocol, runtime_checkable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.twin.forest import ALL, Forest

Objective = Literal["squared", "absolute", "quantile"]
LEAST_ROWS = 4_096  # that a program answers at once


@runtime_checkable
class Grow(Protocol):
    """Boosted trees, from wherever they come; `interfaces.learning.boosting.grow`."""

    def __call__(
        self,
        features: np.ndarray,
        target: np.ndarray,
        /,
        *,
        seed: int,
        objective: Objective,
        quantile: float | None = None,
        rounds: int,
        leaves: int,
        learning_rate: float,
        least_rows: int,
        l2: float,
    ) -> Forest: ...


@eqx.filter_jit
def _said(
    forest: Forest, features: Float[Array, "row feature"]
) -> Float[Array, " row"]:
    return forest(features)


def said_by(
    forest: Forest, features: Float[np.ndarray, "row feature"]
) -> Float[np.ndarray, " row"]:
    """What a forest says of every row; compiled for a few numbers of rows only."""
    rows = len(features)
    if not rows:
        return np.zeros(0)
    wide = ((0, max(LEAST_ROWS, 1 << (rows - 1).bit_length()) - rows), (0, 0))
    asked = jnp.asarray(np.pad(np.asarray(features, np.float32), wide))
    return np.asarray(_said(_padded(forest), asked), np.float64)[:rows]


def _padded(forest: Forest) -> Forest:
    """The same forest with splits that decide nothing, so that forests of about one
    size are one shape and one program answers for all."""
    splits = forest.feature.shape[1]
    more = 2 ** math.ceil(math.log2(splits + 1)) - 1 - splits
    wide = ((0, 0), (0, more))
    return Forest(
        jnp.pad(forest.feature, wide),
        jnp.pad(forest.threshold, wide, constant_values=jnp.inf),
        jnp.pad(forest.missing_left, wide, constant_values=True),
        jnp.pad(forest.kept, (*wide, (0, 0)), constant_values=ALL),
        jnp.pad(forest.value, wide),
    )
