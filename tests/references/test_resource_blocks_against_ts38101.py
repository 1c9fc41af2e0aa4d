"""Are the resource blocks of a carrier those of TS 38.101, tables 5.3.2-1?

TS 38.101-1, V18, rows SCS 15 and 30 kHz, and TS 38.101-2, row 120 kHz; a carrier may
use no more blocks than these.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.network.carriers import carriers_of, resource_blocks
from gemel.world.inventory import PlannedCell

TABLE = {
    15: {
        3: 15, 5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160, 35: 188, 40: 216,
        45: 242, 50: 270,
    },
    30: {
        5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 35: 92, 40: 106, 45: 119,
        50: 133, 60: 162, 70: 189, 80: 217, 90: 245, 100: 273,
    },
    120: {50: 32, 100: 66, 200: 132, 400: 264},
}  # fmt: skip
COLUMNS = [(scs, mhz) for scs, row in TABLE.items() for mhz in row]


@pytest.mark.parametrize(("scs_khz", "mhz"), COLUMNS)
def test_every_column_of_the_table(scs_khz, mhz):
    assert resource_blocks(scs_khz, float(mhz)) == TABLE[scs_khz][mhz]


@given(st.sampled_from([15, 30]), st.floats(3.0, 100.0))
def test_blocks_fit_into_the_bandwidth_between_the_columns_too(scs_khz, mhz):
    """Clause 5.3.3 keeps a guard band at each edge, so less than all of it is used."""
    used_mhz = resource_blocks(scs_khz, mhz) * 12 * scs_khz / 1_000
    assert used_mhz < mhz
    # The emptiest column is 30 kHz in 5 MHz, 79 %; a block fewer than 94.5 % is 81 %
    # at 3 MHz. Half a megahertz more than a column says is counted as the column.
    assert used_mhz > 0.79 * (mhz - 0.5)


@pytest.mark.parametrize(
    ("ghz", "mhz", "prb", "hz"),
    [
        # 12 subcarriers of 15 kHz below 3 GHz, of 30 kHz above, of 120 from 24 GHz on
        (0.7, 10.0, 52, 52 * 180e3),
        (2.1, 20.0, 106, 106 * 180e3),
        (3.5, 100.0, 273, 273 * 360e3),
        (26.0, 400.0, 264, 264 * 1_440e3),
    ],
)
def test_a_carrier_is_as_wide_as_its_blocks(ghz, mhz, prb, hz):
    cell = PlannedCell("A", "S", 0.0, 0.0, 25.0, 0.0, 5.0, 49.0, ghz, mhz)
    carriers = carriers_of((cell,))
    assert float(carriers.prb[0]) == prb
    assert float(carriers.bandwidth_hz[0]) == pytest.approx(hz, rel=1e-6)  # float32
