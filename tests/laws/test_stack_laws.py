"""What must hold for every function and every composition of a protocol stack?"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.emulator.stack import (
    FUNCTIONS,
    PROFILES,
    Air,
    carry,
    compose,
    flow_named,
    flow_names,
    function_named,
    rules_of,
    with_function,
    without_function,
)
from gemel.emulator.stack.in_order import NEVER, in_order
from gemel.emulator.stack.machine import machine
from gemel.emulator.stack.packets import one_chunk
from gemel.errors import ScenarioError

CONTROL = flow_named("control")
# One branch compiles fastest and loses enough to be seen.
ROUGH = Air(branches=1, sinr_db=6.0, doppler_hz=100.0)
PACKETS = 100  # of a series in what is run here


def chunk_of(profile, air=ROUGH, key=0, flow=CONTROL):
    made, block = machine(compose(profile), air, flow, PACKETS)
    return one_chunk(made, jax.random.key(key), 128), block, made


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_order_in_which_functions_join_does_not_matter(name):
    function = FUNCTIONS[name]()
    for profile in PROFILES.values():
        kept = [one for one in profile if type(one) is not type(function)]
        plans = []
        for place in range(len(kept) + 1):
            plan = compose(())
            for one in (*kept[:place], function, *kept[place:]):
                plan = one.join(plan)
            plans.append(plan)
        assert all(plan == plans[0] for plan in plans)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_costs_or_gives_something(name):
    assert FUNCTIONS[name]().join(compose(())) != compose(())


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("scs_khz", [15, 30, 60, 120])
def test_rules_are_plain_numbers(name, scs_khz):
    rules = rules_of(PROFILES[name], scs_khz)
    assert all(isinstance(value, bool | int | float) for value in rules)
    assert 0.0 < rules.processing_ms < 2.0 and rules.header_byte >= 3.0
    assert rules.arq is (name == "classic")
    assert rules.configured_grant is (name == "instant")


@pytest.mark.parametrize("name", PROFILES)
def test_without_header_compression_overhead_is_never_lower(name):
    with_it = with_function(PROFILES[name], function_named("header_compression"))
    left = without_function(with_it, "header_compression")
    for flow in map(flow_named, flow_names()):
        more = compose(left).header_byte(flow.ip_byte)
        assert more >= compose(with_it).header_byte(flow.ip_byte)


def test_the_same_seed_gives_the_same_packets():
    one, _, _ = chunk_of(PROFILES["lean"])
    two, _, _ = chunk_of(PROFILES["lean"])
    other, _, _ = chunk_of(PROFILES["lean"], key=1)
    assert (one.delay == two.delay).all() and one.attempts == two.attempts
    assert (one.delay != other.delay).any()


@pytest.mark.slow
def test_twice_as_many_digits_tell_the_same():
    """Chance is drawn anew, but rounding in float32 moves no delay."""

    def of_series(delay):
        return np.ma.masked_equal(np.asarray(delay), NEVER).mean(axis=0)

    single = of_series(chunk_of(PROFILES["lean"])[0].delay)
    with jax.enable_x64(True):
        double = of_series(chunk_of(PROFILES["lean"])[0].delay)
    # Five standard errors of the difference; series are independent.
    close = 5 * np.hypot(single.std(), double.std()) / len(single) ** 0.5
    assert close < 0.2 * double.mean()  # so the test can fail
    assert single.mean() == pytest.approx(double.mean(), abs=close)


def test_repetition_never_lowers_reliability_nor_resources():
    lost, spent = [], []
    for repetitions in (1, 2, 3):
        profile = with_function(
            PROFILES["instant"], function_named(f"repetition={repetitions}")
        )
        chunk, block, _ = chunk_of(profile)
        lost.append(int((chunk.delay >= NEVER).sum()))
        spent.append(float(chunk.attempts) * block.prb * repetitions)
    assert lost[0] > lost[1] > lost[2]
    assert spent[0] < spent[1] < spent[2]


def test_two_cells_lose_what_both_lose():
    air = dataclasses.replace(ROUGH, sinr_db=-12.0, doppler_hz=500.0)
    small = dataclasses.replace(CONTROL, payload_byte=10.0)

    def lost_shares(profile, key):
        chunks = (chunk_of(profile, air, key + n, small)[0] for n in range(8))
        return np.array([float((chunk.delay >= NEVER).mean()) for chunk in chunks])

    alone = lost_shares(PROFILES["instant"], 0)
    both = lost_shares(
        with_function(PROFILES["instant"], function_named("duplication=2")), 10
    )
    assert 0.05 < alone.mean() < 0.8
    # Five standard errors, as chunks scatter; an error of a square counts twice.
    one, two = (shares.std(ddof=1) / 8**0.5 for shares in (alone, both))
    close = 5 * np.hypot(2 * alone.mean() * one, two)
    assert close < 0.15 * both.mean()  # so the test can fail
    assert both.mean() == pytest.approx(alone.mean() ** 2, abs=close)


def test_waiting_for_the_earlier_never_delivers_earlier():
    profile = without_function(PROFILES["classic"], "in_order")
    free, _, _ = chunk_of(profile)
    ordered, _, _ = chunk_of(PROFILES["classic"])
    assert (ordered.delay >= free.delay).all()
    assert (ordered.delay > free.delay).any()


def handed_up(arrived, patience):
    """PDCP packet by packet, with one timer a gap: the plainest way to say it."""
    handed = []
    for number, at in enumerate(arrived):
        gone = at == NEVER
        for earlier in range(number + 1):
            later = [one for one in arrived[earlier + 1 :] if one < NEVER]
            deadline = min(later) + patience if later else NEVER
            if earlier == number:
                gone |= arrived[number] > deadline
            else:
                at = max(at, min(arrived[earlier], deadline))
        handed.append(NEVER if gone else at)
    return handed


@given(
    late=st.lists(
        st.one_of(st.integers(0, 200), st.just(NEVER)), min_size=12, max_size=12
    ),
    patience=st.integers(0, 150),
)
def test_order_is_kept_as_one_would_by_hand(late, patience):
    arrived = [NEVER if wait == NEVER else 20 * n + wait for n, wait in enumerate(late)]
    ours = in_order(jnp.asarray(arrived, jnp.int32)[:, None], jnp.int32(patience))
    assert ours[:, 0].tolist() == handed_up(arrived, patience)
    up = [at for at in ours[:, 0].tolist() if at < NEVER]
    assert up == sorted(up)


AIRS = {
    "fdd": ROUGH,
    "tdd": dataclasses.replace(ROUGH, pattern="DDDSU", direction="dl"),
}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("air", AIRS)
def test_nobody_is_better_than_the_bound(name, air):
    carried = carry(PROFILES[name], CONTROL, AIRS[air], 1, 0)
    mean_ms = carried.mean_ms.value
    assert mean_ms is not None and mean_ms >= carried.least_mean_ms
    tail, least = carried.tail_ms.value, carried.least_tail_ms
    assert tail is None or (least is not None and tail >= least)
    reached = carried.tally.reliability()
    assert reached.low is not None and reached.low <= carried.bound.reliability


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: function_named("repetition=often"), "repetition"),
        (lambda: function_named("repetition=0"), "1 or more"),
        (lambda: function_named("repetition=17"), "16"),
        (lambda: function_named("merged_layers=3"), "takes no number"),
        (lambda: function_named("magic"), "harq"),
        (lambda: function_named("mini_slot=3"), "(2, 4, 7)"),
        (lambda: function_named("harq=1"), "2 or more"),
        (lambda: function_named("arq=nan"), "arq"),
        (lambda: without_function(PROFILES["lean"], "arq"), "not in this profile"),
        (lambda: Air(pattern="DDX"), "DDX"),
        (lambda: Air(pattern="DDS"), "whole slot"),
        (lambda: Air(load=1.0), "load"),
        (lambda: Air(sinr_db=float("nan")), "sinr_db"),
        (lambda: flow_named("gaming"), "control"),
    ],
)
def test_nonsense_is_refused_in_one_line(change, told):
    with pytest.raises(ScenarioError) as error:
        change()
    assert told in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("profile", "air", "told"),
    [
        (without_function(PROFILES["lean"], "scheduling_request"), Air(), "uplink"),
        (
            with_function(PROFILES["lean"], function_named("configured_grant")),
            Air(),
            "not both",
        ),
        (
            with_function(PROFILES["lean"], function_named("repetition=16")),
            Air(),
            "does not fit",
        ),
        (without_function(PROFILES["instant"], "segmentation"), Air(prb=5), "fit"),
    ],
)
def test_what_does_not_fit_together_is_refused(profile, air, told):
    with pytest.raises(ScenarioError, match=told):
        machine(compose(profile), air, CONTROL, PACKETS)
