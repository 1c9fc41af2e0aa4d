"""Do cells' own reports foretell the next, and does silence widen the interval?

Made-up cells: a level of its own each, that wanders slowly, and noise on every report.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.twin.far import come_due, far_expected, nothing_said
from gemel.twin.levels import (
    NAMES,
    expected,
    looked_at,
    looked_over,
    moved,
    no_levels,
    rule,
    shifted,
    stacked,
    told,
    told_again,
    widths,
)
from gemel.twin.source import Measured

LOAD, FELT, VOLUME = "RRU.PrbTotDl", "DRB.UEThpDl", "DRB.PdcpSduVolumeDL"
USUAL = {LOAD: 40.0, FELT: 5e4, "DRB.PdcpSduVolumeDL": 1e6, "RRC.ConnMean": 10.0}
CELLS, PERIODS, LEARNING = 40, 160, 80
STEADY = jnp.zeros(CELLS)
AWAKE = jnp.ones(CELLS, bool)

told_jit, expected_jit = eqx.filter_jit(told), eqx.filter_jit(expected)


def reports(seed: int, wander: float, noise: float) -> np.ndarray:
    """[time name cell]; loads by a tenth of what the others move, in points."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 0.3, (1, 1, CELLS))
    way = np.cumsum(rng.normal(0, wander, (PERIODS, 1, CELLS)), 0)
    off = level + way + rng.normal(0, noise, (PERIODS, len(NAMES), CELLS))
    usual = np.array([USUAL.get(name, 1.0) for name in NAMES])
    value = usual[None, :, None] * np.exp(off)
    value[:, NAMES.index(LOAD)] = np.clip(40 + 20 * off[:, NAMES.index(LOAD)], 1, 99)
    return value


def report(value: np.ndarray, there: np.ndarray | None = None) -> dict[str, Measured]:
    present = jnp.asarray(np.ones(CELLS, bool) if there is None else there)
    return {
        name: Measured(jnp.asarray(value[i], jnp.float32), present, STEADY)
        for i, name in enumerate(NAMES)
    }


def followed(values: np.ndarray, lost: np.ndarray | None = None):
    """Errors of forecast and of persistence, and what share the interval held."""
    levels, last = no_levels(CELLS), values[0]
    ours, same, held = [], [], []
    for number, value in enumerate(values):
        guess = expected_jit(levels, STEADY)
        truth = np.stack(
            [looked_at(n, jnp.asarray(value[i])) for i, n in enumerate(NAMES)]
        )
        before = np.stack(
            [looked_at(n, jnp.asarray(last[i])) for i, n in enumerate(NAMES)]
        )
        if number >= LEARNING:
            ours.append(np.abs(np.asarray(guess.middle) - truth).mean(1))
            same.append(np.abs(before - truth).mean(1))
            inside = (np.asarray(guess.low) <= truth) & (
                truth <= np.asarray(guess.high)
            )
            held.append(inside.mean(1))
        there = np.ones(CELLS, bool) if lost is None else ~lost[number]
        levels = told_jit(levels, report(value, there), AWAKE, STEADY)
        last = np.where(there, value, last)
    return levels, np.mean(ours, 0), np.mean(same, 0), np.mean(held, 0)


def test_noise_is_not_taken_for_news():
    """Of pure noise persistence makes the square root of two of what must be; half of
    the way from there to the least possible is ours at least."""
    _, ours, same, _ = followed(reports(0, 0.0, 0.2))
    assert (ours < 0.5 * (1 + 2**-0.5) * same).all(), ours / same


def test_news_is_not_taken_for_noise():
    """Where all is wandering, the last report is the best forecast; what is learned
    may cost a tenth."""
    _, ours, same, _ = followed(reports(1, 0.1, 0.0))
    assert (ours < 1.1 * same).all(), ours / same


@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_nine_of_ten_reports_come_inside(noise):
    """3,200 reports a name: two standard deviations of their share are one point; the
    levels wander, so four are allowed."""
    _, _, _, held = followed(reports(2, 0.03, noise))
    assert ((held > 0.86) & (held < 0.94)).all(), held


def test_a_third_of_the_reports_lost_costs_less_than_half_more():
    values = reports(3, 0.05, 0.15)
    lost = np.random.default_rng(4).random((PERIODS, CELLS)) < 0.3
    _, ours, _, _ = followed(values)
    _, gapped, _, held = followed(values, lost)
    assert (gapped < 1.5 * ours).all()
    assert ((held > 0.85) & (held < 0.95)).all(), held


def test_silence_widens_and_moves_nothing_of_the_rule():
    levels, *_ = followed(reports(5, 0.02, 0.1))
    before = expected(levels, STEADY)
    silent = report(np.full((len(NAMES), CELLS), 7.0), np.zeros(CELLS, bool))
    after = levels
    for _ in range(5):
        after = told_jit(after, silent, AWAKE, STEADY)
    np.testing.assert_array_equal(rule(after), rule(levels))
    np.testing.assert_array_equal(widths(after), widths(levels))
    np.testing.assert_array_equal(after.mean, levels.mean)
    later = expected(after, STEADY)
    assert ((later.high - later.low) > 1.2 * (before.high - before.low)).all()


