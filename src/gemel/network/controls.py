"""What may be turned on a live network, cell by cell?"""

import hashlib

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.world.inventory import Inventory


class Controls(eqx.Module):
    """One value a cell.

    power_dbm:                  configuredMaxTxPower, as a level
    tilt_deg:                   downwards positive (digitalTilt is in 0.1 degree)
    azimuth_turn_deg:           digitalAzimuth, relative to the mounting, right positive
    awake:                      False is energySavingState IS_ENERGY_SAVING
    individual_offset_db:       cellIndividualOffset
    handover_margin_db:         how much better a neighbour must be
    """

    power_dbm: Float[Array, " cell"]
    tilt_deg: Float[Array, " cell"]
    azimuth_turn_deg: Float[Array, " cell"]
    awake: Bool[Array, " cell"]
    individual_offset_db: Float[Array, " cell"]
    handover_margin_db: Float[Array, " cell"]


def controls_of(inventory: Inventory, handover_margin_db: float = 1.0) -> Controls:
    """Everything as the inventory says, every cell awake.

    The margin is that of steps of a minute. Of the usual 3 dB at the 100 ms of an A3
    event little is left after a minute of fading and of sessions that begin anew.
    """
    count = len(inventory.cells)
    return Controls(
        power_dbm=jnp.asarray([c.power_dbm for c in inventory.cells], jnp.float32),
        tilt_deg=jnp.asarray([c.tilt_deg for c in inventory.cells], jnp.float32),
        azimuth_turn_deg=jnp.zeros(count, jnp.float32),
        awake=jnp.ones(count, bool),
        individual_offset_db=jnp.zeros(count, jnp.float32),
        handover_margin_db=jnp.full(count, handover_margin_db, jnp.float32),
    )


def fingerprint(controls: Controls) -> str:
    """Sixteen hex digits that change whenever any knob does."""
    digest = hashlib.sha256()
    for name in Controls.__dataclass_fields__:
        digest.update(np.ascontiguousarray(getattr(controls, name)).tobytes())
    return digest.hexdigest()[:16]
