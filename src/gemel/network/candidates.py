"""Which few cells matter to each user, and how much comes from all the others?

The only user-by-cell structure there is. Memory and time grow with users x K: for every
layer only the heads near a user's bin are tried, the K strongest cells are kept one by
one, and the rest is kept as a sum.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gemel.network.cell_gain import turned
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.path_gain import (
    Mast,
    Propagation,
    carrier_of,
    mast_heard,
    way_gain_db,
)
from gemel.radio.angles import bearing_and_fall_deg
from gemel.units import mw_from_dbm, ratio_from_db

ABSENT_DB = -400.0  # gain of a candidate that does not exist: nothing arrives
NOTHING_DBM = -250.0  # 80 dB below the noise of one resource element: all weak alike
LIKE_DB = 2.0**-7  # of 512 options: nine of the 16 bits that a level has below one dB


class Candidates(eqx.Module):
    """For every user and layer the K strongest cells, by the last refresh's controls.

    gain_db:      path and antenna gain from antenna port to user
    tail_mw:      power of all cells of the layer that are not among the K, at full load
    refreshed_m:  where the user stood when this was computed
    """

    cell: Int[Array, "user layer k"]
    gain_db: Float[Array, "user layer k"]
    tail_mw: Float[Array, "user layer"]
    refreshed_m: Float[Array, "user 3"]


class Places(eqx.Module):
    """Where users are, as far as radio cares.

    penetration_db: into the building or the car, for each layer
    """

    position_m: Float[Array, "user 3"]
    indoor: Bool[Array, " user"]
    penetration_db: Float[Array, "user layer"]


def _of_one_layer(
    propagation: Propagation,
    cells: Cells,
    controls: Controls,
    places: Places,
    layer: Int[Array, ""],
) -> tuple[Int[Array, "k user"], Float[Array, "k user"], Float[Array, " user"]]:
    """The strongest cells of a layer, their gains, and the power of all others.

    Users come last: the arithmetic, and above all the choice of the strongest, then
    runs along them, as many at once as the processor's vectors are wide.
    """
    bins, carrier = propagation.bins, carrier_of(cells, layer)
    here = jax.vmap(bins.at)(places.position_m)
    wall_db = places.penetration_db[:, layer]
    head = bins.heads_at(layer, here)  # [near, user]
    there = jnp.maximum(head, 0)
    head_m = tuple(cells.head_m[:, axis][there] for axis in range(3))

    def one_link(head, site, head_m, user_m, indoor, wall_db):
        mast = mast_heard(propagation, Mast(head, site, jnp.stack(head_m)), user_m)
        way_db = way_gain_db(propagation, carrier, user_m, indoor, mast)
        return way_db - wall_db, *bearing_and_fall_deg(user_m - mast.position_m)

    masts = there, cells.head_site[there], head_m
    people = places.position_m, places.indoor, wall_db
    by_mast = jax.vmap(jax.vmap(one_link), (0, 0, 0, None, None, None))
    way_db, bearing_deg, fall_deg = by_mast(*masts, *people)

    antennas = turned(cells, controls)

    def one_cell(cell, way_db, bearing_deg, fall_deg):
        gain_db = way_db + antennas.gain_db(cell, bearing_deg, fall_deg)
        return controls.power_dbm[cell] + gain_db

    def one_sector(cell_of_head):
        cell = cell_of_head[there]
        level_dbm = jax.vmap(jax.vmap(one_cell))(
            jnp.maximum(cell, 0), way_db, bearing_deg, fall_deg
        )
        return jnp.where((head >= 0) & (cell >= 0), level_dbm, ABSENT_DB)

    # A loop, so that the way is priced once and not again for every sector.
    level_dbm = jax.lax.map(one_sector, cells.head_cell.T)
    level_dbm = level_dbm.reshape(-1, level_dbm.shape[-1])
    # What arrives counts, not the gain alone: a weak cell near by may be no rival.
    which, rest = strongest(level_dbm, min(propagation.k, level_dbm.shape[0]))
    kept_dbm = jnp.take_along_axis(level_dbm, which, 0)
    near_mw = jnp.where(rest, mw_from_dbm(level_dbm), 0.0).sum(0)
    tail_mw = near_mw + bins.far_mw[layer][here] * ratio_from_db(-wall_db)
    # Which mast and which of its sectors that was.
    sector, near = which // head.shape[0], which % head.shape[0]
    kept = cells.head_cell[jnp.take_along_axis(there, near, 0), sector]
    kept = jnp.maximum(kept, 0)
    gain_db = jnp.where(
        kept_dbm > ABSENT_DB, kept_dbm - controls.power_dbm[kept], ABSENT_DB
    )
    return kept, gain_db, tail_mw


def strongest(
    level_dbm: Float[Array, "option user"], count: int
) -> tuple[Int[Array, "count user"], Bool[Array, "option user"]]:
    """Which options of every user have the highest levels, the highest first; and
    which are not among them.

    Levels within LIKE_DB of one another may change places: the last bits of a level
    give way to the number of its option, so that one running maximum finds both.
    """
    options = level_dbm.shape[0]
    bits = max(options - 1, 1).bit_length()
    above = jnp.clip(level_dbm - NOTHING_DBM, 0.0, 255.9).astype(jnp.float32)
    # The bits of positive floats are ordered like the floats.
    ordered = jax.lax.bitcast_convert_type(above, jnp.int32) >> bits << bits
    ordered = ordered | jnp.arange(options, dtype=jnp.int32)[:, None]
    found, last = [], jnp.full(level_dbm.shape[1], np.iinfo(np.int32).max, jnp.int32)
    for _ in range(count):
        last = jnp.where(ordered < last[None], ordered, -1).max(0)
        found.append(last)
    return jnp.stack(found) & ((1 << bits) - 1), ordered < last[None]


def find_candidates(
    propagation: Propagation,
    cells: Cells,
    controls: Controls,
    places: Places,
    batch: int = 2_048,
) -> Candidates:
    """The candidates of every user; memory is bounded by `batch` users at a time.

    batch:  as many as are worth sharing among cores, and no more than their caches hold
    """
    users, layers = places.penetration_db.shape
    batches = -(-users // batch)
    batch = -(-users // batches)  # all alike: little is left to fill up

    def some(rows):
        few = jax.tree.map(lambda leaf: leaf[rows], places)
        cell, gain_db, tail_mw = jax.lax.map(
            lambda layer: _of_one_layer(propagation, cells, controls, few, layer),
            jnp.arange(layers, dtype=jnp.int32),
        )
        by_user = jnp.moveaxis(cell, 2, 0), jnp.moveaxis(gain_db, 2, 0), tail_mw.T
        return Candidates(*by_user, few.position_m)

    # The last batch is filled up with the last user, who is found again.
    rows = jnp.minimum(jnp.arange(batches * batch), users - 1).reshape(batches, -1)
    found = jax.lax.map(some, rows)
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[:users], found)


def refresh(
    propagation: Propagation,
    cells: Cells,
    controls: Controls,
    places: Places,
    candidates: Candidates,
    movers: int,
    budget: int,
) -> Candidates:
    """Candidates again for those `budget` of the first `movers` furthest from home.

    Home is where a user stood at the last refresh: who has not moved costs nothing.
    """
    moved_m = places.position_m[:movers] - candidates.refreshed_m[:movers]
    _, who = jax.lax.top_k((moved_m**2).sum(1), budget)
    some = jax.tree.map(lambda leaf: leaf[who], places)
    fresh = find_candidates(propagation, cells, controls, some)
    return jax.tree.map(lambda old, new: old.at[who].set(new), candidates, fresh)