def test_a_cell_asleep_is_where_it_was_when_it_wakes():
    levels, *_ = followed(reports(6, 0.02, 0.1))
    nothing = report(np.zeros((len(NAMES), CELLS)))
    asleep = AWAKE.at[3].set(False)
    after = told_jit(levels, nothing, asleep, STEADY)
    np.testing.assert_array_equal(after.mean[:, :, 3], levels.mean[:, :, 3])
    assert (after.age[:, 3] == 1.0).all() and (after.age[:, 4] == 0.0).all()


def test_a_measurement_nobody_takes_is_no_measurement():
    some = {LOAD: report(reports(7, 0.0, 0.1)[0])[LOAD]}
    value, there = looked_over(some, AWAKE)
    assert there[NAMES.index(LOAD)].all() and int(there.sum()) == CELLS
    assert np.isfinite(np.asarray(value)).all()
    after = told_jit(no_levels(CELLS), some, AWAKE, STEADY)
    assert all(np.isfinite(np.asarray(leaf)).all() for leaf in jax.tree.leaves(after))


def test_what_is_shifted_is_forecast_so_much_higher():
    levels, *_ = followed(reports(8, 0.02, 0.1))
    by = jnp.full((len(NAMES), CELLS), 0.1)
    one, other = expected(levels, STEADY), expected(shifted(levels, by), STEADY)
    np.testing.assert_allclose(other.middle - one.middle, 0.1, atol=1e-5)


def test_a_busier_season_is_a_fuller_cell_and_a_slower_one():
    levels, *_ = followed(reports(9, 0.0, 0.05))
    one, other = expected(levels, STEADY), expected(levels, STEADY + 0.2)
    more = np.asarray(other.middle - one.middle).mean(1)
    assert more[NAMES.index(LOAD)] > 0.02 and more[NAMES.index(FELT)] < -0.02


@pytest.mark.parametrize("name", NAMES)
def test_what_is_looked_at_is_told_again(name):
    value = jnp.asarray([0.0, 2.0, 20.0, 99.0])
    np.testing.assert_allclose(told_again(name, looked_at(name, value)), value, 1e-5)


def test_a_cell_gains_no_more_than_physics_says_that_comes():
    # Physics took the cell for empty; its own reports told better.
    nothing, before = jnp.zeros((len(NAMES), 1)), jnp.full((len(NAMES), 1), 2e5)
    after = {name: jnp.asarray([1e6]) for name in NAMES} | {LOAD: jnp.asarray([30.0])}
    empty = {name: jnp.asarray([0.0]) for name in NAMES}
    level = jnp.log(before).at[NAMES.index(LOAD)].set(0.05)
    by = moved(level, stacked(empty), stacked(after))
    for number, name in enumerate(NAMES):
        now = float(told_again(name, (level + by)[number])[0])
        limit = {LOAD: 35.0, FELT: 2e5}.get(name, 1.2e6)
        assert now <= 1.001 * limit, name
        assert now >= 0.999 * float(told_again(name, level[number])[0]), name
    np.testing.assert_array_equal(moved(level, nothing, nothing), 0.0)


@given(st.floats(1.0, 1e7), st.floats(1.0, 1e7), st.floats(1.0, 1e7))
def test_where_users_leave_a_share_of_them_goes(level, before, after):
    high, low = max(before, after), min(before, after)
    there, was, will = (
        looked_at(VOLUME, jnp.full((len(NAMES), 1), value))
        for value in (level, high, low)
    )
    by = moved(there, was, will)[NAMES.index(VOLUME)]
    np.testing.assert_allclose(by, np.log(low / high), atol=1e-4)


def test_shares_stay_shares():
    assert float(told_again(LOAD, jnp.asarray(1.7))) == 100.0
    assert float(told_again(LOAD, jnp.asarray(-0.2))) == 0.0


def test_forecasts_of_later_are_judged_when_their_time_comes():
    """Eight periods ahead of wandering levels: nine of ten come inside, and the
    interval is wider than the next period's."""
    values, ahead = reports(10, 0.06, 0.05), 8
    levels, far = no_levels(CELLS), nothing_said(ahead, CELLS)
    due = eqx.filter_jit(come_due)
    said, held = [], []
    for number, value in enumerate(values):
        measured = report(value)
        levels = told_jit(levels, measured, AWAKE, STEADY)
        far = due(far, levels, *looked_over(measured, AWAKE), STEADY)
        said.append(far_expected(far, levels, STEADY))
        if number >= LEARNING:
            guess, truth = said[number - ahead], looked_over(measured, AWAKE)[0]
            inside = (guess.low <= truth) & (truth <= guess.high)
            held.append(np.asarray(inside).mean(1))
    share = np.mean(held, 0)
    assert ((share > 0.83) & (share < 0.97)).all(), share
    near, last = expected(levels, STEADY), said[-1]
    assert ((last.high - last.low) > (near.high - near.low)).all()


def test_far_forecasts_keep_to_their_rows():
    """A day of minutes is kept a quarter of an hour apart."""
    far = nothing_said(1_440, 3)
    assert (far.ahead, far.every, far.waiting.shape[0]) == (1_440, 15, 96)
    assert nothing_said(1, 3).ahead == 1
    assert dataclasses.is_dataclass(far)
