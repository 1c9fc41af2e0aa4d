"""Does a belief follow what it is told, and doubt where it is told nothing?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.network.controls import Controls
from gemel.network.counters import MEASUREMENTS
from gemel.twin.belief import Belief, demand_bps
from gemel.twin.forecast import Forecast
from gemel.twin.source import Measured, Observation
from gemel.twin.synchronise import Synchroniser

VOLUME, BLOCKS, THROUGHPUT = "DRB.PdcpSduVolumeDL", "RRU.PrbTotDl", "DRB.UEThpDl"
LEARNT = ("log_demand", "log_rate", "log_guest")
KPI_RECORD = ("kpi_bias", "kpi_variance")


def report_of(small, elapsed_s: float, controls: Controls, **told: jax.Array):
    """A report of all cells, with these values under the names given last."""
    names = {"volume": VOLUME, "blocks": BLOCKS, "felt": THROUGHPUT}
    zero = jnp.zeros(len(small.names))
    values = {name: zero for name in MEASUREMENTS}
    values |= {names[word]: value for word, value in told.items()}
    measured = {
        name: Measured(value, jnp.ones(value.shape, bool), zero)
        for name, value in values.items()
    }
    when_s, period_s = jnp.float32(elapsed_s), jnp.float32(small.period_s)
    return Observation(when_s, period_s, measured, controls)


def expected_report(small, forecast: Forecast, controls: Controls, **factor: float):
    """What the twin itself expects, some of it times a factor."""
    mean = {name: value.mean(0) for name, value in forecast.reported.items()}
    return report_of(
        small,
        float(forecast.elapsed_s),
        controls,
        volume=mean[VOLUME] * factor.get("volume", 1.0),
        blocks=mean[BLOCKS] * factor.get("blocks", 1.0),
        felt=mean[THROUGHPUT] * factor.get("felt", 1.0),
    )


def silent(report: Observation, cells) -> Observation:
    """The same report, but nothing came of these cells: their values are rubbish."""
    gone = jnp.zeros(report.controls.awake.shape, bool).at[cells].set(True)
    measured = {
        name: Measured(
            jnp.where(gone, 1e5, each.value), each.present & ~gone, each.age_s
        )
        for name, each in report.measured.items()
    }
    return dataclasses.replace(report, measured=measured)


def updated(small, belief: Belief, report: Observation) -> Belief:
    """What a report makes of a belief, its members' luck aside."""
    key = jax.random.key(3)
    update = eqx.filter_jit(Synchroniser.update)
    return update(Synchroniser(), belief, report, small.thresholds, key)


def doubt(belief: Belief) -> dict[str, float]:
    """Mean over cells of the members' variance."""
    return {name: float(getattr(belief, name).var(0).mean()) for name in LEARNT}


def same(one, other) -> bool:
    leaves = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in leaves)


@pytest.fixture(scope="module")
def usual(small) -> Forecast:
    return small.forecast(small.belief, small.controls, small.busy_s)


def test_without_news_a_belief_grows_wider(small):
    belief, before = small.belief, doubt(small.belief)
    for period in range(8):
        belief = Synchroniser().predict(belief, jax.random.key(period))
    after = doubt(belief)
    assert all(after[name] > before[name] for name in LEARNT), (before, after)


def test_what_is_missing_moves_nothing_it_could_have_told_of(small):
    """Rubbish in the fields of a report that never came, and another rubbish."""
    report = silent(small.yesterday[76], slice(None))
    after = updated(small, small.belief, report)
    for name in LEARNT:
        np.testing.assert_array_equal(getattr(after, name), getattr(small.belief, name))


@pytest.mark.parametrize("record", KPI_RECORD)
def test_a_report_that_never_came_teaches_nothing_of_forecasts(small, record):
    report = silent(small.yesterday[76], slice(None))
    after = updated(small, small.belief, report)
    assert same(getattr(after, record), getattr(small.belief, record))


def test_a_silent_cell_keeps_its_rates_and_others_still_learn(small, usual):
    cell = int(np.argmax(np.asarray(usual.reported[VOLUME]).mean(0)))
    report = small.yesterday[76]
    whole = updated(small, small.belief, report)
    gapped = updated(small, small.belief, silent(report, cell))
    np.testing.assert_array_equal(
        gapped.log_rate[:, cell], small.belief.log_rate[:, cell]
    )
    others = np.arange(len(small.names)) != cell
    np.testing.assert_array_equal(gapped.log_rate[:, others], whole.log_rate[:, others])
    assert not same(whole.log_rate[:, cell], small.belief.log_rate[:, cell])


def test_what_a_silent_cell_would_have_said_does_not_matter(small):
    report = small.yesterday[76]
    hushed = silent(report, 5)
    loud = {
        name: dataclasses.replace(each, value=each.value.at[5].set(7.0))
        for name, each in hushed.measured.items()
    }
    one, other = (
        updated(small, small.belief, each)
        for each in (hushed, dataclasses.replace(hushed, measured=loud))
    )
    assert same(one, other)


