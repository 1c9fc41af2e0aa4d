"""How often has a transport block still failed after some transmissions, in a look-up?

HARQ with incremental redundancy (`harq`), worked out beforehand for both base graphs,
every scheme of a table and lengths from 32 bits on. A transport block is cut as TS
38.212 clause 5.2.2 says and fails with its first code block.

Failures of code blocks are tabulated as the level t with 1 / (1 + exp(-(A t + B t³))):
nearly the normal quantile, which is nearly straight in decibels and over the logarithm
of the length, so that a coarse table can be read by straight lines and one exponential
undoes it.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.network.link_to_system.block_error import TARGET, block_error
from gemel.network.link_to_system.code_blocks import (
    BLOCK_CRC_BITS,
    LARGEST_LISTED_BITS,
    LONG_CRC_BITS,
    MOST_BITS,
    MOTHER_RATE,
    SHORT_CRC_BITS,
    segment,
    transport_block_bits,
)
from gemel.network.link_to_system.harq import IncrementalRedundancy, failures
from gemel.network.link_to_system.modulation import ModulationTable, mcs_table
from gemel.units import ratio_from_db

LOWEST_DB, HIGHEST_DB, STEP_DB = -15.0, 45.0, 0.25
# Base graph 2 is for these sizes and rates, TS 38.212 clause 7.2.2 and `base_graph`.
SMALL_BITS, LOW_RATE, MIDDLE_RATE = 292, 0.25, 0.67
# Lengths of code blocks are listed at 32, 48, 64, 96, … bits: the upper bits of a float
# say between which two a length lies, those behind say how far.
CUT_BITS = 22  # of the 23 behind the point
NODES = 20  # up to 12,288 bits; the longest code block has 8,448
FIRST_NODE = int(np.float32(32.0).view(np.int32)) >> CUT_BITS
# Any odd cubic would do; this one stays within 2e-4 of the normal distribution.
LINEAR, CUBIC = 1.5976, 0.07056
LEAST_FAILING, MOST_FAILING = 1e-12, 1.0 - 1e-6


class BlockFailures(eqx.Module):
    """One MCS table.

    code_rate:  of the first transmission, by MCS
    level:      t of code blocks that fail after 1, 2, … transmissions, by length
    """

    code_rate: Float[Array, " mcs"]
    level: Float[Array, "graph transmission mcs length point"]

    def failing(
        self,
        mcs: Int[Array, "*axes"],
        transmissions: Int[Array, "*axes"],
        mean_sinr_db: Float[Array, "*axes"],
        size_byte: Int[Array, "*axes"],
    ) -> Float[Array, "*axes"]:
        """The share of transport blocks that have failed after so many transmissions.

        transmissions: from 1; after more than the table has, as after its last
        mean_sinr_db:  of the ratios of all transmissions so far, each effective
        size_byte:     of the transport block, all its code blocks together
        """
        _, sent, schemes, lengths, points = self.level.shape
        graph, code_blocks, block_bits = _cut(size_byte, self.code_rate[mcs])
        place = jnp.clip((mean_sinr_db - LOWEST_DB) / STEP_DB, 0.0, points - 1.001)
        left = place.astype(jnp.int32)  # cuts off, and nothing is below zero
        beyond = place - left.astype(place.dtype)
        shorter, longer = _between_nodes(block_bits)
        row = (graph * sent + jnp.clip(transmissions - 1, 0, sent - 1)) * schemes + mcs
        at = (row * lengths + shorter) * points + left
        flat = self.level.reshape(-1).at

        def listed(at: Int[Array, "*axes"]) -> Float[Array, "*axes"]:
            return flat[at].get(mode="promise_in_bounds")

        # All weights are positive: what is ordered at the points stays ordered.
        def of_length(at: Int[Array, "*axes"]) -> Float[Array, "*axes"]:
            return listed(at) * (1.0 - beyond) + listed(at + 1) * beyond

        level = of_length(at) * (1.0 - longer) + of_length(at + points) * longer
        # ln(1 - p) of the one code block, and so of all: 1 - (1 - p)^C
        arriving = -jax.nn.softplus(level * (LINEAR + CUBIC * level * level))
        return -jnp.expm1(code_blocks * arriving)


def _cut(
    size_byte: Int[Array, "*axes"], code_rate: Float[Array, "*axes"]
) -> tuple[Int[Array, "*axes"], Float[Array, "*axes"], Float[Array, "*axes"]]:
    """Base graph less one, number of code blocks, bits of one: `segment` for many."""
    bits = 8.0 * size_byte.astype(code_rate.dtype)
    long = bits > LARGEST_LISTED_BITS
    second = (bits <= SMALL_BITS) | (code_rate <= LOW_RATE)
    second = second | (~long & (code_rate <= MIDDLE_RATE))
    most = jnp.where(second, float(MOST_BITS[2]), float(MOST_BITS[1]))
    with_crc = bits + jnp.where(long, float(LONG_CRC_BITS), float(SHORT_CRC_BITS))
    blocks = jnp.ceil(with_crc / (most - BLOCK_CRC_BITS))
    alone = with_crc <= most
    blocks = jnp.where(alone, 1.0, blocks)
    each = with_crc / blocks + jnp.where(alone, 0.0, float(BLOCK_CRC_BITS))
    return second.astype(jnp.int32), blocks, each


def _between_nodes(
    block_bits: Float[Array, "*axes"],
) -> tuple[Int[Array, "*axes"], Float[Array, "*axes"]]:
    """The node below, and how far above it, 0..1."""
    # The bits of positive floats are ordered like the floats.
    bits = jax.lax.bitcast_convert_type(block_bits.astype(jnp.float32), jnp.int32)
    below = jnp.clip((bits >> CUT_BITS) - FIRST_NODE, 0, NODES - 2)
    behind = (bits & ((1 << CUT_BITS) - 1)).astype(block_bits.dtype)
    return below, behind * 2.0**-CUT_BITS


def grid_db() -> np.ndarray:
    """The points, evenly spaced from LOWEST_DB on."""
    return np.arange(LOWEST_DB, HIGHEST_DB + 0.5 * STEP_DB, STEP_DB)


def _level_of(failing: np.ndarray) -> np.ndarray:
    """The t of the docstring: the one real root of its cubic."""
    failing = np.clip(np.asarray(failing, np.float64), LEAST_FAILING, MOST_FAILING)
    logit = np.log(failing) - np.log1p(-failing)
    third = LINEAR / (3.0 * CUBIC)
    return 2.0 * third**0.5 * np.sinh(np.arcsinh(logit / (2 * CUBIC * third**1.5)) / 3)


def _levels(table: ModulationTable, block_bits: np.ndarray) -> np.ndarray:
    """Of every base graph, transmission, scheme, length and point of the grid.

    block_bits: of every scheme the lengths asked for
    """
    errors = block_error()

    def one(sinr, order, rate, mother_rate, block_bits):
        combining = IncrementalRedundancy(mother_rate)
        return failures(errors, combining, sinr, order, rate, block_bits)

    by_point = jax.vmap(one, (0, None, None, None, None))
    by_length = jax.vmap(by_point, (None, None, None, None, 0))
    by_scheme = jax.vmap(by_length, (None, 0, 0, None, 0))
    by_graph = jax.jit(jax.vmap(by_scheme, (None, None, None, 0, None)))
    failed = by_graph(
        ratio_from_db(jnp.asarray(grid_db(), float)),
        table.bits_per_symbol,
        table.code_rate,
        jnp.asarray([MOTHER_RATE[1], MOTHER_RATE[2]], float),
        jnp.asarray(block_bits, float),
    )
    return np.moveaxis(_level_of(np.asarray(failed)), -1, 1)


@functools.cache
def _listed_levels(mcs_table_number: int) -> np.ndarray:
    """Of single code blocks, at the nodes; on the host, whoever asks first."""
    first = np.arange(FIRST_NODE, FIRST_NODE + NODES, dtype=np.int32)
    bits = (first << CUT_BITS).view(np.float32)
    table = mcs_table(mcs_table_number)
    return _levels(table, np.tile(bits, (len(table.code_rate), 1)))


def block_failures(mcs_table_number: int) -> BlockFailures:
    """Of an MCS table of TS 38.214; a second of work, once a process."""
    return BlockFailures(
        code_rate=mcs_table(mcs_table_number).code_rate,
        level=jnp.asarray(_listed_levels(mcs_table_number), float),
    )


def target_sinr_db(
    table: ModulationTable, resource_elements: int, target: float = TARGET
) -> np.ndarray:
    """From where a block of so many elements on one layer fails no more often, dB."""
    rates = [float(rate) for rate in table.code_rate]
    cuts = [
        segment(transport_block_bits(resource_elements, rate, int(order)), rate)
        for rate, order in zip(rates, table.bits_per_symbol, strict=True)
    ]
    bits = np.array([[cut.block_bits] for cut in cuts])
    # Before anything is repeated the mother rate plays no part. Rising, as interp asks.
    first = -_levels(table, bits)[0, 0, :, 0]
    # All code blocks have to arrive: 1 - (1 - p)^C is the target.
    blocks = np.array([float(cut.code_blocks) for cut in cuts])
    at_target = -_level_of(-np.expm1(np.log1p(-target) / blocks))
    each = zip(at_target, first, strict=True)
    return np.array([np.interp(level, levels, grid_db()) for level, levels in each])
