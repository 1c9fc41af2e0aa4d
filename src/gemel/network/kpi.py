"""Which few numbers does an operator judge one period of a network by?

The names are the target names of 3GPP TS 28.312 (TS28312_IntentExpectations), so that
a number can be laid beside its target without a table of translations.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

LOW_THROUGHPUT_KBPS = 5_000.0  # our default where a target gives no threshold
HIGH_LOAD_PERCENT = 80.0  # our default where a target gives no threshold

Report = Array | np.ndarray


def kpis(
    volume_kbit: Float[Report, " cell"],
    throughput_kbps: Float[Report, " cell"],
    prb_load: Float[Report, " cell"],
    energy_kwh: Float[Report, " cell"],
    awake: Bool[Report, " cell"],
    low_throughput_kbps: float | Float[Array, ""] = LOW_THROUGHPUT_KBPS,
    high_load_percent: float | Float[Array, ""] = HIGH_LOAD_PERCENT,
) -> dict[str, Float[Array, ""]]:
    """The period's numbers from what every cell reported, by target name.

    volume_kbit:      downlink data carried, DRB.PdcpSduVolumeDL of TS 28.552
    throughput_kbps:  DRB.UEThpDl of TS 28.552, kbit/s; anything where nothing flowed
    prb_load:         RRU.PrbTotDl of TS 28.552 as a share, 0..1
    energy_kwh:       PEE.Energy of TS 28.552, apportioned to the cell
    awake:            False where the cell slept through the period

    AveDLRANUEThpt, kbit/s: the cells' throughput averaged with their downlink volume as
        weight, DlUeThroughput_SNw of TS 28.554. 0 when nothing flowed anywhere: a
        network in which all cells sleep has not kept a promise about throughput.
    LowDLRANUEThptRatio, %: cells below low_throughput_kbps among all cells (TS 28.312
        counts cells, not users). A cell that carried nothing, asleep or empty, served
        nobody badly: it is not below, but it is among all cells.
    AveDLPrbLoad, %: mean load of the cells that are awake; 0 when none is.
    HighDLPrbLoadRatio, %: awake cells above high_load_percent among all cells.
    RANEnergyConsumption, kWh: the sum, EC_NG-RAN of TS 28.554 clause 6.7.3.4.1.
    """
    volume_kbit, throughput_kbps = (
        jnp.asarray(volume_kbit),
        jnp.asarray(throughput_kbps),
    )
    prb_load, energy_kwh = jnp.asarray(prb_load), jnp.asarray(energy_kwh)
    awake = jnp.asarray(awake)

    carried = volume_kbit > 0.0
    total_kbit = jnp.sum(volume_kbit)
    # A cell without traffic may report any throughput, even NaN: 0 x NaN is NaN.
    heard_kbps = jnp.where(carried, throughput_kbps, 0.0)
    # Weights before the sum: volume x throughput of a day would strain float32.
    weight = volume_kbit / jnp.where(total_kbit > 0.0, total_kbit, 1.0)
    low = carried & (heard_kbps < low_throughput_kbps)

    load_percent = jnp.where(awake, prb_load, 0.0) * 100.0
    awake_cells = jnp.sum(awake, dtype=load_percent.dtype)
    high = awake & (load_percent > high_load_percent)

    return {
        "AveDLRANUEThpt": jnp.sum(weight * heard_kbps),
        "LowDLRANUEThptRatio": 100.0 * jnp.mean(low, dtype=heard_kbps.dtype),
        "AveDLPrbLoad": jnp.sum(load_percent) / jnp.maximum(awake_cells, 1.0),
        "HighDLPrbLoadRatio": 100.0 * jnp.mean(high, dtype=load_percent.dtype),
        "RANEnergyConsumption": jnp.sum(energy_kwh),
    }
