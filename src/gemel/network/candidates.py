"""Which few cells matter to each user, and how much comes from all the others?

The only user-by-cell structure there is. Memory and time grow with users x K: a grid of
bins knows, for every layer, the heads nearest to it; only those are tried for the users
of that bin, the K strongest are kept one by one, and the rest is kept as a sum.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.line_of_sight import AbstractLineOfSight
from gemel.radio.antenna import SectorPattern
from gemel.radio.link import Link
from gemel.radio.propagation.base import AbstractPathLoss
from gemel.radio.shadowing import CorrelatedField
from gemel.units import mw_from_dbm, ratio_from_db

ABSENT_DB = -400.0  # gain of a candidate that does not exist: nothing arrives
USER_HEIGHT_M = 1.5
LOS_STREAM, NLOS_STREAM = 0, 1


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


class Bins(eqx.Module):
    """A grid over the area: each layer's nearest heads (-1: none), and the rest."""

    x0_m: Float[Array, ""]
    y0_m: Float[Array, ""]
    step_m: Float[Array, ""]
    head: Int[Array, "row column layer near"]
    far_mw: Float[Array, "row column layer"]


class Propagation(eqx.Module):
    """Everything between an antenna port and a user that no control changes."""

    path_loss: AbstractPathLoss
    line_of_sight: AbstractLineOfSight
    shadow: CorrelatedField
    bins: Bins
    k: int = eqx.field(static=True)


class Places(eqx.Module):
    """Where users are, as far as radio cares.

    penetration_db: into the building or the car, for each layer
    """

    position_m: Float[Array, "user 3"]
    indoor: Bool[Array, " user"]
    penetration_db: Float[Array, "user layer"]


def bins_of(
    cells: Cells,
    path_loss: AbstractPathLoss,
    controls: Controls,
    near: int = 32,
    step_m: float = 250.0,
    margin_m: float = 1_500.0,
) -> Bins:
    """The spatial index over all cells and `margin_m` around them."""
    head_m = np.asarray(cells.head_m)
    layers = len(cells.carriers.label)
    x0_m, y0_m = head_m[:, :2].min(0) - margin_m
    columns, rows = np.ceil((head_m[:, :2].max(0) + margin_m - [x0_m, y0_m]) / step_m)
    east_m = x0_m + (np.arange(int(columns)) + 0.5) * step_m
    north_m = y0_m + (np.arange(int(rows)) + 0.5) * step_m
    centre_m = np.stack(np.meshgrid(east_m, north_m), -1).reshape(-1, 2)
    head = np.full((len(centre_m), layers, near), -1, np.int32)
    far_mw = np.zeros((len(centre_m), layers), np.float32)
    power_mw = _power_by_head_mw(cells, controls)
    for layer in range(layers):
        members = np.flatnonzero(np.asarray(cells.head_layer) == layer)
        # A chunk of bins at a time: never all bins by all heads.
        for start in range(0, len(centre_m), 1_024):
            part = slice(start, start + 1_024)
            away_m = np.hypot(*(centre_m[part, None] - head_m[members, :2]).T).T
            order = np.argsort(away_m, axis=1)
            take = order[:, :near]
            head[part, layer, : take.shape[1]] = members[take]
            if len(members) > near:
                far = order[:, near:]
                far_mw[part, layer] = _mean_power_mw(
                    path_loss,
                    np.take_along_axis(away_m, far, 1),
                    head_m[members, 2][far],
                    float(cells.carriers.carrier_ghz[layer]),
                    power_mw[members][far],
                )
    shape = (int(rows), int(columns), layers)
    return Bins(
        jnp.asarray(x0_m, jnp.float32),
        jnp.asarray(y0_m, jnp.float32),
        jnp.asarray(step_m, jnp.float32),
        jnp.asarray(head.reshape(*shape, near)),
        jnp.asarray(far_mw.reshape(shape)),
    )


def _power_by_head_mw(cells: Cells, controls: Controls) -> np.ndarray:
    """Sum over a head's sectors, each with its pattern's gain averaged over azimuth."""
    mean_pattern = 0.25  # of the peak: a 65-degree beam fills a quarter of the circle
    power = np.exp(np.asarray(controls.power_dbm) * 0.230258509)
    gain = np.exp(np.asarray(cells.carriers.gain_dbi) * 0.230258509)
    radiated = power * gain[np.asarray(cells.layer)] * mean_pattern
    sectors = np.asarray(cells.head_cell)
    return np.where(sectors >= 0, radiated[sectors], 0.0).sum(1)


def _mean_power_mw(
    path_loss: AbstractPathLoss,
    distance_m: np.ndarray,
    height_m: np.ndarray,
    carrier_ghz: float,
    power_mw: np.ndarray,
) -> np.ndarray:
    """What distant heads bring without line of sight, summed."""

    def one(distance_m, height_m):
        link = Link(
            distance_m,
            height_m,
            jnp.asarray(USER_HEIGHT_M),
            jnp.asarray(carrier_ghz, jnp.float32),
            jnp.asarray(False),
        )
        return path_loss.loss_db(link)

    many = jax.jit(jax.vmap(jax.vmap(one)))
    loss_db = many(
        jnp.asarray(distance_m, jnp.float32), jnp.asarray(height_m, jnp.float32)
    )
    return (power_mw * np.exp(-np.asarray(loss_db) * 0.230258509)).sum(1)


