"""How often does a code block not arrive?

The normal approximation of Polyanskiy, Poor, Verdú (IEEE Trans. Inf. Theory 56, 2010)
with the capacity and dispersion of the modulation itself: a code of n
symbols that shall carry K bits fails with Q((n C - K + log2(n) / 2) / sqrt(n V)). It
says how block length, rate and modulation act; one number, the implementation loss,
says how far real decoders and channel estimates stay behind it.

2.5 dB is the middle of what two public link simulators need beyond the bound: at every
MCS and block size that both have, Sionna lies 0.7 to 2.2 dB above it and 5G-LENA 2.8 to
7.9 dB (the short blocks of high rates). Their curves are not used.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr
from jaxtyping import Array, Float, Int

from gemel.network.link_to_system.mutual_information import (
    InformationTable,
    information_table,
)
from gemel.units import ratio_from_db

IMPLEMENTATION_LOSS_DB = 2.5
TARGET = 0.1  # of blocks: what CQI tables 1 and 2 promise, TS 38.214 clause 5.2.2.1
LEAST_VARIANCE = 1e-9  # bit²: without noise a block surely arrives, or surely does not


class BlockError(eqx.Module):
    """Bound and distance to it.

    implementation_loss_db:  SINR lost against the bound
    """

    information: InformationTable
    implementation_loss_db: Float[Array, ""] = eqx.field(converter=jnp.asarray)

    def rate(
        self,
        sinr: Float[Array, ""],
        bits_per_symbol: Float[Array, ""],
        code_rate: Float[Array, ""],
        block_bits: Float[Array, ""],
    ) -> Float[Array, ""]:
        """The share of code blocks that fail, 0..1.

        sinr:        effective, a ratio
        code_rate:   0..1; whoever combines repetitions passes the rate that is left
        block_bits:  information bits K of one code block, with its CRC
        """
        used = sinr * ratio_from_db(-self.implementation_loss_db)
        bits, variance = self.information.look_up(used, bits_per_symbol)
        symbols = block_bits / (code_rate * bits_per_symbol)
        spare = symbols * bits - block_bits + 0.5 * jnp.log2(symbols)
        deviation = jnp.sqrt(symbols * jnp.maximum(variance, LEAST_VARIANCE))
        return ndtr(-spare / deviation)


def block_error(
    implementation_loss_db: float = IMPLEMENTATION_LOSS_DB,
) -> BlockError:
    """With the tables worked out."""
    return BlockError(information_table(), implementation_loss_db)


def transport_block_error(
    code_block_error: Float[Array, ""], code_blocks: Float[Array, ""]
) -> Float[Array, ""]:
    """One lost code block loses the transport block: 1 - (1 - p)^C."""
    survives = jnp.log1p(-jnp.minimum(code_block_error, 1.0 - 1e-6))
    return -jnp.expm1(code_blocks * survives)


def required_sinr_db(
    errors: BlockError,
    bits_per_symbol: Float[Array, ""],
    code_rate: Float[Array, ""],
    block_bits: Float[Array, ""],
    target: float = TARGET,
) -> Float[Array, ""]:
    """The SINR from which on no more than this share of blocks fails, dB.

    By bisection between -30 and 60 dB: 40 halvings, far below float32.
    """

    def halve(
        _: Int[Array, ""], bounds: tuple[Float[Array, ""], Float[Array, ""]]
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        low_db, high_db = bounds
        middle_db = 0.5 * (low_db + high_db)
        failing = errors.rate(
            ratio_from_db(middle_db), bits_per_symbol, code_rate, block_bits
        )
        enough = failing <= target
        return (
            jnp.where(enough, low_db, middle_db),
            jnp.where(enough, middle_db, high_db),
        )

    ends = jnp.full_like(code_rate, -30.0), jnp.full_like(code_rate, 60.0)
    return jax.lax.fori_loop(0, 40, halve, ends)[1]
