"""Does a batch of what-ifs say what each one alone would, and nothing else?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.network.candidates import find_candidates
from gemel.network.controls import Controls
from gemel.network.retuned import (
    changed_cells,
    directions,
    retuned,
    touched_by,
    touched_users,
)
from gemel.twin.headcount import connected_of, counted
from gemel.twin.what_if.batch import (
    WhatIfs,
    Wish,
    edge_bps,
    stacked,
    what_if_batch,
    wish_of,
)
from gemel.twin.what_if.what_if import what_if

LOAD, ENERGY = "RRU.PrbTotDl", "PEE.Energy"
# field -> what a wish adds to it in cell 3
TURNS = {
    "tilt_deg": 3.0,
    "azimuth_turn_deg": -25.0,
    "power_dbm": -4.0,
    "individual_offset_db": 4.0,
}


def turned(controls: Controls, field: str, cell: int, step: float) -> Controls:
    values = getattr(controls, field).at[cell].add(step)
    return dataclasses.replace(controls, **{field: values})


@pytest.fixture(scope="module")
def wishes(small) -> list[Wish]:
    """Nothing, each knob of cell 3, sleep, a failure and a crowd."""
    now = small.controls
    cells = len(small.names)
    each = [wish_of(turned(now, field, 3, step)) for field, step in TURNS.items()]
    broken = jnp.arange(cells) == 5
    return [
        wish_of(now),
        *each,
        wish_of(small.asleep(np.array([3]))),
        wish_of(now, failed=broken),
        wish_of(now, place_m=(0.0, 0.0), reach_m=300.0, factor=3.0),
    ]


def asked(small, belief, wishes: list[Wish]) -> WhatIfs:
    when_s, period_s = jnp.float32(small.busy_s), jnp.float32(small.period_s)
    return what_if_batch(
        belief, small.controls, stacked(wishes), when_s, period_s, small.thresholds
    )


@pytest.fixture(scope="module")
def both(small, wishes) -> WhatIfs:
    return asked(small, small.belief, wishes)


def test_to_change_nothing_changes_nothing(both):
    # Points of load: the fixed point is known to a thousandth.
    assert np.abs(both.cell_change(LOAD)[0]).max() < 0.1
    for name in both.before.kpis:
        before = np.abs(both.before.kpis[name]).max()
        assert np.abs(both.change(name)[0]).max() <= 1e-3 * before, name


def test_loads_are_settled_and_say_how_well(both):
    assert float(both.before.residual.max()) <= 1e-3
    assert float(both.after.residual.max()) <= 1e-3
    assert float(both.after.residual.max()) > 0.0


@pytest.mark.parametrize("number", range(1, 6))
def test_a_wish_among_many_is_the_one_step_of_the_house(small, wishes, both, number):
    """The forecast with candidates found anew says the same. Guests are made alike:
    whose rates a guest has is the one thing in which a what-if knows better."""
    alike = eqx.tree_at(lambda b: b.log_guest, small.belief, small.belief.log_rate)
    said = asked(small, alike, wishes)
    when_s, period_s = jnp.float32(small.busy_s), jnp.float32(small.period_s)
    wish = jax.tree.map(lambda leaf: leaf[number], stacked(wishes)).controls
    one = what_if(alike, small.controls, wish, when_s, period_s, small.thresholds)
    for name in (LOAD, "DRB.UEThpDl", ENERGY):
        truth = one.after.reported[name] - one.before.reported[name]
        got = said.cell_change(name)[number]
        most = float(jnp.abs(truth).max())
        assert most > 0.0
        # Both settle to a thousandth, each from elsewhere; full cells amplify that.
        np.testing.assert_allclose(got, truth, atol=max(0.03 * most, 0.5))


def test_a_wish_alone_is_what_it_is_among_others(small, wishes, both):
    alone = asked(small, small.belief, wishes[5:6])
    np.testing.assert_allclose(
        alone.after.reported[LOAD][0], both.after.reported[LOAD][5], atol=1e-2
    )
    np.testing.assert_allclose(
        alone.after.edge_bps[0], both.after.edge_bps[5], rtol=1e-4
    )


def test_a_sleeping_cell_saves_and_its_users_go_elsewhere(small, both):
    change = np.asarray(both.cell_change(LOAD)[5])
    carried = np.asarray(both.before.reported[LOAD])[:, 3]
    assert (change[:, 3] == -carried).all() and (carried > 0).all()
    others = np.delete(change, 3, 1)
    assert (others.sum(1) > 0.0).all()
    assert (np.asarray(both.cell_change(ENERGY)[5])[:, 3] < 0.0).all()


def test_a_dead_cell_draws_nothing_and_a_sleeping_one_little(both):
    assert (np.asarray(both.after.reported[ENERGY])[6, :, 5] == 0.0).all()
    assert (np.asarray(both.after.reported[ENERGY])[5, :, 3] > 0.0).all()


def test_a_crowd_is_felt_where_it_is(small, both):
    change = np.asarray(both.cell_change(LOAD)[7]).mean(0)
    position_m = np.asarray(small.facts.cells.position_m)[:, :2]
    near = np.hypot(*position_m.T) < 100.0
    assert change[near].max() > 5.0
    assert change[near].mean() > 3.0 * np.abs(change[~near]).mean()


def test_the_cell_edge_is_the_weighted_fifth_percentile():
    rng = np.random.default_rng(0)
    felt_bps = rng.lognormal(16.0, 2.0, 5_000)
    weight = rng.uniform(0.0, 3.0, 5_000)
    order = np.argsort(felt_bps)
    above = np.searchsorted(weight[order].cumsum(), 0.05 * weight.sum())
    got = edge_bps(jnp.asarray(felt_bps, jnp.float32), jnp.asarray(weight, jnp.float32))
    # Halving finds the place to a millionth of the range; sums are float32.
    assert float(got) == pytest.approx(felt_bps[order][above], rel=1e-3)


def test_who_is_touched_is_who_hears_a_changed_cell(small):
    """Also of the thirty-third wish, which is the first of the second word."""
    users = jax.tree.map(lambda leaf: leaf[0], small.belief.users)
    cells = len(small.names)
    rng = np.random.default_rng(1)
    changed = rng.random((40, cells)) < 0.03
    touched = touched_users(jnp.asarray(changed), users)
    heard, home = np.asarray(users.candidates.cell), np.asarray(users.home)
    for number in (0, 31, 32, 39):
        expected = changed[number][heard].any((1, 2)) | changed[number][home]
        got = touched_by(touched, jnp.asarray(number))
        np.testing.assert_array_equal(got, expected)


def test_every_knob_is_a_change_and_only_where_it_was_turned(small):
    now = small.controls
    wishes = [turned(now, field, 3, step) for field, step in TURNS.items()]
    wishes += [small.asleep(np.array([3])), turned(now, "handover_margin_db", 3, 1.0)]
    many = jax.tree.map(lambda *rows: jnp.stack(rows), *wishes)
    changed = np.asarray(changed_cells(now, many))
    assert (changed.nonzero()[1] == 3).all() and changed.any(1).all()


@pytest.mark.parametrize("field", ["tilt_deg", "azimuth_turn_deg"])
def test_turned_antennas_are_heard_as_if_found_anew(small, field):
    network = small.belief.network
    users = jax.tree.map(lambda leaf: leaf[0], small.belief.users)
    after = turned(small.controls, field, 3, 10.0)
    towards = directions(
        network.propagation, network.cells, users.places, users.candidates
    )
    got = retuned(network.cells, users.candidates, towards, small.controls, after)
    anew = find_candidates(network.propagation, network.cells, after, users.places)
    cell, gain_db = np.asarray(got.cell), np.asarray(got.gain_db)
    moved = gain_db != np.asarray(users.candidates.gain_db)
    assert moved.any() and (cell[moved] == 3).all()
    for user in range(0, cell.shape[0], 7):
        for layer in range(cell.shape[1]):
            found = dict(zip(cell[user, layer], gain_db[user, layer], strict=True))
            again = zip(anew.cell[user, layer], anew.gain_db[user, layer], strict=True)
            for number, level_db in again:
                # A weak one among 512 options is known to LIKE_DB, a hundredth.
                if int(number) in found and float(level_db) > -300.0:
                    off_db = abs(found[int(number)] - float(level_db))
                    assert off_db < 0.02, (user, layer, int(number))


def test_heads_are_those_that_the_cells_counted(small):
    connected = connected_of(list(small.yesterday))
    belief = counted(small.belief, connected)
    for member in range(belief.members):
        heads = np.bincount(
            np.asarray(belief.users.home[member]),
            np.asarray(belief.users.weight[member]),
            len(connected),
        )
        np.testing.assert_allclose(heads, np.maximum(connected, 0.1), rtol=1e-4)


def test_who_was_never_counted_keeps_his_weight(small):
    silent = np.full(len(small.names), np.nan)
    belief = counted(small.belief, silent)
    np.testing.assert_array_equal(belief.users.weight, small.belief.users.weight)
