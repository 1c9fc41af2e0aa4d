"""What does a user make of its measurements before it compares cells?

F(n) = (1 - a) F(n-1) + a M(n) with a = 1 / 2^(k/4): TS 38.331 clause 5.5.3.2. There k
holds for one measurement period; at other rates the share is chosen so that the
filter is as slow in milliseconds, as the clause asks.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32

from gemel.emulator.mobility.rules import MobilityRules
from gemel.emulator.mobility.state import UNHEARD_DBM
from gemel.radio.mixing import mixed

ABSENT_DBM = -200.0  # below it a link is a place-holder, not a measurement
# The sum of four bytes: nearly normal, and no normals are drawn for every link.
BYTES_MEAN = 4 * 127.5
BYTES_DEVIATION = (4 * (256**2 - 1) / 12) ** 0.5


def share_of_new(rules: MobilityRules, tick_ms: int) -> Float[Array, ""]:
    """How much of a new measurement enters at a tick of this length."""
    share = jnp.exp2(-rules.filter_coefficient / 4.0)
    return 1.0 - (1.0 - share) ** (tick_ms / rules.measurement_period_ms)


def filtered(
    rules: MobilityRules,
    before_dbm: Float[Array, "link user"],
    rsrp_dbm: Float[Array, "link user"],
    cell: Int[Array, "link user"],
    luck: Float[Array, " user"],
    tick_ms: int,
) -> Float[Array, "link user"]:
    """The level after this tick's measurement; a new link starts with it."""
    share = share_of_new(rules, tick_ms)
    per_period = jnp.exp2(-rules.filter_coefficient / 4.0)
    # Errors of the filtered level have the variance s / (2 - s) of those measured:
    # they are scaled so that a shorter tick makes nobody more certain.
    same = per_period / (2.0 - per_period) * (2.0 - share) / share
    error_db = rules.measurement_error_db * jnp.sqrt(same)
    measured_dbm = jax.lax.cond(
        error_db > 0.0,
        lambda: rsrp_dbm + error_db * _chance(cell, luck),
        lambda: rsrp_dbm,
    )
    absent = (rsrp_dbm < ABSENT_DBM) | (before_dbm < ABSENT_DBM)
    level_dbm = before_dbm + share * (measured_dbm - before_dbm)
    fresh_dbm = jnp.where(rsrp_dbm < ABSENT_DBM, UNHEARD_DBM, measured_dbm)
    return jnp.where(absent, fresh_dbm, level_dbm)


def _chance(
    cell: Int[Array, "link user"], luck: Float[Array, " user"]
) -> Float[Array, "link user"]:
    """Standard deviations away from the truth, by a hash of cell and luck."""
    seed: UInt32[Array, " user"] = jax.lax.bitcast_convert_type(
        luck.astype(jnp.float32), jnp.uint32
    )
    # Every input bit reaches every byte.
    bits = mixed(seed[None, :] ^ (cell.astype(jnp.uint32) * jnp.uint32(0x9E3779B9)))
    total = (bits & 255) + ((bits >> 8) & 255) + ((bits >> 16) & 255) + (bits >> 24)
    return (total.astype(jnp.float32) - BYTES_MEAN) / BYTES_DEVIATION
