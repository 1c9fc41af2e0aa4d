"""Is a what-if true: does the network do what its twin said it would?

Textbook hexagons at 3.5 GHz, in as many worlds as there are seeds: shadows, people,
wishes and errors of rigging are drawn anew in each. The twin of a world reads a day of
its reports and one hour of today's, in which some cells sleep; then it is asked. Each
change is really made in a life of its own, and held against the life without it, which
had the same luck to the last draw.
"""

import dataclasses
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.emulator.tempos.pace import Pace
from gemel.emulator.tempos.seconds import Tempo
from gemel.errors import ScenarioError
from gemel.interfaces.networks.emulated import EmulatedSource, recall
from gemel.network.controls import Controls
from gemel.network.counters import measurements
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.trial import crowd_for, remember
from gemel.scenarios.what_if_changes import (
    Trial,
    boldest,
    neighbours_of,
    random_trials,
)
from gemel.scenarios.what_if_truth_intervals import Coverage, coverage_of
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.twin.belief import Belief
from gemel.twin.forecast import Thresholds
from gemel.twin.headcount import connected_of, counted
from gemel.twin.synchronise import Synchroniser, follow
from gemel.twin.what_if.batch import (
    CELL_EDGE,
    WhatIfs,
    stacked,
    what_if_batch,
    wish_of,
)
from gemel.world.demand import DAY_S, HOUR_S

CARRIER_GHZ = 3.5
PERIOD_S, STEPS = 900.0, 15
WATCHED = 4  # periods of today before the question
KINDS = ("energy", "load", "edge")


@dataclasses.dataclass(frozen=True)
class TruthOptions:
    """What to try, and where.

    changes:      random ones, the same in every world
    boldest:      kinds; of each only the boldest change of one cell is lived. Without
                  any, all are
    seeds:        of the worlds
    mean_load:    of all cells at the busy hour
    hour:         of Tuesday, when the change is made
    lived_s:      how long both lives are watched after it
    settling_s:   how long they go on unwatched before that; slots begin with empty
                  queues, and phones need a while to find other cells
    asleep:       share of cells that sleep when the twin is asked
    draw:         of the changes
    """

    changes: int = 100
    boldest: tuple[str, ...] = ()
    seeds: tuple[int, ...] = tuple(range(10, 20))
    rings: int = 2
    users: int = 2_850
    mean_load: float = 0.3
    hour: float = 17.0
    lived_s: float = HOUR_S
    settling_s: float = 0.0
    step_s: float = 60.0
    tempo: Tempo = "flow"
    asleep: float = 1.0 / 12.0
    draw: int = 0
    secrets: Secrets = Secrets()

    def __post_init__(self):
        if self.changes < 3 or len(self.seeds) < 2:
            raise ScenarioError(
                f"{self.changes} changes in {len(self.seeds)} worlds tell nothing of "
                "ranks and scatter. Give at least 3 changes and 2 seeds."
            )


@dataclasses.dataclass(frozen=True)
class World:
    """What was said and what came in one world, change by change.

    members:  kind -> what each member of the belief said
    lived:    kind -> what came; load has an axis of cells, in points
    """

    members: dict[str, Float[np.ndarray, "member change *cell"]]
    lived: dict[str, Float[np.ndarray, "change *cell"]]

    def said(self, kind: str) -> Float[np.ndarray, "change *cell"]:
        """The members' mean."""
        return self.members[kind].mean(0)


@dataclasses.dataclass(frozen=True)
class Score:
    """How true one kind of answer was.

    judged:      of `asked`, so many moved by more than twice sigma
    sign_right:  share of those judged
    rank:        correlation of ranks among those judged (Spearman)
    """

    kind: str
    asked: int
    judged: int
    sign_right: float
    rank: float


