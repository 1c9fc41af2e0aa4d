"""Is the flat map as true as it says?"""

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import InterfaceError
from gemel.interfaces.maps.coordinates import (
    latitude_longitude_deg,
    local_m,
    origin_between,
)
from gemel.world.inventory import Origin

latitudes = st.floats(-85.0, 85.0)
longitudes = st.floats(-180.0, 180.0)
offsets = st.floats(-0.5, 0.5)


@given(latitudes, longitudes, offsets, offsets)
def test_there_and_back_is_the_identity(latitude, longitude, north_deg, east_deg):
    origin = Origin(latitude, longitude)
    there = local_m(
        origin, np.array([latitude + north_deg]), np.array([longitude + east_deg])
    )
    back = latitude_longitude_deg(origin, there)[0]
    # A millionth of a degree is a tenth of a metre, a hundredth of what tables know.
    assert back[0] == pytest.approx(latitude + north_deg, abs=1e-6)
    turn_deg = (back[1] - longitude - east_deg + 180.0) % 360.0 - 180.0
    assert turn_deg == pytest.approx(0.0, abs=1e-6)


@given(latitudes, longitudes, offsets, offsets)
def test_distances_between_points_are_true(latitude, longitude, north_deg, east_deg):
    lats = np.array([latitude, latitude + north_deg])
    lons = np.array([longitude, longitude + east_deg])
    position_m = local_m(origin_between(lats, lons), lats, lons)
    flat_m = float(np.hypot(*(position_m[1] - position_m[0])))
    _, _, true_m = pyproj.Geod(ellps="WGS84").inv(lons[0], lats[0], lons[1], lats[1])
    # (d/R)²/6 at d = 40 km from the middle is 6e-6; the origin is rounded to a metre.
    assert flat_m == pytest.approx(true_m, rel=1e-5, abs=1e-3)


def test_east_is_the_first_axis_and_north_the_second():
    east_m, north_m = local_m(Origin(48.0, 2.0), np.array([48.01]), np.array([2.02]))[0]
    assert 1400 < east_m < 1600 and 1000 < north_m < 1200


def test_a_network_astride_the_date_line_is_not_cut():
    lats, lons = np.array([0.0, 0.0]), np.array([179.9, -179.9])
    origin = origin_between(lats, lons)
    assert abs(origin.longitude_deg) == pytest.approx(180.0)
    assert np.abs(local_m(origin, lats, lons)).max() < 12e3


def test_a_point_on_the_other_side_of_the_earth_is_refused_in_one_line():
    with pytest.raises(InterfaceError, match="swapped") as caught:
        local_m(Origin(48.0, 2.0), np.array([48.0, -48.0]), np.array([2.0, -178.0]))
    assert "\n" not in str(caught.value)
    assert "-48.0° N -178.0° E" in str(caught.value)
