"""Is the day's demand as described, and does everybody move without jumps?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.world.demand import DAY_S, HOUR_S, activity
from gemel.world.movement import Commute

WEEK_S = 7 * DAY_S
MOVERS = 20
wanted = jax.jit(activity)


def at(elapsed_s) -> np.ndarray:
    return np.asarray(wanted(jnp.asarray(elapsed_s, jnp.float32)))


def minutes(day: int) -> np.ndarray:
    return day * DAY_S + 60.0 * np.arange(24 * 60)


@pytest.mark.parametrize("day", range(5))
def test_a_weekday_is_lowest_at_six_and_highest_at_seven_in_the_evening(day):
    curve = at(minutes(day))
    assert curve.argmin() == 6 * 60
    assert curve.argmax() == 19 * 60
    assert curve.min() == pytest.approx(0.18, abs=1e-6)  # float32
    assert curve.max() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("day", [5, 6])
def test_a_weekend_day_starts_later_is_flatter_and_ends_lower(day):
    curve, weekday = at(minutes(day)), at(minutes(1))
    assert curve.max() < weekday.max()
    assert np.ptp(curve) < np.ptp(weekday)
    half = 0.5 * weekday.max()
    assert np.argmax(curve[6 * 60 :] > half) > np.argmax(weekday[6 * 60 :] > half)


@given(st.integers(-8, 8), st.integers(0, 7 * 24 * 60 - 1))
def test_the_week_repeats_also_before_the_clock_began(weeks, minute):
    """Whole minutes are exact in float32 over these weeks, hours differ by 1e-4."""
    now_s = 60.0 * minute
    # The steepest hour changes by 0.21.
    assert at(now_s + weeks * WEEK_S) == pytest.approx(at(now_s), abs=1e-4)


def test_demand_never_jumps_not_even_into_the_weekend():
    elapsed_s = 60.0 * np.arange(7 * 24 * 60 + 1)
    # The steepest hour is the last of Sunday, from 0.67 to Monday's 0.46.
    assert np.abs(np.diff(at(elapsed_s))).max() <= 0.21 / 60 + 1e-5


def test_every_hour_has_a_line_of_its_own():
    """Half past is the mean of the two full hours around it."""
    full_s = HOUR_S * np.arange(7 * 24)
    middle = 0.5 * (at(full_s) + at(full_s + HOUR_S))
    assert at(full_s + HOUR_S / 2) == pytest.approx(middle, abs=1e-5)  # float32 hours


def commute(luck: int) -> Commute:
    rng = np.random.default_rng(luck)
    place_m = np.full((2, MOVERS, 3), 1.5)
    place_m[..., :2] = rng.uniform(-3_000.0, 3_000.0, (2, MOVERS, 2))
    place_m[1, 0] = place_m[0, 0]  # who has arrived
    start_m, goal_m, speed_mps, phase = (
        jnp.asarray(values, jnp.float32)
        for values in (*place_m, rng.uniform(0.5, 10.0, MOVERS), rng.random(MOVERS))
    )
    return Commute(start_m, goal_m, speed_mps, phase)


where = jax.jit(Commute.position_m)


@given(st.integers(0, 2**31 - 1), st.floats(0.0, DAY_S), st.floats(0.0, 600.0))
def test_nobody_is_faster_than_their_speed_or_off_their_way(luck, elapsed_s, later_s):
    way = commute(luck)
    times = jnp.asarray(elapsed_s, jnp.float32), jnp.asarray(elapsed_s + later_s)
    here_m, there_m = (np.asarray(where(way, time)) for time in times)
    passed_s = float(times[1]) - float(times[0])
    moved_m = np.linalg.norm(there_m - here_m, axis=1)
    # A day at 10 m/s is 864 km; float32 counts it in steps of 6 cm, twice rounded.
    assert (moved_m <= np.asarray(way.speed_mps) * passed_s + 0.25).all()
    start_m, goal_m = np.asarray(way.start_m), np.asarray(way.goal_m)
    detour_m = np.linalg.norm(here_m - start_m, axis=1)
    detour_m = detour_m + np.linalg.norm(goal_m - here_m, axis=1)
    length_m = np.linalg.norm(goal_m - start_m, axis=1)
    # Coordinates of kilometres have steps of 0.2 mm.
    assert np.abs(detour_m - length_m).max() < 5e-3


@given(st.integers(0, 2**31 - 1))
def test_the_way_there_and_back_ends_where_it_began(luck):
    way = commute(luck)
    length_m = np.linalg.norm(np.asarray(way.goal_m - way.start_m), axis=1)
    round_s = 2.0 * length_m[1] / float(way.speed_mps[1])
    begin_m, end_m = (np.asarray(where(way, jnp.asarray(t)))[1] for t in (0.0, round_s))
    # Phases are float32 numbers below two: 1e-7 of a way of 8 km.
    assert np.abs(begin_m - end_m).max() < 1e-2
    half_m = np.asarray(where(way, jnp.asarray(round_s / 2)))[1]
    middle_m = 0.5 * np.asarray(way.start_m + way.goal_m)[1]
    assert np.abs(begin_m + half_m - 2 * middle_m).max() < 1e-2
