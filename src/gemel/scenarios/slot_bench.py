"""How fast does the stand-in live, at each of its tempos, and how much memory?

Hexagons 500 m apart, three sectors a site, one carrier of 100 MHz at 3.5 GHz; people as
everywhere, most of them indoors, each with one application of the usual mixture at its
own nominal rate, in both directions. Handover, access and energy are on. Nobody stands
outside the hexagons, so that more cells mean more of the same.
"""

import dataclasses
import resource
import time
from collections.abc import Callable
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from gemel.emulator.secrets import Secrets
from gemel.emulator.tempos.engine import Engine, engine_of
from gemel.emulator.tempos.moment import Moment, first_moment
from gemel.emulator.tempos.seconds import Tempo, one_second
from gemel.emulator.tempos.sums import Sums
from gemel.errors import ScenarioError
from gemel.network.association import associate
from gemel.network.controls import Controls
from gemel.network.counters import Counters
from gemel.network.simulator import Network, State, carry, settle
from gemel.scenarios.coupled import layout_of
from gemel.scenarios.hexagons import AZIMUTHS_DEG
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.worlds import public_facts, stand_in_for
from gemel.world.density import Density
from gemel.world.inventory import SiteRow
from gemel.world.people import draw_people
from gemel.world.planning import plan_inventory

Duplex = Literal["tdd", "fdd"]

INTER_SITE_M, STEP_M = 500.0, 25.0
CARRIER_GHZ, BANDWIDTH_MHZ = 3.5, 100.0  # 273 resource blocks of 30 kHz
LETTERS: dict[Duplex, str] = {"tdd": "DDDSU", "fdd": "FFFFF"}
USERS_A_CELL = 10
BEGIN_S = 8.0 * 3_600.0  # of the day; wishes do not depend on it here


@dataclasses.dataclass(frozen=True)
class Timing:
    """What `gemel bench emulator` prints.

    wall_s:       of the second run; the first one compiles, for compile_s longer
    slots_per_s:  slots of network time, lived one by one or not
    peak_memory_gib: of the process, compiling included
    """

    cells: int
    users: int
    duplex: Duplex
    simulated_s: float
    wall_s: float
    real_time_factor: float
    slots_per_s: float
    cell_slots_per_s: float
    peak_memory_gib: float
    compile_s: float


class Stage(eqx.Module):
    """A network ready to be lived, at any tempo."""

    engine: Engine
    network: Network
    controls: Controls
    demand_bps: Float[Array, " user"]


class Moved(eqx.Module):
    """What one run leaves for the next one; no moment at the tempo of flows."""

    state: State
    moment: Moment | None


def plan_of(cells: int, users: int, seed: int) -> WorldPlan:
    """The sites nearest to the middle; the last one may have fewer sectors.

    Raises ScenarioError for fewer than two cells or no user.
    """
    if cells < 2 or users < 1:
        raise ScenarioError(
            f"{cells} cells and {users} users make no network. "
            "Give at least 2 cells and 1 user."
        )
    site_m = layout_of(cells, 1, "full", seed).site_m
    rows = [
        SiteRow(
            name=f"{number}-{sector}",
            site=str(number),
            x_m=float(x_m),
            y_m=float(y_m),
            height_m=float(height_m),
            azimuth_deg=azimuth_deg,
            carrier_ghz=CARRIER_GHZ,
            bandwidth_mhz=BANDWIDTH_MHZ,
        )
        for number, (x_m, y_m, height_m) in enumerate(site_m, start=1)
        for sector, azimuth_deg in enumerate(AZIMUTHS_DEG, start=1)
    ][:cells]
    return WorldPlan(
        name="bench",
        inventory=plan_inventory(rows, None, seed),
        density=_within_hexagons(site_m[:, :2]),
        users=users,
    )


def _within_hexagons(site_m: np.ndarray) -> Density:
    """Evenly as far as a hexagon reaches from the nearest site."""
    reach_m = INTER_SITE_M / 3.0**0.5
    low_m, high_m = site_m.min(0) - reach_m, site_m.max(0) + reach_m
    x_m, y_m = (np.arange(low_m[i] + 0.5 * STEP_M, high_m[i], STEP_M) for i in range(2))
    inside = np.zeros((y_m.size, x_m.size), bool)
    for east_m, north_m in site_m:
        near_x = np.abs(x_m - east_m) < reach_m
        near_y = np.abs(y_m - north_m) < reach_m
        away_m = np.hypot(x_m[near_x] - east_m, y_m[near_y, None] - north_m)
        inside[np.ix_(near_y, near_x)] |= away_m < reach_m
    weight = inside.astype(float)
    return Density(float(low_m[0]), float(low_m[1]), STEP_M, weight, weight)


