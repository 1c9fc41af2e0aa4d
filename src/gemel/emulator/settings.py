"""What may be turned on the stand-in beside the knobs of every network?

The standard tree has no attribute for some of these, so outside they are seen in a
vendor's data container; the shares of slices are RRMPolicyRatio of TS 28.541.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

SLICES = ("eMBB", "URLLC", "MIoT")  # SST 1, 2, 3 of TS 23.501 table 5.15.2.2-1
HYSTERESIS_DB = 1.0
TIME_TO_TRIGGER_MS = 160


class Settings(eqx.Module):
    """One value a cell, and one a cell and slice.

    hysteresis_db:       of events A1 to A5, TS 38.331 clause 5.5.4
    time_to_trigger_ms:  how long an event must hold before it is reported
    conditional:         whether handovers are prepared ahead and executed by the user
    slice_min_share:     of the resource blocks, kept for a slice that asks for them
    slice_max_share:     of the resource blocks, the most a slice ever gets
    """

    hysteresis_db: Float[Array, " cell"]
    time_to_trigger_ms: Int[Array, " cell"]
    conditional: Bool[Array, " cell"]
    slice_min_share: Float[Array, "cell slice"]
    slice_max_share: Float[Array, "cell slice"]


def usual_settings(cells: int) -> Settings:
    """Textbook values everywhere, and nothing kept back for any slice."""
    return Settings(
        hysteresis_db=jnp.full(cells, HYSTERESIS_DB, float),
        time_to_trigger_ms=jnp.full(cells, TIME_TO_TRIGGER_MS, jnp.int32),
        conditional=jnp.zeros(cells, bool),
        slice_min_share=jnp.zeros((cells, len(SLICES))),
        slice_max_share=jnp.ones((cells, len(SLICES))),
    )
