"""In which bins do cells count how loudly their phones say to hear them?

L1M.SS-RSRP of TS 28.552 (5.1.1.22.1) counts the values that phones report, 0 to 127
of TS 38.133 table 10.1.6.1-1, in bins that are left to the maker. Ours are four values
wide: less than tells two places apart, and few enough to be kept of every cell and
period.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

NAME = "L1M.SS-RSRP"
VALUES = 4  # of a bin, one decibel each
BINS = 32
WEAKEST_DBM = -157.0  # where value 0 begins; what is weaker no phone reports


def name_of(number: int) -> str:
    """The measurement that counts a bin."""
    return f"{NAME}.Bin{number}"


NAMES = tuple(name_of(number) for number in range(BINS))


def middle_dbm() -> Float[Array, " bin"]:
    """The level that a bin stands for."""
    return WEAKEST_DBM + VALUES * (jnp.arange(BINS, dtype=jnp.float32) + 0.5)


def bin_of(rsrp_dbm: Float[Array, "*user"]) -> Int[Array, "*user"]:
    """The bin of a level; the outermost take what is beyond them."""
    number = jnp.floor((rsrp_dbm - WEAKEST_DBM) / VALUES)
    return jnp.clip(number, 0, BINS - 1).astype(jnp.int32)


def counted(
    serving: Int[Array, " user"], rsrp_dbm: Float[Array, " user"], cells: int
) -> Float[Array, "cell bin"]:
    """How many users hear the cell that serves them in each bin, once each.

    Who hears nothing that a phone can report, or is served by none (below 0), is left
    out.
    """
    sound = (rsrp_dbm >= WEAKEST_DBM) & (serving >= 0)
    row = jnp.where(sound, serving * BINS + bin_of(rsrp_dbm), cells * BINS)
    ones = jnp.ones(serving.shape)
    return jax.ops.segment_sum(ones, row, cells * BINS + 1)[:-1].reshape(cells, BINS)
