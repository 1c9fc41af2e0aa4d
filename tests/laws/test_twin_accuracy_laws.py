"""Is the accuracy of a twin judged as it should be, on a network made up for it?"""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from gemel.errors import ScenarioError
from gemel.scenarios.twin_accuracy import (
    LOAD,
    THROUGHPUT,
    _judged,
    _last_told,
    accuracy,
    arrived,
    lived_reports,
    season_of,
    usual_of,
)
from gemel.scenarios.twin_accuracy_world import (
    InventoryErrors,
    accuracy_world,
    losing,
    mistaken_cells,
)
from gemel.twin.source import Measured

PERIODS, LEARNING = 100, 70


@pytest.fixture(scope="module")
def world():
    return accuracy_world(0.4, rings=1, tempo="flow")


@pytest.fixture(scope="module")
def reports(world):
    return lived_reports(world, PERIODS)


def test_a_third_of_the_cells_hang_otherwise(world):
    true, public = world.stand_in.network.cells, world.facts.cells
    off_deg = np.asarray(true.azimuth_deg - public.azimuth_deg) % 360.0
    assert world.mistaken.sum() == round(len(public.name) / 3)
    assert (off_deg[world.mistaken] > 0.0).all()
    assert (off_deg[~world.mistaken] == 0.0).all()
    for name in ("mount_tilt_deg", "gain_error_db"):
        wrong = np.asarray(getattr(true, name)) != 0.0
        np.testing.assert_array_equal(wrong, world.mistaken)


def test_without_errors_the_inventory_is_true(world):
    none = InventoryErrors(share=0.0)
    rng = np.random.default_rng(0)
    true, mistaken = mistaken_cells(world.facts.cells, none, rng)
    assert not mistaken.any()
    np.testing.assert_array_equal(true.azimuth_deg, world.facts.cells.azimuth_deg)
    np.testing.assert_array_equal(true.head_m, world.facts.cells.head_m)


@pytest.mark.parametrize(
    ("name", "value"), [("share", 1.2), ("azimuth_deg", -1.0), ("gain_db", np.nan)]
)
def test_errors_are_sizes_and_a_share(name, value):
    with pytest.raises(ScenarioError, match=name):
        InventoryErrors(**{name: value})


def test_the_twin_beats_what_costs_nothing(world, reports):
    """In half an hour on a small network little is sure about the last report; a season
    ago people were elsewhere."""
    told = accuracy(world.facts, reports, reports, learning=LEARNING)
    assert set(told) >= {LOAD, THROUGHPUT}
    for each in told.values():
        assert each.less_than_persistence > -0.05, each
        assert each.less_than_season > 0.2, each
    # 630 reports: two standard deviations of their share are 2.4 points, and a slow
    # network's errors come in runs.
    assert 0.8 < told[LOAD].held < 0.97


def test_a_third_lost_costs_less_than_half_more(world, reports):
    came = arrived(reports, losing(world.facts, 0.3, 0))
    present = np.stack([np.asarray(r.measured[LOAD].present) for r in came])
    assert 0.25 < 1.0 - present.mean() < 0.35
    whole = accuracy(world.facts, reports, reports, learning=LEARNING)
    gapped = accuracy(world.facts, reports, came, learning=LEARNING)
    for name in (LOAD, THROUGHPUT):
        assert gapped[name].twin.mean < 1.5 * whole[name].twin.mean


def test_what_was_lost_is_not_what_is_judged_against(world, reports):
    came = arrived(reports, losing(world.facts, 0.9, 0))
    last = _last_told(came, LOAD)
    sent = np.stack([np.asarray(r.measured[LOAD].value) for r in reports])
    present = np.stack([np.asarray(r.measured[LOAD].present) for r in came])
    np.testing.assert_array_equal(last[present], sent[present])
    missing = ~present[1:]
    # Before the first that came there is nothing, and nothing is like nothing.
    np.testing.assert_array_equal(last[1:][missing], last[:-1][missing])


def test_a_perfect_forecast_is_perfect_and_a_wide_one_holds_all():
    rng = np.random.default_rng(1)
    sent = rng.uniform(20.0, 60.0, (80, 5))
    truth = sent[70:]
    told = _judged(LOAD, sent, sent, truth, truth - 1.0, truth + 1.0, 70, 60)
    assert told.twin.mean == 0.0 and told.less_than_persistence == 1.0
    assert told.held == 1.0
    np.testing.assert_allclose(
        told.persistence.mean, np.abs(np.diff(sent, axis=0))[69:].mean()
    )
    np.testing.assert_allclose(told.season.mean, np.abs(sent[70:] - sent[10:20]).mean())


def test_a_season_is_an_hour_until_there_is_a_day(reports):
    assert season_of(reports) == 60
    quarter = dataclasses.replace(reports[0], period_s=jnp.float32(900.0))
    assert season_of([quarter] * 50) == 4
    assert season_of([quarter] * 97) == 96


def test_the_usual_report_is_the_mean_of_what_was_told(reports):
    gone = {
        name: Measured(each.value + 1e6, jnp.zeros_like(each.present), each.age_s)
        for name, each in reports[1].measured.items()
    }
    lost = dataclasses.replace(reports[1], measured=gone)
    usual = usual_of([reports[0], lost, reports[2]])
    for name in (LOAD, "DRB.PdcpSduVolumeDL"):  # every cell always tells these
        both = [np.asarray(reports[n].measured[name].value, float) for n in (0, 2)]
        np.testing.assert_allclose(
            usual.measured[name].value, np.mean(both, 0), rtol=1e-5, atol=1e-6
        )
