"""How many bits does one layer carry on average, scheduled slot by slot through fading?

The efficiency curve that a flow needs to agree with slots: one user at a time has the
whole carrier (no gain from choosing among users), every group of resource blocks fades
for itself, the MCS is the highest that meets the 10 % target at the effective SINR of
all groups, and blocks are repeated up to three times. Averaged over evenly spread
channels and smeared by the error of a report.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.network.link_to_system.effective_sinr import effective_sinr
from gemel.network.link_to_system.efficiency_curve import (
    HIGHEST_DB,
    LOWEST_DB,
    REPORT_ERROR_DB,
    STEP_DB,
    EfficiencyCurve,
    bent,
)
from gemel.network.link_to_system.harq import MOST_TRANSMISSIONS, delivered_efficiency
from gemel.network.link_to_system.modulation import mcs_table
from gemel.network.link_to_system.slot_failures import block_failures, target_sinr_db
from gemel.network.link_to_system.slot_tables import TABLE, data_elements
from gemel.units import db_from_ratio, ratio_from_db

GROUPS, GROUP_PRB = 18, 16
# Independent fades within a group: one over the variance of its mean power, which is
# 2 atan(x) / x - ln(1 + x²) / x² with x = 2 pi T B, where 1 / (1 + 2 pi j f T) is the
# correlation of an exponential profile: 4.3 at T = 300 ns and B = 16 blocks of 360 kHz.
FADES = 4
CHANNELS = 128  # four times as many move no point by 0.02 bit per element


def even_channels(
    channels: int, groups: int, fades: int = FADES
) -> Float[Array, "channel group"]:
    """Powers of Rayleigh fading, mean one, evenly spread instead of drawn.

    fades: as many independent ones are averaged in every group

    Richtmyer's lattice: dimension d walks round the circle in steps of the root of the
    d-th prime number, so that no two keep step.
    """
    dimensions = groups * fades
    prime = [n for n in range(2, 12 * dimensions) if all(n % d for d in range(2, n))]
    steps = np.sqrt(prime[:dimensions])
    place = (np.arange(1, channels + 1)[:, None] * steps) % 1.0
    power = -np.log1p(-place)
    power = (power / power.mean(0)).reshape(channels, groups, fades).mean(-1)
    return jnp.asarray(power, float)


def slot_curve(
    channels: int = CHANNELS, report_error_db: float = REPORT_ERROR_DB
) -> EfficiencyCurve:
    """Of MCS table 2; a second or two of work, once."""
    table, failures = mcs_table(TABLE), block_failures(TABLE)
    elements = GROUPS * GROUP_PRB * data_elements()
    from_db = jnp.asarray(target_sinr_db(table, elements), float)
    size_byte = jnp.asarray(table.efficiency * (elements / 8.0), jnp.int32)
    mcs = jnp.arange(size_byte.shape[0], dtype=jnp.int32)
    fading = even_channels(channels, GROUPS)
    number = jnp.arange(1, MOST_TRANSMISSIONS + 1, dtype=jnp.int32)

    def delivered(
        power: Float[Array, " group"], sinr: Float[Array, ""]
    ) -> Float[Array, ""]:
        alike = jax.vmap(effective_sinr, (None, 0))(power * sinr, table.eesm_beta)
        alike_db = db_from_ratio(jnp.maximum(alike, 1e-9))

        def after(number):
            tries = jnp.full_like(mcs, number)
            return failures.failing(mcs, tries, alike_db, size_byte)

        failed = jax.vmap(after)(number)
        bits = jax.vmap(delivered_efficiency, (1, 0, 0))(
            failed, table.bits_per_symbol, table.code_rate
        )
        meets = (alike_db >= from_db) | (mcs == 0)
        return jnp.where(meets, bits, 0.0).max()

    @eqx.filter_jit
    def on_average(sinr: Float[Array, " point"]) -> Float[Array, " point"]:
        by_channel = jax.vmap(delivered, (0, None))
        return jax.lax.map(lambda one: by_channel(fading, one).mean(), sinr)

    count = round((HIGHEST_DB - LOWEST_DB) / STEP_DB) + 1
    reach = int(np.ceil(3.0 * report_error_db / STEP_DB))
    sinr_db = LOWEST_DB + STEP_DB * np.arange(-reach, count + reach)
    carried = on_average(ratio_from_db(jnp.asarray(sinr_db, float)))
    offsets_db = STEP_DB * np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets_db / max(report_error_db, 1e-9)) ** 2)
    smeared = np.convolve(
        np.asarray(carried, np.float64), weights / weights.sum(), mode="valid"
    )
    return EfficiencyCurve(jnp.asarray(bent(smeared, STEP_DB), float))
