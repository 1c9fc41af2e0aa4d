"""What do flows, ticks and slots say of one and the same world?

The usual textbook place: hexagons at 3.5 GHz. Everybody stands still and has one kind
of traffic, so that tempos differ by nothing but how they live.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from gemel.emulator.secrets import Secrets
from gemel.emulator.tempos.engine import Engine, engine_of
from gemel.emulator.tempos.moment import first_moment
from gemel.emulator.tempos.seconds import Tempo, one_second
from gemel.network.controls import Controls
from gemel.network.simulator import Network, State, settle
from gemel.scenarios.hexagons import AZIMUTHS_DEG, hexagon_sites_m
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.worlds import public_facts, stand_in_for
from gemel.world.density import Density
from gemel.world.planning import SiteRow, plan_inventory

CARRIER_GHZ, HEIGHT_M = 3.5, 25.0
INTER_SITE_M = 500.0
WORLD = "tempos compared"
MORNING_S = 8 * 3600.0
FILES = {"ftp3": 1.0}  # what they offer is what is wanted, to the percent


@dataclasses.dataclass(frozen=True)
class SameWorld:
    """One world in which every tempo can live.

    state: settled as flows say, everybody wanting what he wants at the busy hour
    """

    network: Network
    engine: Engine
    state: State
    controls: Controls


@dataclasses.dataclass(frozen=True)
class Said:
    """What a tempo says of a second, or on average of several.

    load:           of blocks, broadcast not counted
    throughput_bps: while something waits; 0 for who got nothing
    lost_links:     radio links that failed, a second
    """

    load: Float[np.ndarray, " cell"]
    energy_j: Float[np.ndarray, " cell"]
    volume_bit: Float[np.ndarray, " cell"]
    throughput_bps: Float[np.ndarray, " user"]
    serving: Int[np.ndarray, " user"]
    lost_links: float = 0.0


def same_world(
    mean_load: float, rings: int = 1, users: int = 210, seed: int = 0
) -> SameWorld:
    """mean_load: of all cells at the busy hour, as flows see it."""
    plan = one_carrier_grid(WORLD, mean_load, rings, users)
    stand_in = stand_in_for(public_facts(plan, seed), seed, 0.0, 1, Secrets())
    network, state = stand_in.network, stand_in.state(0)
    still = jnp.zeros(users)
    engine = engine_of(network.cells, network.propagation, still, seed, FILES)
    wanted_bps = network.surroundings.base_bps  # type: ignore[attr-defined]
    state = eqx.tree_at(lambda s: s.users.demand_bps, state, wanted_bps)
    return SameWorld(network, engine, state, stand_in.controls(0))


def one_carrier_grid(name: str, mean_load: float, rings: int, users: int) -> WorldPlan:
    """Three sectors a site; `mean_load` of all cells at the busy hour."""
    sites_m = hexagon_sites_m(rings, INTER_SITE_M)
    rows = [
        SiteRow(
            name=f"H{number:02d}-{sector}",
            site=f"H{number:02d}",
            x_m=float(x_m),
            y_m=float(y_m),
            height_m=HEIGHT_M,
            azimuth_deg=azimuth_deg,
            carrier_ghz=CARRIER_GHZ,
        )
        for number, (x_m, y_m) in enumerate(sites_m, 1)
        for sector, azimuth_deg in enumerate(AZIMUTHS_DEG, 1)
    ]
    edge_m = float(np.abs(sites_m).max()) + 0.5 * INTER_SITE_M
    return WorldPlan(
        name=name,
        inventory=plan_inventory(rows, None, 0),
        density=Density.uniform((-edge_m, edge_m), (-edge_m, edge_m)),
        users=users,
        busy_hour_load=mean_load,
        link_rate="slots",
    )


def moves_a_minute(
    tempo: Tempo, mean_load: float = 0.3, users: int = 210, seed: int = 0
) -> dict[str, int]:
    """What handovers count in a minute in the morning, when people are on their way and
    use what people use; after half a minute in which everybody finds his cell."""
    facts = public_facts(one_carrier_grid(WORLD, mean_load, 1, users), seed)
    stand_in = stand_in_for(facts, seed, MORNING_S, 1, Secrets(), tempo=tempo)
    stand_in.advance(1, 30.0)
    stand_in.advance(1, 60.0)
    lived = stand_in.lived(0)
    assert lived is not None
    return {
        name.removeprefix("moves."): int(value.sum())
        for name, value in lived.books.items()
        if name.startswith("moves.")
    }


_settle = eqx.filter_jit(settle)
_begin = eqx.filter_jit(first_moment)
_live = eqx.filter_jit(one_second)


def said_by_flow(world: SameWorld) -> Said:
    """One second at the tempo of flows."""
    state, counters, felt = _settle(
        world.network, world.state, world.controls, jnp.asarray(1.0)
    )
    return Said(
        load=np.asarray(state.load, float),
        energy_j=np.asarray(counters.energy_j, float),
        volume_bit=np.asarray(counters.volume_bit, float),
        throughput_bps=np.asarray(felt.throughput_bps, float),
        serving=np.asarray(state.serving),
    )


def said_by_seconds(
    world: SameWorld, tempo: Tempo, warm_s: int, lived_s: int, seed: int = 0
) -> Said:
    """The mean of so many seconds, after others that fill the queues."""
    network, controls, engine = world.network, world.controls, world.engine
    state, _, _ = _settle(network, world.state, controls, jnp.asarray(1.0))
    key = jax.random.key(seed)
    moment = _begin(engine, network, state, controls, key)
    nowhere: Bool[Array, " cell"] = jnp.zeros(len(network.cells.name), bool)
    lived, failed = [], 0
    for second in range(warm_s + lived_s):
        luck = jax.random.fold_in(key, second)
        if second == warm_s:
            failed = int(moment.counts.of_cells("rlf").sum())
        state, moment, sums = _live(
            engine, network, state, controls, moment, nowhere, nowhere, luck, tempo
        )
        if second >= warm_s:
            parts = (sums.flow, sums.got_byte, sums.waiting_ms)
            lived.append(jax.tree.map(lambda leaf: np.asarray(leaf, float), parts))
    flow, got_byte, waiting_ms = jax.tree.map(lambda *each: sum(each), *lived)
    broadcast = np.zeros(len(network.cells.name))
    for layer in engine.layers if tempo == "slot" else ():
        broadcast[layer.cells] = layer.common_share
    waited = np.maximum(waiting_ms, 1e-9)
    return Said(
        load=flow.prb_s / lived_s - broadcast,
        energy_j=flow.energy_j / lived_s,
        volume_bit=flow.volume_bit / lived_s,
        throughput_bps=np.where(waiting_ms > 0, 8e3 * got_byte / waited, 0.0),
        serving=np.asarray(state.serving),
        lost_links=(int(moment.counts.of_cells("rlf").sum()) - failed) / lived_s,
    )


@dataclasses.dataclass(frozen=True)
class Difference:
    """Of what two tempos say.

    load_median, load_p90:  of a cell, either way
    throughput, quiet_throughput: the median user's ratio, second over first; of all
                            whom both give something, and of those in cells of less
                            than QUIET load
    energy, volume:         ratio of all cells together
    """

    load_mean: float
    load_median: float
    load_p90: float
    throughput: float
    quiet_throughput: float
    energy: float
    volume: float


QUIET = 0.6


def difference(first: Said, second: Said) -> Difference:
    """From what the first says to what the second says."""
    apart = np.abs(second.load - first.load)
    both = (first.throughput_bps > 0) & (second.throughput_bps > 0)
    ratio = second.throughput_bps[both] / first.throughput_bps[both]
    quiet = first.load[first.serving[both]] < QUIET
    return Difference(
        load_mean=float(second.load.mean() - first.load.mean()),
        load_median=float(np.median(apart)),
        load_p90=float(np.percentile(apart, 90)),
        throughput=float(np.median(ratio)),
        quiet_throughput=float(np.median(ratio[quiet])),
        energy=float(second.energy_j.sum() / first.energy_j.sum()),
        volume=float(second.volume_bit.sum() / first.volume_bit.sum()),
    )
