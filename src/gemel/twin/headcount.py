"""How many people does each imagined user stand for, by what cells count?

Demand says little of heads: where signals are weak, many ask for little. RRC.ConnMean
counts who is connected, so the imagined users of a zone share what its cell counted.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.twin.belief import Belief
from gemel.twin.source import Observation

CONNECTED = "RRC.ConnMean"
FEWEST = 0.1  # of people in a zone: nobody counted is not nobody there


def connected_of(reports: list[Observation]) -> Float[np.ndarray, " cell"]:
    """The mean count of every cell over the reports that told it; NaN where none did.

    reports:  while all cells were awake, so that who is connected is at home
    """
    told = [report.measured[CONNECTED] for report in reports]
    there = np.stack([np.asarray(one.present) for one in told])
    value = np.stack([np.asarray(one.value, np.float64) for one in told])
    count = there.sum(0)
    mean = np.where(there, value, 0.0).sum(0) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan)


def counted(belief: Belief, connected: Float[np.ndarray, " cell"]) -> Belief:
    """The same belief, with as many people in every zone as were connected there.

    Within a zone, imagined users stand for as many as phones told of their level, see
    `whereabouts`. Zones that nobody told of keep the people they had.
    """
    told = jnp.asarray(np.isfinite(connected))
    people = jnp.maximum(jnp.asarray(np.nan_to_num(connected), jnp.float32), FEWEST)

    heard = belief.share / jnp.maximum(belief.first_share, 1e-9)

    def one_member(
        home: Array, weight: Float[Array, " user"], heard: Float[Array, " user"]
    ) -> Float[Array, " user"]:
        heads = jax.ops.segment_sum(heard, home, people.size)
        each = people / jnp.maximum(heads, 1e-9)
        return jnp.where(told[home], each[home] * heard, weight)

    weight = jax.vmap(one_member)(belief.users.home, belief.users.weight, heard)
    return eqx.tree_at(lambda b: b.users.weight, belief, weight)