@dataclasses.dataclass(frozen=True)
class Truth:
    """All worlds, and where each change was looked at.

    felt:  the cells of a change and their neighbours
    """

    trials: tuple[Trial, ...]
    felt: Bool[np.ndarray, "change cell"]
    worlds: tuple[World, ...]

    def scores(self, of_mean: bool = False) -> tuple[Score, ...]:
        """The mean over the worlds of what was said against that of what came.

        of_mean:  sigma is that of the mean over the worlds, not of a single world
        """
        found = []
        for kind in KINDS:
            said = np.stack([self._flat(world.said(kind)) for world in self.worlds])
            lived = np.stack([self._flat(world.lived[kind]) for world in self.worlds])
            sigma = lived.std(0, ddof=1)
            if of_mean:
                sigma = sigma / np.sqrt(len(self.worlds))
            clear = np.abs(lived.mean(0)) > 2.0 * sigma
            found.append(
                score(kind, said.mean(0)[clear], lived.mean(0)[clear], clear.size)
            )
        return tuple(found)

    def each_world(self) -> tuple[Score, ...]:
        """World by world, whatever moved at all; the mean of their scores."""
        found = []
        for kind in KINDS:
            each = []
            for world in self.worlds:
                said = self._flat(world.said(kind))
                lived = self._flat(world.lived[kind])
                moved = lived != 0.0
                each.append(score(kind, said[moved], lived[moved], lived.size))
            found.append(
                Score(
                    kind,
                    sum(one.asked for one in each),
                    sum(one.judged for one in each),
                    float(np.mean([one.sign_right for one in each])),
                    float(np.mean([one.rank for one in each])),
                )
            )
        return tuple(found)

    def inside(self) -> tuple[Coverage, ...]:
        """How often one more world was as the members of its belief said."""
        found = []
        for kind in KINDS:
            said = [self._of_members(world.members[kind]) for world in self.worlds]
            lived = [self._flat(world.lived[kind]) for world in self.worlds]
            found.append(coverage_of(kind, said, lived))
        return tuple(found)

    def _of_members(self, value: np.ndarray) -> np.ndarray:
        return value[:, self.felt] if value.ndim == 3 else value

    def _flat(self, value: np.ndarray) -> np.ndarray:
        return value[self.felt] if value.ndim == 2 else value


