"""Which small world do the laws of stand-in, twin and autonomy hold in?

Seven textbook sites with two carriers, a few hundred people and four guesses: large
enough for cells to have neighbours, small enough to be lived in seconds.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.interfaces.networks.emulated import recall
from gemel.network.controls import Controls
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.twin.belief import Belief
from gemel.twin.forecast import Forecast, Thresholds, forecast_jit
from gemel.twin.imagine import Crowd, crowd_of, imagine
from gemel.twin.source import Observation
from gemel.twin.synchronise import Synchroniser, follow
from gemel.world.demand import DAY_S, HOUR_S

PERIOD_S = 900.0
STEPS = 15  # of a minute; one number everywhere, for each is compiled anew


@dataclasses.dataclass(frozen=True)
class SmallWorld:
    """What is public, what was reported yesterday, and what the twin made of it."""

    facts: PublicFacts
    yesterday: tuple[Observation, ...]
    imagined: Belief
    belief: Belief
    thresholds: Thresholds = Thresholds()
    period_s: float = PERIOD_S
    busy_s: float = DAY_S + 19.0 * HOUR_S  # highest of the weekday's curve
    night_s: float = DAY_S + 4.0 * HOUR_S  # among its lowest

    @property
    def controls(self) -> Controls:
        """As the inventory says, every cell awake."""
        return self.facts.controls

    @property
    def names(self) -> tuple[str, ...]:
        """Of all cells."""
        return self.facts.cells.name

    @property
    def capacity(self) -> np.ndarray:
        """Which cells are above the coverage layer."""
        return np.asarray(self.facts.cells.layer) > 0

    def asleep(self, cells: np.ndarray) -> Controls:
        """Everything as usual but these cells, by number or by mask, asleep."""
        awake = np.ones(len(self.names), bool)
        awake[cells] = False
        return dataclasses.replace(self.controls, awake=jnp.asarray(awake))

    def stand_in(
        self, seed: int = 0, elapsed_s: float = DAY_S, secrets: Secrets | None = None
    ) -> StandIn:
        """A network of two lives that has not lived yet."""
        return stand_in_for(self.facts, seed, elapsed_s, 2, secrets or Secrets())

    def live(self, stand_in: StandIn) -> None:
        """One period of both lives."""
        stand_in.advance(STEPS, PERIOD_S / STEPS)

    def imagine(self, yesterday: list[Observation], seed: int = 0) -> Belief:
        """A belief before the first report, from what is public and yesterday."""
        plan, facts = self.facts.plan, self.facts
        return imagine(
            facts.cells,
            facts.controls,
            facts.propagation,
            self._crowd(seed),
            yesterday,
            seed,
            members=4,
            users=400,
            people=plan.people,
        )

    def _crowd(self, seed: int) -> Crowd:
        plan, facts = self.facts.plan, self.facts
        return crowd_of(
            facts.cells,
            facts.controls,
            facts.propagation,
            plan.density,
            seed,
            users=400,
        )

    def follow(self, belief: Belief, report: Observation, luck: int) -> Belief:
        """One period on, and then the news."""
        key = jax.random.key(luck)
        return follow(Synchroniser(), belief, report, self.thresholds, key)

    def forecast(
        self, belief: Belief, controls: Controls, elapsed_s: float
    ) -> Forecast:
        """Of one period."""
        when_s, period_s = jnp.float32(elapsed_s), jnp.float32(PERIOD_S)
        return forecast_jit(belief, controls, when_s, period_s, self.thresholds)


@pytest.fixture(scope="session")
def small() -> SmallWorld:
    plan = dataclasses.replace(hexagons(0, rings=1), users=300)
    facts = public_facts(plan, 0)
    stand_in = stand_in_for(facts, 0, 0.0, 2, Secrets())
    slots = round(DAY_S / PERIOD_S)
    yesterday = recall(stand_in, 0.0, slots, PERIOD_S, STEPS)
    blank = SmallWorld(facts, tuple(yesterday), None, None)  # type: ignore[arg-type]
    imagined = belief = blank.imagine(yesterday)
    for number, report in enumerate(yesterday):
        belief = blank.follow(belief, report, number)
    return dataclasses.replace(blank, imagined=imagined, belief=belief)
