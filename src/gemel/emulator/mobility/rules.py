"""By which rules do users and cells decide about a change of cell?

Events and their parameters are those of TS 38.331 clause 5.5.4, radio-link failure
that of its clause 5.3.10, reselection that of TS 38.304 clause 5.2.4. Qout, Qin, T310,
the times of preparation and execution, and the ping-pong time are those of TR 36.839.
What a cell may set for itself (margin, hysteresis, time to trigger, offsets) is a
control or a setting and not here.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gemel.network.association import SUBCARRIERS_PER_PRB
from gemel.network.cells import Cells
from gemel.units import db_from_ratio

A2_ABOVE_ENTRY_DB = 6.0  # a search of some seconds before a layer is left
A1_ABOVE_A2_DB = 3.0
Q_IN_DB = -6.0


class MobilityRules(eqx.Module):
    """The same for all cells, or one value a layer.

    filter_coefficient:   k of the L3 filter, clause 5.5.3.2
    measurement_period_ms: at which k holds: 5 SMTC periods, at least 200 ms, TS 38.133
                          clause 9.2.5
    measurement_error_db: standard deviation of a measurement before the L3 filter
    a1_dbm, a2_dbm:       the serving level that ends and starts the search in gaps
    a4_dbm:               above it a cell of a layer of higher priority is taken
    a5_1_dbm:             below it the serving layer may be left for a lower one
    a5_2_dbm:             above it a cell of a lower layer is taken in that case
    gap_share:            of the time, measured in gaps below A2; pattern 0 of TS 38.133
                          table 9.1.2-1: 6 of 40 ms
    search_share:         the same while only higher layers are looked for; none, since
                          most devices have a second receiver for that
    floor_dbm:            SS-RSRP below which no cell is suitable (q-RxLevMin): where
                          noise alone keeps a user from being in sync, or it would come
                          back to a cell that it cannot hear, only to lose it again
    n310, n311, t310_ms, t311_ms: of TS 38.331; an indication comes every 10 ms
    q_out_db, q_in_db:    SINR of the serving cell for out-of-sync and in-sync
    preparation_ms:       from the report to the command
    execution_ms:         from the command to the first byte in the new cell
    preparation_failure:  share of preparations that the target turns down by bad luck
    report_interval_ms:   after a failed preparation, until the user reports again
    reestablishment_ms:   from radio-link failure to the first byte
    soon_after_ms:        a failure within this time of a handover is blamed on it
    minimum_stay_ms:      a shorter one, and back again, is a ping-pong
    prepare_ahead_db:     how far below its margin a cell is prepared conditionally
    q_hyst_db, t_reselection_ms: of idle users
    """

    filter_coefficient: Float[Array, ""]
    measurement_period_ms: Float[Array, ""]
    measurement_error_db: Float[Array, ""]
    a1_dbm: Float[Array, " layer"]
    a2_dbm: Float[Array, " layer"]
    a4_dbm: Float[Array, " layer"]
    a5_1_dbm: Float[Array, " layer"]
    a5_2_dbm: Float[Array, " layer"]
    gap_share: Float[Array, ""]
    search_share: Float[Array, ""]
    floor_dbm: Float[Array, " layer"]
    n310: Int[Array, ""]
    n311: Int[Array, ""]
    t310_ms: Int[Array, ""]
    t311_ms: Int[Array, ""]
    q_out_db: Float[Array, ""]
    q_in_db: Float[Array, ""]
    preparation_ms: Int[Array, ""]
    execution_ms: Int[Array, ""]
    preparation_failure: Float[Array, ""]
    report_interval_ms: Int[Array, ""]
    reestablishment_ms: Int[Array, ""]
    soon_after_ms: Int[Array, ""]
    minimum_stay_ms: Int[Array, ""]
    prepare_ahead_db: Float[Array, ""]
    q_hyst_db: Float[Array, ""]
    t_reselection_ms: Int[Array, ""]


def _ms(value: int) -> Int[Array, ""]:
    return jnp.asarray(value, jnp.int32)


def _number(value: float) -> Float[Array, ""]:
    return jnp.asarray(value, jnp.float32)


def usual_rules(cells: Cells) -> MobilityRules:
    """Textbook values; layers are entered and left where flows enter and leave them."""
    entry_dbm = cells.carriers.entry_dbm
    blocks_mw = cells.carriers.noise_mw / cells.carriers.prb
    noise_dbm = db_from_ratio(blocks_mw / np.float32(SUBCARRIERS_PER_PRB))
    return MobilityRules(
        filter_coefficient=_number(4.0),
        measurement_period_ms=_number(200.0),
        measurement_error_db=_number(0.0),
        a1_dbm=entry_dbm + np.float32(A2_ABOVE_ENTRY_DB + A1_ABOVE_A2_DB),
        a2_dbm=entry_dbm + np.float32(A2_ABOVE_ENTRY_DB),
        a4_dbm=entry_dbm,
        a5_1_dbm=entry_dbm,
        a5_2_dbm=entry_dbm,
        gap_share=_number(6.0 / 40.0),
        search_share=_number(0.0),
        floor_dbm=noise_dbm + np.float32(Q_IN_DB),
        n310=_ms(10),
        n311=_ms(1),
        t310_ms=_ms(1_000),
        t311_ms=_ms(10_000),
        q_out_db=_number(-8.0),
        q_in_db=_number(Q_IN_DB),
        preparation_ms=_ms(50),
        execution_ms=_ms(40),
        preparation_failure=_number(0.0),
        report_interval_ms=_ms(240),
        reestablishment_ms=_ms(200),
        soon_after_ms=_ms(3_000),
        minimum_stay_ms=_ms(1_000),
        prepare_ahead_db=_number(3.0),
        q_hyst_db=_number(2.0),
        t_reselection_ms=_ms(1_000),
    )
