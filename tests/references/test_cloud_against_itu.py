"""Do clouds take what the validation workbook of ITU-R Study Group 3 says?"""

import jax
import numpy as np
import pytest

from gemel.radio.attenuation import CloudColumn, CloudLiquid

# P.840-9, sheet A_Clouds: 0° N 0° E at 0.015, 1.5, 15.5 and 65 % of the time; carrier
# GHz, elevation °, columnar liquid kg/m², attenuation dB (printed with 15 digits).
SLANT_840_9 = [
    (6.0, 15.0, 0.82359246235649, 0.09905224128740467),
    (15.0, 45.0, 0.221336837464663, 0.0595088161565868),
    (30.0, 75.0, 0.0877674171040156, 0.0643180997169543),
    (45.0, 90.0, 0.0278460017036198, 0.0401834480600295),
]
# P.840-8: 33.94° N 18.43° E and 51.5° N 0.14° W at 0.3 %; the liquid is reduced to
# 0 °C there, so that K_l at 0 °C alone decides (printed with 8 digits).
SLANT_840_8 = [
    (14.25, 46.35969261, 1.117630129, 0.2872291),
    (29.0, 46.35969261, 1.117630129, 1.11849396),
    (14.25, 31.07699124, 1.641289077, 0.59136662),
    (29.0, 31.07699124, 1.641289077, 2.3028307),
]


@pytest.mark.parametrize("exact", [False, True], ids=["float32", "float64"])
@pytest.mark.parametrize("point", SLANT_840_9)
def test_all_clouds_above_a_place_are_those_of_the_workbook(point, exact):
    carrier_ghz, elevation_deg, columnar_kg_m2, theirs_db = point
    with jax.enable_x64(exact):
        column = CloudColumn(carrier_ghz, columnar_kg_m2, elevation_deg)
        assert bool(column.valid())
        within = 1e-13 if exact else 5e-6  # a few dozen roundings of either type
        assert float(column.attenuation()) == pytest.approx(theirs_db, rel=within)


@pytest.mark.parametrize("point", SLANT_840_8)
def test_droplets_at_freezing_are_those_of_the_workbook(point):
    carrier_ghz, elevation_deg, columnar_kg_m2, theirs_db = point
    droplets = CloudLiquid(carrier_ghz, 1.0)  # dB/km per g/m³ is dB per kg/m²
    ours_db = float(droplets.attenuation()) * columnar_kg_m2
    ours_db /= np.sin(np.deg2rad(elevation_deg))
    assert ours_db == pytest.approx(theirs_db, rel=5e-6)
