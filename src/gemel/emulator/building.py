"""How is a stand-in network made from what an inventory and a map say, and a seed?"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.emulator.city import City, slow_waves
from gemel.emulator.faults.fate import Fate
from gemel.emulator.secrets import Secrets, true_cells
from gemel.emulator.stand_in import StandIn, heard
from gemel.emulator.tempos.engine import engine_of
from gemel.emulator.tempos.pace import Pace
from gemel.emulator.tempos.seconds import Tempo
from gemel.network.candidates import Places
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.path_gain import Propagation
from gemel.network.people_on_air import places_of
from gemel.network.simulator import Network, State, Users, settle
from gemel.world.demand import HOUR_S
from gemel.world.density import Density
from gemel.world.movement import Commute
from gemel.world.people import People, draw_places

NEARBY = 8  # a walker's goal is the nearest of so many places drawn
CONTENT_BPS = 50e6  # a rate beyond which nobody wants more because of it
LEAST_SHARE = 0.02  # of the demand of the content
# What makes up the demand of a city: telephony and machines are drops in this ocean.
PEOPLE_ASK = {"ftp3": 0.25, "web": 0.55, "video": 0.20}
BUSY_HOUR_ROUNDS = 12  # of fitting demand to the load of the busy hour


def stand_in_of(
    cells: Cells,
    controls: Controls,
    propagation: Propagation,
    density: Density,
    people: People,
    secrets: Secrets,
    busy_hour_load: float,
    seed: int,
    elapsed_s: float,
    lives: int = 2,
    fate: Fate | None = None,
    tempo: Tempo = "flow",
    duty: float = 1.0,
    period_s: float = 900.0,
) -> StandIn:
    """A network with true angles, gains, people and wishes that nobody is told.

    busy_hour_load: mean PRB load over all cells that demand is scaled to, with every
                    user at the busy hour
    """
    rng = np.random.default_rng([seed, 1])
    truth = true_cells(cells, secrets, rng)
    places = places_of(people, truth.carriers, rng)
    candidates = heard(propagation, truth, controls, places)
    city = _city(truth, places, people, density, secrets, rng)
    as_modelled = jnp.ones(len(cells.name))
    network = Network(truth, propagation, city, as_modelled, as_modelled)
    count = people.kind.size
    nobody = jnp.full(count, -1, jnp.int32)
    users = Users(places, candidates, city.base_bps, jnp.ones(count), nobody)
    state = State(
        users,
        nobody,
        jnp.zeros(len(cells.name)),
        controls.awake,
    )
    modest = _modesty(network, state, controls)
    state = eqx.tree_at(
        lambda s: s.users.demand_bps, state, state.users.demand_bps * modest
    )
    scale = _fit_demand(network, state, controls, busy_hour_load)
    city = eqx.tree_at(lambda c: c.base_bps, city, city.base_bps * modest * scale)
    network = eqx.tree_at(lambda n: n.surroundings, network, city)
    luck = jax.random.fold_in(jax.random.key(seed), 2)
    engine = None
    if tempo != "flow":
        engine = engine_of(truth, propagation, people.speed_mps, seed, PEOPLE_ASK)
    pace = Pace(tempo, duty, period_s, engine)
    return StandIn(network, state, controls, luck, elapsed_s, lives, fate, pace)


def _city(
    cells: Cells,
    places: Places,
    people: People,
    density: Density,
    secrets: Secrets,
    rng: np.random.Generator,
) -> City:
    count, movers = people.kind.size, people.movers
    site_m = np.zeros((cells.sites, 2), np.float32)
    site_m[np.asarray(cells.head_site)] = np.asarray(cells.head_m)[:, :2]
    zone = nearest(np.asarray(places.position_m)[:, :2], site_m)
    start_m = np.asarray(people.position_m)[:movers]
    goals_m = draw_places(density, max(movers, 1) * NEARBY, rng)
    goals_m = goals_m[: movers * NEARBY].reshape(movers, NEARBY, 3)
    away_m = np.hypot(*(goals_m - start_m[:, None])[..., :2].T).T
    walks = np.asarray(people.speed_mps)[:movers] < 3.0
    which = np.where(walks, away_m.argmin(1) if movers else 0, 0)
    commute = Commute(
        jnp.asarray(start_m),
        jnp.asarray(goals_m[np.arange(movers), which]),
        people.speed_mps[:movers],
        jnp.asarray(rng.random(movers), jnp.float32),
    )
    district = rng.normal(-0.5 * secrets.district**2, secrets.district, cells.sites)
    own = rng.normal(-0.5 * secrets.hot_spot**2, secrets.hot_spot, count)
    speed, phase = slow_waves(jax.random.key(int(rng.integers(2**31))), cells.sites)
    return City(
        commute=commute,
        base_bps=jnp.asarray(1e5 * np.exp(own + district[zone]), jnp.float32),
        zone=jnp.asarray(zone, jnp.int32),
        shift_s=jnp.asarray(
            HOUR_S * rng.normal(0, secrets.peak_shift_h, cells.sites), jnp.float32
        ),
        mood_rad_per_s=speed,
        mood_phase=phase,
        mood=jnp.asarray(secrets.mood, jnp.float32),
        minute=jnp.asarray(secrets.minute, jnp.float32),
        refreshes=-(-movers // 2),
    )


def nearest(
    point_m: Float[np.ndarray, "point 2"], site_m: Float[np.ndarray, "site 2"]
) -> np.ndarray:
    """Index of the nearest site for every point, a few thousand points at a time."""
    parts = [
        ((part[:, None] - site_m) ** 2).sum(2).argmin(1)
        for part in np.array_split(point_m, max(1, len(point_m) // 2_048))
    ]
    return np.concatenate(parts)


@eqx.filter_jit
def _modesty(
    network: Network, state: State, controls: Controls
) -> Float[Array, " user"]:
    """Who gets little asks for little: below CONTENT_BPS in an empty network, demand
    falls with the rate."""
    next_to_nothing = jnp.full_like(state.users.demand_bps, 1.0)
    idle = eqx.tree_at(lambda s: s.users.demand_bps, state, next_to_nothing)
    _, _, felt = settle(network, idle, controls, jnp.asarray(1.0))
    return jnp.clip(felt.throughput_bps / CONTENT_BPS, LEAST_SHARE, 1.0)


def _fit_demand(
    network: Network, state: State, controls: Controls, busy_hour_load: float
) -> Float[Array, ""]:
    """By what factor everybody's demand must grow for that mean load, by bisection."""

    @eqx.filter_jit
    def mean_load(network, state, log_scale):
        demand_bps = state.users.demand_bps * jnp.exp(log_scale)
        scaled = eqx.tree_at(lambda s: s.users.demand_bps, state, demand_bps)
        after, _, _ = settle(network, scaled, controls, jnp.asarray(1.0))
        return after.load.mean()

    low, high = -8.0, 8.0
    for _ in range(BUSY_HOUR_ROUNDS):
        middle = 0.5 * (low + high)
        if mean_load(network, state, jnp.asarray(middle)) < busy_hour_load:
            low = middle
        else:
            high = middle
    return jnp.exp(jnp.asarray(0.5 * (low + high)))