def stage_of(
    cells: int, users: int, duplex: Duplex, tempo: Tempo, seed: int
) -> tuple[Stage, Moved]:
    """Everything there and switched on, everybody where flows put them."""
    plan = plan_of(cells, users, seed)
    stand_in = stand_in_for(public_facts(plan, seed), seed, BEGIN_S, 1, Secrets())
    network, controls = stand_in.network, stand_in.controls(0)
    # The stand-in's own people, drawn with the same luck: it keeps only where they are.
    people = draw_people(plan.density, users, np.random.default_rng([seed, 0]))
    engine = engine_of(
        network.cells,
        network.propagation,
        people.speed_mps,
        seed,
        letters=LETTERS[duplex],
    )
    demand_bps = engine.mix.nominal_bps
    state = eqx.tree_at(lambda s: s.users.demand_bps, stand_in.state(0), demand_bps)
    state, _, _ = eqx.filter_jit(settle)(network, state, controls, jnp.asarray(1.0))
    moment = None
    if tempo != "flow":
        begin = eqx.filter_jit(first_moment)
        moment = begin(engine, network, state, controls, jax.random.key(seed))
    return Stage(engine, network, controls, demand_bps), Moved(state, moment)


@eqx.filter_jit
def lived(
    stage: Stage,
    moved: Moved,
    key: PRNGKeyArray,
    elapsed_s: Float[Array, ""],
    seconds: int,
    tempo: Tempo,
) -> tuple[Moved, Counters | Sums]:
    """So many seconds; the sums of each of them for itself."""
    network, controls = stage.network, stage.controls
    one = jnp.ones_like(elapsed_s)
    well = jnp.zeros(len(network.cells.name), bool)

    def second(moved: Moved, number: Int[Array, ""]) -> tuple[Moved, Counters | Sums]:
        state, moment = moved.state, moved.moment
        luck = jax.random.fold_in(key, number)
        now_s = elapsed_s + number.astype(jnp.float32)
        users = network.surroundings.move(
            network, state.users, controls, luck, now_s, one
        )
        users = eqx.tree_at(lambda u: u.demand_bps, users, stage.demand_bps)
        state = eqx.tree_at(lambda s: s.users, state, users)
        if moment is None:
            served = associate(network.cells, users.candidates, controls, state.serving)
            state, counters, _ = carry(network, state, controls, served, one)
            return Moved(state, None), counters
        state, moment, sums = one_second(
            stage.engine, network, state, controls, moment, well, well, luck, tempo
        )
        return Moved(state, moment), sums

    return jax.lax.scan(second, moved, jnp.arange(seconds, dtype=jnp.int32))


def time_emulator(
    cells: int,
    users: int | None,
    seconds: int,
    duplex: Duplex = "tdd",
    tempo: Tempo = "slot",
    seed: int = 0,
    tell: Callable[[str, float], None] = lambda what, share: None,
) -> Timing:
    """So many seconds twice, one after the other: the second time is timed.

    users:  ten for every cell where nothing is said
    tell:   hears what is being done, and the share that is done already

    Raises ScenarioError for fewer than two cells, no user or no second.
    """
    if seconds < 1:
        raise ScenarioError(f"{seconds} seconds are no time. Give 1 or more.")
    count = USERS_A_CELL * cells if users is None else users
    tell("building the network", 0.0)
    stage, moved = stage_of(cells, count, duplex, tempo, seed)
    spent_s = []
    for run, (what, share) in enumerate((("compiling", 0.2), ("living again", 0.8))):
        tell(what, share)
        elapsed_s = jnp.asarray(BEGIN_S + run * seconds, jnp.float32)
        key = jax.random.fold_in(jax.random.key(seed), run)
        begun = time.perf_counter()
        moved, sums = lived(stage, moved, key, elapsed_s, seconds, tempo)
        jax.block_until_ready((moved, sums))
        spent_s.append(time.perf_counter() - begun)
    wall_s = spent_s[1]
    slots = seconds * 1_000 * stage.engine.layers[0].plan.slots_per_ms
    return Timing(
        cells=cells,
        users=count,
        duplex=duplex,
        simulated_s=float(seconds),
        wall_s=wall_s,
        real_time_factor=seconds / wall_s,
        slots_per_s=slots / wall_s,
        cell_slots_per_s=cells * slots / wall_s,
        peak_memory_gib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        compile_s=max(spent_s[0] - wall_s, 0.0),
    )
