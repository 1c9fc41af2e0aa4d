"""Are spreads mixed by the same triangles as in ns-3's three-gpp-channel-model?

ns-3 publishes the square roots of the cross-correlation matrices of TR 38.901, table
7.5-6, to six digits; it leaves the Ricean factor out of links without a direct ray.
"""

import numpy as np
import pytest

from gemel.radio.small_scale import cluster_table
from gemel.radio.small_scale.parameters import ORDER

# Rows of the last two, ZSD and ZSA: they depend on every correlation before them.
ROWS = {
    ("uma", 0): (
        (0, 0, -0.242536, 0.672172, 0.642214, 0.27735, 0),
        (-0.8, 0, -0.388057, -0.367926, 0.238537, 0, 0.130931),
    ),
    ("uma", 1): (
        (0, -0.545545, 0.762422, 0.118114, 0.327327, 0),
        (-0.4, -0.174574, -0.396459, 0.392138, 0.49099, 0.507445),
    ),
    ("uma", 2): (
        (0, -0.69282, 0.252646, 0.493742, 0.460857, 0),
        (0, -0.23094, 0.16843, 0.808554, -0.220827, 0.464515),
    ),
    ("umi", 0): (
        (0, 0, 0, 0.688514, 0.461454, 0.559471, 0),
        (0, 0, 0.280976, 0.231921, -0.490509, 0.11916, 0.782603),
    ),
    ("umi", 1): (
        (0, -0.70014, 0.5, 0.130577, 0.4927, 0),
        (0, 0, 0.5, 0.221981, -0.566238, 0.616522),
    ),
    ("rma", 0): (
        (0.01, 0, -0.0519615, 0.73, -0.2, 0.651383, 0),
        (-0.17, -0.02, 0.21362, -0.14, 0.24, 0.142773, 0.909661),
    ),
    ("rma", 1): (
        (-0.04, -0.138564, 0.540662, -0.18, 0.809003, 0),
        (-0.25, -0.606218, -0.240013, 0.26, -0.231685, 0.625392),
    ),
    ("rma", 2): (
        (0, 0, 0.66, -0.123225, 0.741091, 0),
        (0, 0, 0.47, 0.152631, -0.393194, 0.775373),
    ),
    ("inh", 0): (
        (0.2, -0.11547, 0.418943, 0.541106, 0.219905, 0.655744, 0),
        (0.3, -0.057735, 0.73598, -0.348236, 0.0610847, -0.304997, 0.383375),
    ),
    ("inh", 1): (
        (0, -0.311769, 0.55697, -0.249198, 0.728344, 0),
        (0, -0.069282, 0.295397, 0.430696, 0.468462, 0.709214),
    ),
}


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_triangles_are_those_of_ns3(case):
    environment, state = case
    expected = np.array(ROWS[case])
    found = np.asarray(cluster_table(environment).mixing[state], float)[5:]
    if expected.shape[1] < len(ORDER):
        found = np.delete(found, ORDER.index("k"), axis=1)
    # Six digits there, float32 here; the pivot 0.0610847 of the office divides errors.
    assert found == pytest.approx(expected, abs=1e-4)
