"""Which neighbours does a cell know, and with which offsets?

A cell hands over only to cells in its list (NRCellRelation of TS 28.541). Who is
missing there by mistake is a fault: users then run out of their cell's reach.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gemel.errors import ScenarioError
from gemel.network.cells import Cells

LOOKS_SHARE = 0.35  # of the distance to the next site: about a sector's middle


class Relations(eqx.Module):
    """A list of neighbours for every cell, padded with -1.

    offset_db:  rsrpOffsetSsb of cellIndividualOffset, added to the neighbour's level
    allowed:    isHOAllowed
    """

    neighbour: Int[Array, "cell n"]
    offset_db: Float[Array, "cell n"]
    allowed: Bool[Array, "cell n"]


def relations_of(cells: Cells, near: int = 32) -> Relations:
    """The nearest neighbours by geometry: half of the list is kept for the own layer.

    Near is what a sector looks at: distances are taken between points in front of the
    antennas, and cells of one site come first.

    near:  how many neighbours a list has at most
    """
    if near < 1:
        raise ScenarioError(
            f"near is {near}; a list without neighbours lets nobody hand over. "
            "Give 1 or more."
        )
    count = len(cells.name)
    near = min(near, max(count - 1, 1))
    site, layer = np.asarray(cells.site), np.asarray(cells.layer)
    looks_m = _looked_at_m(cells)
    neighbour = np.full((count, near), -1, np.int32)
    for cell in range(count):
        away_m = ((looks_m - looks_m[cell]) ** 2).sum(1) ** 0.5
        # A cell of the own site is a neighbour wherever it looks.
        away_m = np.where(site == site[cell], away_m * 1e-6, away_m)
        away_m[cell] = np.inf
        order = np.argsort(away_m, kind="stable")[: count - 1]
        own = order[layer[order] == layer[cell]][: (near + 1) // 2]
        others = order[~np.isin(order, own)][: near - len(own)]
        listed = np.concatenate([own, others])
        neighbour[cell, : len(listed)] = listed
    return Relations(
        neighbour=jnp.asarray(neighbour),
        offset_db=jnp.zeros(neighbour.shape, jnp.float32),
        allowed=jnp.asarray(neighbour >= 0),
    )


def _looked_at_m(cells: Cells) -> np.ndarray:
    """A point in front of every cell: as far out as its site's next neighbour asks."""
    position_m = np.asarray(cells.position_m, np.float64)[:, :2]
    site = np.asarray(cells.site)
    _, first, number = np.unique(site, return_index=True, return_inverse=True)
    places_m = position_m[first]
    spacing_m = np.zeros(len(places_m))
    for place, here_m in enumerate(places_m):
        away_m = ((places_m - here_m) ** 2).sum(1) ** 0.5
        away_m = away_m[away_m > 0.0]
        spacing_m[place] = away_m.min() if away_m.size else 0.0
    bearing = np.radians(np.asarray(cells.azimuth_deg, np.float64))
    ahead = np.stack([np.sin(bearing), np.cos(bearing)], 1)
    return position_m + LOOKS_SHARE * spacing_m[number][:, None] * ahead
