"""How does a day go twice with the same luck, with autonomy and without?"""

import collections
import dataclasses
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import jax

from gemel.autonomy.cycle import Cycle, Watch
from gemel.autonomy.decision import Approved, Refused
from gemel.autonomy.guard import Guard, Outlook
from gemel.autonomy.intents import TARGETS, Intent
from gemel.autonomy.journal import Journal
from gemel.autonomy.loops import LOOPS
from gemel.emulator.faults.fate import Fate, fate_of
from gemel.emulator.faults.schedule import FaultSchedule
from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.emulator.tempos.life import CHUNK_S
from gemel.emulator.tempos.pace import Pace
from gemel.emulator.tempos.seconds import Tempo
from gemel.errors import ScenarioError
from gemel.interfaces.networks.emulated import (
    EmulatedActuator,
    EmulatedSource,
    recall,
    reported,
)
from gemel.report.results import DayResult, Raster
from gemel.scenarios.history_keeping import (
    Keeper,
    day_before,
    next_day_s,
    refuse_others,
)
from gemel.scenarios.oracle import live_the_oracle
from gemel.scenarios.outcome import coverage_raster, day_result
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.promise import UsualDay, default_intent, usual_day
from gemel.scenarios.record import ForecastRecord, LifeRecord
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.twin.belief import Belief
from gemel.twin.forecast import Thresholds
from gemel.twin.history import AbstractHistory
from gemel.twin.imagine import Crowd, crowd_of, imagine
from gemel.twin.source import Observation
from gemel.twin.synchronise import Synchroniser, follow, reported_kpis
from gemel.world.demand import DAY_S

log = logging.getLogger("gemel.scenarios.trial")