def test_a_day_without_reports_widens_the_forecast(small):
    """Not by a hair: the interval is what the guard's odds rest on."""
    belief = small.belief
    for period in range(16):
        report = silent(small.yesterday[60 + period], slice(None))
        belief = small.follow(belief, report, period)
    before = small.forecast(small.belief, small.controls, small.busy_s)
    after = small.forecast(belief, small.controls, small.busy_s)
    wider = {n: float(after.spread[n] / before.spread[n]) for n in before.spread}
    assert wider["AveDLRANUEThpt"] > 1.0, wider
    assert wider["AveDLPrbLoad"] > 1.0, wider
    assert wider["RANEnergyConsumption"] > 1.0, wider


@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_more_bits_pull_demand_their_way(small, usual, factor):
    """By less than the whole surprise: a report is no more than a report."""
    as_expected = expected_report(small, usual, small.controls)
    surprising = expected_report(
        small, usual, small.controls, volume=factor, blocks=factor
    )
    calm = updated(small, small.belief, as_expected)
    moved = updated(small, small.belief, surprising)
    carried = usual.reported[VOLUME].mean(0)
    pull = np.asarray((moved.log_demand - calm.log_demand).mean(0))
    mean_pull = float(np.average(pull, weights=np.asarray(carried)))
    assert 0.0 < mean_pull / np.log(factor) < 1.0
    after = small.forecast(moved, small.controls, small.busy_s)
    told = surprising.measured[VOLUME].value.sum()
    off_before = abs(float(jnp.log(carried.sum() / told)))
    off_after = abs(float(jnp.log(after.reported[VOLUME].mean(0).sum() / told)))
    assert off_after < off_before


@pytest.mark.parametrize("factor", [0.7, 1.4])
def test_more_blocks_for_the_same_bits_speak_of_worse_rates(small, usual, factor):
    as_expected = expected_report(small, usual, small.controls)
    surprising = expected_report(small, usual, small.controls, blocks=factor)
    calm = updated(small, small.belief, as_expected)
    moved = updated(small, small.belief, surprising)
    pull = np.asarray((moved.log_rate - calm.log_rate).mean(0))
    carried = np.asarray(usual.reported[VOLUME].mean(0))
    assert 0.0 < -np.average(pull, weights=carried) / np.log(factor) < 1.0


@pytest.mark.parametrize("factor", [0.7, 1.4])
def test_slower_users_speak_of_worse_rates(small, usual, factor):
    as_expected = expected_report(small, usual, small.controls)
    surprising = expected_report(small, usual, small.controls, felt=factor)
    calm = updated(small, small.belief, as_expected)
    moved = updated(small, small.belief, surprising)
    pull = np.asarray((moved.log_rate - calm.log_rate).mean(0))
    carried = np.asarray(usual.reported[VOLUME].mean(0))
    assert 0.0 < np.average(pull, weights=carried) / np.log(factor) < 1.0


def test_what_if_nothing_changes_is_the_forecast(small, usual):
    """The same knobs, read back as numbers and set anew."""
    read_back = jax.tree.map(
        lambda knob: jnp.asarray(np.asarray(knob).copy()), small.controls
    )
    assert same(small.forecast(small.belief, read_back, small.busy_s), usual)


def test_candidates_are_compared_with_one_luck(small, usual):
    """Asking what if leaves no trace: neither order nor repetition matters."""
    wish = small.asleep(small.capacity)
    first = small.forecast(small.belief, wish, small.busy_s)
    assert not same(first, usual)
    assert same(small.forecast(small.belief, small.controls, small.busy_s), usual)
    assert same(small.forecast(small.belief, wish, small.busy_s), first)


def test_demand_stays_where_it_is_when_its_cell_sleeps(small):
    """Reports of a cell asleep say zero; nobody concludes that its people are gone."""
    carried = np.asarray(small.belief.habit_bps).sum(0)
    zone = int(np.argmax(np.where(small.capacity, carried, 0.0)))
    asleep, belief = small.asleep(zone), small.belief
    when_s = small.busy_s + small.period_s * np.arange(8)
    begin = float(belief.log_demand[:, zone].mean())
    for period, elapsed_s in enumerate(when_s):
        told = small.forecast(small.belief, asleep, elapsed_s)
        assert not told.reported[VOLUME][:, zone].any()
        belief = small.follow(belief, expected_report(small, told, asleep), period)
    wanted = demand_bps(belief, jnp.float32(when_s[-1]))
    assert jnp.where(belief.users.home == zone, wanted, 0.0).sum() > 0.0
    # Reports spoke of no change. Eight periods' drift of a mean of four members is
    # 0.06 x sqrt(8 / 4) = 0.08; what a zone believed empty would show is -2.
    off = float(belief.log_demand[:, zone].mean()) - begin
    assert abs(off) < 3 * 0.08
