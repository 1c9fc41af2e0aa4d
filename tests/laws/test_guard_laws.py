"""Does the guard keep its word: the same facts, the same verdict, and never tired?"""

import dataclasses
import math
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.autonomy.decision import Approved, Joint, Refused
from gemel.autonomy.guard import Guard, Outlook, projected
from gemel.autonomy.intents import CONDITIONS, Intent, Target
from gemel.autonomy.odds import interval, violation_odds
from gemel.network.controls import Controls, fingerprint
from gemel.twin.forecast import doubted

THROUGHPUT, ENERGY = "AveDLRANUEThpt", "RANEnergyConsumption"


def intent_of(**thresholds: float) -> Intent:
    """Throughput above, everything else below."""
    targets = [
        Target(
            name,
            "IS_EQUAL_TO_OR_GREATER_THAN"
            if name == THROUGHPUT
            else "IS_EQUAL_TO_OR_LESS_THAN",
            threshold,
        )
        for name, threshold in thresholds.items()
    ]
    return Intent("test", "what a law needs", tuple(targets))


def guard_of(small, intent: Intent, **rules: Any) -> Guard:
    return Guard(intent, small.thresholds, small.period_s, **rules)


def outlook_at(elapsed_s: float, spent=0.0, usual=0.0, rest=0.0) -> Outlook:
    return Outlook(elapsed_s, spent, usual, rest)


def change(now: Controls, wish: Controls) -> Joint:
    return Joint(("some loop",), "some aim", now, wish)


@pytest.fixture(scope="module")
def easy(small) -> Guard:
    """One target that nothing endangers, and no floor."""
    return guard_of(small, intent_of(AveDLRANUEThpt=1.0), floor_rise=1.0)


@pytest.fixture(scope="module")
def three_sleep(small) -> Controls:
    return small.asleep(np.flatnonzero(small.capacity)[:3])


def test_what_it_approved_it_approves_again(small, easy, three_sleep):
    joint = change(small.controls, three_sleep)
    verdicts = [
        easy.review(joint, small.belief, outlook_at(small.night_s)) for _ in range(2)
    ]
    first, second = verdicts
    assert isinstance(first, Approved) and isinstance(second, Approved)
    assert (first.plan_id, first.evidence) == (second.plan_id, second.evidence)
    nothing = change(three_sleep, three_sleep)
    again = easy.review(nothing, small.belief, outlook_at(small.night_s))
    assert isinstance(again, Approved)


def test_an_approval_says_what_it_is_for_and_until_when(small, easy, three_sleep):
    woken = np.flatnonzero(small.capacity)[-1]
    now = small.asleep(woken)
    verdict = easy.review(
        change(now, three_sleep), small.belief, outlook_at(small.night_s)
    )
    assert isinstance(verdict, Approved)
    assert verdict.fingerprint == fingerprint(now)
    assert verdict.expires_s == small.night_s + easy.valid_s
    assert fingerprint(verdict.controls) == fingerprint(three_sleep)
    assert np.asarray(verdict.fallback.awake).all()
    later = easy.review(
        change(now, three_sleep),
        small.belief,
        outlook_at(small.night_s + small.period_s),
    )
    other = easy.review(
        change(now, small.controls), small.belief, outlook_at(small.night_s)
    )
    assert isinstance(later, Approved) and isinstance(other, Approved)
    assert len({verdict.plan_id, later.plan_id, other.plan_id}) == 3


def test_evidence_is_the_forecast_with_its_interval(small, easy, three_sleep):
    joint = change(small.controls, three_sleep)
    verdict = easy.review(joint, small.belief, outlook_at(small.night_s))
    after = small.forecast(small.belief, three_sleep, small.night_s)
    before = small.forecast(small.belief, small.controls, small.night_s)
    after = doubted(after, before, before)  # every cell is awake before
    for name in after.mean:
        told = verdict.evidence[name]
        assert (told["low"], told["forecast"], told["high"]) == interval(after, name)
        assert told["low"] <= told["forecast"] <= told["high"]
        assert told["without_change"] == float(before.mean[name])


def test_everything_to_sleep_at_once_is_too_much(small, easy):
    joint = change(small.controls, small.asleep(small.capacity))
    verdict = easy.review(joint, small.belief, outlook_at(small.busy_s))
    assert isinstance(verdict, Refused)
    assert (verdict.what, verdict.limit) == ("rate of change", easy.most_switched)
    assert verdict.number == small.capacity.mean()


