"""What is a carrier made of: band, blocks, noise, antenna, and what it costs to run?

Where the inventory says only a frequency and a bandwidth, the rest follows the band:

| band     | SCS    | duplex  | streams | antenna (gain, horizontal, vertical), spill  |
|----------|--------|---------|---------|----------------------------------------------|
| < 1 GHz  | 15 kHz | FDD     | 2       | 15 dBi, 65°, 10° passive column, 0 dB        |
| 1–3 GHz  | 15 kHz | FDD     | 2       | 17 dBi, 65°, 8° passive column, 0 dB         |
| >= 3 GHz | 30 kHz | TDD     | 4       | 23 dBi, 65°, 20° envelope of an array, -8 dB |

The antenna figures are typical catalogue values, not of one product. `spill` is how
much weaker the traffic of a steered array arrives at the users of other cells than the
envelope of its beams says, since a beam seldom points at them; -8 dB is our assumption
for 64 elements. A higher `priority` is preferred while its SS-RSRP stays above
`entry_dbm` (absolute priorities, TS 38.304 clause 5.2.4.5).
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.units import THERMAL_NOISE_DBM_PER_HZ
from gemel.world.inventory import PlannedCell

USER_NOISE_FIGURE_DB = 9.0  # TR 38.901 table 7.8-1
TDD_DOWNLINK_SHARE = 0.75  # of the symbols, pattern DDDSU and the like

# Transmission bandwidth in resource blocks, TS 38.101-1 table 5.3.2-1 (SCS kHz, MHz).
RESOURCE_BLOCKS = {
    (15, 3): 15, (15, 5): 25, (15, 10): 52, (15, 15): 79, (15, 20): 106,
    (15, 25): 133, (15, 30): 160, (15, 35): 188, (15, 40): 216, (15, 45): 242,
    (15, 50): 270,
    (30, 5): 11, (30, 10): 24, (30, 15): 38, (30, 20): 51, (30, 25): 65, (30, 30): 78,
    (30, 35): 92, (30, 40): 106, (30, 45): 119, (30, 50): 133, (30, 60): 162,
    (30, 70): 189, (30, 80): 217, (30, 90): 245, (30, 100): 273,
}  # fmt: skip


class Carriers(eqx.Module):
    """One entry a layer; a layer is all cells with one frequency and bandwidth.

    downlink_share: of symbols; 1 for FDD
    priority:       from 1; higher is preferred above entry_dbm of SS-RSRP
    spill:          of traffic beams onto other cells' users, as a ratio
    micro, downlink, uplink: relative power of TR 38.864 table 5.1-3, category 1
    watts_per_unit: what one relative unit of that table stands for here
    """

    label: tuple[str, ...] = eqx.field(static=True)
    carrier_ghz: Float[Array, " layer"]
    bandwidth_hz: Float[Array, " layer"]
    prb: Float[Array, " layer"]
    noise_mw: Float[Array, " layer"]
    streams: Float[Array, " layer"]
    downlink_share: Float[Array, " layer"]
    priority: Float[Array, " layer"]
    entry_dbm: Float[Array, " layer"]
    gain_dbi: Float[Array, " layer"]
    horizontal_3db_deg: Float[Array, " layer"]
    vertical_3db_deg: Float[Array, " layer"]
    spill: Float[Array, " layer"]
    micro: Float[Array, " layer"]
    downlink: Float[Array, " layer"]
    uplink: Float[Array, " layer"]
    watts_per_unit: Float[Array, " layer"]


def resource_blocks(scs_khz: int, bandwidth_mhz: float) -> int:
    """TS 38.101-1 table 5.3.2-1; between its columns, 94.5 % of the bandwidth."""
    listed = RESOURCE_BLOCKS.get((scs_khz, round(bandwidth_mhz)))
    return listed or max(1, int(0.945 * bandwidth_mhz * 1_000 / (12 * scs_khz)))


def layer_keys(cells: tuple[PlannedCell, ...]) -> list[tuple[float, float]]:
    """The distinct (carrier_ghz, bandwidth_mhz), lowest frequency first."""
    return sorted({(cell.carrier_ghz, cell.bandwidth_mhz) for cell in cells})


def carriers_of(cells: tuple[PlannedCell, ...]) -> Carriers:
    """The carriers that these cells use, by the rules of the table above."""
    keys = layer_keys(cells)
    ghz = np.array([key[0] for key in keys])
    mhz = np.array([key[1] for key in keys])
    band = np.digitize(ghz, [1.0, 3.0])  # 0 low, 1 middle, 2 high
    scs_khz = np.array([15, 15, 30])[band]
    prb = np.array(
        [resource_blocks(int(s), m) for s, m in zip(scs_khz, mhz, strict=True)]
    )
    occupied_hz = prb * 12 * scs_khz * 1e3
    noise_dbm = (
        THERMAL_NOISE_DBM_PER_HZ + 10 * np.log10(occupied_hz) + USER_NOISE_FIGURE_DB
    )
    twice = len({round(value, 4) for value in ghz}) < len(ghz)

    def by_band(low: float, middle: float, high: float) -> Float[Array, " layer"]:
        return jnp.asarray(np.array([low, middle, high])[band], jnp.float32)

    return Carriers(
        label=tuple(
            f"{1_000 * g:.0f} MHz" + (f"/{m:g}" if twice else "") for g, m in keys
        ),
        carrier_ghz=jnp.asarray(ghz, jnp.float32),
        bandwidth_hz=jnp.asarray(occupied_hz, jnp.float32),
        prb=jnp.asarray(prb, jnp.float32),
        noise_mw=jnp.asarray(10 ** (noise_dbm / 10), jnp.float32),
        streams=by_band(2.0, 2.0, 4.0),
        downlink_share=by_band(1.0, 1.0, TDD_DOWNLINK_SHARE),
        # From 1: also the lowest layer goes before any that is below its entry level.
        priority=jnp.asarray(1 + np.argsort(np.argsort(ghz)), jnp.float32),
        entry_dbm=by_band(-125.0, -114.0, -114.0),
        gain_dbi=by_band(15.0, 17.0, 23.0),
        horizontal_3db_deg=by_band(65.0, 65.0, 65.0),
        vertical_3db_deg=by_band(10.0, 8.0, 20.0),
        spill=by_band(1.0, 1.0, 10**-0.8),
        # Sets 2, 2 and 1 of TR 38.864 table 5.1-1: FDD 20 MHz, and TDD 100 MHz 64 TxRU.
        micro=by_band(50.0, 50.0, 55.0),
        downlink=by_band(200.0, 200.0, 280.0),
        uplink=by_band(90.0, 90.0, 110.0),
        watts_per_unit=by_band(2.0, 2.0, 3.0),
    )
