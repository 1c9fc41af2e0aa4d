"""How long does it take to try many changes on many guesses, and how much memory?

Textbook hexagons with two carriers, 700 MHz below and 3.5 GHz on top, and a belief that
has been told of one period: every sample has its own people, demand and rates. A third
of the changes each put one to four cells to sleep, turn power, or turn tilt.
"""

import dataclasses
import resource
import time
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from gemel.errors import ScenarioError
from gemel.network.controls import Controls
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.worlds import PublicFacts, public_facts
from gemel.twin.belief import Belief
from gemel.twin.forecast import Thresholds
from gemel.twin.imagine import crowd_of, imagine
from gemel.twin.source import Measured, Observation
from gemel.twin.what_if.batch import WhatIfs, Wish, stacked, what_if_batch, wish_of
from gemel.units import BIT_PER_KBIT

CELLS_A_SITE = 6
PERIOD_S = 900.0
# What a cell of each layer is told to have carried, bit/s; they differ among cells.
LOW_BPS, HIGH_BPS, UNLIKE = 4e6, 60e6, 0.4
KINDS = ("awake", "power_dbm", "tilt_deg")
MOST_CELLS = 4  # of one change
STEPS = {"power_dbm": 3.0, "tilt_deg": 2.0}


@dataclasses.dataclass(frozen=True)
class WhatIfTiming:
    """What `gemel bench what-if` prints.

    seconds:    everything that one question takes after compilation
    residual:   how far the loads are from settled, the largest cell of all answers
    mean_load:  share of blocks in use before any change
    """

    candidates: int
    samples: int
    cells: int
    users: int
    compile_s: float
    seconds: float
    peak_memory_gib: float
    residual: float
    mean_load: float


def place_of_hexagons(cells: int, users: int) -> WorldPlan:
    """So many cells, at the sites nearest to the middle."""
    sites = -(-cells // CELLS_A_SITE)
    rings = max(1, int(np.ceil((np.sqrt(12.0 * sites - 3.0) - 3.0) / 6.0)))
    plan = hexagons(0, rings=rings)
    nearest = sorted(plan.inventory.cells, key=lambda c: (c.x_m**2 + c.y_m**2, c.name))
    kept = {cell.name for cell in nearest[:cells]}
    inventory = dataclasses.replace(
        plan.inventory,
        cells=tuple(cell for cell in plan.inventory.cells if cell.name in kept),
    )
    return dataclasses.replace(plan, inventory=inventory, users=users)


def told_once(facts: PublicFacts, samples: int, users: int, seed: int) -> Belief:
    """A belief after one report, made up: so much was carried, more here than there."""
    rng = np.random.default_rng([seed, 80])
    count = len(facts.cells.name)
    usual_bps = np.where(np.asarray(facts.cells.layer) > 0, HIGH_BPS, LOW_BPS)
    carried = usual_bps * np.exp(rng.normal(0.0, UNLIKE, count))
    volume = Measured(
        jnp.asarray(carried * PERIOD_S / BIT_PER_KBIT, jnp.float32),
        jnp.ones(count, bool),
        jnp.zeros(count),
    )
    report = Observation(
        jnp.asarray(0.0),
        jnp.asarray(PERIOD_S),
        {"DRB.PdcpSduVolumeDL": volume},
        facts.controls,
    )
    plan, known = facts.plan, (facts.cells, facts.controls, facts.propagation)
    crowd = crowd_of(*known, plan.density, seed, users=users)
    return imagine(
        *known, crowd, [report], seed, members=samples, users=users, people=users
    )


def mixed_wishes(controls: Controls, count: int, seed: int) -> Wish:
    """Sleep, power and tilt in turn."""
    rng = np.random.default_rng([seed, 81])
    cells = controls.awake.size
    wishes = []
    for number in range(count):
        field = KINDS[number % len(KINDS)]
        most = min(MOST_CELLS, cells)
        who = rng.choice(cells, rng.integers(1, most + 1), replace=False)
        values = np.array(getattr(controls, field))
        if field == "awake":
            values[who] = False
        else:
            values[who] += STEPS[field] * rng.choice([-1.0, 1.0], who.size)
        wish = eqx.tree_at(
            lambda c, f=field: getattr(c, f), controls, jnp.asarray(values)
        )
        wishes.append(wish_of(wish))
    return stacked(wishes)


def time_what_if(
    candidates: int,
    samples: int,
    cells: int,
    users: int,
    seed: int,
    tell: Callable[[str, float], None] = lambda what, share: None,
) -> WhatIfTiming:
    """The same question twice: the first one compiles, the second one is timed.

    Raises ScenarioError where there is nothing to ask, or nobody.
    """
    if min(candidates, samples) < 1 or cells < CELLS_A_SITE or users < 2 * cells:
        raise ScenarioError(
            f"{candidates} candidates and {samples} samples on {cells} cells with "
            f"{users} users cannot be timed. Give at least 1, 1, {CELLS_A_SITE} and "
            "two users a cell."
        )
    tell("building the network", 0.0)
    facts = public_facts(place_of_hexagons(cells, users), seed)
    # Rounding leaves a part of a user a cell out.
    belief = told_once(facts, samples, users + cells, seed)
    wishes = mixed_wishes(facts.controls, candidates, seed)
    jax.block_until_ready((belief, wishes))

    def once() -> tuple[WhatIfs, float]:
        begun = time.perf_counter()
        both = what_if_batch(
            belief,
            facts.controls,
            wishes,
            jnp.asarray(0.0),
            jnp.asarray(PERIOD_S),
            Thresholds(),
        )
        jax.block_until_ready(both)
        return both, time.perf_counter() - begun

    tell("compiling and asking", 0.3)
    _, first_s = once()
    tell("asking again", 0.7)
    both, seconds = once()
    return WhatIfTiming(
        candidates=candidates,
        samples=samples,
        cells=len(facts.cells.name),
        users=int(belief.serving.shape[1]),
        compile_s=max(first_s - seconds, 0.0),
        seconds=seconds,
        peak_memory_gib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        residual=float(
            jnp.maximum(both.before.residual.max(), both.after.residual.max())
        ),
        mean_load=float(both.before.reported["RRU.PrbTotDl"].mean() / 100.0),
    )
