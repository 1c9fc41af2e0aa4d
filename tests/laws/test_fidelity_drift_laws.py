"""Is a drift alarm as rare as it says while nothing drifts, and quick when it does?"""

import numpy as np
import pytest

from gemel.errors import ScenarioError
from gemel.twin.fidelity.drift import DriftRule, excursions, limit_of, run_length

RULE = DriftRule()
CELLS, PERIODS, WORLDS = 57, 96, 100


def noise(rng: np.random.Generator, alike: float, cells: int, periods: int):
    """Of variance one; each value tells of the next by the correlation `alike`."""
    fresh = rng.normal(size=(cells, periods)) * np.sqrt(1.0 - alike**2)
    error = np.empty_like(fresh)
    error[:, 0] = rng.normal(size=cells)
    for period in range(1, periods):
        error[:, period] = alike * error[:, period - 1] + fresh[:, period]
    return error


# what nothing drifts in -> (spread of errors over the one stated, correlation)
QUIET = {
    "as stated": (1.0, 0.0),
    "twice as wide as stated": (2.0, 0.0),
    "half as wide": (0.5, 0.0),
    "each like the last": (1.0, 0.5),
    "too wide and alike": (1.5, 0.5),
}


@pytest.mark.parametrize("what", QUIET)
@pytest.mark.parametrize("periods", [24, PERIODS])
def test_alarms_are_false_as_rarely_as_stated(what, periods):
    """Of 100 windows one would have a false alarm at the stated rate of one in a
    hundred; five or more happen by chance in one of 270."""
    wide, alike = QUIET[what]
    rng = np.random.default_rng(7)
    limit = limit_of(CELLS * periods, RULE)
    false = sum(
        bool(excursions(wide * noise(rng, alike, CELLS, periods), RULE, limit))
        for _ in range(WORLDS)
    )
    assert false <= 4


def test_the_limit_is_siegmunds():
    """A run length that anybody can simulate: k = 0.5, h = 3, white noise; one side
    gives 118 (Siegmund's formula: 117.6) and the exact value is 117.6 (Montgomery,
    Introduction to Statistical Quality Control, chapter 9)."""
    rng = np.random.default_rng(3)
    total, length = np.zeros(4_000), np.zeros(4_000)
    alive = np.ones(4_000, bool)
    for _ in range(2_000):
        total = np.maximum(total + rng.normal(size=4_000) - 0.5, 0.0)
        length += alive
        alive &= total <= 3.0
    assert run_length(3.0, 0.5) == pytest.approx(length.mean(), rel=0.05)


def test_more_to_look_at_needs_a_higher_limit():
    limits = [limit_of(many, RULE) for many in (1, 100, 10_000, 10**6, 10**9)]
    assert limits == sorted(limits) and limits[0] < limits[-1] < 50.0
    strict = limit_of(100, DriftRule(false_alarms=1e-4))
    assert strict > limit_of(100, RULE)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_shift_is_found_soon_and_on_its_side(side):
    rng = np.random.default_rng(5)
    limit, delays = limit_of(CELLS * PERIODS, RULE), []
    for _ in range(40):
        error = noise(rng, 0.0, CELLS, PERIODS)
        error[11, 48:] += 2.0 * side
        found = [one for one in excursions(error, RULE, limit) if one.series == 11]
        assert len(found) == 1 and found[0].over is None
        assert found[0].above == (side > 0.0)
        delays.append(found[0].found - 48)
    # h / (2 - k): 12 / 1.5, and what the estimate of the spread costs.
    assert 5 <= np.median(delays) <= 13


@pytest.mark.parametrize("shift", [5.0, 20.0, 1_000.0])
@pytest.mark.parametrize("periods", [24, PERIODS])
def test_a_large_shift_of_everything_does_not_pass_for_noise(shift, periods):
    rng = np.random.default_rng(1)
    error = 0.3 * noise(rng, 0.0, CELLS, periods)
    error[:, periods // 2 :] += shift
    found = excursions(error, RULE, limit_of(CELLS * periods, RULE))
    assert {one.series for one in found if one.over is None} == set(range(CELLS))
    assert min(one.found for one in found) >= periods // 2


def test_what_comes_back_stops_standing():
    rng = np.random.default_rng(9)
    error = noise(rng, 0.0, 3, 200)
    error[1, 60:100] += 4.0
    (found,) = excursions(error, RULE, limit_of(600, RULE))
    assert found.series == 1
    assert 58 <= found.began <= 62 <= found.found < 75
    assert found.over is not None and 100 < found.over <= 130


def test_missing_reports_neither_raise_nor_end_an_alarm():
    rng = np.random.default_rng(2)
    error = noise(rng, 0.0, 4, 120)
    error[2, 60:] += 3.0
    limit = limit_of(480, RULE)
    holes = error.copy()
    holes[rng.random(error.shape) < 0.3] = np.nan
    assert [one.series for one in excursions(holes, RULE, limit)] == [2]
    assert excursions(np.full((4, 120), np.nan), RULE, limit) == []


def test_few_periods_say_nothing():
    error = np.full((3, RULE.least_periods), 50.0)
    error[:, ::2] = 49.0
    assert excursions(error, RULE, 1.0) == []


def test_a_rule_that_cannot_be_is_refused():
    with pytest.raises(ScenarioError, match="slack"):
        DriftRule(slack=0.0)
    with pytest.raises(ScenarioError, match="rate below 1"):
        DriftRule(false_alarms=1.0)
