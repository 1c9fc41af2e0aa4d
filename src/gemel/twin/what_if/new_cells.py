"""What would a twin believe of cells that nobody has built yet?

They carry nothing of their own: no demand belongs to them, and nothing was learnt of
them. They turn signal into bits as well as other cells of their carrier do for their
own users, and everybody listens anew, for the new ones may be louder.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.path_gain import Propagation
from gemel.twin.belief import Belief
from gemel.twin.what_if.what_if import listen_anew


def with_new_cells(
    belief: Belief, cells: Cells, propagation: Propagation, controls: Controls
) -> Belief:
    """The belief in a network with more cells.

    cells:     those of the belief first, then the new ones
    controls:  of all of them; what is asleep is listened for, too
    """
    old = belief.log_rate.shape[1]
    more = len(cells.name) - old
    blank = jnp.zeros((belief.members, more))
    layer = cells.layer

    def as_others(log: Float[Array, "member cell"]) -> Float[Array, "member new"]:
        alike = jnp.where(layer[:old][None] == layer[old:][:, None], 1.0, 0.0)
        usual = log @ alike.T / jnp.maximum(alike.sum(1), 1.0)[None]
        return usual.astype(log.dtype)

    own = as_others(belief.log_rate)
    ones = jnp.ones(len(cells.name))
    network = eqx.tree_at(
        lambda n: (n.cells, n.propagation, n.rate_factor, n.guest_factor),
        belief.network,
        (cells, propagation, ones, ones),
    )
    slots, bins = belief.habit_bps.shape[0], belief.heard.shape[1]
    grown = eqx.tree_at(
        lambda b: (
            b.network,
            b.habit_bps,
            b.log_demand,
            b.log_rate,
            b.log_guest,
            b.load,
            b.gain_db,
            b.gain_luck,
            b.heard,
        ),
        belief,
        (
            network,
            jnp.concatenate([belief.habit_bps, jnp.zeros((slots, more))], 1),
            jnp.concatenate([belief.log_demand, blank], 1),
            jnp.concatenate([belief.log_rate, own], 1),
            # Whoever comes is no zone's guest: there is no zone of its own to be from.
            jnp.concatenate([belief.log_guest, own], 1),
            jnp.concatenate([belief.load, blank], 1),
            # No phone has told of them: they are as loud as the plan says.
            jnp.concatenate([belief.gain_db, blank], 1),
            jnp.concatenate([belief.gain_luck, blank], 1),
            jnp.concatenate([belief.heard, jnp.zeros((more, bins))]),
        ),
    )
    return listen_anew(grown, controls)