def test_a_busy_hour_without_its_capacity_is_refused_with_the_odds(small):
    usual = small.forecast(small.belief, small.controls, small.busy_s)
    threshold = 0.75 * float(usual.mean[THROUGHPUT])
    intent = intent_of(AveDLRANUEThpt=threshold)
    guard = guard_of(small, intent, floor_rise=1.0, most_switched=1.0)
    wish = small.asleep(small.capacity)
    verdict = guard.review(
        change(small.controls, wish), small.belief, outlook_at(small.busy_s)
    )
    after = small.forecast(small.belief, wish, small.busy_s)
    after = doubted(after, usual, usual)  # every cell is awake usually
    odds = violation_odds(
        intent.targets[0],
        float(after.mean[THROUGHPUT]),
        float(after.spread[THROUGHPUT]),
    )
    assert isinstance(verdict, Refused)
    assert (verdict.what, verdict.number) == (THROUGHPUT, odds)
    assert verdict.number > verdict.limit == guard.most_odds
    assert f"{odds:.1%}" in verdict.reason


def test_the_more_is_to_change_the_less_sure_is_the_forecast(small, three_sleep):
    before = small.forecast(small.belief, small.controls, small.busy_s)
    few = small.forecast(small.belief, three_sleep, small.busy_s)
    most = small.forecast(small.belief, small.asleep(small.capacity), small.busy_s)
    still = doubted(before, before, before)
    for name in before.spread:
        # Squaring and taking the root costs a rounding.
        same = float(before.spread[name])
        assert float(still.spread[name]) == pytest.approx(same, rel=1e-5)
        for after in (few, most):
            grown = doubted(after, before, before).spread[name]
            assert grown >= after.spread[name] * (1.0 - 1e-6)
    doubts = [
        float(doubted(after, before, before).spread[THROUGHPUT]) ** 2
        - float(after.spread[THROUGHPUT]) ** 2
        for after in (few, most)
    ]
    assert 0.0 < doubts[0] < doubts[1]


def test_it_never_tires(small, easy):
    joint = change(small.controls, small.asleep(small.capacity))
    told = set()
    for _ in range(100):
        verdict = easy.review(joint, small.belief, outlook_at(small.busy_s))
        assert isinstance(verdict, Refused)
        told.add((verdict.what, verdict.number, verdict.limit, verdict.reason))
    assert len(told) == 1


def test_thin_air_is_refused(small):
    """All of the network but one site asleep: some hear nobody well."""
    alone = np.asarray(small.facts.cells.site) != 0
    guard = guard_of(small, intent_of(AveDLRANUEThpt=1.0), most_switched=1.0)
    wish = small.asleep(alone)
    verdict = guard.review(
        change(small.controls, wish), small.belief, outlook_at(small.night_s)
    )
    before = small.forecast(small.belief, small.controls, small.night_s).below_floor
    after = small.forecast(small.belief, wish, small.night_s).below_floor
    assert isinstance(verdict, Refused)
    assert verdict.what == "coverage floor"
    # float32 means of a few members, in another order
    rise_percent = 100.0 * float(jnp.mean(after) - jnp.mean(before))
    assert verdict.number == pytest.approx(rise_percent, rel=1e-4)
    assert verdict.number > verdict.limit == 100.0 * guard.floor_rise


@pytest.mark.parametrize("knob", Controls.__dataclass_fields__)
def test_only_people_touch_reserved_cells(small, easy, knob):
    cell = int(np.flatnonzero(small.capacity)[4])
    value = getattr(small.controls, knob)
    turned = ~value[cell] if value.dtype == bool else value[cell] - 1.0
    wish = dataclasses.replace(small.controls, **{knob: value.at[cell].set(turned)})
    joint, outlook = change(small.controls, wish), outlook_at(small.night_s)
    reserved = frozenset({small.names[cell]})
    guard = dataclasses.replace(easy, reserved=reserved)
    verdict = guard.review(joint, small.belief, outlook)
    assert isinstance(verdict, Refused)
    assert (verdict.what, verdict.number, verdict.limit) == ("reserved cells", 1.0, 0.0)
    assert small.names[cell] in verdict.reason
    free = dataclasses.replace(easy, reserved=frozenset({small.names[cell - 1]}))
    assert not (
        isinstance(other := free.review(joint, small.belief, outlook), Refused)
        and other.what == "reserved cells"
    )


def test_a_nap_that_costs_more_than_it_saves_is_refused(small, easy, three_sleep):
    """A hundredth of a second asleep saves less than going there and back takes."""
    joint, outlook = change(small.controls, three_sleep), outlook_at(small.night_s)
    nap = dataclasses.replace(easy, period_s=0.01)
    verdict = nap.review(joint, small.belief, outlook)
    assert isinstance(verdict, Refused)
    assert verdict.what == "transition cost"
    assert 0.0 < verdict.number < verdict.limit


