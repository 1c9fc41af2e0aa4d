"""Does every kind of fault do what its name says, and nothing where there is none?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.city import City
from gemel.emulator.faults import (
    FAULTS,
    ClockSkew,
    DeadCell,
    FlashCrowd,
    LostReport,
    LyingActuator,
    SleepingCell,
    WeakAmplifier,
    WrongNeighbours,
)
from gemel.emulator.faults.alarms import alarms_of
from gemel.emulator.faults.base import AbstractAilment, Ailments, AnyFault
from gemel.emulator.faults.delivery import deliver
from gemel.emulator.faults.fate import Fate, fate_of
from gemel.emulator.faults.moments import (
    ailments_at,
    healthy,
    ignored_at,
    nothing_ails,
    report_harm_at,
)
from gemel.emulator.faults.schedule import Fault, FaultSchedule
from gemel.emulator.faults.striking import (
    carry_struck,
    neighbours_with,
    struck,
)
from gemel.emulator.secrets import FIELD_SECRETS, Secrets, true_cells
from gemel.emulator.stand_in import StandIn, heard
from gemel.network.association import associate
from gemel.network.counters import Counters
from gemel.network.simulator import Felt, State, settle
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.world.demand import HOUR_S

BEGINS_S, LASTS_S = 100.0, 50.0
DURING_S = 120.0


@pytest.fixture(scope="module")
def facts() -> PublicFacts:
    return public_facts(dataclasses.replace(hexagons(0, rings=1), users=200), 0)


@pytest.fixture(scope="module")
def stand_in(facts: PublicFacts) -> StandIn:
    return stand_in_for(facts, 0, 12.0 * HOUR_S, 1, Secrets())


@pytest.fixture(scope="module")
def usual(stand_in: StandIn) -> tuple[State, Counters, Felt]:
    return settled(stand_in, quiet(stand_in))


def quiet(stand_in: StandIn) -> Ailments:
    return healthy(len(stand_in.network.cells.name), stand_in.state(0).serving.size)


def schedule_of(what: AnyFault, *where: str) -> FaultSchedule:
    """One fault, already placed."""
    return FaultSchedule((Fault(what, where, BEGINS_S, LASTS_S),))


def ailing(stand_in: StandIn, what: AnyFault, *where: str) -> Ailments:
    user_m = stand_in.state(0).users.places.position_m
    schedule = schedule_of(what, *where)
    return ailments_at(schedule, stand_in.network.cells, user_m, DURING_S)


@eqx.filter_jit
def minute(network, state, controls):
    """One minute of flows."""
    cells, candidates = network.cells, state.users.candidates
    served = associate(cells, candidates, controls, state.serving)
    return carry_struck(network, state, controls, served, jnp.asarray(60.0))


def settled(stand_in: StandIn, ailments: Ailments) -> tuple[State, Counters, Felt]:
    """One minute of the network with these ailments, candidates found anew."""
    network, controls = struck(stand_in.network, stand_in.controls(0), ailments)
    users = stand_in.state(0).users
    candidates = heard(network.propagation, network.cells, controls, users.places)
    demand_bps = users.demand_bps * jnp.asarray(ailments.demand_factor)
    state = eqx.tree_at(
        lambda s: (s.users.candidates, s.users.demand_bps),
        stand_in.state(0),
        (candidates, demand_bps),
    )
    return minute(network, state, controls)


def busiest(stand_in: StandIn, counters: Counters) -> tuple[int, str]:
    cell = int(np.argmax(np.asarray(counters.users_s)))
    return cell, stand_in.network.cells.name[cell]


def same(one, other) -> bool:
    leaves = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) for a, b in leaves)


def test_without_a_fault_the_network_is_the_same_to_the_bit(stand_in):
    network, controls = struck(stand_in.network, stand_in.controls(0), quiet(stand_in))
    assert same(network, stand_in.network)
    assert same(controls, stand_in.controls(0))
    assert nothing_ails(quiet(stand_in))
    state, step_s = stand_in.state(0), jnp.asarray(60.0)
    plain = eqx.filter_jit(settle)(stand_in.network, state, controls, step_s)
    assert same(minute(network, state, controls), plain)


@pytest.mark.parametrize("elapsed_s", [0.0, BEGINS_S - 1e-3, BEGINS_S + LASTS_S, 1e9])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_nothing_before_it_begins_and_after_it_ends(
    stand_in, kind, elapsed_s
):
    names = stand_in.network.cells.name
    schedule = schedule_of(FAULTS[kind](), names[0])
    user_m = stand_in.state(0).users.places.position_m
    ailments = ailments_at(schedule, stand_in.network.cells, user_m, elapsed_s)
    assert nothing_ails(ailments) and same(ailments, quiet(stand_in))
    harm = report_harm_at(schedule, names, elapsed_s, 0)
    assert same(harm, report_harm_at(FaultSchedule(), names, elapsed_s, 0))
    assert not ignored_at(schedule, names, elapsed_s).any()
    assert not alarms_of(schedule, elapsed_s)


@pytest.mark.parametrize("kind", FAULTS)
def test_every_kind_changes_something_and_only_where_it_strikes(stand_in, kind):
    """Of three things: the equipment, the reports, the orders."""
    names = stand_in.network.cells.name
    schedule = schedule_of(FAULTS[kind](), names[4])
    user_m = stand_in.state(0).users.places.position_m
    ailments = ailments_at(schedule, stand_in.network.cells, user_m, DURING_S)
    harm = report_harm_at(schedule, names, DURING_S, 0)
    ignored = ignored_at(schedule, names, DURING_S)
    changes = (
        not nothing_ails(ailments),
        not same(harm, report_harm_at(FaultSchedule(), names, DURING_S, 0)),
        bool(ignored.any()),
    )
    assert sum(changes) == 1
    assert changes[0] == issubclass(FAULTS[kind], AbstractAilment)
    elsewhere = np.arange(len(names)) != 4
    for part, none in ((ailments, quiet(stand_in)), (harm, None)):
        for name in part.__dataclass_fields__:
            value = np.asarray(getattr(part, name))
            if value.shape == elsewhere.shape and none is not None:
                untouched = np.asarray(getattr(none, name))
                np.testing.assert_array_equal(value[elsewhere], untouched[elsewhere])
            elif none is None:
                assert len(np.unique(value[elsewhere])) == 1
    assert not ignored[elsewhere].any()


def test_a_dead_cell_serves_nobody_and_is_heard_by_nobody(stand_in, usual):
    cell, name = busiest(stand_in, usual[1])
    state, counters, _ = settled(stand_in, ailing(stand_in, DeadCell(), name))
    assert usual[1].volume_bit[cell] > 0.0
    for counted in (counters.volume_bit, counters.prb_s, counters.users_s):
        assert counted[cell] == 0.0
    assert not np.any(np.asarray(state.serving) == cell)
    # The controls still say that it is awake: what is told and what is differ.
    assert bool(stand_in.controls(0).awake[cell])
    others = np.arange(len(stand_in.network.cells.name)) != cell
    assert counters.prb_s[others].sum() > usual[1].prb_s[others].sum()


def test_a_sleeping_cell_is_heard_and_carries_nothing(stand_in, usual):
    """Its users stay with it and starve; the rest of the network does not notice."""
    cell, name = busiest(stand_in, usual[1])
    ailments = ailing(stand_in, SleepingCell(), name)
    state, counters, felt = settled(stand_in, ailments)
    there = np.asarray(state.serving) == cell
    assert there.any()
    np.testing.assert_array_equal(state.serving, usual[0].serving)
    np.testing.assert_array_equal(felt.rsrp_dbm, usual[2].rsrp_dbm)
    assert not np.asarray(felt.throughput_bps)[there].any()
    for name_of in ("prb_s", "volume_bit", "users_s", "active_s"):
        assert getattr(usual[1], name_of)[cell] > 0.0
        assert getattr(counters, name_of)[cell] == 0.0, name_of
    assert not alarms_of(schedule_of(SleepingCell(), name), DURING_S)
    # Up: it draws the power of a cell without load, which is more than that of sleep.
    _, dead, _ = settled(stand_in, ailing(stand_in, DeadCell(), name))
    assert dead.energy_j[cell] < counters.energy_j[cell] < usual[1].energy_j[cell]


def test_a_weak_amplifier_is_heard_so_much_more_faintly(stand_in, usual):
    cell, name = busiest(stand_in, usual[1])
    ailments = ailing(stand_in, WeakAmplifier(loss_db=6.0), name)
    users = stand_in.state(0).users
    network, controls = struck(stand_in.network, stand_in.controls(0), ailments)
    weak = heard(network.propagation, network.cells, controls, users.places)
    served = associate(
        network.cells, weak, controls, jnp.full_like(usual[0].serving, -1)
    )
    strong = associate(
        network.cells,
        users.candidates,
        controls,
        jnp.full_like(usual[0].serving, -1),
    )
    still = np.asarray((served.cell == cell) & (strong.cell == cell))
    lost_db = np.asarray(strong.gain_db - served.gain_db)
    # Gains of 100 dB in float32, and candidates are told apart to LIKE_DB.
    np.testing.assert_allclose(lost_db[still], 6.0, atol=1e-3)
    assert (served.cell == cell).sum() < (strong.cell == cell).sum()
    untouched = np.asarray((served.cell != cell) & (strong.cell == served.cell))
    np.testing.assert_allclose(lost_db[untouched], 0.0, atol=1e-3)


def test_two_weaknesses_of_one_cell_add_up(stand_in):
    name = stand_in.network.cells.name[0]
    twice = FaultSchedule(
        tuple(Fault(WeakAmplifier(loss_db=loss), (name,)) for loss in (3.0, 4.0))
    )
    user_m = stand_in.state(0).users.places.position_m
    ailments = ailments_at(twice, stand_in.network.cells, user_m, 0.0)
    assert float(ailments.gain_loss_db[0]) == 7.0


def test_a_flash_crowd_wants_more_only_inside(stand_in):
    name = stand_in.network.cells.name[0]
    crowd = FlashCrowd(factor=4.0, radius_m=300.0)
    ailments = ailing(stand_in, crowd, name)
    user_m = np.asarray(stand_in.state(0).users.places.position_m)
    here_m = np.asarray(stand_in.network.cells.position_m)[0, :2]
    inside = np.linalg.norm(user_m[:, :2] - here_m, axis=1) <= 300.0
    assert 0 < inside.sum() < inside.size
    expected = np.where(inside, 4.0, 1.0)
    np.testing.assert_array_equal(ailments.demand_factor, expected)
    network, _ = struck(stand_in.network, stand_in.controls(0), ailments)
    noon_s, key = jnp.asarray(12.0 * HOUR_S), jax.random.key(0)
    wanted_bps = []
    for city in (stand_in.network.surroundings, network.surroundings):
        assert isinstance(city, City)
        wanted_bps.append(eqx.filter_jit(city.wanted_bps)(noon_s, key))
    before, after = wanted_bps
    np.testing.assert_allclose(after, before * expected, rtol=1e-6)


def test_neighbours_are_forgotten_and_mistaken_by_share():
    """20 lists of 30: the binomial spread of 600 at one half is 12; 5 of it are 60."""
    cells, near = 20, 30
    right = (np.arange(cells)[:, None] + 1 + np.arange(near)) % 61
    right = jnp.asarray(right, jnp.int32)
    allowed = jnp.ones((cells, near), bool)

    def with_shares(forgotten: float, mistaken: float):
        none = healthy(cells, 0)
        share = np.ones(cells, np.float32)
        return neighbours_with(
            dataclasses.replace(
                none,
                forgotten_share=forgotten * share,
                mistaken_share=mistaken * share,
            ),
            right,
            allowed,
        )

    neighbour, there = with_shares(0.0, 0.0)
    assert same((neighbour, there), (right, allowed))
    neighbour, there = with_shares(0.5, 0.0)
    assert abs(int((~there).sum()) - 300) < 60
    np.testing.assert_array_equal(neighbour, right)
    neighbour, there = with_shares(0.0, 0.5)
    assert there.all()
    # Of 300 mistaken some are right again by chance: one of 20 at most.
    assert 225 < int((neighbour != right).sum()) < 360
    assert not np.any(np.asarray(neighbour) == np.arange(cells)[:, None])
    assert not with_shares(1.0, 0.0)[1].any()


def test_wrong_neighbours_hit_only_the_cell_and_no_empty_entry(stand_in):
    names = stand_in.network.cells.name
    ailments = ailing(stand_in, WrongNeighbours(forgotten=0.5, mistaken=0.5), names[2])
    right = np.tile(np.arange(8, dtype=np.int32), (len(names), 1))
    right[:, 6:] = -1
    allowed = right >= 0
    neighbour, there = neighbours_with(
        ailments, jnp.asarray(right), jnp.asarray(allowed)
    )
    changed = np.asarray((neighbour != right) | (there != allowed))
    assert changed[2].any() and not np.delete(changed, 2, 0).any()
    assert (np.asarray(neighbour)[:, 6:] == -1).all()
    assert not np.asarray(there)[:, 6:].any()


def test_a_dead_cell_raises_an_alarm_unless_it_is_silent():
    alarms = alarms_of(schedule_of(DeadCell(), "A", "B"), DURING_S)
    assert [alarm.cell for alarm in alarms] == ["A", "B"]
    assert {alarm.raised_s for alarm in alarms} == {BEGINS_S}
    assert {alarm.severity for alarm in alarms} == {"CRITICAL"}
    assert not alarms_of(schedule_of(DeadCell(silent=True), "A"), DURING_S)
    assert not alarms_of(schedule_of(LyingActuator(), "A"), DURING_S)


def test_a_report_without_harm_arrives_once_and_as_it_is():
    harm = report_harm_at(FaultSchedule(), ("A", "B"), 0.0, 0)
    assert deliver(b"volume", 900.0, harm, 0) == [(900.0, b"volume")]
    assert not harm.absent.any()


def arrivals(kind: str, own: dict, seed: int = 0, *where: str):
    names = ("A", "B", "C")
    schedule = schedule_of(FAULTS[kind](**own), *(where or names))
    harm = report_harm_at(schedule, names, DURING_S, seed)
    return deliver(b"<file>many numbers</file>", DURING_S, harm, seed)


def test_a_file_is_skewed_only_if_all_clocks_are():
    names = ("A", "B")
    for where, skew_s in ((names, 60.0), (("A",), 0.0)):
        fate = Fate(schedule_of(ClockSkew(ahead_s=60.0), *where), names)
        assert fate.skewed_s(DURING_S) == DURING_S + skew_s
        assert fate.skewed_s(BEGINS_S - 1.0) == BEGINS_S - 1.0


def test_reports_are_late_lost_duplicated_and_corrupt():
    sent = b"<file>many numbers</file>"
    assert arrivals("lost_report", {}) == []
    assert arrivals("late_report", {"late_s": 300.0}) == [(DURING_S + 300.0, sent)]
    twice = arrivals("duplicate_report", {"copies": 2})
    assert [report for _, report in twice] == [sent] * 3
    times_s = [when_s for when_s, _ in twice]
    assert times_s == sorted(set(times_s)) and times_s[0] == DURING_S
    ((_, corrupt),) = arrivals("corrupt_report", {"flips": 3})
    assert len(corrupt) == len(sent)
    assert sum(a != b for a, b in zip(corrupt, sent, strict=True)) == 3
    ((_, cut),) = arrivals("corrupt_report", {"flips": 0, "kept": 0.5})
    assert cut == sent[: len(sent) // 2]
    assert arrivals("corrupt_report", {"flips": 0, "kept": 0.999})[0][1] != sent
    assert arrivals("clock_skew", {}) == [(DURING_S, sent)]
    # What strikes one cell leaves the file of all cells as it is.
    assert arrivals("lost_report", {}, 0, "A") == [(DURING_S, sent)]


def test_a_share_of_reports_is_struck_and_always_the_same_ones():
    """Of 2,000 at 0.3: 600, and the binomial spread is 20.5; five of it are 103."""
    lost = LostReport(share=0.3)
    schedule = FaultSchedule((Fault(lost, ("A",)),))
    fates = [
        [
            bool(report_harm_at(schedule, ("A",), 60.0 * n, seed).lost[0])
            for n in range(2_000)
        ]
        for seed in (0, 0, 1)
    ]
    assert abs(sum(fates[0]) - 600) < 103
    assert fates[0] == fates[1] != fates[2]


def test_a_wrong_position_moves_the_site_and_nothing_else(facts):
    """Two draws, east and north, of all that hangs at one place; height stays."""
    public, rng = facts.cells, np.random.default_rng
    honest = true_cells(public, Secrets(), rng(3))
    moved = true_cells(public, FIELD_SECRETS, rng(3))
    np.testing.assert_array_equal(honest.position_m, public.position_m)
    np.testing.assert_array_equal(honest.head_m, public.head_m)
    off_m = np.asarray(moved.position_m - public.position_m)
    assert (off_m[:, 2] == 0.0).all() and (off_m[:, :2] != 0.0).all()
    for site in range(public.sites):
        there = np.asarray(public.site) == site
        # Differences of coordinates of some hundred metres in float32.
        np.testing.assert_allclose(off_m[there] - off_m[there][0], 0.0, atol=1e-3)
    head_off_m = np.asarray(moved.head_m - public.head_m)
    first = np.asarray(public.head_cell)[:, 0]
    np.testing.assert_allclose(head_off_m, off_m[first], atol=1e-3)
    for name in ("azimuth_deg", "mount_tilt_deg", "gain_error_db"):
        np.testing.assert_array_equal(getattr(honest, name), getattr(moved, name))


def test_positions_are_as_far_off_as_the_secret_says(facts):
    """7 sites × 2 axes × 50 draws: the deviation of 700 is known to 2.7 %; 5 × it."""
    draws = [
        np.asarray(
            true_cells(facts.cells, FIELD_SECRETS, np.random.default_rng(n)).head_m
            - facts.cells.head_m
        )[:, :2]
        for n in range(50)
    ]
    assert np.std(draws) == pytest.approx(FIELD_SECRETS.position_m, rel=0.135)


def test_people_do_not_move_because_a_mast_does(facts):
    usual = stand_in_for(facts, 0, 0.0, 1, Secrets()).state(0)
    field = stand_in_for(facts, 0, 0.0, 1, FIELD_SECRETS).state(0)
    np.testing.assert_array_equal(
        usual.users.places.position_m, field.users.places.position_m
    )
    assert not np.array_equal(
        usual.users.candidates.gain_db, field.users.candidates.gain_db
    )


def test_a_random_place_of_this_network_is_one_of_its_cells(facts):
    names = facts.cells.name
    sites = tuple(cell.site for cell in facts.plan.inventory.cells)
    fate = fate_of(FaultSchedule((Fault(DeadCell()),)), facts.cells, sites, 3, 50.0)
    (fault,) = fate.schedule.faults
    assert fault.where[0] in names and fault.begins_s == 50.0
    assert [alarm.cell for alarm in fate.alarms(50.0)] == list(fault.where)
    assert fate.next_change_s(0.0) == 50.0 and not fate.smiles


def test_all_of_one_schedule_is_asked_of_one_fate(stand_in):
    names = stand_in.network.cells.name
    cells, user_m = stand_in.network.cells, stand_in.state(0).users.places.position_m
    for kind, made in FAULTS.items():
        schedule = schedule_of(made(), *names)
        fate = Fate(schedule, names, 5)
        for when_s in (0.0, DURING_S):
            ailments = ailments_at(schedule, cells, user_m, when_s)
            assert same(fate.ailments(cells, user_m, when_s), ailments), kind
            harm = report_harm_at(schedule, names, when_s, 5)
            assert same(fate.report_harm(when_s), harm)
            assert fate.arrivals(b"abc", when_s) == deliver(b"abc", when_s, harm, 5)
            ignored = ignored_at(schedule, names, when_s)
            np.testing.assert_array_equal(fate.ignored(when_s), ignored)
