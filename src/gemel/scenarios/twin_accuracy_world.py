"""Where is it measured how well a twin knows the next minute?

The usual textbook place, 19 sites of three sectors at 3.5 GHz and ten people a cell,
reporting once a minute. What the inventory says of a third of the cells is wrong: the
twin is given the inventory, the network lives as it really hangs.
"""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from gemel.emulator.faults.fate import Fate, fate_of
from gemel.emulator.faults.reports import LostReport
from gemel.emulator.faults.schedule import Fault, FaultSchedule
from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.emulator.tempos.seconds import Tempo
from gemel.errors import ScenarioError
from gemel.network.cells import Cells
from gemel.scenarios.hexagons import AZIMUTHS_DEG, hexagon_sites_m
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.tempos_compared import INTER_SITE_M, one_carrier_grid
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.world.demand import HOUR_S

PERIOD_S, DUTY = 60.0, 0.02
USERS_A_CELL = 10
# Tuesday, the hours around the busiest: what people want is near its highest.
STARTS_S = 24 * HOUR_S + 17 * HOUR_S
# Rigging is right where the inventory is: only people and shadows are secrets then.
WELL_RIGGED = Secrets(azimuth_deg=0.0, tilt_deg=0.0, gain_db=0.0, position_m=0.0)


@dataclasses.dataclass(frozen=True)
class InventoryErrors:
    """What is wrong in the inventory of some of the cells.

    share:        of the cells
    azimuth_deg:  the largest error, either way; all up to it are as likely
    tilt_deg, gain_db, position_m: standard deviations; position east and north
    """

    share: float = 1.0 / 3.0
    azimuth_deg: float = 180.0
    tilt_deg: float = 3.0
    gain_db: float = 3.0
    position_m: float = 20.0

    def __post_init__(self):
        if not 0.0 <= self.share <= 1.0:
            raise ScenarioError(
                f"share of the inventory errors is {self.share}; that is no share of "
                "the cells. Give 0 to 1."
            )
        for name in ("azimuth_deg", "tilt_deg", "gain_db", "position_m"):
            if not getattr(self, name) >= 0.0:
                raise ScenarioError(
                    f"{name} of the inventory errors is {getattr(self, name)}; an "
                    "error's size is not negative. Give 0 or more."
                )


@dataclasses.dataclass(frozen=True)
class AccuracyWorld:
    """What is public, and the network that lives.

    mistaken:  which cells hang otherwise than the inventory says; not for the twin
    """

    facts: PublicFacts
    stand_in: StandIn
    mistaken: np.ndarray


def accuracy_world(
    mean_load: float,
    seed: int = 0,
    rings: int = 2,
    tempo: Tempo = "slot",
    errors: InventoryErrors | None = None,
) -> AccuracyWorld:
    """mean_load: of all cells at the busy hour."""
    plan = accuracy_plan(mean_load, rings)
    facts = public_facts(plan, seed)
    rng = np.random.default_rng([seed, 70])
    true, mistaken = mistaken_cells(facts.cells, errors or InventoryErrors(), rng)
    stand_in = stand_in_for(
        dataclasses.replace(facts, cells=true),
        seed,
        STARTS_S,
        1,
        WELL_RIGGED,
        None,
        tempo,
        DUTY if tempo == "slot" else 1.0,
        PERIOD_S,
    )
    return AccuracyWorld(facts, stand_in, mistaken)


def losing(facts: PublicFacts, share: float, seed: int) -> Fate | None:
    """What befalls reports of which such a share is lost, each cell's by itself."""
    if share <= 0.0:
        return None
    sites = tuple(cell.site for cell in facts.plan.inventory.cells)
    lost = tuple(Fault(LostReport(share=share), (n,)) for n in facts.cells.name)
    return fate_of(FaultSchedule(lost), facts.cells, sites, seed, STARTS_S)


def mistaken_cells(
    cells: Cells, errors: InventoryErrors, rng: np.random.Generator
) -> tuple[Cells, np.ndarray]:
    """The cells as they really hang, and which of them the inventory mistakes."""
    count = len(cells.name)
    mistaken = np.zeros(count, bool)
    mistaken[rng.permutation(count)[: round(errors.share * count)]] = True

    def off(values: np.ndarray) -> jnp.ndarray:
        return jnp.asarray(np.where(mistaken, values, 0.0), jnp.float32)

    turn_deg = off(rng.uniform(-errors.azimuth_deg, errors.azimuth_deg, count))
    lean_deg = off(rng.normal(0.0, errors.tilt_deg, count))
    gain_db = off(rng.normal(0.0, errors.gain_db, count))
    away_m = rng.normal(0.0, errors.position_m, (count, 2)) * mistaken[:, None]
    away_m = np.concatenate([away_m, np.zeros((count, 1))], 1).astype(np.float32)
    # A head is one place: it stands where the worst known of its cells stands.
    head_m = np.asarray(cells.head_m).copy()
    for head, sectors in enumerate(np.asarray(cells.head_cell)):
        there = sectors[sectors >= 0]
        head_m[head] += away_m[there[np.abs(away_m[there]).sum(1).argmax()]]
        away_m[there] = head_m[head] - np.asarray(cells.head_m)[head]
    return (
        eqx.tree_at(
            lambda c: (
                c.azimuth_deg,
                c.mount_tilt_deg,
                c.gain_error_db,
                c.position_m,
                c.head_m,
            ),
            cells,
            (
                jnp.mod(cells.azimuth_deg + turn_deg, 360.0),
                cells.mount_tilt_deg + lean_deg,
                cells.gain_error_db + gain_db,
                cells.position_m + jnp.asarray(away_m),
                jnp.asarray(head_m),
            ),
        ),
        mistaken,
    )


def accuracy_plan(mean_load: float, rings: int) -> WorldPlan:
    """Three sectors a site, ten people a cell; `mean_load` at the busy hour."""
    cells = len(AZIMUTHS_DEG) * len(hexagon_sites_m(rings, INTER_SITE_M))
    users = USERS_A_CELL * cells
    return one_carrier_grid("twin accuracy", mean_load, rings, users)
