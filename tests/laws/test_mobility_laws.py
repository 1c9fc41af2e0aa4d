"""Do users always end in a cell that serves them, and do the counts add up?"""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.mobility import (
    COUNTS,
    EVENTS,
    STANDARD_NAMES,
    MobilityRules,
    Relations,
    Seen,
    mobility_step,
    nothing_counted,
    phase_of,
    relations_of,
    settled,
    usual_rules,
)
from gemel.emulator.settings import Settings, usual_settings
from gemel.errors import ScenarioError
from gemel.network.association import associate
from gemel.network.candidates import Candidates
from gemel.network.cells import cells_of
from gemel.network.controls import Controls, controls_of
from gemel.scenarios.hexagons import hexagons

CELLS, USERS, TICKS, K = 42, 40, 120, 6
LAYERS = 2


@dataclasses.dataclass(frozen=True)
class Town:
    """Seven sites of two carriers, and everything that may be different in a life."""

    rules: MobilityRules
    settings: Settings
    relations: Relations
    controls: Controls
    can_serve: np.ndarray
    leaving: np.ndarray
    seats: np.ndarray
    connected: np.ndarray

    def but(self, part: str, **values) -> "Town":
        """The same with other values in a part."""
        inner = dataclasses.replace(getattr(self, part), **values)
        return dataclasses.replace(self, **{part: inner})


@functools.cache
def cells():
    return cells_of(hexagons(1, rings=1).inventory)


@functools.cache
def town() -> Town:
    return Town(
        rules=usual_rules(cells()),
        settings=usual_settings(CELLS),
        relations=relations_of(cells(), CELLS - 1),
        controls=controls_of(hexagons(1, rings=1).inventory, 2.0),
        can_serve=np.ones((TICKS, CELLS), bool),
        leaving=np.zeros((TICKS, CELLS), bool),
        seats=np.full((TICKS, CELLS), 1_000, np.int32),
        connected=np.ones((TICKS, USERS), bool),
    )


