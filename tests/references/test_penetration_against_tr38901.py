"""Are losses into houses and cars those of 3GPP TR 38.901, clauses 7.4.3.1-2?

Every expected number was computed by hand from tables 7.4.3-1 and 7.4.3-2.
"""

import jax.numpy as jnp
import pytest

from gemel.radio.penetration import building_entry_loss_db, car_loss_db

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


@pytest.mark.parametrize(("deviation", "expected_db"), [(0.0, 9.0), (-1.0, 4.0)])
def test_into_a_car(deviation, expected_db):
    # clause 7.4.3.2: mean 9 dB, sigma 5 dB
    found_db = float(car_loss_db(jnp.asarray(deviation)))
    assert found_db == pytest.approx(expected_db, abs=DECIMALS_DB)
