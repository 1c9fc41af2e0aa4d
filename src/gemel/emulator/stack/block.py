"""Which transport block carries a packet, and how often does it fail?

The scheme is kept for the whole flow: the most efficient whose first transmission, on
average over the fading, fails in no more than 10 % where somebody will send again (MCS
table 1), or 1e-5 where nobody will (table 3); TS 38.214 clauses 5.1.3.1 and 5.2.2.1. Of
the resource blocks, as many as the packet needs; if the air has not so many, the packet
is cut into segments. Failing follows the project's own link tables, with incremental
redundancy at the mean SINR of what was sent so far.
"""

import dataclasses
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.emulator.stack.air import Air
from gemel.emulator.stack.fading import GRID_DB, power_shares
from gemel.emulator.stack.flows import Flow
from gemel.emulator.stack.plan import Plan
from gemel.errors import ScenarioError
from gemel.network.link_to_system.block_error import (
    BlockError,
    block_error,
    transport_block_error,
)
from gemel.network.link_to_system.code_blocks import (
    Segmentation,
    segment,
    transport_block_bits,
)
from gemel.network.link_to_system.harq import IncrementalRedundancy
from gemel.network.link_to_system.modulation import ModulationTable, mcs_table
from gemel.units import ratio_from_db

TARGET, TABLE = 0.1, 1  # TS 38.214 clause 5.2.2.1, somebody will send again
SURE_TARGET, SURE_TABLE = 1e-5, 3  # as above, CQI table 4 with MCS table 3
BLOCK_CARRIERS = 12
PILOT_SYMBOLS = 1  # DM-RS, single symbol, nothing else in it
MOST_SEGMENTS = 128  # of one packet; more are not worth their simulation
LOWEST_DB, STEP_DB, STEPS = -60.0, 0.02, 6_000  # of the table of failures
LEAST = 1e-12  # of a failure; rarer than anything simulated
SHORT_BYTE = 255  # the length that one byte of a MAC subheader can say


@dataclasses.dataclass(frozen=True)
class Block:
    """One transmission of one segment.

    scheme:    index in the MCS table
    prb:       resource blocks
    byte:      of payload and IP headers that fit, headers of the block taken off
    segments:  that the largest packet needs
    """

    table: int
    scheme: int
    bits_per_symbol: float
    code_rate: float
    prb: int
    byte: float
    segments: int
    cut: Segmentation


def largest_byte(flow: Flow) -> float:
    """Of the payload: where the spread is cut, if there is any."""
    return flow.payload_byte * (1.5 if flow.spread > 0.0 else 1.0)


def _needed_byte(plan: Plan, flow: Flow, payload_byte: float) -> float:
    return payload_byte + flow.ip_packets * plan.header_byte(flow.ip_byte)


def _bits(plan: Plan, prb: int, code_rate: float, bits_per_symbol: float) -> int:
    elements = prb * BLOCK_CARRIERS * (plan.symbols - PILOT_SYMBOLS)
    return transport_block_bits(elements, code_rate, int(bits_per_symbol))


def _fitting(
    plan: Plan, air: Air, flow: Flow, table: ModulationTable, index: int
) -> tuple[int, int]:
    """Resource blocks and segments with this scheme; ScenarioError if it cannot be."""
    rate, bits = float(table.code_rate[index]), float(table.bits_per_symbol[index])
    needed = _needed_byte(plan, flow, largest_byte(flow))

    def room(prb: int, segments: int) -> float:
        size = _bits(plan, prb, rate, bits) / 8
        header = plan.block_byte[size > SHORT_BYTE]
        return size - header - (plan.segment_byte if segments > 1 else 0.0)

    segments = 1
    if room(air.prb, 1) < needed:
        if not plan.segmentation:
            raise ScenarioError(
                f"a packet of {needed:.0f} byte does not fit into {air.prb} resource "
                f"blocks of {plan.symbols} symbols. Add segmentation, or give more."
            )
        segments = math.ceil(needed / max(room(air.prb, 2), 1e-3))
        if segments > MOST_SEGMENTS:
            raise ScenarioError(
                f"a packet of {needed:.0f} byte would need {segments} blocks of "
                f"{plan.symbols} symbols, and {MOST_SEGMENTS} are the most. Leave "
                "mini_slot out, or give a better SINR."
            )
    share = needed / segments
    low, high = 1, air.prb
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if room(middle, segments) >= share else (middle + 1, high)
        )
    return low, segments


