"""Do turned and tilted arrays gain what those of ns-3 gain?

Expected values: ns-3, src/antenna/test/test-uniform-planar-array.cc (release 3.37),
which gives them to 0.001 dB. There the bearing is alpha, counter-clockwise from x.
"""

import jax.numpy as jnp
import pytest

from gemel.radio.arrays import PanelArray, port_gain_db, steered_weights
from gemel.radio.elements import Isotropic, macro_element
from gemel.radio.rotation import Orientation

# element, rows, columns, alpha, downtilt, azimuth, inclination, gain in dB
CASES = [
    ("isotropic", 1, 1, 0.0, 0.0, 0.0, 90.0, 0.0),
    ("macro", 1, 1, 90.0, 0.0, 90.0, 90.0, 8.0),
    ("macro", 1, 1, 180.0, 0.0, 180.0, 90.0, 8.0),
    ("macro", 1, 1, 0.0, 45.0, 0.0, 135.0, 8.0),
    ("macro", 1, 1, 0.0, -45.0, 0.0, 45.0, 8.0),
    ("macro", 1, 1, 0.0, 90.0, 0.0, 180.0, 8.0),
    ("macro", 10, 1, 90.0, 0.0, 90.0, 90.0, 18.0),
    ("macro", 10, 1, 0.0, 45.0, 0.0, 135.0, 18.0),
    ("macro", 10, 10, 90.0, 0.0, 90.0, 90.0, 28.0),
    ("macro", 10, 10, 0.0, 45.0, 0.0, 135.0, 28.0),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gain_where_the_beam_points(case):
    name, rows, columns, alpha_deg, down_deg, azimuth_deg, zenith_deg, gain_db = case
    element = Isotropic() if name == "isotropic" else macro_element()
    array = PanelArray(element, rows, columns)
    orientation = Orientation.of_azimuth(alpha_deg, down_deg)
    seen = jnp.asarray(zenith_deg), jnp.asarray(azimuth_deg)
    weights = steered_weights(array, *orientation.local_angles_deg(*seen))
    found_db = float(port_gain_db(array, weights, orientation, *seen))
    assert found_db == pytest.approx(gain_db, abs=0.001)
