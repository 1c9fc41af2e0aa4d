"""What does the twin say to a what-if, in numbers people read?"""

import dataclasses
import math

import jax.numpy as jnp
import numpy as np

from gemel.autonomy.intents import TARGETS
from gemel.autonomy.odds import BAD_SIDE, interval
from gemel.emulator.secrets import Secrets
from gemel.errors import ScenarioError
from gemel.interfaces.networks.emulated import recall
from gemel.scenarios.changes import apply_changes
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.trial import TODAY_S, Progress, crowd_for, remember
from gemel.scenarios.worlds import public_facts, stand_in_for
from gemel.twin.forecast import Thresholds
from gemel.twin.what_if import what_if
from gemel.world.demand import DAY_S, HOUR_S

PERIOD_S = 900.0
STEPS = 15


@dataclasses.dataclass(frozen=True)
class Answer:
    """One KPI before and after; low and high hold 98 of 100 outcomes."""

    name: str
    unit: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    change: tuple[float, float, float]


def hour_of_day(hour: float) -> float:
    """The same hour; ScenarioError where no quarter of an hour of the day begins."""
    if not 0.0 <= hour <= 23.75:
        raise ScenarioError(
            f"--hour {hour:g} is not within a day. Give 0 to 23.75, e.g. 20."
        )
    return hour


def ask(
    plan: WorldPlan,
    changes: list[str],
    hour: float,
    seed: int,
    progress: Progress = lambda what, share: None,
) -> list[Answer]:
    """What the changes would do in the quarter of an hour that begins at `hour`.

    Raises ScenarioError for an hour outside the day or a change that cannot be.
    """
    start_s = TODAY_S + hour_of_day(hour) * HOUR_S
    progress("building the network", 0.0)
    facts = public_facts(plan, seed, progress)
    wish = apply_changes(facts.controls, facts.cells.name, changes)
    stand_in = stand_in_for(facts, seed, 0.0, 1, Secrets())
    progress("remembering yesterday", 0.3)
    slots = round(DAY_S / PERIOD_S)
    yesterday = recall(stand_in, TODAY_S - DAY_S, slots, PERIOD_S, STEPS)
    thresholds = Thresholds()
    belief = remember(facts, crowd_for(facts, seed), yesterday, seed, thresholds)
    progress("asking the twin", 0.8)
    both = what_if(
        belief,
        facts.controls,
        wish,
        jnp.asarray(start_s, jnp.float32),
        jnp.asarray(PERIOD_S, jnp.float32),
        thresholds,
    )
    answers = []
    for name, kind in TARGETS.items():
        mean, spread = both.difference(name)
        answers.append(
            Answer(
                name,
                kind.unit,
                interval(both.before, name),
                interval(both.after, name),
                (mean - BAD_SIDE * spread, mean, mean + BAD_SIDE * spread),
            )
        )
    shares = [100.0 * np.asarray(f.below_floor) for f in (both.before, both.after)]
    answers.append(
        Answer(
            "UsersBelowCoverageFloor",
            "%",
            _band(shares[0], least=0.0),
            _band(shares[1], least=0.0),
            _band(shares[1] - shares[0]),
        )
    )
    return answers


def _band(members: np.ndarray, least: float = -math.inf) -> tuple[float, float, float]:
    mean, spread = float(members.mean()), BAD_SIDE * float(members.std())
    return max(mean - spread, least), mean, mean + spread
