"""Are slots, groups and patterns those of the standard, and nonsense refused?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.network.link_to_system.overhead import SlotPattern
from gemel.network.numerology import (
    Broadcast,
    most_beams,
    resource_block_groups,
    slot_symbols,
    slots_per_ms,
)

FDD, TDD = SlotPattern("D"), SlotPattern("DDDSU", 10, 2)


@given(st.integers(1, 275), st.sampled_from([1, 2]))
def test_groups_hold_every_block_once(prb, configuration):
    groups = resource_block_groups(prb, configuration)
    assert sum(groups.size) == prb
    assert set(groups.size[:-1]) <= {groups.nominal}
    assert 1 <= groups.size[-1] <= groups.nominal


# TS 38.214 table 5.1.2.2.1-1, at the ends of its rows.
@pytest.mark.parametrize(
    ("prb", "sizes"),
    [(36, (2, 4)), (37, (4, 8)), (72, (4, 8)), (73, (8, 16)), (144, (8, 16)),
     (145, (16, 16)), (273, (16, 16))],
)  # fmt: skip
def test_size_of_groups(prb, sizes):
    found = tuple(resource_block_groups(prb, c).nominal for c in (1, 2))
    assert found == sizes


def test_wide_carrier_has_seventeen_groups_and_one_of_a_single_block():
    assert resource_block_groups(273).size == (16,) * 17 + (1,)


@pytest.mark.parametrize(("scs_khz", "slots"), [(15, 1), (30, 2), (60, 4), (120, 8)])
def test_slots_of_a_millisecond(scs_khz, slots):
    assert slots_per_ms(scs_khz) == slots


def test_symbols_of_a_pattern():
    found = slot_symbols(TDD, 30)
    assert found.downlink.tolist() == [14, 14, 14, 10, 0]
    assert found.uplink.tolist() == [0, 0, 0, 2, 14]
    # As the overhead of a flow counts them.
    assert found.downlink.sum() / 70 == pytest.approx(TDD.downlink_symbols)
    both = slot_symbols(FDD, 15)
    assert both.downlink.tolist() == both.uplink.tolist() == [14]


@pytest.mark.parametrize("scs_khz", [15, 30])
@pytest.mark.parametrize("pattern", [FDD, TDD])
def test_more_beams_and_narrower_carriers_share_more(scs_khz, pattern):
    def share(beams, prb):
        return Broadcast(beams).common_share(prb, scs_khz, pattern)

    assert 0.0 < share(1, 106) < share(4, 106) < share(4, 52) < 1.0
    # One SSB of 20 blocks by 4 symbols and 24 blocks of a slot, in 20 ms of 52 blocks.
    if pattern is FDD:
        slots = 20 * scs_khz // 15
        expected = (20 * 4 + 24 * 14) / (slots * 14 * 52)
        assert share(1, 52) == pytest.approx(expected)


def test_slots_without_room_are_not_used_for_broadcast():
    busy = Broadcast(8).busy_slots(30, TDD)
    assert busy.shape == (40,)
    assert busy.sum() == 4 + 8  # two SSBs a slot, one SIB1 a slot
    down = np.resize(slot_symbols(TDD, 30).downlink, 40)
    assert (down[busy] == 14).all()


def test_bursts_grow_with_the_frequency():
    assert [most_beams(ghz) for ghz in (0.8, 3.5, 26.0)] == [4, 8, 64]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: slots_per_ms(45),
        lambda: resource_block_groups(0),
        lambda: resource_block_groups(276),
        lambda: resource_block_groups(52, 3),
        lambda: slot_symbols(SlotPattern("DDDS", 14, 0), 30),
        lambda: slot_symbols(SlotPattern("UUUU"), 30),
        lambda: slot_symbols(SlotPattern("DDU"), 30),
        lambda: slot_symbols(SlotPattern("DDDSU", 12, 3), 30),
        lambda: slot_symbols(SlotPattern("DDDSU", -1, 3), 30),
        lambda: Broadcast(0),
        lambda: Broadcast(65),
        lambda: Broadcast(1, -1),
        lambda: Broadcast(64).common_share(24, 15, FDD),
    ],
)
def test_impossible_carriers_are_refused(wrong):
    with pytest.raises(ScenarioError, match=r"[Gg]ive"):
        wrong()
