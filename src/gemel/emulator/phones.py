"""What do all phones tell of the cell that serves them, asked once?"""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from gemel.emulator.stand_in import StandIn
from gemel.network.association import associate, served_by
from gemel.network.controls import Controls
from gemel.network.rsrp_bins import counted
from gemel.network.simulator import Network, State


def rsrp_counts(stand_in: StandIn, life: int) -> Float[np.ndarray, "cell bin"]:
    """How loudly, by the bins of `network.rsrp_bins`."""
    network, controls = stand_in.really(life)
    by_handover = stand_in.pace.engine is not None
    told = _counts(network, stand_in.state(life), controls, by_handover)
    return np.asarray(told, np.float64)


@eqx.filter_jit
def _counts(
    network: Network, state: State, controls: Controls, by_handover: bool
) -> Float[Array, "cell bin"]:
    """by_handover: who serves is known already, since handover has its own time"""
    serves = served_by if by_handover else associate
    users = state.users
    served = serves(network.cells, users.candidates, controls, state.serving)
    return counted(served.cell, served.rsrp_dbm, controls.awake.size)
