"""Is the twin's fidelity counted right, and does it depend on nothing else?"""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.twin.fidelity.fidelity import Fidelity, fidelity
from gemel.twin.fidelity.grades import FEWEST_PAIRS, GRADES, judged
from gemel.twin.fidelity.scores import Score
from gemel.twin.history import NETWORK, AbstractHistory, MemoryHistory
from gemel.world.demand import DAY_S

PERIOD_S = 900.0
LOAD, VOLUME, THROUGHPUT = "RRU.PrbTotDl", "DRB.PdcpSduVolumeDL", "DRB.UEThpDl"


def report(
    history: AbstractHistory, when_s: float, name: str, values: dict[str, float]
) -> None:
    """One period of one measurement; NaN did not come."""
    value = np.array(list(values.values()))
    history.append(
        "reports",
        {
            "elapsed_s": np.full(len(value), when_s),
            "period_s": np.full(len(value), PERIOD_S),
            "cell": np.array(list(values)),
            "name": np.full(len(value), name),
            "value": value,
            "present": np.isfinite(value),
            "age_s": np.zeros(len(value)),
        },
    )


def say(
    history: AbstractHistory,
    when_s: float,
    name: str,
    means: dict[str, float],
    half: float = 1.0,
    ahead_s: float = PERIOD_S,
) -> None:
    """A forecast of the period at `when_s`, made so long before its end."""
    mean = np.array(list(means.values()))
    history.append(
        "forecasts",
        {
            "made_s": np.full(len(mean), when_s + PERIOD_S - ahead_s),
            "elapsed_s": np.full(len(mean), when_s),
            "horizon_s": np.full(len(mean), ahead_s),
            "cell": np.array(list(means)),
            "name": np.full(len(mean), name),
            "mean": mean,
            "low": mean - half,
            "high": mean + half,
        },
    )


def score_of(told: Fidelity, name: str, horizon: str = "period") -> Score:
    (found,) = [
        kpi.score
        for kpi in told.kpis
        if (kpi.name, kpi.horizon, kpi.whole) == (name, horizon, False)
    ]
    return found


def test_a_few_numbers_are_what_one_counts_by_hand():
    history = MemoryHistory()
    # Yesterday at the same time 14; the last period 18; now 20, forecast as 17.
    report(history, 0.0, LOAD, {"a": 14.0})
    report(history, DAY_S - PERIOD_S, LOAD, {"a": 18.0})
    say(history, DAY_S, LOAD, {"a": 17.0}, half=2.0)
    report(history, DAY_S, LOAD, {"a": 20.0})
    # A second cell, inside its interval; its yesterday nobody knows.
    report(history, DAY_S - PERIOD_S, LOAD, {"b": 30.0})
    say(history, DAY_S, LOAD, {"b": 31.0}, half=2.0)
    report(history, DAY_S, LOAD, {"b": 30.0})
    score = score_of(fidelity(history, window_s=PERIOD_S), LOAD)
    assert score.pairs == 2
    assert score.bias == pytest.approx((-3.0 + 1.0) / 2)
    assert score.mean_absolute == pytest.approx((3.0 + 1.0) / 2)
    assert score.relative == pytest.approx(2.0 / 25.0)
    assert score.coverage == 0.5
    assert score.width == pytest.approx(4.0)
    assert score.persistence == pytest.approx(1.0 - 4.0 / 2.0)
    assert score.seasonal == pytest.approx(1.0 - 3.0 / 6.0)


def test_the_naive_know_nothing_of_what_came_after_the_forecast_was_made():
    history = MemoryHistory()
    for number, value in enumerate((10.0, 11.0, 12.0, 13.0, 14.0)):
        report(history, number * PERIOD_S, LOAD, {"a": value})
    # Made at the end of the first period, an hour before the end of the last.
    say(history, 4 * PERIOD_S, LOAD, {"a": 14.0}, ahead_s=3_600.0)
    told = fidelity(history)
    assert told.pairs.persistence.tolist() == [10.0]
    assert np.isnan(told.pairs.seasonal).all()
    assert score_of(told, LOAD, "hour").persistence == 1.0


def test_a_day_ahead_the_season_is_one_that_was_over():
    history = MemoryHistory()
    for day, value in enumerate((1.0, 2.0, 3.0)):
        report(history, day * DAY_S, LOAD, {"a": value})
    say(history, 2 * DAY_S, LOAD, {"a": 3.0}, ahead_s=DAY_S)
    say(history, 2 * DAY_S, LOAD, {"a": 3.0}, ahead_s=DAY_S + PERIOD_S)
    seasonal = dict(
        zip(
            (pairs := fidelity(history).pairs).horizon_s.tolist(),
            pairs.seasonal.tolist(),
            strict=True,
        )
    )
    # Made when yesterday's period had ended, or a period earlier.
    assert seasonal == {DAY_S: 2.0, DAY_S + PERIOD_S: 1.0}


