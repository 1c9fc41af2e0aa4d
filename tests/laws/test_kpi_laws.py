"""Do the numbers that we judge a network by count what they say?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.autonomy.intents import TARGETS
from gemel.network.kpi import kpis

CELLS = 6
# A sum of six float32 is off by a few units in the last place (1.2e-7 each).
ROUNDING = 2e-6

volumes = st.lists(
    st.one_of(st.just(0.0), st.floats(1.0, 1e8, width=32)),
    min_size=CELLS,
    max_size=CELLS,
)
throughputs = st.lists(st.floats(1.0, 1e6, width=32), min_size=CELLS, max_size=CELLS)
shares = st.lists(st.floats(0.0, 1.0, width=32), min_size=CELLS, max_size=CELLS)
switches = st.lists(st.booleans(), min_size=CELLS, max_size=CELLS)

judge = jax.jit(kpis)


def reports(volume, throughput, load, awake):
    return (
        jnp.array(volume, jnp.float32),
        jnp.array(throughput, jnp.float32),
        jnp.array(load, jnp.float32),
        jnp.array(load, jnp.float32) * 0.5,
        jnp.array(awake),
    )


@given(volumes, throughputs, shares, switches)
def test_each_number_is_what_a_loop_over_the_cells_would_count(
    volume, throughput, load, awake
):
    counted = judge(*reports(volume, throughput, load, awake))
    carrying = [(v, t) for v, t in zip(volume, throughput, strict=True) if v > 0]
    total = sum(v for v, _ in carrying)
    mean = sum(v * t for v, t in carrying) / total if carrying else 0.0
    low = sum(t < 5_000.0 for _, t in carrying)
    busy = [p for p, a in zip(load, awake, strict=True) if a]
    # As float32 sees it: 0.8 of a float32 is not 0.8.
    high = sum(np.float32(p) * np.float32(100.0) > np.float32(80.0) for p in busy)
    assert counted["AveDLRANUEThpt"] == pytest.approx(mean, rel=ROUNDING)
    assert counted["LowDLRANUEThptRatio"] == pytest.approx(100.0 * low / CELLS)
    assert counted["AveDLPrbLoad"] == pytest.approx(
        100.0 * sum(busy) / len(busy) if busy else 0.0, rel=ROUNDING
    )
    assert counted["HighDLPrbLoadRatio"] == pytest.approx(100.0 * high / CELLS)
    assert counted["RANEnergyConsumption"] == pytest.approx(
        0.5 * sum(load), rel=ROUNDING
    )


@given(volumes, throughputs, shares, switches, st.permutations(range(CELLS)))
def test_does_not_care_how_cells_are_numbered(volume, throughput, load, awake, order):
    plain = judge(*reports(volume, throughput, load, awake))
    order = jnp.array(order)
    shuffled = judge(*(x[order] for x in reports(volume, throughput, load, awake)))
    for name, value in plain.items():
        assert shuffled[name] == pytest.approx(float(value), rel=ROUNDING), name


@given(volumes, throughputs)
def test_the_average_lies_between_the_slowest_and_the_fastest(volume, throughput):
    on = [True] * CELLS
    average = judge(*reports(volume, throughput, [0.5] * CELLS, on))["AveDLRANUEThpt"]
    carrying = [t for v, t in zip(volume, throughput, strict=True) if v > 0] or [0.0]
    assert min(carrying) * (1 - ROUNDING) <= average
    assert average <= max(carrying) * (1 + ROUNDING)


def test_every_number_has_a_target_and_every_target_a_number():
    numbers = kpis(
        *reports([1.0] * CELLS, [1.0] * CELLS, [0.5] * CELLS, [True] * CELLS)
    )
    assert set(numbers) == set(TARGETS)


def test_a_cell_that_sleeps_is_neither_slow_nor_loaded():
    volume = [0.0, 1e6, 1e6, 1e6, 1e6, 1e6]
    throughput = [0.0, *[8e3] * 5]
    awake = [False, *[True] * 5]
    numbers = kpis(*reports(volume, throughput, [1.0, *[0.3] * 5], awake))
    assert numbers["LowDLRANUEThptRatio"] == 0.0
    assert numbers["HighDLPrbLoadRatio"] == 0.0
    assert numbers["AveDLPrbLoad"] == pytest.approx(30.0, rel=ROUNDING)
    assert numbers["AveDLRANUEThpt"] == pytest.approx(8e3, rel=ROUNDING)


def test_what_an_idle_cell_reports_as_throughput_does_not_matter():
    volume, load, on = [0.0, *[1e6] * 5], [0.3] * CELLS, [True] * CELLS
    for said in (0.0, 1e9, float("nan")):
        numbers = kpis(*reports(volume, [said, *[8e3] * 5], load, on))
        assert numbers["AveDLRANUEThpt"] == pytest.approx(8e3, rel=ROUNDING)
        assert numbers["LowDLRANUEThptRatio"] == 0.0


def test_a_network_that_carries_nothing_has_no_throughput_and_no_nan():
    nothing = kpis(
        *reports([0.0] * CELLS, [0.0] * CELLS, [0.0] * CELLS, [False] * CELLS)
    )
    assert all(float(value) == 0.0 for value in nothing.values())


def test_thresholds_are_those_that_the_target_brings():
    rows = reports([1e6] * CELLS, [4e3] * CELLS, [0.5] * CELLS, [True] * CELLS)
    assert kpis(*rows)["LowDLRANUEThptRatio"] == 100.0
    assert kpis(*rows, low_throughput_kbps=3e3)["LowDLRANUEThptRatio"] == 0.0
    assert kpis(*rows)["HighDLPrbLoadRatio"] == 0.0
    assert kpis(*rows, high_load_percent=40.0)["HighDLPrbLoadRatio"] == 100.0


def test_an_ensemble_is_judged_member_by_member():
    one = reports([1e6] * CELLS, [4e3] * CELLS, [0.5] * CELLS, [True] * CELLS)
    many = tuple(jnp.stack([x, x]) for x in one)
    for name, value in jax.vmap(kpis)(*many).items():
        assert value.shape == (2,)
        assert jnp.all(value == kpis(*one)[name]), name


def test_numpy_reports_are_as_good():
    one = reports([1e6] * CELLS, [4e3] * CELLS, [0.5] * CELLS, [True] * CELLS)
    volume, throughput, load, energy, awake = map(np.asarray, one)
    for name, value in kpis(volume, throughput, load, energy, awake).items():
        assert value == kpis(*one)[name], name
