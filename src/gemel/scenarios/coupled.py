"""How long does a coupled state of so many cells and users take, and how much memory?

A textbook network of hexagons, three sectors a site, one layer at 3.5 GHz. With the
physics `full`: UMa with line of sight by chance, correlated shadows, antennas with
tilt, and loads that settle. With `crrm`: what CRRM 2.0 assumes by default, so that both
can be held against each other: everybody in line of sight, no shadows, antennas without
elevation, every cell at full power, a cell's band shared evenly.
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
from jaxtyping import Array, Float, Int

from gemel.errors import ScenarioError
from gemel.network.antennas import antennas_of
from gemel.network.association import associate
from gemel.network.bins import bins_of
from gemel.network.candidates import Candidates, Places, find_candidates
from gemel.network.cells import Cells, cells_of
from gemel.network.controls import Controls, controls_of
from gemel.network.coupling import settle_load
from gemel.network.line_of_sight import AbstractLineOfSight, AlwaysSeen, ByChance
from gemel.network.own_layer import own_layer
from gemel.network.path_gain import Propagation
from gemel.radio.antenna import SectorPattern
from gemel.radio.propagation import UrbanMacro
from gemel.radio.shadowing import correlated_field
from gemel.scenarios.hexagons import AZIMUTHS_DEG, hexagon_sites_m
from gemel.world.inventory import Inventory, PlannedCell

Physics = Literal["full", "crrm"]

CARRIER_GHZ, BANDWIDTH_MHZ = 3.5, 20.0
CANDIDATES = 12
# Chance may make a far mast the strongest; without chance a near one always is.
NEAREST_MASTS: dict[Physics, int] = {"full": 128, "crrm": 64}
BIN_STEP = 1.0  # of the distance between sites
DEMAND_BPS_A_CELL = 6e6  # a quarter of what a cell of this layer carries
CRRM_AZIMUTHS_DEG = (90.0, 330.0, 210.0)  # 0, 120 and 240 degrees from east
CRRM_POWER_DBM = 50.0
CRRM_NOISE_MW = 2e-20 * BANDWIDTH_MHZ * 1e6 * 1e3
NO_ELEVATION_DEG = 1e6  # a lobe so high that elevation costs nothing
CRRM_BASE_M, CRRM_USER_M, CRRM_INTER_SITE_M = 20.0, 1.8, 1_000.0
FULL_BASE_M, FULL_USER_M, FULL_INTER_SITE_M = 25.0, 1.5, 500.0
FULL_POWER_DBM, FULL_TILT_DEG = 46.0, 8.0


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where everything stands: [site, 3] and [user, 3] metres; the cells that are."""

    physics: Physics
    site_m: np.ndarray
    user_m: np.ndarray
    cells: int


@dataclasses.dataclass(frozen=True)
class Timing:
    """What `gemel bench coupled` prints.

    seconds:      everything after compilation: index, candidates, coupling
    links_per_s:  pairs of a user and a cell that were priced one by one, over seconds
    """

    cells: int
    users: int
    physics: Physics
    compile_s: float
    candidates_s: float
    coupling_s: float
    seconds: float
    links_per_s: float
    peak_memory_gib: float


class Settled(eqx.Module):
    """The coupled state: the serving cell, SINR and throughput of every user."""

    serving: Int[Array, " user"]
    sinr: Float[Array, " user"]
    throughput_bps: Float[Array, " user"]
    load: Float[Array, " cell"]


