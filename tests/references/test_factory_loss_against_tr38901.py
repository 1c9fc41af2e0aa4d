"""Are losses and lines of sight in factories those of 3GPP TR 38.901?

Every expected number was computed by hand from rows InF of tables 7.4.1-1 and 7.4.2-1.
"""

import jax.numpy as jnp
import pytest

from gemel.radio.link import Link
from gemel.radio.propagation import PATH_LOSSES, IndoorFactory

DECIMALS_DB = 1e-3  # expected losses are written with three decimals
DECIMALS = 1e-5  # expected probabilities with five


def link_of(distance_m, carrier_ghz, seen):
    """Ends at one height, so that distances along the ground are 3-D distances."""
    return Link(*map(jnp.asarray, (distance_m, 1.5, 1.5, carrier_ghz, seen)))


@pytest.mark.parametrize("name", ["inf-sl", "inf-dl", "inf-sh", "inf-dh", "inf-hh"])
@pytest.mark.parametrize(
    ("distance_m", "carrier_ghz", "expected_db"),
    [
        (100.0, 3.5, 85.177),  # 31.84 + 21.5 lg 100 + 19 lg 3.5
        (10.0, 28.0, 80.836),  # 31.84 + 21.5 lg 10 + 19 lg 28
    ],
)
def test_in_sight_all_halls_are_one(name, distance_m, carrier_ghz, expected_db):
    found_db = PATH_LOSSES[name]().loss_db(link_of(distance_m, carrier_ghz, True))
    assert float(found_db) == pytest.approx(expected_db, abs=DECIMALS_DB)


@pytest.mark.parametrize(
    ("name", "distance_m", "expected_db"),
    [
        ("inf-sl", 100.0, 94.881),  # 33 + 25.5 lg 100 + 20 lg 3.5
        ("inf-dl", 100.0, 100.881),  # 18.6 + 35.7 lg 100 + 20 lg 3.5
        # 18.6 + 35.7 lg 10 + 20 lg 3.5 = 65.181 is less than InF-SL: that one counts
        ("inf-dl", 10.0, 69.381),  # 33 + 25.5 lg 10 + 20 lg 3.5
        ("inf-sh", 100.0, 89.281),  # 32.4 + 23 lg 100 + 20 lg 3.5
        ("inf-dh", 100.0, 88.311),  # 33.63 + 21.9 lg 100 + 20 lg 3.5
    ],
)
def test_out_of_sight_each_hall_has_its_row(name, distance_m, expected_db):
    found_db = PATH_LOSSES[name]().loss_db(link_of(distance_m, 3.5, False))
    assert float(found_db) == pytest.approx(expected_db, abs=DECIMALS_DB)


@pytest.mark.parametrize(
    ("name", "distance_2d_m", "base_height_m", "user_height_m", "expected"),
    [
        # exp(-d / k), k = -d_clutter / ln(1 - r): (1 - r)^(d / d_clutter)
        ("inf-sl", 50.0, 1.5, 1.5, 0.32768),  # 0.8^(50/10)
        ("inf-dl", 4.0, 1.5, 1.5, 0.16),  # 0.4^(4/2)
        # k times (h_BS - h_UT) / (h_c - h_UT)
        ("inf-sh", 130.0, 8.0, 1.5, 0.8),  # h_c 2 m: 6.5 / 0.5; 0.8^(130/10/13)
        ("inf-dh", 13.0, 8.0, 1.5, 0.01619),  # h_c 6 m: 6.5 / 4.5; 0.4^(13/2 · 9/13)
        ("inf-hh", 500.0, 8.0, 8.0, 1.0),  # always
    ],
)
def test_clutter_hides(name, distance_2d_m, base_height_m, user_height_m, expected):
    found = PATH_LOSSES[name]().line_of_sight_probability(
        *map(jnp.asarray, (distance_2d_m, user_height_m, base_height_m))
    )
    assert float(found) == pytest.approx(expected, abs=DECIMALS)


def test_a_hall_with_clutter_of_its_own():
    # k = -4 / ln(1 - 0.5) · (10 - 1) / (4 - 1): 0.5^(24 / 4 / 3)
    hall = IndoorFactory("dh", 0.5, 4.0, 4.0)
    found = hall.line_of_sight_probability(*map(jnp.asarray, (24.0, 1.0, 10.0)))
    assert float(found) == pytest.approx(0.25, abs=DECIMALS)
    # Table 7.6.3.1-2, row LOS/NLOS state: d_clutter / 2
    assert float(hall.line_of_sight_correlation_m) == 2.0


def test_who_stands_above_the_clutter_is_always_seen():
    # Table 7.4.2-1 speaks of users below the clutter; above it nothing is in the way.
    hall = PATH_LOSSES["inf-sh"]()
    found = hall.line_of_sight_probability(*map(jnp.asarray, (300.0, 2.5, 8.0)))
    assert float(found) == 1.0
