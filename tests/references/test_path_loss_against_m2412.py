"""Is channel model A of the indoor hotspot the one of Report ITU-R M.2412?

Row InH_A below 6 GHz of annex 1; every expected number by hand from the formula beside
it.
"""

import jax.numpy as jnp
import pytest

from gemel.radio.link import Link
from gemel.radio.propagation.m2412 import IndoorHotspotA

DECIMALS = 1e-3  # of the numbers below


def link(distance_2d_m: float, seen: bool, ghz: float = 4.0) -> Link:
    return Link(*map(jnp.asarray, (distance_2d_m, 3.0, 1.5, ghz, seen)))


@pytest.mark.parametrize(
    ("distance_2d_m", "seen", "expected_db"),
    [
        # d3D = sqrt(20² + 1.5²) = 20.05617 m, 20 lg 4 = 12.0412
        (20.0, True, 66.8484),  # 16.9 lg 20.05617 + 32.8 + 12.0412
        (20.0, False, 79.9290),  # 43.3 lg 20.05617 + 11.5 + 12.0412
    ],
)
def test_loss(distance_2d_m, seen, expected_db):
    found = IndoorHotspotA().loss_db(link(distance_2d_m, seen))
    assert float(found) == pytest.approx(expected_db, abs=DECIMALS)


@pytest.mark.parametrize(
    ("distance_2d_m", "expected"),
    [(18.0, 1.0), (31.5, 0.60653), (36.9, 0.49659), (37.0, 0.5), (90.0, 0.5)],
)
def test_line_of_sight(distance_2d_m, expected):
    """1 up to 18 m, exp(-(d - 18) / 27) below 37 m, a half from there on."""
    found = IndoorHotspotA().line_of_sight_probability(
        *map(jnp.asarray, (distance_2d_m, 1.5, 3.0))
    )
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_validity_and_shadow():
    model = IndoorHotspotA()
    assert bool(model.valid(link(20.0, True)))
    assert not bool(model.valid(link(120.0, True)))
    assert not bool(model.valid(link(20.0, True, ghz=28.0)))
    assert float(model.shadowing_sigma_db(link(20.0, True))) == 3.0
    assert float(model.shadowing_sigma_db(link(20.0, False))) == 4.0
