"""Are percentiles of counted delays exact, and their intervals as sure as they say?"""

import numpy as np
import pytest

from gemel.emulator.stack.tally import Counting, dispersion, poisson_quantile

NEVER = 2**30


def tally_of(chunks, budget=100.0):
    counting = Counting(budget, NEVER)
    for chunk in chunks:
        counting.add(chunk)
    return counting.tally()


def test_a_percentile_is_an_order_statistic():
    delay = np.random.default_rng(0).geometric(0.02, (4, 5_000))
    tally = tally_of(delay)
    for share in (0.5, 0.9, 0.99, 0.999):
        rank = int(np.ceil(share * delay.size - 1e-6)) - 1
        assert tally.percentile(share).value == np.sort(delay, axis=None)[rank]
    assert tally.mean_delay().value == pytest.approx(delay.mean())
    assert tally.reliability().value == pytest.approx((delay <= 100).mean())


def test_what_is_lost_is_later_than_everything():
    delay = np.arange(10_000).reshape(2, 5_000)
    delay[0, :30] = NEVER
    tally = tally_of(delay, budget=1e6)
    assert tally.percentile(0.997).value == 9_999  # 30 of 10,000 may be later
    assert tally.percentile(0.9971).value is None
    assert tally.reliability().value == pytest.approx(1 - 30 / 10_000)
    assert tally.exceeding()[-1] == pytest.approx(30 / 10_000)


@pytest.mark.parametrize("cluster", [1, 20])
def test_intervals_hold_the_truth_as_often_as_they_say(cluster):
    """Delays that come in bunches of equal ones widen the interval as they must."""
    rng = np.random.default_rng(5)
    share, held, tries = 0.999, 0, 200
    truth = np.ceil(np.log(1 - share) / np.log(1 - 0.01))
    for _ in range(tries):
        delay = rng.geometric(0.01, (40, 2_000 // cluster)).repeat(cluster, axis=1)
        said = tally_of(delay).percentile(share)
        low = 0.0 if said.low is None else said.low
        high = np.inf if said.high is None else said.high
        held += low <= truth <= high
    # 95 % of 200 is 190; five standard deviations (3.1 each) less is 175, and the
    # dispersion itself is only estimated, from 40 chunks.
    assert held >= 172


def test_reliability_lies_between_its_limits():
    delay = np.random.default_rng(1).geometric(0.05, (20, 1_000))
    reached = tally_of(delay).reliability()
    low, value, high = reached.low, reached.value, reached.high
    assert low is not None and value is not None and high is not None
    assert low < value < high
    assert tally_of(np.ones((3, 10), int)).reliability().high == 1.0


def test_independent_events_are_not_dispersed():
    rng = np.random.default_rng(2)
    assert dispersion(rng.poisson(50.0, 2_000)) == pytest.approx(1.0, abs=0.16)
    assert dispersion(np.array([0, 0, 80, 0])) == pytest.approx(80.0)
    assert dispersion(np.array([3])) == 1.0


@pytest.mark.parametrize("mean", [0.5, 7.0, 100.0, 3_000.0])
def test_a_poisson_quantile_splits_the_distribution(mean):
    drawn = np.random.default_rng(3).poisson(mean, 100_000)
    for share in (0.025, 0.5, 0.975):
        at = poisson_quantile(mean, share)
        # Five standard deviations of a share of 100,000 draws.
        assert (drawn <= at).mean() >= share - 5 * 0.5 / 316
        assert (drawn < at).mean() <= share + 5 * 0.5 / 316
