"""Does every user go where TS 38.304 and the A3 event of TS 38.331 would send it?"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gemel.network.association import Served, associate
from gemel.network.candidates import ABSENT_DB, Candidates
from gemel.network.cells import Cells, cells_of
from gemel.network.controls import Controls, controls_of
from gemel.scenarios.hexagons import hexagons

CELLS, K, USERS = 42, 3, 24
LOW, HIGH = (0, 1, 2), (3, 4, 5)  # the two layers of the first site: 700 and 3500 MHz
NEWCOMER = -1
# Levels near 1,000 dB, priority included, have steps of 6e-5 dB; a few are added up.
NARROW_DB = 1e-3

serve = eqx.filter_jit(associate)


@functools.cache
def town() -> tuple[Cells, Controls]:
    inventory = hexagons(1, rings=1).inventory
    return cells_of(inventory), controls_of(inventory)


def element_db() -> np.ndarray:
    """From the power of a carrier to that of one resource element, by hand.

    52 blocks of 10 MHz and 217 of 80 MHz, TS 38.101-1 table 5.3.2-1.
    """
    prb = np.where(np.asarray(town()[0].layer) == 0, 52, 217)
    return -10.0 * np.log10(12 * prb)


def heard(low_dbm, high_dbm) -> Candidates:
    """One user who hears the six cells of a site at these SS-RSRP."""
    rsrp_dbm = np.array([low_dbm, high_dbm])
    cell = np.array([LOW, HIGH])
    offset_db = np.asarray(town()[1].power_dbm) + element_db()
    return Candidates(
        jnp.asarray(cell[None], jnp.int32),
        jnp.asarray((rsrp_dbm - offset_db[cell])[None], jnp.float32),
        jnp.zeros((1, 2)),
        jnp.zeros((1, 3)),
    )


def set_to(**knobs) -> Controls:
    """Knobs by name, each a dict from cell to value; margin 0 unless said."""
    controls = town()[1]
    margin_db = jnp.zeros(CELLS)
    controls = eqx.tree_at(lambda c: c.handover_margin_db, controls, margin_db)
    for name, values in knobs.items():
        knob = getattr(controls, name)
        for cell, value in values.items():
            knob = knob.at[cell].set(value)
        controls = eqx.tree_at(lambda c, n=name: getattr(c, n), controls, knob)
    return controls


def one(low_dbm, high_dbm, serving: int = NEWCOMER, **knobs) -> Served:
    candidates = heard(low_dbm, high_dbm)
    now = jnp.asarray([serving], jnp.int32)
    return serve(town()[0], candidates, set_to(**knobs), now)


def entry_dbm(layer: int) -> float:
    return float(town()[0].carriers.entry_dbm[layer])


NOTHING = (-180.0, -181.0, -182.0)
levels_dbm = st.floats(-140.0, -45.0)
signs = st.sampled_from([-1.0, 1.0])


@given(levels_dbm, st.floats(NARROW_DB, 60.0), signs)
def test_the_higher_priority_wins_exactly_above_its_entry_level(low_dbm, away_db, sign):
    """TS 38.304 clause 5.2.4.5: priority first, however strong the lower layer is."""
    high_dbm = entry_dbm(1) + sign * away_db
    assume(abs(low_dbm - high_dbm) > NARROW_DB)
    assume(abs(low_dbm - entry_dbm(0)) > NARROW_DB)
    served = one((low_dbm, *NOTHING[1:]), (high_dbm, *NOTHING[1:]))
    # Where neither reaches its entry level, the stronger one is left.
    stronger = HIGH[0] if high_dbm > low_dbm else LOW[0]
    below = LOW[0] if low_dbm > entry_dbm(0) else stronger
    expected = HIGH[0] if sign > 0 else below
    assert int(served.cell[0]) == expected
    assert int(served.layer[0]) == (expected in HIGH)


@given(st.floats(-110.0, -50.0), st.floats(0.0, 6.0), st.floats(-10.0, 10.0))
def test_a_neighbour_takes_over_exactly_beyond_the_margin(
    here_dbm, margin_db, better_db
):
    """TS 38.331 clause 5.5.4.4: Mn > Mp + Off + Hys; a newcomer has no margin."""
    assume(abs(better_db - margin_db) > NARROW_DB)
    assume(abs(better_db) > NARROW_DB)
    low_dbm = (here_dbm, here_dbm + better_db, NOTHING[2])
    margin = {LOW[0]: margin_db}
    stayed = one(low_dbm, NOTHING, LOW[0], handover_margin_db=margin)
    assert int(stayed.cell[0]) == (LOW[1] if better_db > margin_db else LOW[0])
    fresh = one(low_dbm, NOTHING, handover_margin_db=margin)
    assert int(fresh.cell[0]) == (LOW[1] if better_db > 0.0 else LOW[0])


@given(
    st.floats(-110.0, -50.0),
    st.floats(-20.0, 20.0),
    st.floats(-12.0, 12.0),
    st.floats(-12.0, 12.0),
    st.floats(0.0, 6.0),
)
def test_individual_offsets_count_like_level(
    here_dbm, better_db, own_db, other_db, hys
):
    """Mn + Ocn > Mp + Ocp + margin, all in dB; what is measured stays as it was."""
    lead_db = better_db + other_db - own_db - hys
    assume(abs(lead_db) > NARROW_DB)
    served = one(
        (here_dbm, here_dbm + better_db, NOTHING[2]),
        NOTHING,
        serving=LOW[0],
        handover_margin_db={LOW[0]: hys},
        individual_offset_db={LOW[0]: own_db, LOW[1]: other_db},
    )
    assert int(served.cell[0]) == (LOW[1] if lead_db > 0.0 else LOW[0])
    expected_dbm = here_dbm + (better_db if lead_db > 0.0 else 0.0)
    assert float(served.rsrp_dbm[0]) == pytest.approx(expected_dbm, abs=NARROW_DB)


def test_the_margin_also_holds_a_user_on_its_layer():
    """Else a user at the entry level would change layers with every look."""
    just_below = (entry_dbm(1) - 0.5, *NOTHING[1:])
    strong = (-60.0, *NOTHING[1:])
    margin = {HIGH[0]: 1.0}
    stayed = one(strong, just_below, HIGH[0], handover_margin_db=margin)
    assert int(stayed.cell[0]) == HIGH[0]
    came = one(strong, just_below, LOW[0], handover_margin_db=margin)
    assert int(came.cell[0]) == LOW[0]


def crowd(luck: int) -> tuple[Candidates, Controls, np.ndarray]:
    """Users all over, each with its own lists, levels and serving cell."""
    rng = np.random.default_rng(luck)
    layer = np.asarray(town()[0].layer)
    members = [np.flatnonzero(layer == number) for number in (0, 1)]
    cell = np.array(
        [[rng.choice(m, K, replace=False) for m in members] for _ in range(USERS)]
    )
    candidates = Candidates(
        jnp.asarray(cell, jnp.int32),
        jnp.asarray(rng.uniform(-150.0, -70.0, cell.shape), jnp.float32),
        jnp.zeros((USERS, 2)),
        jnp.zeros((USERS, 3)),
    )
    controls = eqx.tree_at(
        lambda c: (c.individual_offset_db, c.awake),
        town()[1],
        (
            jnp.asarray(rng.normal(0.0, 3.0, CELLS), jnp.float32),
            jnp.asarray(rng.random(CELLS) < rng.random()),
        ),
    )
    serving = rng.integers(-1, CELLS, USERS)
    return candidates, controls, serving


lucks = st.integers(0, 2**31 - 1)


@given(lucks)
def test_nobody_is_served_by_a_sleeper_while_another_is_awake(luck):
    candidates, controls, serving = crowd(luck)
    served = serve(town()[0], candidates, controls, jnp.asarray(serving, jnp.int32))
    awake, cell = np.asarray(controls.awake), np.asarray(candidates.cell)
    somebody = awake[cell].any((1, 2))
    assert awake[np.asarray(served.cell)][somebody].all()
    # Every level here is above -200 dBm: awake is covered.
    assert np.array_equal(np.asarray(served.covered), somebody)


@given(lucks)
def test_what_is_told_of_the_serving_cell_is_true_of_it(luck):
    candidates, controls, serving = crowd(luck)
    cells = town()[0]
    served = serve(cells, candidates, controls, jnp.asarray(serving, jnp.int32))
    cell = np.asarray(served.cell)
    assert np.array_equal(served.layer, np.asarray(cells.layer)[cell])
    mine = np.asarray(candidates.cell) == cell[:, None, None]
    assert (mine.sum((1, 2)) == 1).all()
    gain_db = np.where(mine, candidates.gain_db, 0.0).sum((1, 2))
    assert np.array_equal(served.gain_db, gain_db.astype(np.float32))
    rsrp_dbm = np.asarray(controls.power_dbm)[cell] + element_db()[cell] + gain_db
    seen = np.asarray(served.covered)
    assert (
        np.abs(np.asarray(served.rsrp_dbm) - rsrp_dbm)[seen].max(initial=0) < NARROW_DB
    )


@given(lucks)
def test_who_looks_twice_stays(luck):
    """Nothing has changed in between, so nobody may hand over again."""
    candidates, controls, serving = crowd(luck)
    once = serve(town()[0], candidates, controls, jnp.asarray(serving, jnp.int32))
    twice = serve(town()[0], candidates, controls, once.cell)
    assert (twice.cell == once.cell).all()


@given(lucks)
def test_does_not_care_how_users_and_cells_are_numbered(luck):
    candidates, controls, serving = crowd(luck)
    rng = np.random.default_rng(luck + 1)
    users, order = rng.permutation(USERS), rng.permutation(CELLS)
    number = np.argsort(order)  # the new number of an old cell
    cells = town()[0]

    def by_cell(leaf):
        return leaf[order] if leaf.shape[:1] == (CELLS,) else leaf

    mixed = eqx.tree_at(
        lambda c: c.carriers, jax.tree.map(by_cell, cells), cells.carriers
    )
    lists = jax.tree.map(lambda leaf: leaf[users], candidates)
    renamed = jnp.asarray(number[np.asarray(lists.cell)], jnp.int32)
    lists = eqx.tree_at(lambda c: c.cell, lists, renamed)
    before = np.where(serving < 0, -1, number[serving])[users]
    plain = serve(cells, candidates, controls, jnp.asarray(serving, jnp.int32))
    shuffled = serve(
        mixed, lists, jax.tree.map(by_cell, controls), jnp.asarray(before, jnp.int32)
    )
    seen = np.asarray(plain.covered)[users]
    assert np.array_equal(shuffled.covered, seen)
    new = number[np.asarray(plain.cell)[users]]
    assert np.array_equal(np.asarray(shuffled.cell)[seen], new[seen])


def test_a_candidate_that_does_not_exist_covers_nobody():
    candidates = heard(NOTHING, NOTHING)
    absent_db = jnp.full_like(candidates.gain_db, ABSENT_DB)
    nowhere = eqx.tree_at(lambda c: c.gain_db, candidates, absent_db)
    newcomer = jnp.asarray([NEWCOMER], jnp.int32)
    assert not bool(serve(town()[0], nowhere, set_to(), newcomer).covered[0])
