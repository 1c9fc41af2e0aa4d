"""Are wrong azimuths of a stand-in network found from what its phones tell?"""

import numpy as np
import pytest

from gemel.scenarios.suspects_found import Found, found_in, score


@pytest.mark.slow
def test_most_wrong_azimuths_of_a_small_network_are_found():
    """Seven sites, half an hour: the benchmark has 57 cells and two hours.

    Of an edge cell little is heard; one of its errors may be missed, or one cell too
    many named.
    """
    found = found_in(seed=200, hours=0.5, rings=1)
    assert found.records > 2_000
    assert found.large.sum() >= 4
    assert (found.large & ~found.named).sum() <= 1
    assert (found.small & found.named).sum() <= 1
    assert np.median(np.abs(found.off_deg)) <= 5.0


def test_a_score_counts_what_it_says():
    found = Found(
        records=0,
        error_deg=np.array([0.0, 20.0, 40.0, -60.0, 170.0, 90.0]),
        named=np.array([False, True, True, True, True, False]),
        off_deg=np.array([0.0, 1.0, 2.0, 3.0, -4.0, 5.0]),
        held=np.array([True, True, True, False]),
    )
    said = score([found])
    assert said.precision == pytest.approx(2 / 3)  # that of 40 degrees does not count
    assert said.recall == pytest.approx(2 / 3)
    assert said.held == 0.75
    assert said.median_off_deg == 2.5
