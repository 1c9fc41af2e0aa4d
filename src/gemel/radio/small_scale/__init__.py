"""How does a signal split into rays on its way, and what comes of them?

3GPP TR 38.901, clause 7.5, steps 4 to 10, written for one link.
"""

from gemel.radio.small_scale.fading import (
    FadingTraces,
    environment_traces,
    fading_traces,
    place_step,
)
from gemel.radio.small_scale.multipath import (
    expected_multipath_gain_db,
    isotropic_ports,
    multipath_gain_db,
)
from gemel.radio.small_scale.parameters import ClusterTable
from gemel.radio.small_scale.published import ENVIRONMENTS, cluster_table
from gemel.radio.small_scale.rays import Rays, draw_rays
from gemel.radio.small_scale.spreads import Sight, Spreads, draw_spreads

__all__ = [
    "ENVIRONMENTS",
    "ClusterTable",
    "FadingTraces",
    "Rays",
    "Sight",
    "Spreads",
    "cluster_table",
    "draw_rays",
    "draw_spreads",
    "environment_traces",
    "expected_multipath_gain_db",
    "fading_traces",
    "isotropic_ports",
    "multipath_gain_db",
    "place_step",
]