def score(kind: str, said: np.ndarray, lived: np.ndarray, asked: int) -> Score:
    """Signs and ranks of what was said against what came."""
    if len(lived) < 3:
        return Score(kind, asked, len(lived), float("nan"), float("nan"))
    right = float((np.sign(said) == np.sign(lived)).mean())
    rank = float(np.corrcoef(_ranks(said), _ranks(lived))[0, 1])
    return Score(kind, asked, len(lived), right, rank)


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 0; equal values share the mean of their ranks."""
    _, number, count = np.unique(values, return_inverse=True, return_counts=True)
    last = count.cumsum()
    return (last - 0.5 * (count + 1))[number]


def try_out(
    options: TruthOptions, tell: Callable[[str, float], None] = lambda what, share: None
) -> Truth:
    """Every change in every world."""
    worlds, trials, felt = [], [], np.zeros(0, bool)
    for number, seed in enumerate(options.seeds):
        facts = _facts(options, seed)
        rng = np.random.default_rng([options.draw, 90])
        now = _some_asleep(facts.controls, options.asleep, rng)
        able = np.ones(now.awake.size, bool)
        trials = random_trials(now, able, options.changes, rng)
        if options.boldest:
            trials = boldest(trials, options.boldest)
        near = neighbours_of(facts.cells)
        felt = np.zeros((len(trials), able.size), bool)
        for row, trial in zip(felt, trials, strict=True):
            row[list(trial.cells)] = True
            row[near[list(trial.cells)]] = True
        begun = number / len(options.seeds)
        share = 1.0 / len(options.seeds)

        def within(done: float, begun: float = begun, share: float = share) -> None:
            tell("living the changes", begun + share * done)

        worlds.append(_world(options, facts, seed, now, trials, within))
    return Truth(tuple(trials), felt, tuple(worlds))


def _facts(options: TruthOptions, seed: int) -> PublicFacts:
    plan = hexagons(0, rings=options.rings)
    upper = tuple(c for c in plan.inventory.cells if c.carrier_ghz == CARRIER_GHZ)
    plan = dataclasses.replace(
        plan,
        inventory=dataclasses.replace(plan.inventory, cells=upper),
        users=options.users,
        busy_hour_load=options.mean_load,
        link_rate="attenuated" if options.tempo == "flow" else "slots",
    )
    return public_facts(plan, seed)


def _some_asleep(
    controls: Controls, share: float, rng: np.random.Generator
) -> Controls:
    awake = np.ones(controls.awake.size, bool)
    awake[rng.choice(awake.size, round(share * awake.size), replace=False)] = False
    return eqx.tree_at(lambda c: c.awake, controls, jnp.asarray(awake))


def _world(
    options: TruthOptions,
    facts: PublicFacts,
    seed: int,
    now: Controls,
    trials: list[Trial],
    tell: Callable[[float], None],
) -> World:
    when_s = DAY_S + options.hour * HOUR_S
    stand_in = stand_in_for(
        facts, seed, 0.0, 1, options.secrets, tempo=options.tempo, period_s=PERIOD_S
    )
    pace = _one_program(stand_in.pace)
    with stand_in.by_flows():
        belief = _told(facts, stand_in, now, seed, when_s)
    wishes = stacked([wish_of(trial.applied(now)) for trial in trials])
    both = what_if_batch(
        belief,
        now,
        wishes,
        jnp.asarray(when_s, jnp.float32),
        jnp.asarray(options.lived_s, jnp.float32),
        Thresholds(),
    )
    luck = jax.random.key(seed)
    steps = round(options.lived_s / options.step_s)

    def lived(trial: Trial | None) -> dict[str, np.ndarray]:
        life = StandIn(
            stand_in.network,
            stand_in.state(0),
            now,
            luck,
            when_s,
            lives=1,
            pace=pace,
        )
        if trial is not None:
            life.turn(0, trial.applied(now))
        if options.settling_s:
            life.advance(round(options.settling_s / options.step_s), options.step_s)
        life.advance(steps, options.step_s)
        return _seen(life)

    without = lived(None)
    rows = []
    for number, trial in enumerate(trials):
        tell(number / len(trials))
        with_it = lived(trial)
        rows.append({kind: with_it[kind] - without[kind] for kind in KINDS})
    came = {kind: np.stack([row[kind] for row in rows]) for kind in KINDS}
    return World(_said(both), came)


def _one_program(pace: Pace) -> Pace:
    """The seed of the air's coin tosses is compiled in: with the same one in all worlds
    their slots are compiled once. People, places and wishes differ anyhow."""
    if pace.engine is None:
        return pace
    return dataclasses.replace(pace, engine=dataclasses.replace(pace.engine, seed=0))


def _told(
    facts: PublicFacts,
    stand_in: StandIn,
    now: Controls,
    seed: int,
    when_s: float,
) -> Belief:
    """What the twin believes after yesterday and the last hour before `when_s`."""
    yesterday = recall(stand_in, 0.0, round(DAY_S / PERIOD_S), PERIOD_S, STEPS)
    belief = remember(facts, crowd_for(facts, seed), yesterday, seed, Thresholds())
    source = EmulatedSource(stand_in, 0, PERIOD_S)
    stand_in.turn(0, now)
    stand_in.elapsed_s = when_s - WATCHED * PERIOD_S
    key = jax.random.fold_in(jax.random.key(seed), 91)
    for period in range(WATCHED):
        stand_in.advance(STEPS, PERIOD_S / STEPS)
        luck = jax.random.fold_in(key, period)
        report = source.observe()
        belief = follow(Synchroniser(), belief, report, Thresholds(), luck)
    return counted(belief, connected_of(yesterday))


def _seen(life: StandIn) -> dict[str, np.ndarray]:
    lived = life.lived(0)
    assert lived is not None
    told = measurements(lived.counted())
    felt_bps = np.asarray(lived.throughput_bps, np.float64)
    if life.pace.tempo == "slot":  # who had nothing waiting felt nothing
        felt_bps = felt_bps[felt_bps > 0.0]
    return {
        "energy": np.asarray(np.asarray(told["PEE.Energy"], np.float64).sum()),
        "load": np.asarray(told["RRU.PrbTotDl"], np.float64),
        "edge": np.asarray(np.quantile(felt_bps, CELL_EDGE)),
    }


def _said(both: WhatIfs) -> dict[str, np.ndarray]:
    """Of every member: [member change] or [member change cell]."""
    edge = both.after.edge_bps - both.before.edge_bps[None]
    changes = {
        "energy": both.cell_change("PEE.Energy").sum(2),
        "load": both.cell_change("RRU.PrbTotDl"),
        "edge": edge,
    }
    return {
        kind: np.asarray(change, np.float64).swapaxes(0, 1)
        for kind, change in changes.items()
    }