def layout_of(cells: int, users: int, physics: Physics, seed: int) -> Layout:
    """The sites nearest to the middle of a hexagonal grid; users all over their
    hexagons, evenly."""
    crrm = physics == "crrm"
    inter_site_m = CRRM_INTER_SITE_M if crrm else FULL_INTER_SITE_M
    count = -(-cells // len(AZIMUTHS_DEG))
    rings = max(1, int(np.ceil((np.sqrt(12.0 * count - 3.0) - 3.0) / 6.0)))
    every_m = hexagon_sites_m(rings, inter_site_m)
    nearest = np.argsort(np.hypot(*every_m.T), kind="stable")[:count]
    site_m = np.c_[
        every_m[nearest], np.full(count, CRRM_BASE_M if crrm else FULL_BASE_M)
    ]
    rng = np.random.default_rng(seed)
    user_m = site_m[rng.integers(count, size=users)]
    user_m[:, :2] += _in_hexagon_m(users, inter_site_m, rng)
    user_m[:, 2] = CRRM_USER_M if crrm else FULL_USER_M
    return Layout(physics, site_m, user_m, cells)


def _in_hexagon_m(
    count: int, inter_site_m: float, rng: np.random.Generator
) -> np.ndarray:
    """Places evenly spread around a site, nearer to it than to any neighbour."""
    # A diamond between neighbours has the area of a hexagon and tiles the plane, too;
    # who is nearer to a neighbour stands as far from it here.
    east, north = inter_site_m * rng.uniform(-0.5, 0.5, (2, count))
    place_m = np.stack([0.75**0.5 * east, north + 0.5 * east], 1)
    neighbour_m = hexagon_sites_m(1, inter_site_m)
    away_m = ((place_m[:, None] - neighbour_m) ** 2).sum(2)
    return place_m - neighbour_m[away_m.argmin(1)]


def equipment_of(
    layout: Layout, link_rate: str = "attenuated"
) -> tuple[Cells, Controls]:
    """The cells of a layout, as arrays, and how they are turned."""
    crrm = layout.physics == "crrm"
    azimuths_deg = CRRM_AZIMUTHS_DEG if crrm else AZIMUTHS_DEG
    planned = [
        PlannedCell(
            name=f"{number}-{sector}",
            site=str(number),
            x_m=float(x_m),
            y_m=float(y_m),
            height_m=float(height_m),
            azimuth_deg=azimuth_deg,
            tilt_deg=0.0 if crrm else FULL_TILT_DEG,
            power_dbm=CRRM_POWER_DBM if crrm else FULL_POWER_DBM,
            carrier_ghz=CARRIER_GHZ,
            bandwidth_mhz=BANDWIDTH_MHZ,
            antenna="macro_36814",
        )
        for number, (x_m, y_m, height_m) in enumerate(layout.site_m)
        for sector, azimuth_deg in enumerate(azimuths_deg)
    ][: layout.cells]
    inventory = Inventory(tuple(planned))
    cells = cells_of(inventory, link_rate=link_rate)
    cells = eqx.tree_at(
        lambda c: (c.carriers.spill, c.carriers.streams),
        cells,
        (jnp.ones(1), jnp.ones(1)),
    )
    if crrm:
        noise_mw = jnp.full(1, CRRM_NOISE_MW, jnp.float32)
        level = antennas_of(
            [SectorPattern(8.0, 65.0, NO_ELEVATION_DEG, 30.0, 30.0)] * len(planned)
        )
        cells = eqx.tree_at(
            lambda c: (c.carriers.noise_mw, c.antennas), cells, (noise_mw, level)
        )
    return cells, controls_of(inventory)


def propagation_of(
    layout: Layout, cells: Cells, controls: Controls, seed: int
) -> Propagation:
    """The physics of a layout, with its spatial index."""
    path_loss, crrm = UrbanMacro(), layout.physics == "crrm"
    field = None if crrm else correlated_field(seed)
    sight: AbstractLineOfSight = (
        AlwaysSeen() if field is None else ByChance(field, path_loss)
    )
    inter_site_m = CRRM_INTER_SITE_M if crrm else FULL_INTER_SITE_M
    bins = bins_of(
        cells,
        path_loss,
        controls,
        sight,
        shadowed=not crrm,
        near=NEAREST_MASTS[layout.physics],
        step_m=BIN_STEP * inter_site_m,
        margin_m=inter_site_m,
    )
    return Propagation(path_loss, sight, field, bins, CANDIDATES)


def places_in(layout: Layout) -> Places:
    """Everybody outdoors, as CRRM has it."""
    count = len(layout.user_m)
    return Places(
        jnp.asarray(layout.user_m, jnp.float32),
        jnp.zeros(count, bool),
        jnp.zeros((count, 1)),
    )


@eqx.filter_jit
def found(
    propagation: Propagation, cells: Cells, controls: Controls, places: Places
) -> Candidates:
    """`find_candidates`, compiled."""
    return find_candidates(propagation, cells, controls, places)


@eqx.filter_jit
def settled(
    cells: Cells,
    controls: Controls,
    candidates: Candidates,
    start: Float[Array, " cell"],
    full_power: bool,
) -> Settled:
    """Serving cells and, at loads that have settled, what every user gets.

    start:       the first guess of the loads
    full_power:  every cell sends always, and its users share its band evenly
    """
    users, number = candidates.cell.shape[0], cells.layer.size
    nobody = jnp.full(users, -1, jnp.int32)
    served = associate(cells, candidates, controls, nobody)
    ones = jnp.ones(users)
    demand_bps = DEMAND_BPS_A_CELL * number / users * ones
    layer = own_layer(cells, candidates, served, controls, demand_bps, ones)
    if full_power:
        load = jnp.ones(number)
        free = 1.0 / jnp.maximum(layer.per_cell(ones), 1.0)
    else:
        load = settle_load(layer.next_load, start)
        free = jnp.maximum(1.0 - load, 1.0 / jnp.maximum(layer.per_cell(ones), 1.0))
    rate_bps = layer.rate_bps(load)
    return Settled(served.cell, layer.sinr(load), rate_bps * free[served.cell], load)


def coupled_state(layout: Layout, seed: int) -> Settled:
    """The coupled state of a layout; the seed is that of shadows and lines of sight."""
    return _once(layout, seed, "attenuated")[0]


def time_coupled(
    cells: int,
    users: int,
    physics: Physics,
    seed: int,
    link_rate: str = "attenuated",
    tell: Callable[[str, float], None] = lambda what, share: None,
) -> Timing:
    """The whole way twice: the first one compiles, the second one is timed.

    link_rate:  a key of LINK_RATES
    tell:       hears what is being done, and the share that is done already

    Raises ScenarioError for fewer than two cells or no user.
    """
    if cells < 2 or users < 1:
        raise ScenarioError(
            f"{cells} cells and {users} users cannot be coupled. "
            "Give at least 2 cells and 1 user."
        )
    layout = layout_of(cells, users, physics, seed)
    tell("compiling and running", 0.0)
    _, *first_s = _once(layout, seed, link_rate)
    tell("running again", 0.7)
    _, candidates_s, coupling_s = _once(layout, seed, link_rate)
    seconds = candidates_s + coupling_s
    tried = min(NEAREST_MASTS[physics], len(layout.site_m)) * len(AZIMUTHS_DEG)
    return Timing(
        cells=cells,
        users=users,
        physics=physics,
        compile_s=max(sum(first_s) - seconds, 0.0),
        candidates_s=candidates_s,
        coupling_s=coupling_s,
        seconds=seconds,
        links_per_s=users * tried / seconds,
        peak_memory_gib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    )


def _once(layout: Layout, seed: int, link_rate: str) -> tuple[Settled, float, float]:
    """The state, and the seconds that candidates (index included) and coupling took."""
    cells, controls = equipment_of(layout, link_rate)
    begun = time.perf_counter()
    propagation = propagation_of(layout, cells, controls, seed)
    candidates = found(propagation, cells, controls, places_in(layout))
    jax.block_until_ready(candidates)
    between = time.perf_counter()
    start = jnp.zeros(layout.cells)
    state = settled(cells, controls, candidates, start, layout.physics == "crrm")
    jax.block_until_ready(state)
    return state, between - begun, time.perf_counter() - between