def test_waking_is_free_while_a_target_is_in_danger(small):
    """Even where the day's energy is missed by it, and its switching earns nothing."""
    usual = small.forecast(small.belief, small.controls, small.busy_s)
    asleep = small.asleep(small.capacity)
    spent = small.forecast(small.belief, asleep, small.busy_s)
    halfway_kwh = 0.5 * float(usual.mean[ENERGY] + spent.mean[ENERGY])
    joint, outlook = change(asleep, small.controls), outlook_at(small.busy_s)
    for kbps in (float(usual.mean[THROUGHPUT]), 1e9):
        guard = guard_of(
            small, intent_of(AveDLRANUEThpt=kbps, RANEnergyConsumption=halfway_kwh)
        )
        assert isinstance(guard.review(joint, small.belief, outlook), Approved)
    # Where nobody is the better for it, the day's energy is what counts.
    idle = guard_of(small, intent_of(RANEnergyConsumption=halfway_kwh))
    verdict = idle.review(joint, small.belief, outlook)
    assert isinstance(verdict, Refused)
    assert verdict.what == ENERGY
    assert verdict.number > verdict.limit


def test_where_all_is_lost_it_may_be_mended_but_not_made_worse(small, three_sleep):
    """Odds of exactly one before and after do not say which misses by more."""
    guard = guard_of(small, intent_of(AveDLRANUEThpt=1e9), floor_rise=1.0)
    # At night, when sleep surely saves: else that it saves nothing is said first.
    outlook = outlook_at(small.night_s)
    worse = guard.review(change(small.controls, three_sleep), small.belief, outlook)
    assert isinstance(worse, Refused)
    assert (worse.what, worse.number) == (THROUGHPUT, 1.0)
    mended = guard.review(change(three_sleep, small.controls), small.belief, outlook)
    assert isinstance(mended, Approved)


def test_what_cannot_be_forecast_is_not_approved(small, easy, three_sleep):
    lost = eqx.tree_at(
        lambda b: b.kpi_bias[THROUGHPUT], small.belief, jnp.float32(jnp.nan)
    )
    joint, outlook = change(small.controls, three_sleep), outlook_at(small.night_s)
    assert isinstance(easy.review(joint, small.belief, outlook), Approved)
    verdict = easy.review(joint, lost, outlook)
    assert isinstance(verdict, Refused)
    assert (verdict.what, verdict.number) == (THROUGHPUT, 1.0)


numbers = st.floats(-1e3, 1e3)
spreads = st.floats(0.0, 1e3)


@pytest.mark.parametrize("condition", CONDITIONS)
@given(numbers, numbers, spreads, spreads)
def test_odds_grow_with_doubt_and_with_distance(condition, one, other, narrow, wide):
    target = Target(THROUGHPUT, condition, 100.0)
    higher_helps, _ = CONDITIONS[condition]
    worse, better = sorted((one, other), reverse=not higher_helps)
    narrow, wide = sorted((narrow, wide))
    assert violation_odds(target, worse, wide) >= violation_odds(target, better, wide)
    for mean in (worse, better):
        sure, unsure = (violation_odds(target, mean, s) for s in (narrow, wide))
        assert 0.0 <= sure <= 1.0
        inside = mean > 100.0 if higher_helps else mean < 100.0
        # Doubt endangers what is safe, and leaves hope for what is lost.
        assert sure <= unsure <= 0.5 if inside else sure >= unsure


@pytest.mark.parametrize("condition", CONDITIONS)
def test_odds_on_the_threshold_follow_the_condition(condition):
    """Without doubt there is only met or missed; with it, an even chance."""
    target = Target(THROUGHPUT, condition, 100.0)
    _, threshold_inside = CONDITIONS[condition]
    assert violation_odds(target, 100.0, 0.0) == (0.0 if threshold_inside else 1.0)
    assert violation_odds(target, 100.0, 1.0) == 0.5
    assert violation_odds(target, math.nan, 1.0) == 1.0
    assert violation_odds(target, 100.0, math.nan) == 1.0


kwh = st.floats(0.1, 1e4)


@given(kwh, kwh, kwh, kwh, st.floats(0.0, 1.0))
def test_the_rest_of_the_day_saves_like_its_part_so_far(spent, period, rest, more, s):
    """A share s saved until now is the share saved of the day."""
    usual = (spent + period) / (1.0 - 0.5 * s)
    mean, spread = projected(period, 0.1, Outlook(0.0, spent, usual, rest))
    assert mean == pytest.approx((1.0 - 0.5 * s) * (usual + rest))
    assert spread >= 0.1
    # What is spent is spent, whatever the rest may bring.
    done, sure = projected(period, 0.1, Outlook(0.0, spent, usual, 0.0))
    assert (done, sure) == (spent + period, 0.1)
    dearer, _ = projected(period + more, 0.1, Outlook(0.0, spent, usual, rest))
    assert dearer > mean
    # Nobody counts on saving less than nothing.
    assert dearer <= spent + period + more + rest + 1e-9 * (dearer + rest)