def test_what_did_not_come_is_counted_and_not_judged():
    history = MemoryHistory()
    for number in range(4):
        lost = number == 2
        report(history, number * PERIOD_S, LOAD, {"a": math.nan if lost else 5.0})
        say(history, number * PERIOD_S, LOAD, {"a": math.nan if number == 3 else 5.0})
    told = fidelity(history)
    assert len(told.pairs) == 2
    assert (told.pairs.unheard, told.pairs.unsaid) == (1, 1)
    assert told.pairs.heard == pytest.approx(0.75)


def test_of_a_report_told_twice_the_later_counts():
    history = MemoryHistory()
    say(history, 0.0, LOAD, {"a": 5.0})
    report(history, 0.0, LOAD, {"a": 9.0})
    report(history, 0.0, LOAD, {"a": 6.0})
    assert fidelity(history).pairs.value.tolist() == [6.0]


def test_all_cells_together_are_what_the_standard_says():
    history = MemoryHistory()
    report(history, 0.0, VOLUME, {"a": 100.0, "b": 300.0})
    report(history, 0.0, THROUGHPUT, {"a": 4.0, "b": 8.0})
    report(history, 0.0, LOAD, {"a": 10.0, "b": 30.0})
    report(history, 0.0, "PEE.Energy", {"a": 0.5, "b": 0.25})
    true = {
        VOLUME: 400.0,
        LOAD: 20.0,
        THROUGHPUT: 7.0,
        "AveDLRANUEThpt": 7.0,
        "RANEnergyConsumption": 0.75,
    }
    for name in true:
        say(history, 0.0, name, {NETWORK: 1.0})
    pairs = fidelity(history).pairs
    found = {pairs.names[n]: v for n, v in zip(pairs.name, pairs.value, strict=True)}
    assert found == pytest.approx(true)


def test_a_sum_of_some_cells_is_no_sum():
    history = MemoryHistory()
    for number in range(2):
        lost = math.nan if number else 300.0
        report(history, number * PERIOD_S, VOLUME, {"a": 100.0, "b": lost})
        say(history, number * PERIOD_S, VOLUME, {NETWORK: 400.0})
    assert fidelity(history).pairs.value.tolist() == [400.0]


