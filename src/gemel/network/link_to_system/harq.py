"""What is gained by sending a block again?

HARQ as in NR: up to four transmissions. Either the same bits come again and their SINRs
add up (chase combining), or other bits of the mother code come first, so that the code
rate falls (incremental redundancy, TS 38.212 clause 5.4.2.1); once the mother code is
used up, bits repeat and SINRs add up there too.
"""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.network.link_to_system.block_error import BlockError

MOST_TRANSMISSIONS = 4


class AbstractCombining(eqx.Module):
    """What a decoder makes of several transmissions of one block."""

    @abc.abstractmethod
    def seen(
        self,
        sinr: Float[Array, ""],
        transmissions: Float[Array, ""],
        code_rate: Float[Array, ""],
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The SINR (a ratio) and the code rate that one transmission would need to have
        to decode as well as so many at this mean SINR."""


class ChaseCombining(AbstractCombining):
    """The same bits every time."""

    def seen(
        self,
        sinr: Float[Array, ""],
        transmissions: Float[Array, ""],
        code_rate: Float[Array, ""],
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        return sinr * transmissions, code_rate


class IncrementalRedundancy(AbstractCombining):
    """New bits as long as there are any.

    mother_rate:  the rate at which there are none left, TS 38.212 clause 5.3.2
    """

    mother_rate: Float[Array, ""] = eqx.field(
        default=1.0 / 3.0, converter=lambda rate: jnp.asarray(rate, float)
    )

    def seen(
        self,
        sinr: Float[Array, ""],
        transmissions: Float[Array, ""],
        code_rate: Float[Array, ""],
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        # A first transmission below the mother rate repeats bits already.
        lowest = jnp.minimum(self.mother_rate, code_rate)
        left = jnp.maximum(code_rate / transmissions, lowest)
        repeated = transmissions * left / code_rate
        return sinr * repeated, left


def failures(
    errors: BlockError,
    combining: AbstractCombining,
    sinr: Float[Array, ""],
    bits_per_symbol: Float[Array, ""],
    code_rate: Float[Array, ""],
    block_bits: Float[Array, ""],
    transmissions: int = MOST_TRANSMISSIONS,
) -> Float[Array, " transmission"]:
    """The share of blocks that still fail after 1, 2, … transmissions of this SINR."""

    def after(count: Float[Array, ""]) -> Float[Array, ""]:
        sinr_seen, rate_seen = combining.seen(sinr, count, code_rate)
        return errors.rate(sinr_seen, bits_per_symbol, rate_seen, block_bits)

    failed = jax.vmap(after)(jnp.arange(1, transmissions + 1).astype(sinr.dtype))
    # Who had decoded before still has: failing so late means having failed before.
    return jax.lax.cummin(failed)


def delivered_efficiency(
    failed: Float[Array, " transmission"],
    bits_per_symbol: Float[Array, ""],
    code_rate: Float[Array, ""],
) -> Float[Array, ""]:
    """Bits that arrive per resource element spent, repetitions counted.

    failed: after 1, 2, … transmissions, from `failures`; after the last a block is lost
    """
    spent = 1.0 + failed[:-1].sum()
    return bits_per_symbol * code_rate * (1.0 - failed[-1]) / spent
