"""What is a carrier made of: band, blocks, noise, antenna, and what it costs to run?

Where the inventory says only a frequency and a bandwidth, the rest follows the band.
The antenna figures are typical catalogue values, not of one product. `spill_db` is how
much weaker the traffic of a steered array arrives at the users of other cells than the
envelope of its beams says, since a beam seldom points at them; -8 dB is our assumption
for 64 elements, -12 dB for the narrower beams of 128. A higher `priority` is preferred
while its SS-RSRP stays above `entry_dbm` (absolute priorities, TS 38.304 clause
5.2.4.5). Gas (P.676) is counted from 6 GHz on; below, it takes less than 0.01 dB/km.
"""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.radio.antenna import SectorPattern
from gemel.radio.attenuation.per_km import gas_db_per_km, rain_db_per_km
from gemel.units import THERMAL_NOISE_DBM_PER_HZ
from gemel.world.inventory import PlannedCell

USER_NOISE_FIGURE_DB = 9.0  # TR 38.901 table 7.8-1
TDD_DOWNLINK_SHARE = 0.75  # of the symbols, pattern DDDSU and the like
GAS_FROM_GHZ = 6.0

# Transmission bandwidth in resource blocks (SCS kHz, MHz): TS 38.101-1 table 5.3.2-1,
# and from 120 kHz on TS 38.101-2 table 5.3.2-1.
RESOURCE_BLOCKS = {
    (15, 3): 15, (15, 5): 25, (15, 10): 52, (15, 15): 79, (15, 20): 106,
    (15, 25): 133, (15, 30): 160, (15, 35): 188, (15, 40): 216, (15, 45): 242,
    (15, 50): 270,
    (30, 5): 11, (30, 10): 24, (30, 15): 38, (30, 20): 51, (30, 25): 65, (30, 30): 78,
    (30, 35): 92, (30, 40): 106, (30, 45): 119, (30, 50): 133, (30, 60): 162,
    (30, 70): 189, (30, 80): 217, (30, 90): 245, (30, 100): 273,
    (120, 50): 32, (120, 100): 66, (120, 200): 132, (120, 400): 264,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Band:
    """What carriers from a frequency on have in common.

    gain_dbi, vertical_3db_deg:  of the usual antenna, 65 degrees wide
    micro, downlink, uplink:     relative power of TR 38.864 table 5.1-3, category 1
    watts_per_unit:              what one relative unit of that table stands for here
    """

    from_ghz: float
    scs_khz: int
    downlink_share: float
    streams: float
    entry_dbm: float
    gain_dbi: float
    vertical_3db_deg: float
    spill_db: float
    micro: float
    downlink: float
    uplink: float
    watts_per_unit: float


FDD = 1.0
# Power of sets 2, 2, 1 and 3: FDD 20 MHz, TDD 100 MHz with 64 TxRU, and FR2.
BANDS = (
    Band(0.0, 15, FDD, 2.0, -125.0, 15.0, 10.0, 0.0, 50.0, 200.0, 90.0, 2.0),
    Band(1.0, 15, FDD, 2.0, -114.0, 17.0, 8.0, 0.0, 50.0, 200.0, 90.0, 2.0),
    Band(
        3.0, 30, TDD_DOWNLINK_SHARE, 4.0, -114.0,
        23.0, 20.0, -8.0, 55.0, 280.0, 110.0, 3.0,
    ),
    Band(
        24.0, 120, TDD_DOWNLINK_SHARE, 2.0, -114.0,
        29.0, 30.0, -12.0, 38.0, 152.0, 80.0, 3.0,
    ),
)  # fmt: skip


def band_of(carrier_ghz: float) -> Band:
    """The last band that begins at or below this frequency."""
    return [band for band in BANDS if band.from_ghz <= carrier_ghz][-1]


class Carriers(eqx.Module):
    """One entry a layer; a layer is all cells with one frequency and bandwidth.

    scs_khz:        subcarrier spacing, 15 kHz times two to the numerology
    noise_mw:       in all of the carrier's blocks, the users' noise figure included
    downlink_share: of symbols; 1 for FDD
    priority:       from 1; higher is preferred above entry_dbm of SS-RSRP
    spill:          of traffic beams onto other cells' users, as a ratio
    air_db_per_km:  lost to gas and rain beside the path loss
    micro, downlink, uplink: relative power of TR 38.864 table 5.1-3, category 1
    watts_per_unit: what one relative unit of that table stands for here
    """

    label: tuple[str, ...] = eqx.field(static=True)
    carrier_ghz: Float[Array, " layer"]
    bandwidth_hz: Float[Array, " layer"]
    scs_khz: Float[Array, " layer"]
    prb: Float[Array, " layer"]
    noise_mw: Float[Array, " layer"]
    streams: Float[Array, " layer"]
    downlink_share: Float[Array, " layer"]
    priority: Float[Array, " layer"]
    entry_dbm: Float[Array, " layer"]
    spill: Float[Array, " layer"]
    air_db_per_km: Float[Array, " layer"]
    micro: Float[Array, " layer"]
    downlink: Float[Array, " layer"]
    uplink: Float[Array, " layer"]
    watts_per_unit: Float[Array, " layer"]


def resource_blocks(scs_khz: int, bandwidth_mhz: float) -> int:
    """The tables above; between their columns, 94.5 % of the bandwidth."""
    listed = RESOURCE_BLOCKS.get((scs_khz, round(bandwidth_mhz)))
    return listed or max(1, int(0.945 * bandwidth_mhz * 1_000 / (12 * scs_khz)))


def layer_keys(cells: tuple[PlannedCell, ...]) -> list[tuple[float, float]]:
    """The distinct (carrier_ghz, bandwidth_mhz), lowest frequency first."""
    return sorted({(cell.carrier_ghz, cell.bandwidth_mhz) for cell in cells})


def usual_antenna(carrier_ghz: float) -> SectorPattern:
    """What a cell carries whose antenna nobody named."""
    band = band_of(carrier_ghz)
    return SectorPattern(
        gain_dbi=band.gain_dbi,
        horizontal_3db_deg=65.0,
        vertical_3db_deg=band.vertical_3db_deg,
        side_lobe_db=20.0,
        front_to_back_db=25.0,
    )


def air_db_per_km(
    carrier_ghz: np.ndarray, rain_mm_h: float = 0.0
) -> Float[np.ndarray, " layer"]:
    """What clear air and rain take from every kilometre of each carrier."""
    lost_db = np.zeros(len(carrier_ghz))
    high = carrier_ghz >= GAS_FROM_GHZ
    if high.any():
        lost_db[high] = gas_db_per_km(carrier_ghz[high])
    if rain_mm_h > 0.0:
        lost_db += rain_db_per_km(carrier_ghz, rain_mm_h)
    return lost_db


def carriers_of(cells: tuple[PlannedCell, ...], rain_mm_h: float = 0.0) -> Carriers:
    """The carriers that these cells use, by the rules of their bands."""
    keys = layer_keys(cells)
    ghz = np.array([key[0] for key in keys])
    mhz = [key[1] for key in keys]
    bands = [band_of(key[0]) for key in keys]
    scs_khz = np.array([band.scs_khz for band in bands])
    prb = np.array(
        [resource_blocks(band.scs_khz, m) for band, m in zip(bands, mhz, strict=True)]
    )
    occupied_hz = prb * 12 * scs_khz * 1e3
    noise_dbm = (
        THERMAL_NOISE_DBM_PER_HZ + 10 * np.log10(occupied_hz) + USER_NOISE_FIGURE_DB
    )
    twice = len({round(value, 4) for value in ghz}) < len(ghz)

    def each(name: str) -> np.ndarray:
        return np.array([getattr(band, name) for band in bands])

    def stored(value: np.ndarray) -> Float[Array, " layer"]:
        return jnp.asarray(value, jnp.float32)

    return Carriers(
        label=tuple(
            f"{1_000 * g:.0f} MHz" + (f"/{m:g}" if twice else "") for g, m in keys
        ),
        carrier_ghz=stored(ghz),
        bandwidth_hz=stored(occupied_hz),
        scs_khz=stored(scs_khz),
        prb=stored(prb),
        noise_mw=stored(10 ** (noise_dbm / 10)),
        streams=stored(each("streams")),
        downlink_share=stored(each("downlink_share")),
        # From 1: also the lowest layer goes before any that is below its entry level.
        priority=stored(1 + np.argsort(np.argsort(ghz))),
        entry_dbm=stored(each("entry_dbm")),
        spill=stored(10 ** (each("spill_db") / 10)),
        air_db_per_km=stored(air_db_per_km(ghz, rain_mm_h)),
        micro=stored(each("micro")),
        downlink=stored(each("downlink")),
        uplink=stored(each("uplink")),
        watts_per_unit=stored(each("watts_per_unit")),
    )
