"""How does a twin begin, from an inventory, a map and the reports of yesterday?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.network.association import associate, per_element_db
from gemel.network.candidates import Places, find_candidates
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.path_gain import Propagation
from gemel.network.people_on_air import places_of
from gemel.network.rsrp_bins import BINS
from gemel.network.simulator import Network, Users
from gemel.network.surroundings import Still
from gemel.twin.belief import ERROR_IN_POINTS, Belief
from gemel.twin.far import nothing_said
from gemel.twin.levels import no_levels
from gemel.twin.source import Observation
from gemel.twin.wanting import wanting_of
from gemel.units import BIT_PER_KBIT
from gemel.world.buildings import Buildings
from gemel.world.demand import DAY_S, HOUR_S
from gemel.world.density import Density
from gemel.world.people import draw_people

USERS = 4_000  # imagined in each member
FIRST_DOUBT = 0.15  # of natural logarithms: demand and rates before any report
# Who is served by another than the own cell is at that cell's edge, where inventories
# err most, and the model's best second choice is often not the true one.
GUEST_PRIOR = -0.2  # natural logarithm of rates
FIRST_KPI_DOUBT = 0.05  # of forecasts before any was checked; 0.5 points for ratios
SMOOTHING = (0.1, 0.2, 0.4, 0.2, 0.1)  # a habit is not one day's noise


@eqx.filter_jit
def _pool(
    propagation: Propagation, cells: Cells, controls: Controls, places: Places
) -> tuple[Users, Array, Array]:
    """Imagined users, whom each would be served by, and its level there."""
    candidates = find_candidates(propagation, cells, controls, places)
    nobody = jnp.full(places.indoor.shape, -1, jnp.int32)
    served = associate(cells, candidates, controls, nobody)
    blank = jnp.zeros(places.indoor.shape)
    users = Users(places, candidates, blank, blank, nobody)
    return users, served.cell, served.rsrp_dbm


@dataclasses.dataclass(frozen=True)
class Crowd:
    """People to choose imagined users from; no report is needed to dream them up.

    pool:           all of them
    zone, rsrp_dbm: who would serve each while every cell is awake, and how loudly
    """

    pool: Users
    zone: np.ndarray
    rsrp_dbm: np.ndarray


def crowd_of(
    cells: Cells,
    controls: Controls,
    propagation: Propagation,
    density: Density,
    seed: int,
    buildings: Buildings | None = None,
    users: int = USERS,
) -> Crowd:
    """Four times as many as each member of a belief needs."""
    rng = np.random.default_rng([seed, 3])
    people = draw_people(density, 4 * users, rng, buildings=buildings)
    places = places_of(people, cells.carriers, rng)
    pool, zone, rsrp_dbm = _pool(propagation, cells, controls, places)
    return Crowd(pool, np.asarray(zone), np.asarray(rsrp_dbm))


def imagine(
    cells: Cells,
    controls: Controls,
    propagation: Propagation,
    crowd: Crowd,
    yesterday: list[Observation],
    seed: int,
    members: int = 8,
    users: int = USERS,
    people: int = 5_000,
) -> Belief:
    """A belief before today's first report.

    yesterday:  one observation for every period of a day, all cells awake
    users:      imagined users in each member, more where more was carried
    people:     how many connected users there are, from the reports' RRC.ConnMean
    """
    rng = np.random.default_rng([seed, 4])
    pool = crowd.pool
    habit_bps = _habit(yesterday)
    carried = np.asarray(habit_bps).sum(0)
    rows, share = _members(
        crowd.zone,
        carried,
        _stand_ins(pool, crowd.rsrp_dbm, cells, controls),
        members,
        users,
        rng,
    )
    count, period_s = len(cells.name), float(yesterday[0].period_s)
    chosen = jax.tree.map(lambda leaf: leaf[jnp.asarray(rows[0])], pool)
    home = jnp.asarray(rows[1])
    weight = jnp.asarray(share * (carried / carried.sum())[rows[1]] * people)
    chosen = eqx.tree_at(
        lambda u: (u.weight, u.home),
        chosen,
        (weight.astype(jnp.float32), home.astype(jnp.int32)),
    )
    network = Network(cells, propagation, Still(), jnp.ones(count), jnp.ones(count))
    share = jnp.asarray(share, jnp.float32)
    doubt = rng.normal(0, FIRST_DOUBT, (3, members, count)).astype(np.float32)
    doubt[2] += GUEST_PRIOR
    return Belief(
        network=network,
        users=chosen,
        share=share,
        wanting=wanting_of(network, chosen, share, controls, yesterday),
        habit_bps=habit_bps,
        log_demand=jnp.asarray(doubt[0]),
        log_rate=jnp.asarray(doubt[1]),
        log_guest=jnp.asarray(doubt[2]),
        serving=home.astype(jnp.int32),
        load=jnp.full((members, count), 0.2),
        kpi_bias={name: jnp.zeros(()) for name in ERROR_IN_POINTS},
        kpi_variance={
            name: jnp.asarray((0.5 if points else FIRST_KPI_DOUBT) ** 2)
            for name, points in ERROR_IN_POINTS.items()
        },
        gain_db=jnp.zeros((members, count)),
        gain_luck=jnp.asarray(rng.normal(size=(members, count)), jnp.float32),
        first_share=share,
        heard=jnp.zeros((count, BINS)),
        levels=no_levels(count),
        far={
            name: nothing_said(max(1, round(ahead_s / period_s)), count)
            for name, ahead_s in (("hour", HOUR_S), ("day", DAY_S))
        },
        told_under=controls,
    )


def _habit(yesterday: list[Observation]) -> Float[Array, "slot zone"]:
    """Carried volume by period of the day, smoothed over its neighbours; what was not
    reported is filled from them too."""
    volume = [o.measured["DRB.PdcpSduVolumeDL"] for o in yesterday]
    told = np.stack([np.asarray(v.present) for v in volume]).astype(np.float64)
    value = np.stack([np.asarray(v.value) for v in volume]).astype(np.float64)
    seconds = np.array([float(o.period_s) for o in yesterday])
    bps = np.where(told > 0, value, 0.0) * BIT_PER_KBIT / seconds[:, None]
    reach = len(SMOOTHING) // 2
    shifts = [(k - reach, weight) for k, weight in enumerate(SMOOTHING)]
    above = sum(w * np.roll(bps, k, 0) for k, w in shifts)
    below = sum(w * np.roll(told, k, 0) for k, w in shifts)
    usual = bps.sum(0) / np.maximum(told.sum(0), 1.0)
    smooth = np.where(below > 0, above / np.maximum(below, 1e-9), usual)
    smooth = np.maximum(smooth, 0.02 * usual)  # an idle hour is no law
    return jnp.asarray(smooth, jnp.float32)


def _stand_ins(
    pool: Users, rsrp_dbm: np.ndarray, cells: Cells, controls: Controls
) -> np.ndarray:
    """For every cell the imagined user that misses it by the least, or -1."""
    offset_db = np.asarray(controls.power_dbm + per_element_db(cells))
    cell = np.asarray(pool.candidates.cell)
    level_dbm = np.asarray(pool.candidates.gain_db) + offset_db[cell]
    short_db = np.maximum(rsrp_dbm[:, None, None] - level_dbm, 0.0)
    user = np.broadcast_to(np.arange(len(cell))[:, None, None], cell.shape)
    order = np.argsort(-short_db.reshape(-1), kind="stable")
    best = np.full(len(cells.name), -1)
    best[cell.reshape(-1)[order]] = user.reshape(-1)[order]  # the last one wins
    return best


def _members(
    zone: np.ndarray,
    carried: np.ndarray,
    stand_in: np.ndarray,
    members: int,
    users: int,
    rng: np.random.Generator,
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Who of the pool stands for which zone in every member, and with what share.

    Every zone gets at least two users in every member; the rest go where most was
    carried, by the square root, so that small zones stay visible.
    """
    zones = len(carried)
    weight = np.sqrt(np.maximum(carried, 0.0))
    each = 2 + np.floor((users - 2 * zones) * weight / weight.sum()).astype(int)
    each = np.maximum(each, 2)
    home = np.repeat(np.arange(zones), each)
    by_zone = np.split(
        np.argsort(zone, kind="stable"),
        np.bincount(zone, minlength=zones).cumsum()[:-1],
    )
    row = np.empty((members, len(home)), np.int64)
    start = 0
    for index, count in enumerate(each):
        choice = by_zone[index]
        if not len(choice):
            choice = np.array([max(int(stand_in[index]), 0)])
        row[:, start : start + count] = rng.choice(choice, (members, count))
        start += count
    # Unequal people: a few want much. Exponential shares, as in a Bayesian bootstrap.
    raw = rng.gamma(2.0, size=row.shape)
    total = np.add.reduceat(raw, np.concatenate([[0], each.cumsum()[:-1]]), axis=1)
    share = raw / np.repeat(total, each, axis=1)
    return (row, np.broadcast_to(home, row.shape)), share
