"""Flows, ticks and slots are one world: what do neighbours have to agree on?

Seven sites of three sectors, 3.5 GHz, 100 MHz TDD, ten users a cell who stand still;
files of 0.5 MB that offer what flows say is wanted.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.slot.processes import delivered_up_to, no_blocks, sent_again
from gemel.emulator.slot.rows import roster_of
from gemel.scenarios.tempos_compared import (
    Difference,
    difference,
    moves_a_minute,
    said_by_flow,
    said_by_seconds,
    same_world,
)

# Full cells forget slowly: over 30 s the 90th percentile still wanders by four points.
WARM_S, LIVED_S = 30, 120


@pytest.fixture(scope="module", params=[0.2, 0.5, 0.7])
def compared(request) -> tuple[float, Difference, Difference]:
    world = same_world(request.param)
    flow = said_by_flow(world)
    tick = difference(flow, said_by_seconds(world, "tick", 2, 5))
    slot = difference(flow, said_by_seconds(world, "slot", WARM_S, LIVED_S))
    return request.param, tick, slot


@pytest.mark.slow
def test_ticks_carry_what_flows_carry(compared):
    _, tick, _ = compared
    # Rates are those of flows. A tick goes on from the loads of the one before, within
    # two points of the fixed point; the few who lose their link take theirs with them.
    assert tick.load_median < 0.01
    assert tick.load_p90 < 0.03
    assert tick.throughput == pytest.approx(1.0, abs=0.02)
    assert tick.volume == pytest.approx(1.0, abs=0.01)
    assert tick.energy == pytest.approx(1.0, abs=0.02)


@pytest.mark.slow
def test_slots_fill_cells_as_flows_do(compared):
    _, _, slot = compared
    # A file lasts some thirty slots and its beam with it: links are adapted to what
    # was, not to what comes. Flows know of no such bursts.
    assert slot.load_median < 0.05
    assert slot.load_p90 < 0.12
    # Full cells carry more than flows think, by choosing among users; and files come by
    # chance, 6,000 in all.
    assert 0.95 < slot.volume < 1.12


@pytest.mark.slow
def test_slots_serve_users_as_fast_as_flows_where_cells_are_not_full(compared):
    mean_load, _, slot = compared
    # Fuller cells choose among many users, each in its good moments. A flow has one
    # user at a time: where hardly any time is left it is twice as slow.
    assert slot.quiet_throughput == pytest.approx(1.0, abs=0.15)
    assert 0.85 < slot.throughput < (1.15 if mean_load < 0.4 else 2.5)


@pytest.mark.slow
def test_slots_draw_about_what_flows_draw(compared):
    _, _, slot = compared
    # Flows take the uplink to be as busy as the downlink. Requests and
    # acknowledgements are small, but each takes a slot: the cell listens more often.
    assert 1.0 < slot.energy < 1.15


@pytest.mark.slow
def test_ticks_and_slots_hand_over_as_often():
    tick, slot = moves_a_minute("tick"), moves_a_minute("slot")

    def handovers(counts: dict[str, int]) -> int:
        return counts["exe_succ_intra"] + counts["exe_succ_inter"]

    # Some 140 a minute of the same people on the same ways; levels are looked at every
    # 100 and every 40 ms. The square root of 140 is 8 %, three of them are 25 %.
    assert handovers(slot) == pytest.approx(handovers(tick), rel=0.25)
    assert handovers(tick) > 50
    # Nobody without coverage comes back only to be lost again, once a second.
    for counts in (tick, slot):
        assert counts["rlf"] < 0.3 * handovers(counts)


def test_an_empty_seat_holds_nobodys_data():
    # Two cells of two seats, and only user 1 connected: seats of nobody point at user
    # 0, who waits with data in no cell at all.
    roster = roster_of(jnp.asarray([-1, 1]), 2, 2)
    waiting = jnp.asarray([7, 9])
    seated = roster.seated_alone(waiting)
    assert np.asarray(seated).tolist() == [[0, 9], [0, 0]]
    back = roster.returned(seated, waiting)
    assert np.asarray(back).tolist() == [7, 9]


def test_what_arq_sends_again_is_all_from_the_lost_byte_on_and_no_byte_twice():
    # Three processes of one row: 100 to 199, 200 to 299 (lost), 300 to 399 on its way.
    blocks = no_blocks(3, 1)
    size_byte = jnp.asarray([[100], [0], [100]])
    first_byte = jnp.asarray([[100], [200], [300]])
    both = (first_byte, size_byte)
    blocks = eqx.tree_at(lambda b: (b.first_byte, b.size_byte), blocks, both)
    lost, sent = jnp.asarray([True]), jnp.asarray([400])
    after, sent = sent_again(blocks, sent, lost, jnp.asarray([200]))
    assert np.asarray(after.size_byte)[:, 0].tolist() == [100, 0, 0]
    assert sent.tolist() == [200]
    assert delivered_up_to(after, sent, jnp.asarray([100])).tolist() == [100]