def lived(
    seed: int = 0,
    cells: int = 8,
    periods: int = 96,
    stated: float = 1.0,
    shift: float = 0.0,
    moved_s: float = 0.0,
) -> MemoryHistory:
    """Forecasts whose errors are normal with the spread stated; one cell may shift."""
    rng = np.random.default_rng(seed)
    history, names = MemoryHistory(), [f"c{n}" for n in range(cells)]
    for number in range(periods):
        when_s = moved_s + number * PERIOD_S
        true = 40.0 + 10.0 * rng.normal(size=cells)
        true[0] += shift * (number >= periods // 2)
        mean = true - rng.normal(size=cells)
        mean[0] -= shift * (number >= periods // 2)
        say(
            history,
            when_s,
            LOAD,
            dict(zip(names, mean, strict=True)),
            half=1.645 * stated,
        )
        report(history, when_s, LOAD, dict(zip(names, true, strict=True)))
    return history


def test_an_honest_twin_earns_an_a():
    told = fidelity(lived())
    assert score_of(told, LOAD).coverage == pytest.approx(0.9, abs=0.03)
    assert score_of(told, LOAD).surprise == pytest.approx(0.8, abs=0.05)
    assert told.grade(LOAD) == "A", told.kpis
    assert told.may((LOAD,)) == 3
    assert told.standing == ()


def test_what_nobody_forecasts_may_be_used_for_nothing():
    told = fidelity(lived())
    assert told.grade("PEE.Energy") == "D"
    assert told.may((LOAD, "PEE.Energy")) == 0
    assert told.may(()) == 0
    assert told.may((LOAD,), "day") == 0


def test_without_history_there_is_no_trust():
    told = fidelity(MemoryHistory())
    assert len(told.pairs) == 0 and told.kpis == () and told.alarms == ()
    assert told.may((LOAD,)) == 0


def test_too_sure_is_no_drift_but_costs_the_grade():
    told = fidelity(lived(stated=0.4))
    assert score_of(told, LOAD).coverage < 0.6
    assert told.grade(LOAD) == "D"
    assert told.standing == ()


def test_a_shift_of_one_cell_is_found_in_that_cell_and_costs_the_grade():
    told = fidelity(lived(shift=4.0))
    assert {alarm.cell for alarm in told.standing} == {"c0"}
    (alarm,) = told.standing
    assert alarm.above and alarm.name == LOAD
    # Where noise of one spread hides the first periods of a shift of four; and the
    # mean of some tens of such errors.
    assert alarm.since_s == pytest.approx(48 * PERIOD_S, abs=3 * PERIOD_S)
    assert alarm.since_s <= alarm.found_s <= 56 * PERIOD_S
    assert alarm.mean_error == pytest.approx(4.0, abs=0.7)
    assert told.cells[0].cell == "c0"
    assert told.doubtful((LOAD,)) == {"c0"}
    assert told.grade(LOAD) == "C"


def test_the_order_of_rows_and_the_day_do_not_matter():
    told = fidelity(lived())
    later = fidelity(lived(moved_s=5 * DAY_S))
    same_scores(later, told)
    history, mixed = lived(), MemoryHistory()
    rng = np.random.default_rng(1)
    for kind in ("reports", "forecasts"):
        rows = history.read(kind)
        order = rng.permutation(len(rows["elapsed_s"]))
        mixed.append(kind, {name: each[order] for name, each in rows.items()})
    same_scores(fidelity(mixed), told)


def same_scores(one: Fidelity, other: Fidelity) -> None:
    """Sums in another order differ in their last digits."""
    for mine, theirs in zip(one.kpis, other.kpis, strict=True):
        assert mine.verdict == theirs.verdict
        assert dataclasses.astuple(mine.score) == pytest.approx(
            dataclasses.astuple(theirs.score), nan_ok=True
        )
    assert {c.cell: c.surprise for c in one.cells} == pytest.approx(
        {c.cell: c.surprise for c in other.cells}
    )


def test_only_the_window_is_judged():
    history = lived(periods=96)
    told = fidelity(history, window_s=12 * PERIOD_S)
    assert len(told.pairs) == 12 * 8
    assert told.pairs.elapsed_s.min() == 84 * PERIOD_S
    early = fidelity(history, now_s=24 * PERIOD_S, window_s=12 * PERIOD_S)
    assert early.pairs.elapsed_s.max() == 23 * PERIOD_S


def score(coverage: float, skill: float, pairs: int = 1_000) -> Score:
    nan = math.nan
    return Score(pairs, nan, nan, nan, coverage, nan, nan, skill, skill)


ERRORS = st.floats(0.0, 60.0)
SHARES = st.floats(0.0, 1.0)
SKILLS = st.floats(-2.0, 1.0)


@given(ERRORS, ERRORS, SHARES, SKILLS, SKILLS, SHARES, SHARES)
def test_a_worse_number_never_earns_a_better_grade(
    error, more, coverage, skill, less, drift, further
):
    def grade(error: float, skill: float, drift: float) -> int:
        verdict = judged(LOAD, error, score(coverage, skill), drift)
        return GRADES.index(verdict.grade)

    best = grade(error, skill, drift)
    assert grade(error + more, skill, drift) >= best
    assert grade(error, min(skill, less), drift) >= best
    assert grade(error, skill, max(drift, further)) >= best


def test_what_hardly_anybody_checked_is_not_trusted():
    verdict = judged(LOAD, 1.0, score(0.9, 0.5, FEWEST_PAIRS - 1), 0.0)
    assert verdict.grade == "D" and str(FEWEST_PAIRS - 1) in verdict.reason
    assert judged(LOAD, 1.0, score(0.9, 0.5, FEWEST_PAIRS), 0.0).grade == "A"


def test_the_reason_is_the_number_that_decided():
    assert "7.0 points" in judged(LOAD, 7.0, score(0.9, 0.5), 0.0).reason
    assert judged(THROUGHPUT, 0.15, score(0.9, 0.5), 0.0).reason.startswith("the error")
    assert "70 %" in judged(LOAD, 1.0, score(0.7, 0.5), 0.0).reason
    assert "+0.10" in judged(LOAD, 1.0, score(0.9, 0.1), 0.0).reason
    assert "25 %" in judged(LOAD, 1.0, score(0.9, 0.5), 0.25).reason
    # For want of history nobody knows the skill: that is held against no one.
    assert judged(LOAD, 1.0, score(0.9, math.nan), 0.0).grade == "A"
    assert judged(LOAD, math.nan, score(0.9, 0.5), 0.0).grade == "D"


def test_the_mean_load_is_that_of_the_cells_that_are_awake():
    history = MemoryHistory()
    history.append(
        "inventory",
        {
            "elapsed_s": np.array([-1e6, -1e6, PERIOD_S]),
            "cell": np.array(["a", "b", "b"]),
            "name": np.array(["awake"] * 3),
            "value": np.array([1.0, 1.0, 0.0]),
        },
    )
    for number in range(3):
        values = {"a": 30.0, "b": 0.0 if number else 10.0}
        report(history, number * PERIOD_S, LOAD, values)
        say(history, number * PERIOD_S, "AveDLPrbLoad", {NETWORK: 20.0})
    assert fidelity(history).pairs.value.tolist() == [20.0, 30.0, 30.0]


def test_measurements_that_nobody_forecasts_are_passed_over():
    history = lived()
    rows = history.read("reports")
    for number in range(300):
        more = {n: each[:2] for n, each in rows.items()}
        more["name"] = np.full(2, f"QosFlow.PdcpPduVolumeDL.{number}")
        history.append("reports", more)
    same_scores(fidelity(history), fidelity(lived()))


def test_more_forecast_measurements_than_can_be_told_apart_are_refused():
    history = MemoryHistory()
    report(history, 0.0, LOAD, {"a": 1.0})
    for number in range(300):
        say(history, 0.0, f"a.{number}", {"a": 1.0})
    with pytest.raises(ScenarioError, match="at most 256"):
        fidelity(history)