@jax.jit
def failing(
    errors: BlockError,
    sinr_db: Float[Array, " step"],
    transmissions: Float[Array, " attempt"],
    bits_per_symbol: Float[Array, ""],
    code_rate: Float[Array, ""],
    block_bits: Float[Array, ""],
    code_blocks: Float[Array, ""],
    mother_rate: Float[Array, ""],
) -> Float[Array, "attempt step"]:
    """The share of transport blocks that fail after so many transmissions."""
    combining = IncrementalRedundancy(mother_rate)

    def one(count: Float[Array, ""], sinr: Float[Array, ""]) -> Float[Array, ""]:
        seen, rate = combining.seen(sinr, count, code_rate)
        lost = errors.rate(seen, bits_per_symbol, rate, block_bits)
        return transport_block_error(lost, code_blocks)

    over_sinr = jax.vmap(one, (None, 0))
    return jax.vmap(over_sinr, (0, None))(transmissions, ratio_from_db(sinr_db))


def failing_of(
    block: Block, errors: BlockError, sinr_db: np.ndarray, transmissions: np.ndarray
) -> Float[np.ndarray, "attempt step"]:
    """The same of one block, as numbers."""
    numbers = (
        block.bits_per_symbol,
        block.code_rate,
        block.cut.block_bits,
        block.cut.code_blocks,
        block.cut.mother_rate,
    )
    return np.asarray(
        failing(
            errors,
            jnp.asarray(sinr_db, float),
            jnp.asarray(transmissions, float),
            *(jnp.asarray(number, float) for number in numbers),
        )
    )


def mean_failing(
    block: Block, errors: BlockError, air: Air, transmissions: int
) -> float:
    """Over the fading, at the same strength for all transmissions."""
    if air.fading == "none":
        sinr_db, share = np.array([air.sinr_db]), np.ones(1)
    else:
        sinr_db = air.sinr_db + GRID_DB
        share = power_shares(air.branches, air.k_factor)
    lost = failing_of(block, errors, sinr_db, np.array([transmissions]))
    return float((lost[0] * share).sum())


def _block(
    plan: Plan, air: Air, flow: Flow, number: int, table: ModulationTable, index: int
) -> Block:
    prb, segments = _fitting(plan, air, flow, table, index)
    rate, bits = float(table.code_rate[index]), float(table.bits_per_symbol[index])
    size = _bits(plan, prb, rate, bits)
    headers = plan.block_byte[size / 8 > SHORT_BYTE]
    headers += plan.segment_byte if segments > 1 else 0.0
    return Block(
        table=number,
        scheme=index,
        bits_per_symbol=bits,
        code_rate=rate,
        prb=prb,
        byte=size / 8 - headers,
        segments=segments,
        cut=segment(size, rate),
    )


def block_for(plan: Plan, air: Air, flow: Flow) -> Block:
    """The most efficient within the target; the most robust where none is."""
    number = SURE_TABLE if plan.one_chance else TABLE
    target = SURE_TARGET if plan.one_chance else TARGET
    table, errors = mcs_table(number), block_error()
    for index in reversed(range(table.code_rate.shape[0])):
        block = _block(plan, air, flow, number, table, index)
        if mean_failing(block, errors, air, 1) <= target:
            return block
    return _block(plan, air, flow, number, table, 0)


class FailureTable(eqx.Module):
    """Failing after 1, 2, … attempts, as a natural logarithm, over decibels."""

    log_failing: Float[Array, "attempt step"]

    def look_up(
        self, attempt: Int[Array, ""], sinr: Float[Array, "packet series"]
    ) -> Float[Array, "packet series"]:
        """To the nearest of steps so fine that no block notices."""
        decibel = jnp.log(jnp.maximum(sinr, 1e-7)) * (10.0 / math.log(10.0))
        place = jnp.round((decibel - LOWEST_DB) * (1.0 / STEP_DB)).astype(jnp.int32)
        return self.log_failing[attempt, jnp.clip(place, 0, STEPS - 1)]


def failure_table(block: Block, plan: Plan) -> FailureTable:
    """Of the project's own link tables, repetitions counted."""
    attempts = np.arange(1, plan.most_transmissions + 1) * plan.repetitions
    grid_db = LOWEST_DB + STEP_DB * np.arange(STEPS)
    lost = failing_of(block, block_error(), grid_db, attempts)
    return FailureTable(jnp.log(jnp.maximum(jnp.asarray(lost), LEAST)))
