"""How is physics fitted by gradient, if some points lie elsewhere than they say?

Every level comes from one of two: Student's t around what physics says, or, of a point
that lies elsewhere, a normal distribution that knows nothing of the place. How likely
the latter is grows with distance, because far away few can hear a cell, while errors
fall anywhere.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from gemel.twin.calibration.physics import Physics, Seen, level_dbm

FREEDOM = 5.0  # of Student's t: shadows are nearly normal, their tails are not
GAIN_SPREAD_DB = 5.0  # prior of a cell's gain: what inventories are wrong by
TURN_SPREAD_DEG = 20.0  # prior of an azimuth's error
TILT_SPREAD_DEG = 3.0
CLUTTER_SPREAD_DB = 4.0
USUAL_LEVEL_DBM, USUAL_SPREAD_DB = -95.0, 9.0  # of points that lie elsewhere
STEPS = 300
STEP_LENGTH = 0.03
# Neighbouring points share a shadow: so many count as one, as evidence.
POINTS_A_SHADOW = 40.0


def fit(
    physics: Physics, seen: Seen, rsrp_dbm: Float[Array, " point"], steps: int = STEPS
) -> Physics:
    """The most likely physics, from where the search begins."""
    return _search(physics, seen, rsrp_dbm, steps)


@eqx.filter_jit
def _search(
    physics: Physics, seen: Seen, rsrp_dbm: Float[Array, " point"], steps: int
) -> Physics:
    schedule = optax.cosine_decay_schedule(STEP_LENGTH, steps, alpha=0.05)
    optimiser = optax.adam(schedule)

    def step(carry, _):
        physics, state = carry
        slope = jax.grad(_cost)(physics, seen, rsrp_dbm)
        # optax counts its steps in integers and multiplies by them.
        with jax.numpy_dtype_promotion("standard"):
            change, state = optimiser.update(slope, state)
        return (eqx.apply_updates(physics, change), state), None

    begun: tuple[Any, Any] = (physics, optimiser.init(eqx.filter(physics, True)))
    return jax.lax.scan(step, begun, None, length=steps)[0][0]


def _cost(physics: Physics, seen: Seen, rsrp_dbm: Float[Array, " point"]):
    located, elsewhere = log_odds_parts(physics, seen, rsrp_dbm)
    likelihood = jnp.logaddexp(located, elsewhere).sum() / POINTS_A_SHADOW
    priors = (
        jnp.sum((10.0 * physics.cell_gain / GAIN_SPREAD_DB) ** 2)
        + jnp.sum((jnp.degrees(physics.cell_turn) / TURN_SPREAD_DEG) ** 2)
        + jnp.sum((10.0 * physics.cell_tilt / TILT_SPREAD_DEG) ** 2)
        + jnp.sum((10.0 * physics.clutter / CLUTTER_SPREAD_DB) ** 2)
    )
    return (0.5 * priors - likelihood) / rsrp_dbm.shape[0]


def log_odds_parts(
    physics: Physics, seen: Seen, rsrp_dbm: Float[Array, " point"]
) -> tuple[Float[Array, " point"], Float[Array, " point"]]:
    """Logarithms of how likely each level is: where it says it lies, and elsewhere."""
    left_db = rsrp_dbm - level_dbm(physics, seen)
    odds = physics.mislocated[0] + physics.mislocated[1] * (seen.log_distance - 1.0)
    here = student(left_db, physics.spread_db) + jax.nn.log_sigmoid(-odds)
    level, spread = physics.mislocated_level
    spread_db = USUAL_SPREAD_DB * jnp.exp(spread)
    off = (rsrp_dbm - USUAL_LEVEL_DBM - 10.0 * level) / spread_db
    there = -0.5 * off**2 - jnp.log(spread_db) - 0.918939 + jax.nn.log_sigmoid(odds)
    return here, there


def student(
    left_db: Float[Array, "*point"], spread_db: Float[Array, ""]
) -> Float[Array, "*point"]:
    """Logarithm of Student's t density with `FREEDOM` degrees of freedom."""
    scaled = (left_db / spread_db) ** 2 / FREEDOM
    # log of Γ(3) / (Γ(2.5) sqrt(5π)), five degrees of freedom
    norm = -0.968620
    return norm - jnp.log(spread_db) - 0.5 * (FREEDOM + 1.0) * jnp.log1p(scaled)


@eqx.filter_jit
def located_share(
    physics: Physics, seen: Seen, rsrp_dbm: Float[Array, " point"]
) -> Float[Array, " point"]:
    """How likely each point lies where it says, 0..1."""
    located, elsewhere = log_odds_parts(physics, seen, rsrp_dbm)
    return jax.nn.sigmoid(located - elsewhere)


def thinned(cell: np.ndarray, most: int, key: np.random.Generator) -> np.ndarray:
    """At most so many rows, every cell keeping its share but no cell losing its last.

    Rows of cells with few points stay; sorted, so that neighbours in memory are
    neighbours in the network.
    """
    if len(cell) <= most:
        return np.argsort(cell, kind="stable")
    lot = key.permutation(len(cell))
    order = lot[np.argsort(cell[lot], kind="stable")]
    counts = np.bincount(cell)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    rank = np.arange(len(cell)) - starts
    a_cell = np.sort(counts)
    # The largest cap that keeps the sum within `most`.
    kept = np.minimum.outer(a_cell, np.arange(1, a_cell[-1] + 1)).sum(0)
    cap = int(np.searchsorted(kept, most, side="right"))
    return order[rank < max(cap, 1)]
