"""Which MCS does a base station choose, and which CQI does a user report?

The highest one whose first transmission fails in no more than a tenth of the blocks, TS
38.214 clause 5.2.2.1. A frequency-selective SINR is first made one number, with the
beta of the very scheme that is tried.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.network.link_to_system.block_error import TARGET, BlockError
from gemel.network.link_to_system.effective_sinr import effective_sinr
from gemel.network.link_to_system.modulation import ModulationTable


class Choice(eqx.Module):
    """One block about to be sent.

    index:        MCS or CQI as the table counts; the lowest where none will do
    block_error:  of the first transmission, 0..1
    possible:     whether the target is met at all; a CQI is 0 where it is not
    """

    index: Int[Array, ""]
    block_error: Float[Array, ""]
    possible: Bool[Array, ""]


def errors_by_index(
    errors: BlockError,
    table: ModulationTable,
    sinr: Float[Array, " group"],
    block_bits: Float[Array, ""],
) -> Float[Array, " index"]:
    """The block error rate that every entry of the table would have.

    sinr: of every resource-block group of the allocation, ratios
    """

    def one(
        bits_per_symbol: Float[Array, ""],
        code_rate: Float[Array, ""],
        beta: Float[Array, ""],
    ) -> Float[Array, ""]:
        return errors.rate(
            effective_sinr(sinr, beta), bits_per_symbol, code_rate, block_bits
        )

    return jax.vmap(one)(table.bits_per_symbol, table.code_rate, table.eesm_beta)


def choose(
    errors: BlockError,
    table: ModulationTable,
    sinr: Float[Array, " group"],
    block_bits: Float[Array, ""],
    target: float = TARGET,
) -> Choice:
    """The most efficient entry within the target, for one user."""
    rates = errors_by_index(errors, table, sinr, block_bits)
    fits = rates <= target
    worth = jnp.where(fits, table.efficiency, -1.0)
    best = jnp.where(fits.any(), jnp.argmax(worth), 0)
    return Choice(
        index=best + table.lowest_index,
        block_error=rates[best],
        possible=fits.any(),
    )


def cqi_of(choice: Choice) -> Int[Array, ""]:
    """What a user reports: 0 where even the lowest CQI fails too often."""
    return jnp.where(choice.possible, choice.index, 0)
