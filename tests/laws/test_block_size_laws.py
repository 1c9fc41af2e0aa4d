"""Are transport blocks cut without a rest, and never smaller than what carries them?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.network.link_to_system import mcs_table
from gemel.network.link_to_system.code_blocks import (
    MOST_BITS,
    base_graph,
    segment,
    transport_block_bits,
)
from gemel.network.link_to_system.overhead import Downlink, SlotPattern

ELEMENTS = st.integers(1, 273 * 156)
RATES = st.sampled_from([30, 120, 251, 308, 449, 602, 772, 948]).map(lambda r: r / 1024)
ORDERS = st.sampled_from([2, 4, 6, 8])
LAYERS = st.integers(1, 4)


@given(ELEMENTS, RATES, ORDERS, LAYERS)
def test_size_is_what_the_elements_carry(elements, rate, order, layers):
    size = transport_block_bits(elements, rate, order, layers)
    carried = elements * rate * order * layers
    assert size % 8 == 0 and size >= 24
    if carried > 100:
        # The clause rounds to 1/64 (table) or 1/32 and then up to whole octets of every
        # code block; the table's own steps are within 6 %.
        assert 0.94 * carried - 24 <= size <= 1.06 * carried + 24


@given(ELEMENTS, RATES, ORDERS, LAYERS)
def test_code_blocks_are_alike_and_fit_the_base_graph(elements, rate, order, layers):
    size = transport_block_bits(elements, rate, order, layers)
    cut = segment(size, rate)
    assert cut.base_graph == base_graph(size, rate)
    assert cut.block_bits <= MOST_BITS[cut.base_graph]
    # The sizes of TS 38.214 are made so that nothing is left over.
    assert cut.block_bits == int(cut.block_bits)
    checks = 24 if size > 3_824 else 16
    more = 24 * cut.code_blocks if cut.code_blocks > 1 else 0
    assert cut.block_bits * cut.code_blocks == size + checks + more


@given(ELEMENTS, st.integers(1, 5_000), RATES, ORDERS)
def test_more_elements_carry_no_smaller_block(elements, more, rate, order):
    fewer = transport_block_bits(elements, rate, order)
    assert transport_block_bits(elements + more, rate, order) >= fewer


def test_higher_mcs_carries_no_smaller_block():
    table = mcs_table(2)
    for elements in (12 * 14, 50 * 132, 273 * 132):
        sizes = [
            transport_block_bits(elements, float(rate), int(order))
            for order, rate in zip(table.bits_per_symbol, table.code_rate, strict=True)
        ]
        assert sizes == sorted(sizes)


def test_no_elements_carry_no_block():
    with pytest.raises(ScenarioError, match="0 resource elements"):
        transport_block_bits(0, 0.5, 2)


@given(st.integers(0, 2), st.integers(1, 11))
def test_wider_carriers_and_fewer_layers_leave_more_for_data(width, layers):
    bandwidths = [(52, 10.0), (106, 20.0), (216, 40.0)]

    def share(width, layers):
        blocks, mhz = bandwidths[width]
        carrier = Downlink(blocks, 15, mhz, SlotPattern(), 2, 36)
        return carrier.data_share(layers)

    assert 0.0 < share(width, layers + 1) <= share(width, layers) < 1.0
    if width:
        assert share(width, layers) > share(width - 1, layers)


def test_slot_patterns_say_what_they_cannot_be():
    with pytest.raises(ScenarioError, match="DDXU"):
        SlotPattern("DDXU")
    # DDDSU with 11 + 1 + 2 symbols: (3 · 14 + 11 + 0.5) / 70
    assert SlotPattern("DDDSU").downlink_time == pytest.approx(53.5 / 70)
    assert SlotPattern("D").downlink_time == 1.0
