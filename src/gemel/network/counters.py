"""What does a cell count between two reports, and under which TS 28.552 names?"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.units import BIT_PER_KBIT, JOULE_PER_KWH

# name -> (unit, clause of TS 28.552); energy is per cell here, a PNF's is the sum.
MEASUREMENTS = {
    "RRU.PrbTotDl": ("%", "5.1.1.2.1"),
    "DRB.UEThpDl": ("kbit/s", "5.1.1.3.1"),
    "DRB.PdcpSduVolumeDL": ("kbit", "5.1.2.1.1.1"),
    "RRC.ConnMean": ("1", "5.1.1.4.1"),
    "PEE.Energy": ("kWh", "5.1.1.19.3"),
}


class Counters(eqx.Module):
    """Sums since the last report, one value a cell.

    elapsed_s:   time counted
    prb_s:       share of blocks used, times seconds
    volume_bit:  delivered to users
    active_s:    user-seconds with data waiting
    users_s:     connected users, times seconds
    energy_j:    of the radio unit
    """

    elapsed_s: Float[Array, ""]
    prb_s: Float[Array, " cell"]
    volume_bit: Float[Array, " cell"]
    active_s: Float[Array, " cell"]
    users_s: Float[Array, " cell"]
    energy_j: Float[Array, " cell"]

    def __add__(self, other: "Counters") -> "Counters":
        return jax.tree.map(jnp.add, self, other)


def zero_counters(cells: int) -> Counters:
    """Nothing counted yet."""
    zeros = jnp.zeros(cells)
    return Counters(jnp.zeros(()), zeros, zeros, zeros, zeros, zeros)


def measurements(counters: Counters) -> dict[str, Float[Array, " cell"]]:
    """The report of a period. A cell that carried nothing has throughput zero."""
    seconds = jnp.maximum(counters.elapsed_s, 1e-9)
    carried = counters.active_s > 0.0
    throughput_bps = counters.volume_bit / jnp.where(carried, counters.active_s, 1.0)
    return {
        "RRU.PrbTotDl": 100.0 * counters.prb_s / seconds,
        "DRB.UEThpDl": jnp.where(carried, throughput_bps / BIT_PER_KBIT, 0.0),
        "DRB.PdcpSduVolumeDL": counters.volume_bit / BIT_PER_KBIT,
        "RRC.ConnMean": counters.users_s / seconds,
        "PEE.Energy": counters.energy_j / JOULE_PER_KWH,
    }
