"""How does a network live with what ails it?

The knobs stay as they were told; what the equipment really does is another network
under other controls. With nothing wrong both are the same to the bit.
"""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.city import City
from gemel.emulator.faults.base import Ailments
from gemel.network.association import Served
from gemel.network.controls import Controls
from gemel.network.counters import Counters
from gemel.network.coupling import RESIDUAL
from gemel.network.simulator import Felt, Network, State, carry

ODD = np.uint32(2_654_435_761)  # Knuth's multiplicative hash, 2^32 over the golden mean
TWO_32 = float(2**32)


def struck(
    network: Network, controls: Controls, ailments: Ailments
) -> tuple[Network, Controls]:
    """What is really there, for `carry_struck` at the tempo of flows.

    A dead cell is not awake. A weak one has that much less gain: where `gain_loss_db`
    changes, candidates must be found anew. A closed one turns no signal into bits. Of
    a crowd everybody wants more. Neighbour lists are not looked at by flows.
    """
    city = network.surroundings
    assert isinstance(city, City)  # a stand-in's people; a twin has no faults
    closed = jnp.asarray(ailments.closed)
    ill = eqx.tree_at(
        lambda n: (
            n.cells.gain_error_db,
            n.rate_factor,
            n.guest_factor,
            n.surroundings.base_bps,
        ),
        network,
        (
            network.cells.gain_error_db - jnp.asarray(ailments.gain_loss_db),
            jnp.where(closed, 0.0, network.rate_factor),
            jnp.where(closed, 0.0, network.guest_factor),
            city.base_bps * jnp.asarray(ailments.demand_factor),
        ),
    )
    awake = controls.awake & ~jnp.asarray(ailments.off_air)
    return ill, dataclasses.replace(controls, awake=awake)


def carry_struck(
    network: Network,
    state: State,
    controls: Controls,
    served: Served,
    step_s: Float[Array, ""],
    residual: float = RESIDUAL,
) -> tuple[State, Counters, Felt]:
    """As `carry`, for what `struck` made: whom a closed cell serves gets nothing.

    They stay, for its signal is the best they hear, and are not connected to it.
    """
    users = state.users
    closed = network.guest_factor[served.cell] == 0.0
    heeded_bps = jnp.where(closed, 0.0, users.demand_bps)
    heeded = eqx.tree_at(lambda s: s.users.demand_bps, state, heeded_bps)
    after, counters, felt = carry(network, heeded, controls, served, step_s, residual)
    return eqx.tree_at(lambda s: s.users, after, users), counters, felt


def neighbours_with(
    ailments: Ailments,
    neighbour: Int[Array | np.ndarray, "cell n"],
    allowed: Bool[Array | np.ndarray, "cell n"],
) -> tuple[Int[Array, "cell n"], Bool[Array, "cell n"]]:
    """The neighbour lists as they are, from those that would be right.

    Which entries are wrong depends on the pair of cells alone: a fault that comes back
    is the same fault. A mistaken entry names a cell drawn from the whole network.
    """
    right, cells = np.asarray(neighbour), neighbour.shape[0]
    own = np.arange(cells, dtype=np.uint32)[:, None] + np.uint32(1)
    mixed = _hash(_hash(own) ^ right.astype(np.uint32))
    luck = mixed.astype(np.float64) / TWO_32
    there = right >= 0
    forgotten = luck < np.asarray(ailments.forgotten_share, np.float64)[:, None]
    up_to = np.asarray(ailments.mistaken_share, np.float64)[:, None]
    mistaken = there & (1.0 - luck <= up_to) & ~forgotten
    other = (_hash(mixed) % np.uint32(cells)).astype(right.dtype)
    # Not itself: a cell in its own list would be ignored, not mistaken.
    other = np.where(other == np.arange(cells)[:, None], (other + 1) % cells, other)
    wrong = np.where(mistaken, other, right).astype(right.dtype)
    return jnp.asarray(wrong), jnp.asarray(np.asarray(allowed) & ~forgotten)


def _hash(value: np.ndarray) -> np.ndarray:
    """Well-mixed 32 bits; wraps around on purpose."""
    with np.errstate(over="ignore"):
        value = (value ^ (value >> np.uint32(16))) * ODD
        value = (value ^ (value >> np.uint32(13))) * ODD
    return value ^ (value >> np.uint32(16))
