"""Does a period that went into a history come out of it as it was?"""

import dataclasses

import hypothesis.strategies as st
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from gemel.autonomy.journal import Journal
from gemel.errors import InterfaceError
from gemel.network.controls import Controls, fingerprint
from gemel.network.counters import MEASUREMENTS
from gemel.network.rsrp_bins import BINS
from gemel.scenarios.history_keeping import (
    Keeper,
    day_before,
    next_day_s,
    refuse_others,
)
from gemel.twin.history import MemoryHistory
from gemel.twin.history_rows import controls_at, observation_of, report_rows
from gemel.twin.source import Measured, Observation

CELLS = ("a", "b", "c")
DAY_S, HOUR_S = 86_400.0, 3_600.0
WEEK_S = 7 * DAY_S
numbers = st.floats(0.0, 1e6, width=32)
masks = st.lists(st.booleans(), min_size=3, max_size=3)


def controls(tilt_deg: float = 6.0, awake=(True, True, True)) -> Controls:
    return Controls(
        power_dbm=jnp.full(3, 46.0),
        tilt_deg=jnp.full(3, tilt_deg),
        azimuth_turn_deg=jnp.zeros(3),
        awake=jnp.asarray(awake, bool),
        individual_offset_db=jnp.zeros(3),
        handover_margin_db=jnp.ones(3),
    )


def report(began_s: float, value=1.0, present=(True,) * 3, **knobs) -> Observation:
    measured = {
        name: Measured(
            jnp.asarray(np.where(present, value + number, 0.0), jnp.float32),
            jnp.asarray(present, bool),
            jnp.full(3, 60.0),
        )
        for number, name in enumerate(MEASUREMENTS)
    }
    return Observation(
        jnp.asarray(began_s, jnp.float32),
        jnp.asarray(HOUR_S, jnp.float32),
        measured,
        controls(**knobs),
    )


def alike(one: Observation, other: Observation) -> bool:
    same = fingerprint(one.controls) == fingerprint(other.controls)
    for name in MEASUREMENTS:
        for part in ("value", "present", "age_s"):
            ours, theirs = (getattr(o.measured[name], part) for o in (one, other))
            same &= np.array_equal(np.asarray(ours), np.asarray(theirs))
    return same and float(one.elapsed_s) == float(other.elapsed_s)


@given(value=numbers, present=masks)
def test_rows_of_a_report_are_the_report(value, present):
    told = report(900.0, value, tuple(present))
    rows = report_rows(told, CELLS)
    assert np.isnan(rows["value"][~rows["present"]]).all()
    back = observation_of(
        rows, tuple(MEASUREMENTS), CELLS, told.controls, 900.0, HOUR_S
    )
    assert alike(told, back)


@given(st.lists(st.integers(0, 3), min_size=3 * BINS, max_size=3 * BINS))
def test_how_loudly_phones_hear_is_kept(count):
    phones = jnp.asarray(count, jnp.float32).reshape(3, BINS)
    told = dataclasses.replace(report(900.0), rsrp_count=phones)
    rows = report_rows(told, CELLS)
    back = observation_of(
        rows, tuple(MEASUREMENTS), CELLS, told.controls, 900.0, HOUR_S
    )
    assert alike(told, back)
    if any(count):
        assert np.array_equal(np.asarray(back.rsrp_count), np.asarray(phones))
    else:  # nobody told, or nobody was asked: it is the same
        assert back.rsrp_count is None


