"""Are block sizes and efficiencies those that 3GPP prints?

Payloads of the fixed reference channels G-FR1-A1-1 to -6, 3GPP TS 38.104 table A.1-1:
QPSK at 308/1024, 12 data symbols of 14. CQI efficiencies: TS 38.214 table 5.2.2.1-3.
"""

import numpy as np
import pytest

from gemel.network.link_to_system.slot_tables import (
    block_sizes_byte,
    data_elements,
    slot_tables,
)

QPSK_308 = 2  # its row in MCS table 5.1.3.1-2
PAYLOADS = {25: 2_152, 11: 984, 106: 9_224, 51: 4_352, 24: 2_088}  # blocks: bits
EFFICIENCIES = [
    0.1523, 0.3770, 0.8770, 1.4766, 1.9141, 2.4063, 2.7305, 3.3223,
    3.9023, 4.5234, 5.1152, 5.5547, 6.2266, 6.9141, 7.4063,
]  # fmt: skip


@pytest.mark.parametrize("blocks", PAYLOADS)
def test_payload_of_reference_channels(blocks):
    sizes = block_sizes_byte(106, data_elements(14, reference_elements=24), 1)
    assert int(sizes[0, blocks, QPSK_308]) * 8 == PAYLOADS[blocks]


def test_efficiency_of_every_report():
    found = np.asarray(slot_tables(106).cqi_efficiency)
    assert found[0] == 0.0
    assert found[1:] == pytest.approx(EFFICIENCIES, abs=5.1e-5)  # 4 digits, halves up