BASELINE, AUTONOMOUS = 0, 1
TODAY_S = DAY_S  # Tuesday; Monday is what the twin remembers
Progress = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class DayOptions:
    """How to live the day.

    hours:    of network time, whole periods
    intent:   None takes the default of `scenarios.promise`
    oracle:   also search what was possible, knowing the truth
    command:  how the user asked for this; None makes one up from name and seed
    tempo, duty: how today is lived, see `emulator.tempos.pace`; yesterday is by flows
    faults:   what goes wrong in both lives, counted from midnight
    today_s:  the midnight with which the day begins
    history:  keeps what the life with autonomy tells, and goes on where it ends
    """

    seed: int = 0
    hours: float = 24.0
    period_s: float = 900.0
    step_s: float = 60.0
    intent: Intent | None = None
    oracle: bool = False
    secrets: Secrets = Secrets()
    command: str | None = None
    tempo: Tempo = "flow"
    duty: float = 1.0
    faults: FaultSchedule | None = None
    today_s: float = TODAY_S
    history: AbstractHistory | None = None

    def __post_init__(self):
        Pace(self.tempo, self.duty, self.period_s)  # refuses what cannot be lived
        periods = self.hours * 3_600.0 / self.period_s
        if not (0 < self.hours <= 24 and math.isclose(periods, round(periods))):
            raise ScenarioError(
                f"--hours {self.hours:g} is not a day's part in whole quarters of an "
                "hour. Give more than 0 and at most 24, e.g. 24 or 6.5."
            )
        if self.tempo != "flow" and self.step_s % CHUNK_S:
            raise ScenarioError(
                f"steps of {self.step_s:g} s cannot be lived by ticks or slots. Give a "
                f"multiple of {CHUNK_S} s."
            )
        if self.oracle and self.faults is not None:
            raise ScenarioError(
                "--oracle searches a network that nothing ails, so --faults would be "
                "no part of it. Give one or the other."
            )

    @property
    def periods(self) -> int:
        """How many reports the day has."""
        return round(self.hours * 3_600.0 / self.period_s)

    @property
    def steps(self) -> int:
        """Steps of network time a period."""
        return round(self.period_s / self.step_s)


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Everything in place at midnight."""

    facts: PublicFacts
    stand_in: StandIn
    belief: Belief
    usual: UsualDay
    intent: Intent
    thresholds: Thresholds
    coverage: Raster
    fate: Fate | None = None
    keeper: Keeper | None = None


def thresholds_of(intent: Intent | None) -> Thresholds:
    """What the ratio targets of an intent count against."""
    against = {t.name: t.counted_against for t in intent.targets} if intent else {}
    ours = Thresholds()
    return Thresholds(
        against.get("LowDLRANUEThptRatio") or ours.low_throughput_kbps,
        against.get("HighDLPrbLoadRatio") or ours.high_load_percent,
    )


def prepare(plan: WorldPlan, options: DayOptions, progress: Progress) -> Prepared:
    """Build both, let the twin look at yesterday, and promise today."""
    progress("building the network", 0.0)
    facts = public_facts(plan, options.seed, progress)
    thresholds = thresholds_of(options.intent)
    # What needs no report is done beside: there are at least two cores.
    with ThreadPoolExecutor(1) as beside:
        crowd = beside.submit(crowd_for, facts, options.seed)
        coverage = beside.submit(coverage_raster, facts)
        fate = None if options.faults is None else _fate(facts, options)
        stand_in = stand_in_by(facts, options, 0.0, 2, fate)
        progress("remembering yesterday", 0.0)
        slots = round(DAY_S / options.period_s)
        with stand_in.by_flows():
            yesterday = recall(
                stand_in,
                options.today_s - DAY_S,
                slots,
                options.period_s,
                options.steps,
            )
        stand_in.elapsed_s = options.today_s
        known = _known_yesterday(facts, options) or yesterday
        belief = remember(facts, crowd.result(), known, options.seed, thresholds)
    progress("forecasting today", 0.0)
    usual = usual_day(belief, yesterday, options.periods, thresholds)
    intent = options.intent or default_intent(usual)
    return Prepared(
        facts,
        stand_in,
        belief,
        usual,
        intent,
        thresholds,
        coverage.result(),
        fate,
        None if options.history is None else _keeper(facts, options, yesterday),
    )


def stand_in_by(
    facts: PublicFacts,
    options: DayOptions,
    elapsed_s: float,
    lives: int,
    fate: Fate | None = None,
) -> StandIn:
    """The network of these options."""
    return stand_in_for(
        facts,
        options.seed,
        elapsed_s,
        lives,
        options.secrets,
        fate,
        options.tempo,
        options.duty,
        options.period_s,
    )


def _fate(facts: PublicFacts, options: DayOptions) -> Fate:
    assert options.faults is not None
    sites = tuple(cell.site for cell in facts.plan.inventory.cells)
    return fate_of(options.faults, facts.cells, sites, options.seed, options.today_s)


def going_on(plan: WorldPlan, options: DayOptions) -> DayOptions:
    """The same on the day after the last that the history knows of.

    Raises InterfaceError where it knows another network.
    """
    if options.history is None:
        return options
    cells = tuple(cell.name for cell in plan.inventory.cells)
    refuse_others(options.history, cells, _identity(plan, options))
    today_s = next_day_s(options.history, options.today_s)
    return dataclasses.replace(options, today_s=today_s)


def _identity(plan: WorldPlan, options: DayOptions) -> dict[str, str | int]:
    """Another seed is another network, with other people and secrets."""
    return {"scenario": plan.name, "seed": options.seed}


def _known_yesterday(
    facts: PublicFacts, options: DayOptions
) -> list[Observation] | None:
    """As it really was, if we were there."""
    if options.history is None:
        return None
    return day_before(
        options.history,
        facts.cells.name,
        facts.controls,
        options.today_s,
        options.period_s,
    )


def _keeper(
    facts: PublicFacts, options: DayOptions, yesterday: list[Observation]
) -> Keeper:
    """A new history begins with what the network tells of yesterday."""
    assert options.history is not None
    keeper = Keeper(options.history, facts.cells.name)
    keeper.begin(_identity(facts.plan, options), options.today_s)
    if options.history.last_s("reports") is None:
        for report in yesterday:
            keeper.report(report)
    return keeper


def crowd_for(facts: PublicFacts, seed: int) -> Crowd:
    """Whom the twin imagines, before it has read a single report."""
    plan = facts.plan
    return crowd_of(
        facts.cells,
        facts.controls,
        facts.propagation,
        plan.density,
        seed,
        plan.buildings,
    )


def remember(
    facts: PublicFacts,
    crowd: Crowd,
    yesterday: list[Observation],
    seed: int,
    thresholds: Thresholds,
) -> Belief:
    """A belief that has seen all of yesterday's reports."""
    belief = imagine(
        facts.cells,
        facts.controls,
        facts.propagation,
        crowd,
        yesterday,
        seed,
        people=facts.plan.people,
    )
    key = jax.random.fold_in(jax.random.key(seed), 30)
    synchroniser = Synchroniser()
    for number, report in enumerate(yesterday):
        luck = jax.random.fold_in(key, number)
        belief = follow(synchroniser, belief, report, thresholds, luck)
    return belief


