"""How many bits does one layer carry at an SINR, as one curve that is fast to read?

Everything of this folder together (MCS at the 10 % target, HARQ with incremental
redundancy) as a table over decibels, for loops that ask millions of times. A fixed
point of loads asks two things of it: more interference never carries more, and the
curve over the ratio never rises (twice the SINR never carries more than twice the
bits). The staircase of the schemes breaks the second; so it is smeared by the error of
a channel report, and lifted where it is still too steep: below the lowest scheme, bits
are proportional to the SINR, as repetition would have it.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.network.link_to_system.block_error import TARGET, BlockError, block_error
from gemel.network.link_to_system.harq import (
    IncrementalRedundancy,
    delivered_efficiency,
    failures,
)
from gemel.network.link_to_system.modulation import ModulationTable, mcs_table
from gemel.units import db_from_ratio, ratio_from_db

LOWEST_DB, HIGHEST_DB, STEP_DB = -20.0, 40.0, 0.125
REPORT_ERROR_DB = 1.0  # a step of CQI is about 2 dB: what was reported is a dB off
LARGEST_BLOCK_BITS = 8_448.0  # TS 38.212: most traffic fills its code blocks
LEAST_RATIO = 1e-12


class EfficiencyCurve(eqx.Module):
    """Bits per resource element of one layer, evenly spaced in decibels.

    Between its points the curve is straight in decibels; below the first it is
    proportional to the SINR, so that nobody falls to nothing; above the last it stays.
    """

    efficiency: Float[Array, " point"]
    lowest_db: float = eqx.field(static=True, default=LOWEST_DB)
    step_db: float = eqx.field(static=True, default=STEP_DB)

    def read(self, sinr: Float[Array, "*axes"]) -> Float[Array, "*axes"]:
        """bit/s/Hz of one layer at these ratios."""
        sinr_db = db_from_ratio(jnp.maximum(sinr, LEAST_RATIO))
        last = self.efficiency.shape[0] - 1
        place = jnp.clip((sinr_db - self.lowest_db) / self.step_db, 0.0, float(last))
        floor = jnp.minimum(jnp.floor(place), last - 1.0)
        left, beyond = floor.astype(jnp.int32), place - floor
        level = self.efficiency[left]
        inside = level + beyond * (self.efficiency[left + 1] - level)
        first = 10.0 ** (self.lowest_db / 10.0)
        return inside * jnp.minimum(sinr / first, 1.0)


def table_efficiency(
    curve: EfficiencyCurve,
    sinr: Float[Array, "*axes"],
    streams: Float[Array, "*axes"],
) -> Float[Array, "*axes"]:
    """bit/s/Hz over all streams, from the ratio before the power is split among them.

    The question of `link_rate`, answered by the tables.
    """
    return streams * curve.read(sinr / streams)


def staircase(
    errors: BlockError,
    table: ModulationTable,
    sinr: Float[Array, ""],
    block_bits: Float[Array, ""],
    target: float = TARGET,
) -> Float[Array, ""]:
    """Bits that arrive per resource element with the best scheme within the target.

    Where not even the lowest scheme meets the target it is sent all the same.
    """
    combining = IncrementalRedundancy()

    def one(
        bits_per_symbol: Float[Array, ""], code_rate: Float[Array, ""]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        failed = failures(
            errors, combining, sinr, bits_per_symbol, code_rate, block_bits
        )
        return failed[0], delivered_efficiency(failed, bits_per_symbol, code_rate)

    first, delivered = jax.vmap(one)(table.bits_per_symbol, table.code_rate)
    lowest = jnp.arange(first.shape[0]) == 0
    return jnp.where((first <= target) | lowest, delivered, 0.0).max()


def bent(efficiency: np.ndarray, step_db: float) -> np.ndarray:
    """The lowest curve above this one that never falls and is nowhere steeper than
    proportional, also between its points."""
    most = 1.0 + step_db * np.log(10.0) / 10.0
    lifted = np.maximum.accumulate(efficiency)
    for point in range(len(lifted) - 2, -1, -1):
        lifted[point] = max(lifted[point], lifted[point + 1] / most)
    return lifted


def efficiency_curve(
    mcs_table_number: int = 2,
    block_bits: float = LARGEST_BLOCK_BITS,
    report_error_db: float = REPORT_ERROR_DB,
) -> EfficiencyCurve:
    """The curve of an MCS table of TS 38.214; a second of work, once.

    Raises ScenarioError where there is no such table.
    """
    errors, table = block_error(), mcs_table(mcs_table_number)
    count = round((HIGHEST_DB - LOWEST_DB) / STEP_DB) + 1
    reach = int(np.ceil(3.0 * report_error_db / STEP_DB))
    sinr_db = LOWEST_DB + STEP_DB * np.arange(-reach, count + reach)
    bits = jnp.asarray(block_bits, float)
    many = jax.jit(jax.vmap(lambda sinr: staircase(errors, table, sinr, bits)))
    steps = np.asarray(many(ratio_from_db(jnp.asarray(sinr_db, float))), np.float64)
    offsets_db = STEP_DB * np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets_db / max(report_error_db, 1e-9)) ** 2)
    smeared = np.convolve(steps, weights / weights.sum(), mode="valid")
    return EfficiencyCurve(jnp.asarray(bent(smeared, STEP_DB), float))