def head_gain_db(
    propagation: Propagation,
    cells: Cells,
    user_m: Float[Array, "3"],
    indoor: Bool[Array, ""],
    head: Int[Array, ""],
) -> Float[Array, ""]:
    """Gain of the path, shadow included, antenna and walls not; one user, one head."""
    path_loss, field = propagation.path_loss, propagation.shadow
    head_m, site = cells.head_m[head], cells.head_site[head]
    carrier_ghz = cells.carriers.carrier_ghz[cells.head_layer[head]]
    near = Link.between(user_m, head_m, carrier_ghz, jnp.asarray(False))
    probability = path_loss.line_of_sight_probability(near.distance_2d_m, user_m[2])
    sees = propagation.line_of_sight.sees(user_m, indoor, head_m, site, probability)
    link = Link.between(user_m, head_m, carrier_ghz, sees)
    # One look-up serves both states: the stream is an offset, so choose it first.
    shadow = field.value(
        user_m[0],
        user_m[1],
        site,
        path_loss.correlation_m(sees),
        jnp.where(sees, LOS_STREAM, NLOS_STREAM),
    )
    return path_loss.shadowing_sigma_db(link) * shadow - path_loss.loss_db(link)


def _antenna_db(
    cells: Cells,
    controls: Controls,
    user_m: Float[Array, "3"],
    cell: Int[Array, ""],
) -> Float[Array, ""]:
    carriers, layer = cells.carriers, cells.layer[cell]
    pattern = SectorPattern(
        gain_dbi=carriers.gain_dbi[layer],
        horizontal_3db_deg=carriers.horizontal_3db_deg[layer],
        vertical_3db_deg=carriers.vertical_3db_deg[layer],
        side_lobe_db=jnp.asarray(20.0),
        front_to_back_db=jnp.asarray(25.0),
    )
    turned_deg = cells.azimuth_deg[cell] + controls.azimuth_turn_deg[cell]
    offset_m = user_m - cells.position_m[cell]
    tilt_deg = cells.mount_tilt_deg[cell] + controls.tilt_deg[cell]
    gain_db = pattern.gain_db(offset_m, turned_deg, tilt_deg)
    return gain_db + cells.gain_error_db[cell]


def _of_one_user(
    propagation: Propagation,
    cells: Cells,
    controls: Controls,
    user_m: Float[Array, "3"],
    indoor: Bool[Array, ""],
    penetration_db: Float[Array, " layer"],
) -> tuple[Int[Array, "layer k"], Float[Array, "layer k"], Float[Array, " layer"]]:
    bins = propagation.bins
    rows, columns, layers, _ = bins.head.shape
    column = jnp.clip((user_m[0] - bins.x0_m) / bins.step_m, 0, columns - 1)
    row = jnp.clip((user_m[1] - bins.y0_m) / bins.step_m, 0, rows - 1)
    here = row.astype(jnp.int32), column.astype(jnp.int32)

    def one_head(head, wall_db):
        there = jnp.maximum(head, 0)
        path_db = head_gain_db(propagation, cells, user_m, indoor, there) - wall_db

        def one_sector(cell):
            at = jnp.maximum(cell, 0)
            gain_db = path_db + _antenna_db(cells, controls, user_m, at)
            return at, jnp.where((cell >= 0) & (head >= 0), gain_db, ABSENT_DB)

        return jax.vmap(one_sector)(cells.head_cell[there])

    one_layer = jax.vmap(one_head, (0, None))
    cell, gain_db = jax.vmap(one_layer)(bins.head[here], penetration_db)
    cell, gain_db = cell.reshape(layers, -1), gain_db.reshape(layers, -1)
    # What arrives counts, not the gain alone: a weak cell near by may be no rival.
    level_dbm = controls.power_dbm[cell] + gain_db
    best_dbm, which = jax.lax.top_k(level_dbm, min(propagation.k, gain_db.shape[1]))
    kept = jnp.take_along_axis(cell, which, 1)
    kept_db = jnp.take_along_axis(gain_db, which, 1)
    kept_mw = mw_from_dbm(best_dbm).sum(1)
    near_mw = jnp.maximum(mw_from_dbm(level_dbm).sum(1) - kept_mw, 0.0)
    return kept, kept_db, near_mw + bins.far_mw[here] * ratio_from_db(-penetration_db)


def find_candidates(
    propagation: Propagation,
    cells: Cells,
    controls: Controls,
    places: Places,
    batch: int = 4_096,
) -> Candidates:
    """The candidates of every user; memory is bounded by `batch` users at a time."""

    def one_user(place):
        user_m, indoor, penetration_db = place
        return _of_one_user(
            propagation, cells, controls, user_m, indoor, penetration_db
        )

    everyone = (places.position_m, places.indoor, places.penetration_db)
    cell, gain_db, tail_mw = jax.lax.map(one_user, everyone, batch_size=batch)
    return Candidates(cell, gain_db, tail_mw, places.position_m)


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
