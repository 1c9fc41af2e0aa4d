"""How strong is the best cell at every place of a map?"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32

from gemel.network.association import associate
from gemel.network.candidates import Places, find_candidates
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.path_gain import Propagation

HAND_M = 1.5


def coverage_dbm(
    propagation: Propagation,
    cells: Cells,
    controls: Controls,
    east_m: np.ndarray,
    north_m: np.ndarray,
) -> Float32[np.ndarray, "row column"]:
    """SS-RSRP of the serving cell outdoors at hand height; rows go north.

    NaN where no cell reaches.
    """
    east, north = np.meshgrid(east_m, north_m)
    spot_m = np.stack([east, north, np.full(east.shape, HAND_M)], -1).reshape(-1, 3)
    layers = len(cells.carriers.label)
    places = Places(
        jnp.asarray(spot_m, jnp.float32),
        jnp.zeros(len(spot_m), bool),
        jnp.zeros((len(spot_m), layers)),
    )
    level_dbm = np.array(_strongest(propagation, cells, controls, places))
    level_dbm[level_dbm < -200.0] = np.nan
    return level_dbm.reshape(east.shape)


@eqx.filter_jit
def _strongest(propagation, cells, controls, places):
    candidates = find_candidates(propagation, cells, controls, places)
    nobody = jnp.full(places.indoor.shape, -1, jnp.int32)
    return associate(cells, candidates, controls, nobody).rsrp_dbm
