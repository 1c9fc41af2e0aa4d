"""Does somebody under a roof hear the street outside, and nobody anything invented?"""

import numpy as np
import pytest

from gemel.interfaces.maps.scenes import Scene
from gemel.interfaces.raytracing.roofs import DEEPEST_M, heard_db, open_share
from gemel.network.radio_maps import Grid
from gemel.world.buildings import Box
from gemel.world.inventory import Origin

STEP_M = 5.0
DEEP = round(DEEPEST_M / STEP_M)


def a_street_and_a_house() -> tuple[np.ndarray, np.ndarray]:
    """Gain and open share: three pixels of street, then house to the eastern end."""
    share = np.ones((1, 4, 24))
    share[:, :, 3:] = 0.0
    gain = np.where(share > 0, 1e-9, 0.0).astype(np.float32)
    return gain, share


def test_the_street_keeps_its_own_level():
    gain, share = a_street_and_a_house()
    gain[0, 1, 1] = 0.0  # no ray came here
    gain_db, present = heard_db(gain, share, STEP_M)
    street = present[0, :, :3]
    assert not street[1, 1]
    assert street.sum() == street.size - 1
    # float32 holds -90 dB to 4e-6 dB, and 1e-9 to 3e-7 dB.
    assert gain_db[0, :, :3][street] == pytest.approx(-90.0, abs=1e-5)


def test_a_house_hears_the_street_up_to_25_m_in():
    gain, share = a_street_and_a_house()
    gain_db, present = heard_db(gain, share, STEP_M)
    assert present[0, :, 3 : 3 + DEEP].all()
    assert not present[0, :, 3 + DEEP :].any()
    assert gain_db[0, :, 3 : 3 + DEEP] == pytest.approx(-90.0, abs=1e-5)


def test_the_louder_side_of_a_house_is_heard():
    share = np.ones((1, 1, 3))
    share[0, 0, 1] = 0.0
    gain = np.array([[[1e-9, 0.0, 1e-7]]], np.float32)
    gain_db, _ = heard_db(gain, share, STEP_M)
    assert gain_db[0, 0, 1] == pytest.approx(-70.0, abs=1e-5)


@pytest.mark.parametrize("share", [1.0, 0.8, 0.5])
def test_half_a_house_does_not_make_the_street_quieter(share):
    """A pixel's mean counts the house in it as silent."""
    gain = np.full((1, 2, 2), share * 1e-8, np.float32)
    gain_db, present = heard_db(gain, np.full((1, 2, 2), share), STEP_M)
    assert present.all()
    assert gain_db == pytest.approx(-80.0, abs=1e-5)


def test_no_ray_at_all_means_nobody_is_heard():
    gain, share = a_street_and_a_house()
    _, present = heard_db(np.zeros_like(gain), share, STEP_M)
    assert not present.any()


def test_above_its_roof_a_house_is_open_air():
    """One flat roof of 10 m over the western half of a pixel."""
    roof_m = np.array(
        [
            [[0, 0, 10], [5, 0, 10], [5, 10, 10]],
            [[0, 0, 10], [5, 10, 10], [0, 10, 10]],
        ],
        np.float32,
    )
    scene = Scene(
        "munich",
        roof_m,
        np.zeros(2, np.int32),
        Box(0.0, 0.0, 20.0, 20.0),
        Origin(48.0, 11.0),
    )
    share = open_share(scene, Grid(0.0, 0.0, 10.0, 2, 2, (1.5, 10.5)))
    # A fifth of a pixel is looked at; the roof ends amid the third.
    assert share[0, 0, 0] == pytest.approx(0.5, abs=0.1)
    assert share[0].sum() == pytest.approx(3.0 + share[0, 0, 0])
    assert (share[1] == 1.0).all()