@functools.cache
def drive(seed: int = 0, tick_ms: int = 100, moving: bool = True):
    """Lists and SS-RSRP of users who drive about, dBm [time user link]."""
    rng = np.random.default_rng(seed)
    place_m = np.asarray(cells().position_m)[:, :2]
    bearing = np.radians(np.asarray(cells().azimuth_deg))
    layer = np.asarray(cells().layer)
    begin_m = rng.uniform(-600.0, 600.0, (USERS, 2))
    speed_m_s = rng.normal(0.0, 25.0, (USERS, 2)) * moving
    seconds = np.arange(TICKS)[:, None, None] * tick_ms / 1_000.0
    user_m = begin_m + speed_m_s * seconds
    way_m = user_m[:, :, None, :] - place_m
    far_m = np.maximum(np.linalg.norm(way_m, axis=-1), 20.0)
    ahead = way_m[..., 0] * np.sin(bearing) + way_m[..., 1] * np.cos(bearing)
    shadow_db = rng.normal(0.0, 6.0, (USERS, CELLS))
    level_dbm = 8.0 * ahead / far_m - 13.0 - 37.6 * np.log10(far_m) - 8.0 * layer
    level_dbm = level_dbm + shadow_db + rng.normal(0.0, 1.0, level_dbm.shape)
    lists = []
    for number in range(LAYERS):
        members = np.flatnonzero(layer == number)
        # Lists are made anew every forty ticks.
        basis = level_dbm[np.arange(TICKS) // 40 * 40][:, :, members]
        lists.append(members[np.argsort(-basis, 2)[:, :, :K]])
    cell = np.concatenate(lists, 2).astype(np.int32)
    return cell, np.take_along_axis(level_dbm, cell, 2).astype(np.float32)


def first_serving(cell, rsrp_dbm, controls) -> np.ndarray:
    """Where flow association sends these users at the first tick."""
    shape = USERS, LAYERS, K
    listed = cell[0].reshape(shape)
    power_dbm = np.asarray(controls.power_dbm)[listed]
    blocks = np.asarray(cells().carriers.prb)[np.asarray(cells().layer)[listed]]
    gain_db = rsrp_dbm[0].reshape(shape) - power_dbm + 10.0 * np.log10(12.0 * blocks)
    candidates = Candidates(
        jnp.asarray(listed),
        jnp.asarray(gain_db, jnp.float32),
        jnp.zeros((USERS, LAYERS)),
        jnp.zeros((USERS, 3)),
    )
    nobody = jnp.full(USERS, -1, jnp.int32)
    return np.asarray(associate(cells(), candidates, controls, nobody).cell)


def lived(town: Town, cell, rsrp_dbm, serving, sinr_db=None, luck=None, tick_ms=100):
    """State, counters, and by tick: serving, felt, phase."""
    if luck is None:
        luck = np.random.default_rng(5).random((TICKS, USERS))
    given = (
        (town.rules, town.settings, town.relations, town.controls),
        (cell, rsrp_dbm, town.connected, town.can_serve, town.leaving, town.seats),
        serving,
        np.zeros((TICKS, USERS)) if sinr_db is None else sinr_db,
        luck,
    )

    def plain(leaf):
        leaf = np.asarray(leaf)
        return jnp.asarray(leaf.astype(np.float32) if leaf.dtype == float else leaf)

    by_levels = jnp.asarray(sinr_db is None)
    return _lived(jax.tree.map(plain, given), by_levels, tick_ms)


@eqx.filter_jit
def _lived(given, by_levels, tick_ms):
    rules_and_knobs, seen_of, serving, sinr_db, luck = given
    rules, settings, relations, controls = rules_and_knobs

    def heard(cell, rsrp_dbm, serving):
        """SINR with all cells of the list on air and noise of -125 dBm."""
        mw = jnp.exp(rsrp_dbm * 0.2303)
        own = jnp.where(cell == serving[:, None], mw, 0.0).sum(1)
        layer = (jnp.arange(LAYERS * K) // K)[None, :]
        same = layer == cells().layer[serving][:, None]
        rest = jnp.where(same, mw, 0.0).sum(1) - own + 10.0**-12.5
        return 10.0 * jnp.log10(jnp.maximum(own / rest, 1e-9))

    def tick(carry, now):
        state, counters = carry
        (cell, rsrp_dbm, connected, can_serve, leaving, seats), told_db, luck = now
        heard_db = heard(cell, rsrp_dbm, state.serving)
        sinr_db = jnp.where(by_levels, heard_db, told_db)
        state, counters, felt = mobility_step(
            cells(),
            rules,
            settings,
            relations,
            controls,
            state,
            counters,
            Seen(cell, rsrp_dbm, sinr_db, connected),
            can_serve,
            leaving,
            seats,
            luck,
            tick_ms,
        )
        return (state, counters), (state.serving, felt, phase_of(state, rules))

    cell, rsrp_dbm, connected = (leaf[0] for leaf in seen_of[:3])
    seen = Seen(cell, rsrp_dbm, sinr_db[0], connected)
    start = settled(relations, serving, seen), nothing_counted(relations)
    (state, counters), by_tick = jax.lax.scan(tick, start, (seen_of, sinr_db, luck))
    return state, counters, *by_tick


def everyday(town: Town, seed: int = 0, **how):
    cell, rsrp_dbm = drive(seed)
    serving = first_serving(cell, rsrp_dbm, town.controls)
    return lived(town, cell, rsrp_dbm, serving, **how)


def total(counters, name: str) -> int:
    return int(counters.of_cells(name).sum())


def with_gnb(counters, name: str) -> int:
    return total(counters, f"{name}_intra") + total(counters, f"{name}_inter")


def conditional(town: Town) -> Town:
    return town.but("settings", conditional=jnp.ones(CELLS, bool))


def troubled(seed: int) -> Town:
    """Cells go and come, some are full, some preparations fail, people come and go."""
    rng = np.random.default_rng(seed)
    rules = dataclasses.replace(
        town().rules,
        preparation_failure=jnp.float32(0.1),
        t310_ms=jnp.int32(200),
        measurement_error_db=jnp.float32(1.22),
    )
    can_serve = np.repeat(rng.random((TICKS // 20, CELLS)) < 0.9, 20, axis=0)
    online = np.repeat(rng.random((TICKS // 10, USERS)) < 0.8, 10, axis=0)
    return dataclasses.replace(
        town(),
        rules=rules,
        can_serve=can_serve,
        leaving=rng.random((TICKS, CELLS)) < 0.02,
        seats=rng.integers(0, 4, (TICKS, CELLS)).astype(np.int32),
        connected=online,
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("prepared", [False, True])
def test_whoever_serves_can_serve_and_all_counts_add_up(seed, prepared):
    hard = conditional(troubled(seed)) if prepared else troubled(seed)
    state, counters, serving, felt, phase = everyday(hard, seed)
    serving = np.asarray(serving)
    on_air = np.take_along_axis(hard.can_serve, np.maximum(serving, 0), 1)
    assert (on_air | (serving < 0)).all()
    # Attempts are successes, failures and what is still under way.
    under_way = np.asarray(state.target) >= 0
    executing = np.asarray(phase[-1]) == 2
    alone = under_way & np.asarray(state.by_itself)
    told = under_way & ~alone
    assert with_gnb(counters, "prep_req") == (
        with_gnb(counters, "prep_succ")
        + with_gnb(counters, "prep_fail")
        + (told & ~executing).sum()
    )
    assert with_gnb(counters, "exe_req") == (
        with_gnb(counters, "exe_succ")
        + with_gnb(counters, "exe_fail")
        + (told & executing).sum()
    )
    assert with_gnb(counters, "cho_exe_req") == (
        with_gnb(counters, "cho_exe_succ")
        + with_gnb(counters, "cho_exe_fail")
        + alone.sum()
    )
    assert with_gnb(counters, "prep_fail") > 0
    assert total(counters, "rlf") > 0
    assert (with_gnb(counters, "cho_exe_succ") > 0) == prepared
    for kind, done in (("req", "req"), ("succ", "succ")):
        by_frequency = total(counters, f"intra_freq_{kind}")
        by_frequency += total(counters, f"inter_freq_{kind}")
        executed = with_gnb(counters, f"exe_{done}")
        assert by_frequency == executed + with_gnb(counters, f"cho_exe_{done}")
    # What users felt is what cells counted.
    felt_ms = np.asarray(felt.interrupted_ms)
    assert felt_ms.min() >= 0.0
    assert felt_ms.max() <= 100.0
    assert total(counters, "interruption_ms") == felt_ms.sum()
    happened = np.asarray(felt.happened)
    for number, name in enumerate(EVENTS):
        bits = int((happened >> number & 1).sum())
        split = name not in COUNTS
        assert bits == (with_gnb if split else total)(counters, name), name


@pytest.mark.parametrize("tick_ms", [40, 100])
def test_standing_users_settle_where_flows_would_send_them(tick_ms):
    """Up to hysteresis: those with a rival within 3 dB may stay with it."""
    cell, rsrp_dbm = drive(3, tick_ms, moving=False)
    cell, rsrp_dbm = (np.repeat(leaf[:1], TICKS, 0) for leaf in (cell, rsrp_dbm))
    free = town().but("controls", handover_margin_db=jnp.zeros(CELLS))
    expected = first_serving(cell, rsrp_dbm, free.controls)
    # Everybody begins at the worst cell of the list, with a link that just holds.
    worst = cell[0][np.arange(USERS), np.argmin(rsrp_dbm[0], 1)]
    fair = np.full((TICKS, USERS), 0.0)
    _, counters, serving, _, _ = lived(
        free, cell, rsrp_dbm, worst, sinr_db=fair, tick_ms=tick_ms
    )
    serving = np.asarray(serving)[-1]
    layer = np.asarray(cells().layer)
    entry_dbm = np.asarray(cells().carriers.entry_dbm)[layer[cell[0]]]
    ours_dbm = np.where(cell[0] == serving[:, None], rsrp_dbm[0], -400.0).max(1)
    theirs_dbm = np.where(cell[0] == expected[:, None], rsrp_dbm[0], -400.0).max(1)
    unclear = (np.abs(rsrp_dbm[0] - entry_dbm) < 2.0).any(1)
    alike = (layer[serving] == layer[expected]) & (theirs_dbm - ours_dbm <= 1.0)
    assert (alike | unclear).all()
    assert (serving == expected)[~unclear].mean() > 0.8
    assert with_gnb(counters, "exe_succ") > USERS / 2


def test_an_infinite_hysteresis_keeps_everybody():
    held = town().but("settings", hysteresis_db=jnp.full(CELLS, jnp.inf))
    _, counters, *_ = everyday(held, sinr_db=np.full((TICKS, USERS), 10.0))
    assert with_gnb(counters, "prep_req") == 0
    _, counters, *_ = everyday(town(), sinr_db=np.full((TICKS, USERS), 10.0))
    assert with_gnb(counters, "prep_req") > 10


def test_more_time_to_trigger_never_brings_more_ping_pongs():
    """Statistically: over three drives, for what a longer wait suppresses is noise."""
    counted = []
    for trigger_ms in (0, 320, 1_280):
        slow = town().but(
            "settings", time_to_trigger_ms=jnp.full(CELLS, trigger_ms, jnp.int32)
        )
        slow = slow.but("rules", filter_coefficient=jnp.float32(0.0))
        slow = slow.but("controls", handover_margin_db=jnp.full(CELLS, -1.0))
        good = np.full((TICKS, USERS), 10.0)
        lives = [everyday(slow, seed, sinr_db=good) for seed in range(3)]
        counted.append(sum(total(counters, "ping_pong") for _, counters, *_ in lives))
    assert counted[0] >= counted[1] >= counted[2]
    assert counted[0] > counted[2]


def test_who_is_told_that_its_cell_sleeps_is_gone_when_it_does():
    cell, rsrp_dbm = drive(1)
    serving = first_serving(cell, rsrp_dbm, town().controls)
    fullest = int(np.bincount(serving).argmax())
    leaving, can_serve = town().leaving.copy(), town().can_serve.copy()
    leaving[50:52, fullest] = True
    can_serve[52:, fullest] = False
    warned = dataclasses.replace(town(), leaving=leaving, can_serve=can_serve)
    fine = np.full((TICKS, USERS), 10.0)
    _, counters, by_tick, _, _ = lived(warned, cell, rsrp_dbm, serving, fine)
    assert (np.asarray(by_tick)[49] == fullest).any()
    assert not (np.asarray(by_tick)[51:] == fullest).any()
    assert total(counters, "rlf") == 0
    # The same without a word: the link fails, and only then users look elsewhere.
    abrupt = dataclasses.replace(warned, leaving=town().leaving)
    _, counters, by_tick, _, _ = lived(abrupt, cell, rsrp_dbm, serving, fine)
    assert total(counters, "rlf") == (np.asarray(by_tick)[51] == fullest).sum() > 0
    assert total(counters, "reestab_att") == total(counters, "rlf")
    assert int(counters.of_cells("too_late")[fullest]) == total(counters, "rlf")


def test_a_wrong_neighbour_list_ends_in_radio_link_failure():
    """TooLate of TS 28.552 is how a missing neighbour shows."""
    blind = town().but("relations", allowed=jnp.zeros((CELLS, CELLS - 1), bool))
    _, counters, *_ = everyday(blind, 2)
    _, usual, *_ = everyday(town(), 2)
    assert with_gnb(counters, "prep_req") == 0
    assert total(counters, "too_late") > total(usual, "too_late")
    # A list without the neighbour does not find the context there either.
    assert total(counters, "reestab_without_context") > 0
    assert total(usual, "reestab_without_context") == 0


def test_a_full_cell_takes_nobody():
    full = dataclasses.replace(town(), seats=np.zeros((TICKS, CELLS), np.int32))
    good = np.full((TICKS, USERS), 10.0)
    _, counters, serving, _, _ = everyday(full, sinr_db=good)
    assert with_gnb(counters, "prep_req") == with_gnb(counters, "prep_fail") > 0
    assert (np.diff(np.asarray(serving), axis=0) == 0).all()


def test_prepared_cells_save_links_that_no_command_reaches():
    """Conditional handover: fewer failures than with a command, on the same drives."""
    lost = {}
    for name, one in (("told", town()), ("alone", conditional(town()))):
        one = one.but("controls", handover_margin_db=jnp.full(CELLS, 4.0))
        lives = [everyday(one, seed) for seed in range(3)]
        lost[name] = sum(total(counters, "rlf") for _, counters, *_ in lives)
        went = sum(with_gnb(counters, "cho_exe_succ") for _, counters, *_ in lives)
        assert (went > 0) == (name == "alone")
    assert lost["alone"] < lost["told"]


def test_idle_users_reselect_and_nobody_counts_them():
    idle = dataclasses.replace(town(), connected=np.zeros((TICKS, USERS), bool))
    _, counters, serving, felt, _ = everyday(idle)
    assert (np.diff(np.asarray(serving), axis=0) != 0).any()
    assert not np.asarray(counters.cell).any()
    assert not np.asarray(felt.interrupted_ms).any()


def test_levels_survive_a_new_list_and_a_new_place_in_it():
    """Two lists with the same cells in another order: everything stays the same."""
    cell, rsrp_dbm = drive(4)
    cell = np.repeat(cell[:1], TICKS, 0)
    rng = np.random.default_rng(1)
    order = np.concatenate([rng.permutation(K), K + rng.permutation(K)])
    mixed = [leaf.copy() for leaf in (cell, rsrp_dbm)]
    for leaf in mixed:
        leaf[1::2] = leaf[1::2][:, :, order]
    serving = first_serving(cell, rsrp_dbm, town().controls)
    one = lived(town(), cell, rsrp_dbm, serving)
    other = lived(town(), mixed[0], mixed[1], serving)
    assert np.array_equal(one[2], other[2])
    assert np.array_equal(one[1].cell, other[1].cell)


def test_relations_are_near_and_never_the_cell_itself():
    relations = relations_of(cells(), 12)
    neighbour, site = np.asarray(relations.neighbour), np.asarray(cells().site)
    own = np.arange(CELLS)[:, None]
    assert not (neighbour == own).any()
    assert all(len(set(row)) == len(row) for row in neighbour.tolist())
    # The five other cells of the own site are always among them.
    assert ((site[neighbour] == site[own]).sum(1) == 5).all()
    with pytest.raises(ScenarioError, match="near is 0"):
        relations_of(cells(), 0)


def test_every_standard_name_is_made_of_counts():
    counters = nothing_counted(town().relations)
    for name, parts in STANDARD_NAMES.items():
        assert set(parts) <= set(COUNTS), name
        assert counters.measured(name).shape == (CELLS,)
