"""Which masts are near a place, and how much comes from all those further away?

A grid over the area. Each bin knows, for every layer, the heads nearest to its centre;
only those are tried one by one for the users of the bin. The rest is kept as one mean
power: line of sight by its probability, shadows by the mean of their lognormal.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.spatial import KDTree

from gemel.network.cell_gain import turned
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.line_of_sight import AbstractLineOfSight
from gemel.radio.angles import bearing_and_fall_deg
from gemel.radio.link import Link
from gemel.radio.propagation.base import AbstractPathLoss
from gemel.units import LN10_OVER_10, mw_from_dbm, ratio_from_db

USER_HEIGHT_M = 1.5
FAR_BINS = 256  # at a time: never all bins by all heads


class Bins(eqx.Module):
    """A grid over the area: each layer's nearest heads (-1: none), and the rest.

    Bins are counted row by row, and come last: users look them up many at a time.
    """

    x0_m: Float[Array, ""]
    y0_m: Float[Array, ""]
    step_m: Float[Array, ""]
    rows: int = eqx.field(static=True)
    columns: int = eqx.field(static=True)
    head: Int[Array, "layer near bin"]
    far_mw: Float[Array, "layer bin"]

    def at(self, user_m: Float[Array, "3"]) -> Int[Array, ""]:
        """The bin of a place; outside the grid, the one at its edge."""
        column = jnp.clip((user_m[0] - self.x0_m) / self.step_m, 0, self.columns - 1)
        row = jnp.clip((user_m[1] - self.y0_m) / self.step_m, 0, self.rows - 1)
        return row.astype(jnp.int32) * self.columns + column.astype(jnp.int32)

    def heads_at(
        self, layer: Int[Array, ""], here: Int[Array, " user"]
    ) -> Int[Array, "near user"]:
        """The heads near these bins, by one flat look-up: users stay last."""
        near, bins = self.head.shape[1:]
        start = (layer * near + jnp.arange(near, dtype=jnp.int32)) * bins
        flat = self.head.reshape(-1)
        return flat.at[start[:, None] + here[None]].get(mode="promise_in_bounds")


def bins_of(
    cells: Cells,
    path_loss: AbstractPathLoss,
    controls: Controls,
    sight: AbstractLineOfSight | None = None,
    shadowed: bool = True,
    near: int = 128,
    step_m: float = 250.0,
    margin_m: float = 1_500.0,
    every: bool = False,
) -> Bins:
    """The spatial index over all cells and `margin_m` around them.

    sight:     who sees distant heads; None: as likely as the path loss says
    shadowed:  whether distant heads are shadowed, too
    near:      heads tried one by one; the nearest 128 hold the strongest cell with a
               probability above 0.9999, the nearest 32 of a dense city with 0.965
    step_m:    four fifths of the distance between sites are fine enough
    every:     try all heads, however many: who wraps a textbook grid around hears the
               furthest of them next door
    """
    head_m = np.asarray(cells.head_m)
    layers = len(cells.carriers.label)
    x0_m, y0_m = head_m[:, :2].min(0) - margin_m
    columns, rows = np.ceil((head_m[:, :2].max(0) + margin_m - [x0_m, y0_m]) / step_m)
    east_m = x0_m + (np.arange(int(columns)) + 0.5) * step_m
    north_m = y0_m + (np.arange(int(rows)) + 0.5) * step_m
    centre_m = np.stack(np.meshgrid(east_m, north_m), -1).reshape(-1, 2)
    members = [
        np.flatnonzero(np.asarray(cells.head_layer) == layer) for layer in range(layers)
    ]
    most = max(map(len, members))
    near = most if every else min(near, most)
    head = np.full((layers, near, len(centre_m)), -1, np.int32)
    far_mw = np.zeros((layers, len(centre_m)), np.float32)
    for layer, own in enumerate(members):
        count = min(near, len(own))
        _, nearest = KDTree(head_m[own, :2]).query(centre_m, count, workers=-1)
        head[layer, :count] = own[nearest.reshape(len(centre_m), count)].T
        if len(own) > near:
            far = _Far(cells, path_loss, controls, sight, shadowed)
            places = jnp.asarray(centre_m, jnp.float32), jnp.asarray(head[layer].T)
            far_mw[layer] = _far_mw(far, jnp.asarray(own, jnp.int32), *places)
    return Bins(
        jnp.asarray(x0_m, jnp.float32),
        jnp.asarray(y0_m, jnp.float32),
        jnp.asarray(step_m, jnp.float32),
        int(rows),
        int(columns),
        jnp.asarray(head),
        jnp.asarray(far_mw),
    )


class _Far(eqx.Module):
    """What the mean power of a distant head depends on."""

    cells: Cells
    path_loss: AbstractPathLoss
    controls: Controls
    sight: AbstractLineOfSight | None
    shadowed: bool = eqx.field(static=True)

    def mean_mw(
        self, centre_m: Float[Array, "2"], head: Int[Array, ""]
    ) -> Float[Array, ""]:
        """What one head brings on average, all of its sectors together."""
        cells, controls = self.cells, self.controls
        antennas = turned(cells, controls)
        user_m = jnp.append(centre_m, USER_HEIGHT_M)
        head_m, layer = cells.head_m[head], cells.head_layer[head]
        away_m = jnp.sqrt(((head_m[:2] - centre_m) ** 2).sum())
        seen = self.path_loss.line_of_sight_probability(away_m, user_m[2], head_m[2])
        if self.sight is not None:
            seen = self.sight.chance(seen)
        path = seen * self._arrives(user_m, head_m, layer, True)
        path += (1.0 - seen) * self._arrives(user_m, head_m, layer, False)
        bearing_deg, fall_deg = bearing_and_fall_deg(user_m - head_m)

        def one_sector(cell):
            at = jnp.maximum(cell, 0)
            gain_db = antennas.gain_db(at, bearing_deg, fall_deg)
            sent_mw = mw_from_dbm(controls.power_dbm[at] + gain_db)
            return jnp.where(cell >= 0, sent_mw, 0.0)

        return path * jax.vmap(one_sector)(cells.head_cell[head]).sum()

    def _arrives(
        self,
        user_m: Float[Array, "3"],
        head_m: Float[Array, "3"],
        layer: Int[Array, ""],
        sees: bool,
    ) -> Float[Array, ""]:
        """The mean share of what was sent; a lognormal shadow has a mean above one."""
        carriers = self.cells.carriers
        carrier_ghz = carriers.carrier_ghz[layer]
        link = Link.between(user_m, head_m, carrier_ghz, jnp.asarray(sees))
        lost_db = self.path_loss.loss_db(link)
        lost_db += carriers.air_db_per_km[layer] * (1e-3 * link.distance_3d_m)
        if not self.shadowed:
            return ratio_from_db(-lost_db)
        sigma = LN10_OVER_10 * self.path_loss.shadowing_sigma_db(link)
        return ratio_from_db(-lost_db) * jnp.exp(0.5 * sigma**2)


@eqx.filter_jit
def _far_mw(
    far: _Far,
    members: Int[Array, " head"],
    centre_m: Float[Array, "bin 2"],
    near: Int[Array, "bin near"],
) -> Float[Array, " bin"]:
    """The mean power at every centre from those members that are not near it."""

    def one_bin(place):
        centre_m, near = place
        every_mw = jax.vmap(far.mean_mw, (None, 0))(centre_m, members)
        return every_mw.at[jnp.searchsorted(members, near)].set(0.0).sum()

    return jax.lax.map(one_bin, (centre_m, near), batch_size=FAR_BINS)
