"""Does a seasonal forecast use what there is, and never what there is not?"""

import numpy as np
import pytest

from gemel.errors import ScenarioError
from gemel.twin.season.features import origins
from gemel.twin.season.learning import fit
from gemel.twin.season.rolling import roll, standing
from gemel.twin.season.seasonal import SURE, Seasonal

HOUR_S = 3_600.0
CELLS = 40


def some_days(days: int, seed: int, noise: float = 0.03) -> np.ndarray:
    """Cells with a habit, each with departures that fade by a fifth an hour."""
    luck = np.random.default_rng(seed)
    hour = np.arange(24 * days)[:, None]
    habit = 0.3 + 0.2 * np.sin((hour + luck.uniform(0, 4, CELLS)) * 2 * np.pi / 24)
    away = np.zeros((len(hour), CELLS))
    for time in range(1, len(hour)):
        away[time] = 0.8 * away[time - 1] + noise * luck.standard_normal(CELLS)
    return np.clip(habit + away, 0.0, 1.0)


def with_gaps(history: np.ndarray, share: float) -> np.ndarray:
    lost = np.random.default_rng(9).random(history.shape) < share
    return np.where(lost, np.nan, history)


@pytest.fixture(scope="module")
def learned() -> Seasonal:
    return fit(some_days(4, 1), HOUR_S, most=1.0)


def test_better_than_no_change_and_than_yesterday(learned):
    history = some_days(7, 2)
    stood = standing(roll(learned, history, 96, 1, 0.0), history, 24)
    assert stood.below_persistence > 0.10
    assert stood.below_yesterday > 0.15
    assert abs(stood.covered - SURE) < 0.05


def test_a_day_ahead_is_better_than_yesterday(learned):
    history = some_days(7, 3)
    stood = standing(roll(learned, history, 96, 24, 0.0), history, 24)
    assert stood.below_yesterday > 0.10
    assert 0.85 < stood.covered < 0.97


def test_one_who_knows_the_next_hour_forecasts_the_same(learned):
    """Nothing of the future leaks: what comes after the origin changes nothing."""
    history = some_days(6, 4)
    other = history.copy()
    other[120:] = 1.0 - other[120:]
    ours = roll(learned, history, 118, 1, 0.0)
    theirs = roll(learned, other, 118, 1, 0.0)
    same = ours.made <= 120
    assert np.array_equal(ours.mean[same], theirs.mean[same])
    assert not np.array_equal(ours.mean, theirs.mean)


def test_cells_may_stand_in_any_order(learned):
    history = with_gaps(some_days(5, 5), 0.2)
    order = np.random.default_rng(0).permutation(CELLS)
    ours = learned.forecast(history, 24)
    shuffled = learned.forecast(history[:, order], 24)
    for one, other in zip(ours, shuffled, strict=True):
        np.testing.assert_allclose(one[:, order], other, rtol=1e-6)


def test_missing_hours_are_missed_but_not_fatal(learned):
    history = some_days(7, 6)
    whole = standing(roll(learned, history, 96, 1, 0.0), history, 24)
    holed = roll(learned, with_gaps(history, 0.3), 96, 1, 0.0)
    assert np.isfinite(holed.mean).all()
    error = np.abs(holed.mean[: len(history) - 96] - history[96:]).mean()
    assert error < 1.5 * whole.error_all  # less than half more


@pytest.mark.parametrize("hours", [0, 1, 5, 30])
def test_little_history_is_enough_for_an_answer(learned, hours):
    history = some_days(2, 7)[:hours]
    history[:, 0] = np.nan  # nobody ever heard of this one
    ahead = learned.forecast(history, 24)
    for part in ahead:
        assert np.isfinite(part).all()
    assert (ahead.low <= ahead.mean).all() and (ahead.mean <= ahead.high).all()
    assert ahead.mean[0, 0] == pytest.approx(learned.typical)


def test_the_first_hours_of_a_history_teach_something():
    short = fit(some_days(1, 8)[:6], HOUR_S, most=1.0)
    assert np.isfinite(short.forecast(some_days(1, 8)[:6], 1).mean).all()


def test_the_unit_does_not_matter():
    history = some_days(5, 10)
    ours = fit(history, HOUR_S).forecast(history, 24)
    theirs = fit(history * 1e6, HOUR_S).forecast(history * 1e6, 24)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one * 1e6, other, rtol=1e-6, atol=1.0)


def test_never_below_nothing_nor_above_the_most(learned):
    history = some_days(5, 11, noise=0.3)
    ahead = learned.forecast(history, 24)
    assert ahead.low.min() >= 0.0 and ahead.high.max() <= 1.0


def test_periods_of_a_quarter_of_an_hour_have_four_steps_in_the_next_hour():
    quarters = np.repeat(some_days(3, 12), 4, axis=0)
    model = fit(quarters, 900.0, most=1.0)
    assert [reach.up_to for reach in model.reaches] == [4, 96]
    assert model.forecast(quarters, 96).mean.shape == (96, CELLS)


def test_the_day_starts_where_it_is_said_to():
    history = some_days(5, 13)
    model = fit(history, HOUR_S)
    later = fit(history[7:], HOUR_S, starts_s=7 * HOUR_S)
    slots = origins(history[7:], later.first_slot(7 * HOUR_S), 24)[-1]
    assert slots.slot(np.array([1]))[0] == len(history) % 24
    assert model.first_slot(25 * HOUR_S) == 1


def test_a_period_that_does_not_divide_a_day_is_refused():
    with pytest.raises(ScenarioError, match="must divide a day"):
        fit(some_days(1, 1), 1_000.0)


def test_a_history_without_a_value_is_refused():
    with pytest.raises(ScenarioError, match="no value at all"):
        fit(np.full((5, 3), np.nan), HOUR_S)