def live_a_day(
    plan: WorldPlan, options: DayOptions, progress: Progress | None = None
) -> DayResult:
    """Both lives of one day, and what came of them.

    Ctrl-C ends the day after the period it is in; what was lived is kept.
    """
    began = time.monotonic()
    tell: Progress = progress or (lambda what, share: None)
    options = going_on(plan, options)
    ready = prepare(plan, options, tell)
    for target in ready.intent.targets:
        unit = TARGETS[target.name].unit
        log.info("%s %s %g %s", target.name, target.condition, target.threshold, unit)
    day = Day(ready, options)
    interrupted = False
    try:
        for number in range(options.periods):
            tell("living the day", number / options.periods)
            day.live_period()
    except KeyboardInterrupt:
        interrupted = True
        if not day.whole_periods:
            raise
    oracle = None
    if options.oracle and not interrupted:
        try:
            oracle = live_the_oracle(ready, options, day.lives[BASELINE], tell)
        except KeyboardInterrupt:  # the day itself was lived
            interrupted = True
    tell("drawing", 1.0)
    return day_result(
        ready,
        options,
        day,
        oracle,
        interrupted,
        lambda: time.monotonic() - began,
    )


class Day:
    """Both lives as they go on."""

    def __init__(self, ready: Prepared, options: DayOptions):
        self._ready, self._options = ready, options
        self.lives = (LifeRecord(), LifeRecord())
        self.said = ForecastRecord()
        self.journal = Journal()
        self.fates: collections.Counter[str] = collections.Counter()
        self.reasons: collections.Counter[str] = collections.Counter()
        self._belief = ready.belief
        self._watch: Watch | None = None
        self._told_kwh: list[float] = []
        self._key = jax.random.fold_in(jax.random.key(options.seed), 40)
        self._sources = [
            EmulatedSource(ready.stand_in, life, options.period_s, ready.fate)
            for life in (BASELINE, AUTONOMOUS)
        ]
        common = (ready.intent, ready.thresholds, options.period_s)
        self.cycle = Cycle(
            source=self._sources[AUTONOMOUS],
            actuator=EmulatedActuator(ready.stand_in, AUTONOMOUS, ready.fate),
            synchroniser=Synchroniser(),
            loops={name: loop(*common) for name, loop in LOOPS.items()},
            guard=Guard(*common),
            journal=self.journal,
            thresholds=ready.thresholds,
        )

    @property
    def whole_periods(self) -> int:
        """How many periods were lived and taken down in both lives."""
        return min(len(life.users_bps) for life in self.lives)

    def live_period(self) -> None:
        """Decide for the life with autonomy, then live a period in both."""
        number = len(self.lives[BASELINE].load)
        key = jax.random.fold_in(self._key, number)
        self._belief, decision, watch, undone = self.cycle.turn(
            self._belief, self._watch, self._outlook(number), key
        )
        self._count(decision, undone)
        controls = self._sources[AUTONOMOUS].controls()
        self._ready.stand_in.advance(self._options.steps, self._options.step_s)
        # Only a period that was lived counts; before, nothing here has changed.
        self._watch = watch
        self.said.keep(watch.forecast)
        period_s, thresholds = self._options.period_s, self._ready.thresholds
        began_s = self._ready.stand_in.elapsed_s - period_s
        for record, life in zip(self.lives, (BASELINE, AUTONOMOUS), strict=True):
            lived = self._ready.stand_in.lived(life)
            assert lived is not None
            # A day is judged by what was lived, not by what of it was reported.
            true = reported(lived.counted(), lived.controls, began_s, period_s)
            record.keep(true, lived, thresholds)
        report = self._sources[AUTONOMOUS].observe()
        told = reported_kpis(report, thresholds)
        self._told_kwh.append(float(told["RANEnergyConsumption"]))
        if self._ready.keeper is not None:
            keeper = self._ready.keeper
            keeper.decisions(self.journal)
            keeper.forecast(self._belief, controls, watch.forecast, period_s)
            keeper.report(report)

    def _outlook(self, number: int) -> Outlook:
        usual_kwh = self._ready.usual.energy_kwh
        # By the reports: the guard knows no more than they say.
        spent_kwh = sum(kwh for kwh in self._told_kwh if math.isfinite(kwh))
        return Outlook(
            elapsed_s=self._ready.stand_in.elapsed_s,
            spent_kwh=float(spent_kwh),
            usual_kwh=float(usual_kwh[: number + 1].sum()),
            rest_kwh=float(usual_kwh[number + 1 :].sum()),
        )

    def _count(self, decision: Approved | Refused | None, undone: bool) -> None:
        self.fates["rolled_back"] += undone
        if decision is None:
            return
        self.fates["proposed"] += 1
        if isinstance(decision, Approved):
            self.fates["approved"] += 1
        else:
            self.fates["refused"] += 1
            self.reasons[decision.what] += 1
