"""Are our line-of-sight probabilities those of 3GPP TR 38.901, table 7.4.2-1?

Every expected number was computed by hand from the formula quoted beside it.
"""

import jax.numpy as jnp
import pytest

from gemel.radio.propagation import PATH_LOSSES, IndoorOffice

DECIMALS = 1e-5  # all expected numbers are written with five decimals


def probability(path_loss, distance_2d_m, user_height_m=1.5, base_height_m=10.0):
    return float(
        path_loss.line_of_sight_probability(
            *map(jnp.asarray, (distance_2d_m, user_height_m, base_height_m))
        )
    )


@pytest.mark.parametrize(
    ("name", "distance_2d_m", "expected"),
    [
        ("rma", 10.0, 1.0),  # row RMa: 1 up to 10 m
        ("rma", 510.0, 0.60653),  # row RMa: exp(-(510 - 10) / 1000)
        ("rma", 5_010.0, 0.00674),  # exp(-5)
        ("umi", 18.0, 1.0),  # row UMi: 1 up to 18 m
        ("umi", 36.0, 0.68394),  # 18/36 + exp(-36/36) (1 - 18/36)
        ("umi", 180.0, 0.10606),  # 18/180 + exp(-180/36) (1 - 18/180)
        ("uma", 18.0, 1.0),  # row UMa: 1 up to 18 m
        ("uma", 63.0, 0.54849),  # 18/63 + exp(-63/63) (1 - 18/63)
        ("uma", 180.0, 0.15169),  # 18/180 + exp(-180/63) (1 - 18/180)
        ("uma", 1_800.0, 0.01),  # 18/1800 + exp(-28.6)
    ],
)
def test_user_in_the_street(name, distance_2d_m, expected):
    found = probability(PATH_LOSSES[name](), distance_2d_m)
    assert found == pytest.approx(expected, abs=DECIMALS)


@pytest.mark.parametrize(
    ("user_height_m", "expected"),
    [
        # Row UMa at 300 m: 18/300 + exp(-300/63) (1 - 18/300) = 0.06804, times
        # 1 + C' · 5/4 · (300/100)³ · exp(-300/150) = 1 + C' · 4.56757
        (13.0, 0.06804),  # C' = 0 up to 13 m
        (18.0, 0.17791),  # C' = ((18 - 13) / 10)^1.5 = 0.35355
        (23.0, 0.37880),  # C' = 1
    ],
)
def test_user_above_13_m_sees_over_the_roofs(user_height_m, expected):
    found = probability(PATH_LOSSES["uma"](), 300.0, user_height_m)
    assert found == pytest.approx(expected, abs=DECIMALS)


def test_probability_just_beyond_18_m_stays_one_at_most():
    # The row's product there is 0.99931 · (1 + 1.25 · 0.1805³ · exp(-0.12033)) = 1.0058
    assert probability(PATH_LOSSES["uma"](), 18.05, 23.0) == 1.0


@pytest.mark.parametrize(
    ("distance_2d_m", "expected"),
    [
        (5.0, 1.0),  # row Indoor - Open office: 1 up to 5 m
        (49.0, 0.53715),  # exp(-(49 - 5) / 70.8)
        (100.0, 0.42439),  # 0.54 exp(-(100 - 49) / 211.7)
    ],
)
def test_open_office(distance_2d_m, expected):
    found = probability(IndoorOffice(open_office=True), distance_2d_m)
    assert found == pytest.approx(expected, abs=DECIMALS)
    for name in ("inh", "inh-open"):
        assert probability(PATH_LOSSES[name](), distance_2d_m) == found


@pytest.mark.parametrize(
    ("distance_2d_m", "expected"),
    [
        (1.2, 1.0),  # row Indoor - Mixed office: 1 up to 1.2 m
        (5.9, 0.36788),  # exp(-(5.9 - 1.2) / 4.7)
        (6.5, 0.32),  # 0.32 exp(0)
        (39.1, 0.11772),  # 0.32 exp(-(39.1 - 6.5) / 32.6)
    ],
)
def test_mixed_office(distance_2d_m, expected):
    found = probability(IndoorOffice(open_office=False), distance_2d_m)
    assert found == pytest.approx(expected, abs=DECIMALS)
    assert probability(PATH_LOSSES["inh-mixed"](), distance_2d_m) == found
