"""Is what one life saved told honestly, and is the network handed back as it was?"""

import dataclasses

import hypothesis.strategies as st
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

from gemel.autonomy.decision import Plan
from gemel.autonomy.intents import Target
from gemel.errors import ScenarioError
from gemel.network.controls import Controls, fingerprint
from gemel.scenarios.live_day import LiveOptions, as_found
from gemel.scenarios.live_outcome import LiveRecord, outcome_of, saving_between
from gemel.scenarios.record import ForecastRecord, LifeRecord

CELLS = 4
masks = st.lists(st.booleans(), min_size=CELLS, max_size=CELLS)


def controls(awake=(True,) * CELLS, tilt_deg: float = 6.0) -> Controls:
    return Controls(
        power_dbm=jnp.full(CELLS, 46.0),
        tilt_deg=jnp.full(CELLS, tilt_deg),
        azimuth_turn_deg=jnp.zeros(CELLS),
        awake=jnp.asarray(awake, bool),
        individual_offset_db=jnp.zeros(CELLS),
        handover_margin_db=jnp.ones(CELLS),
    )


def carried_out(wishes: list[Controls], now: Controls) -> tuple[list[Plan], Controls]:
    """Plans one after the other, each with the fallback that the guard gives it."""
    plans = []
    for number, wish in enumerate(wishes):
        either = jnp.logical_or(now.awake, wish.awake)
        back = dataclasses.replace(now, awake=either)
        plans.append(Plan(f"plan-{number}", wish, back))
        now = wish
    return plans, now


@given(st.lists(masks, min_size=1, max_size=6))
def test_a_network_found_awake_is_handed_back_awake(course):
    found = controls()
    plans, now = carried_out([controls(awake) for awake in course], found)
    assert fingerprint(as_found(now, plans)) == fingerprint(found)


@given(found=masks, course=st.lists(masks, min_size=1, max_size=6))
def test_handing_back_puts_nobody_to_sleep(found, course):
    plans, now = carried_out([controls(a) for a in course], controls(found))
    back = np.asarray(as_found(now, plans).awake)
    assert not (np.asarray(now.awake) & ~back).any()
    assert not (np.array(found) & ~back).any()


def test_other_knobs_are_handed_back_as_they_were_before_the_first_plan():
    wishes = [controls(tilt_deg=t) for t in (7.0, 8.0)]
    plans, now = carried_out(wishes, controls(tilt_deg=6.0))
    assert as_found(now, plans).tilt_deg.tolist() == [6.0] * CELLS


@given(
    expected=st.floats(1.0, 1e6), spent=st.floats(0.0, 1e6), doubt=st.floats(0.0, 0.4)
)
def test_the_saving_lies_between_its_ends(expected, spent, doubt):
    low, high = saving_between(expected, spent, doubt)
    assert low <= 100.0 * (1.0 - spent / expected) + 1e-6
    assert high >= 100.0 * (1.0 - spent / expected) - 1e-6
    assert low <= high


@pytest.mark.parametrize(("hours", "period_s", "count"), [(1, 900, 4), (24, 3_600, 24)])
def test_hours_are_counted_in_the_networks_own_periods(hours, period_s, count):
    assert LiveOptions(hours=float(hours)).periods(float(period_s)) == count


@pytest.mark.parametrize(("hours", "period_s"), [(0.25, 3_600.0), (1.0, 2_400.0)])
def test_parts_of_a_period_are_refused(hours, period_s):
    with pytest.raises(ScenarioError, match="no whole number"):
        LiveOptions(hours=hours).periods(period_s)


@pytest.mark.parametrize("hours", [0.0, -1.0, 25.0, float("nan")])
def test_hours_that_cannot_be_are_refused(hours):
    with pytest.raises(ScenarioError, match="at most 24"):
        LiveOptions(hours=hours)


def test_a_period_without_a_report_is_no_violation():
    name = "AveDLRANUEThpt"

    def life(values: list[float]) -> LifeRecord:
        blank = [np.zeros(CELLS)] * len(values)
        return LifeRecord(kpis=[{name: value} for value in values], load=blank)

    record = LiveRecord(usual=life([9.0, 9.0, 9.0]), lived=life([8.0, np.nan, 7.0]))
    record.said = ForecastRecord(bands=[{name: (6.0, 7.5, 9.0)}] * 3)
    target = Target(name, "IS_EQUAL_TO_OR_GREATER_THAN", 6.5)
    told = outcome_of(target, record, 900.0)
    assert told.fulfilled and told.violation_minutes == 0.0
    assert told.day_achieved == 7.0  # the worst of those that were reported
    assert np.isnan(told.achieved[1]) and len(told.forecast_mean) == 3
    strict = dataclasses.replace(target, threshold=7.5)
    assert outcome_of(strict, record, 900.0).violation_minutes == 15.0