@pytest.mark.parametrize("shift_s", [0.0, WEEK_S])
def test_a_day_that_was_kept_is_the_day_that_was(shift_s):
    history, told = MemoryHistory(), []
    keeper = Keeper(history, CELLS, shift_s)
    for hour in range(24):
        knobs = {"tilt_deg": 6.0 + hour // 10, "awake": (True, hour % 5 != 0, True)}
        told.append(report(DAY_S + hour * HOUR_S, float(hour), **knobs))
        keeper.report(told[-1])
    back = day_before(history, CELLS, controls(), 2 * DAY_S, HOUR_S, shift_s)
    assert back is not None and len(back) == 24
    assert all(alike(*pair) for pair in zip(told, back, strict=True))
    # Only what was turned stands in the inventory again: five nights, two tilts.
    assert len(history.read("inventory")["cell"]) == 6 * 3 + 2 * 3 + 9
    first_s = float(history.read("reports")["elapsed_s"].min())
    assert first_s == DAY_S + shift_s
    assert day_before(history, CELLS, controls(), DAY_S, HOUR_S, shift_s) is None


@settings(max_examples=5)
@given(st.lists(st.booleans(), min_size=24, max_size=24))
def test_half_a_day_is_a_day_and_less_is_none(heard):
    history = MemoryHistory()
    keeper = Keeper(history, CELLS)
    for hour, there in enumerate(heard):
        keeper.report(report(hour * HOUR_S, present=(there,) * 3))
    back = day_before(history, CELLS, controls(), DAY_S, HOUR_S)
    assert (back is None) == (sum(heard) < 12)
    for there, seen in zip(heard, back or [], strict=False):
        assert bool(seen.measured["PEE.Energy"].present.all()) == there


def test_what_was_slept_through_is_told_as_it_was_when_awake():
    history = MemoryHistory()
    keeper = Keeper(history, CELLS)
    for hour in range(72):
        night = hour % 24 < 6
        asleep = night and hour >= 24  # only the first of three nights was without
        keeper.report(
            report(hour * HOUR_S, float(hour), awake=(not asleep, True, True))
        )
    back = day_before(history, CELLS, controls(), 3 * DAY_S, HOUR_S)
    assert back is not None and len(back) == 24
    load = [float(seen.measured["RRU.PrbTotDl"].value[0]) for seen in back]
    assert load == [*range(6), *range(54, 72)]
    assert all(bool(seen.controls.awake.all()) for seen in back)
    assert [float(seen.elapsed_s) for seen in back] == [
        HOUR_S * hour for hour in range(48, 72)
    ]


def test_the_next_start_goes_on_with_the_next_day():
    history = MemoryHistory()
    keeper = Keeper(history, CELLS)
    assert next_day_s(history, DAY_S) == DAY_S
    keeper.report(report(23 * HOUR_S))  # the day before
    assert next_day_s(history, DAY_S) == DAY_S
    keeper.report(report(DAY_S))
    assert next_day_s(history, DAY_S) == 2 * DAY_S
    keeper.report(report(2 * DAY_S - HOUR_S))
    assert next_day_s(history, DAY_S) == 2 * DAY_S
    keeper.report(report(2 * DAY_S))
    assert next_day_s(history, DAY_S) == 3 * DAY_S


def test_a_history_of_another_network_is_refused():
    history = MemoryHistory()
    ours = {"scenario": "here", "seed": 0}
    refuse_others(history, CELLS, ours)  # a new one takes anybody
    keeper = Keeper(history, CELLS)
    keeper.begin(ours, 0.0)
    keeper.report(report(0.0))
    refuse_others(history, CELLS, ours)
    with pytest.raises(InterfaceError, match="of seed 0, not 1"):
        refuse_others(history, CELLS, ours | {"seed": 1})
    for cells in (("a", "b"), ("a", "b", "c", "d")):
        with pytest.raises(InterfaceError, match="another network"):
            refuse_others(history, cells, ours)


def test_every_decision_is_kept_once():
    history, journal = MemoryHistory(), Journal()
    keeper = Keeper(history, CELLS)
    for number in range(3):
        journal.append(
            {
                "elapsed_s": 900.0 * number,
                "aim": "save energy",
                "authority": "loop",
                "evidence": {"odds": 0.9, "unknown": float("nan")},
                "action": {"sleep": ["a"], "wake": []},
                "verdict": "refused" if number else "approved",
                "reason": "because",
            }
        )
        keeper.decisions(journal)
        keeper.decisions(journal)
    journal.append({"kind": "abort", "decision": 0, "elapsed_s": 1.0, "abort": "why"})
    keeper.decisions(journal)
    kept = history.read("decisions")
    assert kept["decision"].tolist() == ["approved", "abort", "refused", "refused"]


@given(st.lists(st.tuples(st.sampled_from(CELLS), numbers), max_size=8))
def test_what_was_set_last_is_set(changes):
    rows = {
        "elapsed_s": np.arange(len(changes), dtype=float),
        "cell": np.array([cell for cell, _ in changes], np.str_),
        "name": np.full(len(changes), "tilt_deg"),
        "value": np.array([value for _, value in changes], float),
    }
    usual = controls()
    found = controls_at(rows, CELLS, usual)
    last = dict(changes)
    expected = [np.float32(last.get(cell, 6.0)) for cell in CELLS]
    assert found.tilt_deg.tolist() == expected
    assert found.power_dbm.tolist() == usual.power_dbm.tolist()
