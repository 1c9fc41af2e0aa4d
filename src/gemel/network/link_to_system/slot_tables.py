"""Which tables does a slot need so that a transport block costs a few look-ups?

MCS table 5.1.3.1-2 and CQI table 5.2.2.1-3 of TS 38.214 (256QAM), with everything of
this folder worked out beforehand: the exact block sizes of clause 5.1.3.2, the SINR
from which a block of the whole carrier meets the 10 % of clause 5.2.2.1, and how often
a block of some size has still failed after one to four transmissions with incremental
redundancy.
"""

import functools

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.errors import ScenarioError
from gemel.network.link_to_system.code_blocks import transport_block_bits
from gemel.network.link_to_system.modulation import cqi_table, mcs_table
from gemel.network.link_to_system.overhead import BLOCK_CARRIERS, SLOT_SYMBOLS
from gemel.network.link_to_system.slot_failures import (
    LOWEST_DB,
    STEP_DB,
    BlockFailures,
    block_failures,
    grid_db,
    target_sinr_db,
)

TABLE = 2  # 256QAM
MOST_ELEMENTS = 156  # that count in one resource block, TS 38.214 clause 5.1.3.2
REFERENCE_ELEMENTS = 12  # one symbol of DM-RS type 1, no data beside it: four layers


class SlotTables(eqx.Module):
    """One carrier's tables.

    mcs_sinr_db:     effective SINR of a layer from which a block of the whole carrier
                     meets the 10 % at its first transmission
    beta:            of the effective SINR, by MCS
    efficiency:      bits per resource element and layer, by MCS
    cqi_sinr_db:     as mcs_sinr_db; entry 0, out of range, begins where the tables do
    cqi_efficiency:  bits per resource element; none at entry 0
    block_byte:      transport block size, from 1 layer on, of 0, 1, … resource blocks
    failures:        of transport blocks, by transmissions
    mcs_below, cqi_below: the highest that the beginning of a step of dB allows
    """

    mcs_sinr_db: Float[Array, " mcs"]
    beta: Float[Array, " mcs"]
    efficiency: Float[Array, " mcs"]
    cqi_sinr_db: Float[Array, " cqi"]
    cqi_efficiency: Float[Array, " cqi"]
    block_byte: Int[Array, "layers prb mcs"]
    failures: BlockFailures
    mcs_below: Int[Array, " point"]
    cqi_below: Int[Array, " point"]

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
        return self.failures.failing(mcs, transmissions, mean_sinr_db, size_byte)

    def mcs_of(self, sinr_db: Float[Array, "*axes"]) -> Int[Array, "*axes"]:
        """The highest MCS within the target; 0 where there is none."""
        return _highest(self.mcs_sinr_db, self.mcs_below, sinr_db)

    def cqi_of(self, sinr_db: Float[Array, "*axes"]) -> Int[Array, "*axes"]:
        """What a user reports; 0 is out of range."""
        return _highest(self.cqi_sinr_db, self.cqi_below, sinr_db)


def _highest(
    threshold_db: Float[Array, " index"],
    below: Int[Array, " point"],
    sinr_db: Float[Array, "*axes"],
) -> Int[Array, "*axes"]:
    """What the step allows at its beginning, and one more if it begins within."""
    last = threshold_db.shape[0] - 1
    place = jnp.clip((sinr_db - LOWEST_DB) / STEP_DB, 0.0, below.shape[0] - 1.0)
    found = below[place.astype(jnp.int32)]
    more = sinr_db >= threshold_db[jnp.minimum(found + 1, last)]
    return jnp.where(more & (found < last), found + 1, found)


def data_elements(
    symbols: int = 12, reference_elements: int = REFERENCE_ELEMENTS
) -> int:
    """Of a resource block for data in a slot, N'_RE of TS 38.214 clause 5.1.3.2.

    symbols:  of the slot that the shared channel has; the control channel took the rest
    """
    elements = symbols * BLOCK_CARRIERS - reference_elements
    if symbols > SLOT_SYMBOLS or reference_elements < 0 or elements < 1:
        raise ScenarioError(
            f"{symbols} symbols less {reference_elements} reference elements leave no "
            f"slot that carries data; give 1 to {SLOT_SYMBOLS} symbols and fewer "
            "reference elements."
        )
    return min(elements, MOST_ELEMENTS)


@functools.cache
def _sizes_byte(prb: int, elements: int, most_layers: int) -> np.ndarray:
    table = mcs_table(TABLE)
    schemes = [
        (float(rate), int(order))
        for rate, order in zip(table.code_rate, table.bits_per_symbol, strict=True)
    ]
    sizes = np.zeros((most_layers, prb + 1, len(schemes)), np.int32)
    for layers in range(1, most_layers + 1):
        for blocks in range(1, prb + 1):
            sizes[layers - 1, blocks] = [
                transport_block_bits(blocks * elements, rate, order, layers) // 8
                for rate, order in schemes
            ]
    return sizes


def block_sizes_byte(
    prb: int, elements: int, most_layers: int = 4
) -> Int[Array, "layers prb mcs"]:
    """Of every transport block that fits: 1 … layers, 0 … prb, and every MCS.

    elements:  for data in one resource block, from `data_elements`
    """
    if not (prb >= 1 and 1 <= elements <= MOST_ELEMENTS and 1 <= most_layers <= 8):
        raise ScenarioError(
            f"no transport block has {prb} resource blocks of {elements} elements over "
            f"{most_layers} layers; give 1 or more, 1 to {MOST_ELEMENTS}, and 1 to 8."
        )
    return jnp.asarray(_sizes_byte(prb, elements, most_layers), jnp.int32)


@functools.cache
def _thresholds_db(prb: int, elements: int) -> tuple[np.ndarray, np.ndarray]:
    """Of every MCS and of every CQI but 0."""
    filling = prb * elements
    return (
        target_sinr_db(mcs_table(TABLE), filling),
        target_sinr_db(cqi_table(TABLE), filling),
    )


def slot_tables(
    prb: int,
    symbols: int = 12,
    reference_elements: int = REFERENCE_ELEMENTS,
    most_layers: int = 4,
) -> SlotTables:
    """Of a carrier of so many resource blocks; seconds of work, once a process.

    Raises ScenarioError where nothing is left for data.
    """
    elements = data_elements(symbols, reference_elements)
    sizes_byte = block_sizes_byte(prb, elements, most_layers)
    mcs_db, cqi_db = _thresholds_db(prb, elements)
    cqi_db = np.concatenate([[LOWEST_DB], cqi_db])
    schemes, cqis = mcs_table(TABLE), cqi_table(TABLE)

    def below(threshold_db: np.ndarray) -> Int[Array, " point"]:
        count = np.searchsorted(threshold_db, grid_db(), side="right")
        return jnp.asarray(np.maximum(count - 1, 0), jnp.int32)

    return SlotTables(
        mcs_sinr_db=jnp.asarray(mcs_db, float),
        beta=schemes.eesm_beta,
        efficiency=schemes.efficiency,
        cqi_sinr_db=jnp.asarray(cqi_db, float),
        cqi_efficiency=jnp.concatenate([jnp.zeros(1), cqis.efficiency]),
        block_byte=sizes_byte,
        failures=block_failures(TABLE),
        mcs_below=below(mcs_db),
        cqi_below=below(cqi_db),
    )
