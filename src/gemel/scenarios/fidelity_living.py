"""How good does a twin turn out to be that only watches, in a network left alone?

One life of a stand-in, hours long, without any loop. At the end of every period the
twin says what it expects of the next one, of an hour later and of a day later, and all
of it goes into a history, from which its fidelity is then read.
"""

import dataclasses

import jax
import jax.numpy as jnp

from gemel.emulator.secrets import Secrets
from gemel.errors import ScenarioError
from gemel.interfaces.networks.emulated import EmulatedSource, recall
from gemel.scenarios.history_keeping import Keeper
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.trial import TODAY_S, Progress, crowd_for, remember
from gemel.scenarios.worlds import public_facts, stand_in_for
from gemel.twin.forecast import Thresholds, forecast_jit
from gemel.twin.history import AbstractHistory
from gemel.twin.synchronise import Synchroniser, follow
from gemel.world.demand import DAY_S, HOUR_S

PERIOD_S, STEPS = 900.0, 15
LONGEST_H = 72.0


@dataclasses.dataclass(frozen=True)
class WatchOptions:
    """How long to watch.

    hours:  of network time from Tuesday midnight on, in whole quarters
    """

    seed: int = 0
    hours: float = 24.0
    secrets: Secrets = Secrets()

    def __post_init__(self):
        periods = self.hours * HOUR_S / PERIOD_S
        if not (0 < self.hours <= LONGEST_H and periods == round(periods)):
            raise ScenarioError(
                f"--hours {self.hours:g} is no whole number of quarters of an hour up "
                f"to {LONGEST_H:g}. Give e.g. 6 or 24."
            )


def watch(
    plan: WorldPlan,
    options: WatchOptions,
    history: AbstractHistory,
    progress: Progress = lambda what, share: None,
) -> tuple[float, bool]:
    """Live the hours and write down reports and forecasts.

    The time at the end, and whether Ctrl-C made it earlier: it ends the watch between
    two periods, and what was lived until then is kept.
    """
    progress("building the network", 0.0)
    facts = public_facts(plan, options.seed, progress)
    thresholds = Thresholds()
    stand_in = stand_in_for(facts, options.seed, 0.0, 1, options.secrets)
    progress("remembering yesterday", 0.0)
    slots = round(DAY_S / PERIOD_S)
    yesterday = recall(stand_in, TODAY_S - DAY_S, slots, PERIOD_S, STEPS)
    keeper = Keeper(history, facts.cells.name)
    for report in yesterday:
        keeper.report(report)
    crowd = crowd_for(facts, options.seed)
    belief = remember(facts, crowd, yesterday, options.seed, thresholds)
    stand_in.elapsed_s = TODAY_S
    source = EmulatedSource(stand_in, 0, PERIOD_S)
    key = jax.random.fold_in(jax.random.key(options.seed), 60)
    periods = round(options.hours * HOUR_S / PERIOD_S)
    for number in range(periods):
        try:
            progress("watching the network", number / periods)
        except KeyboardInterrupt:
            if not number:
                raise
            return stand_in.elapsed_s, True
        now, now_s = source.controls(), jnp.float32(stand_in.elapsed_s)
        said = forecast_jit(belief, now, now_s, jnp.float32(PERIOD_S), thresholds)
        keeper.forecast(belief, now, said, PERIOD_S)
        stand_in.advance(STEPS, PERIOD_S / STEPS)
        report = source.observe()
        keeper.report(report)
        luck = jax.random.fold_in(key, number)
        belief = follow(Synchroniser(), belief, report, thresholds, luck)
    return stand_in.elapsed_s, False
