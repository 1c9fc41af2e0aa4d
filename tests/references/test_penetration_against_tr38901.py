"""Are losses into houses and cars those of 3GPP TR 38.901, clauses 7.4.3.1-2?

Every expected number was computed by hand from tables 7.4.3-1 to 7.4.3-3.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.radio.penetration import (
    building_entry_loss_db,
    car_loss_db,
    indoor_distance_m,
    legacy_building_entry_loss_db,
)

DECIMALS_DB = 1e-3  # all expected numbers are written with three decimals


@pytest.mark.parametrize(
    ("carrier_ghz", "high_loss", "indoor_m", "deviation", "expected_db"),
    [
        # glass 2.7 dB, concrete 19 dB: 5 - 10 lg(0.3 · 10^-0.27 + 0.7 · 10^-1.9)
        (3.5, False, 0.0, 0.0, 12.698),
        # coated glass 24.05 dB: 5 - 10 lg(0.7 · 10^-2.405 + 0.3 · 10^-1.9)
        (3.5, True, 0.0, 0.0, 26.850),
        # glass 7.6 dB, concrete 117 dB: 5 - 10 lg(0.3 · 10^-0.76) = 17.829
        (28.0, False, 0.0, 0.0, 17.829),
        # coated glass 31.4 dB: 5 - 10 lg(0.7 · 10^-3.14) = 37.949
        (28.0, True, 0.0, 0.0, 37.949),
        # 0.5 dB a metre, and sigma_P of 4.4 dB (low) and 6.5 dB (high)
        (3.5, False, 10.0, 1.0, 12.698 + 5.0 + 4.4),
        (3.5, True, 10.0, -1.0, 26.850 + 5.0 - 6.5),
    ],
)
def test_through_a_wall(carrier_ghz, high_loss, indoor_m, deviation, expected_db):
    found_db = building_entry_loss_db(
        *map(jnp.asarray, (carrier_ghz, high_loss, indoor_m, deviation))
    )
    assert float(found_db) == pytest.approx(expected_db, abs=DECIMALS_DB)


@pytest.mark.parametrize(
    ("metallised", "deviation", "expected_db"),
    [
        (False, 0.0, 9.0),  # clause 7.4.3.2: mean 9 dB, sigma 5 dB
        (False, -1.0, 4.0),
        (True, 0.0, 20.0),  # mean 20 dB behind metallised windows
        (True, 2.0, 30.0),
    ],
)
def test_into_a_car(metallised, deviation, expected_db):
    found_db = car_loss_db(jnp.asarray(deviation), jnp.asarray(metallised))
    assert float(found_db) == pytest.approx(expected_db, abs=DECIMALS_DB)
    if not metallised:
        assert float(car_loss_db(jnp.asarray(deviation))) == float(found_db)


@pytest.mark.parametrize(("indoor_m", "expected_db"), [(0.0, 20.0), (25.0, 32.5)])
def test_through_a_wall_as_it_once_was(indoor_m, expected_db):
    # table 7.4.3-3: 20 dB and 0.5 dB a metre
    found_db = legacy_building_entry_loss_db(jnp.asarray(indoor_m))
    assert float(found_db) == pytest.approx(expected_db, abs=DECIMALS_DB)


@pytest.mark.parametrize(("rural", "deepest_m"), [(False, 25.0), (True, 10.0)])
def test_depth_is_the_smaller_of_two_even_draws(rural, deepest_m):
    # clause 7.4.3.1; the smaller of two is beyond x with (1 - x)²: median 1 - 0.5^0.5
    side = jnp.asarray((np.arange(400) + 0.5) / 400, jnp.float32)
    one, other = (draws.reshape(-1) for draws in jnp.meshgrid(side, side))
    each = jax.vmap(indoor_distance_m, (0, 0, None))
    depth_m = np.asarray(each(one, other, jnp.asarray(rural)))
    # A grid of 400 by 400 draws knows each depth to 1 / 400.
    assert np.median(depth_m) / deepest_m == pytest.approx(0.29289, abs=1 / 400)
    assert depth_m.mean() / deepest_m == pytest.approx(1 / 3, abs=1 / 400)
    assert 0.0 < depth_m.min() and depth_m.max() < deepest_m
