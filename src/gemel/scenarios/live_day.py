"""How does a live network get through some hours by itself, when it has only one life?

There is no second life beside it to compare with. What was saved is told against the
twin's forecast of the same hours with nothing done, which is yesterday as it was
reported, smoothed over an hour, and the doubt of that forecast is told with it. At the
end the network is handed back as it was found: whatever is still asleep by our doing is
woken.
"""

import dataclasses
import functools
import logging
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from gemel.autonomy.cycle import Cycle, Watch
from gemel.autonomy.decision import Approved, Plan, Refused
from gemel.autonomy.guard import Guard, Outlook
from gemel.autonomy.intents import Intent
from gemel.autonomy.journal import Journal
from gemel.autonomy.loops import LOOPS
from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.networks.live import LiveNetwork, LiveSource
from gemel.interfaces.networks.live_actuator import LiveActuator
from gemel.interfaces.networks.live_door import Door
from gemel.interfaces.networks.live_news import News
from gemel.interfaces.networks.live_reports import with_sleepers
from gemel.interfaces.stores.history_duckdb import DuckHistory
from gemel.network.controls import Controls
from gemel.report.results import DayResult
from gemel.scenarios.history_keeping import Keeper, day_before, ended, refuse_others
from gemel.scenarios.live_outcome import LiveRecord, live_result
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.promise import UsualDay, default_intent, usual_day
from gemel.scenarios.record import LifeRecord
from gemel.scenarios.trial import Progress, crowd_for, thresholds_of
from gemel.scenarios.worlds import PublicFacts, public_facts
from gemel.twin.belief import Belief
from gemel.twin.forecast import Thresholds
from gemel.twin.imagine import imagine
from gemel.twin.source import Observation
from gemel.twin.synchronise import Synchroniser, follow, reported_kpis
from gemel.world.demand import DAY_S

log = logging.getLogger("gemel.scenarios.live_day")


@dataclasses.dataclass(frozen=True)
class LiveOptions:
    """How to look after a network.

    hours:    of its time; whole report periods
    intent:   None takes the default of `scenarios.promise`
    command:  how the user asked for this
    history:  keeps what the network tells, and what was thought of it
    """

    seed: int = 0
    hours: float = 24.0
    intent: Intent | None = None
    command: str | None = None
    history: DuckHistory | None = None

    def __post_init__(self):
        if not 0 < self.hours <= 24:
            raise ScenarioError(
                f"--hours is {self.hours:g}. Give more than 0 and at most 24."
            )

    def periods(self, period_s: float) -> int:
        """How many reports that is. Raises ScenarioError for parts of one."""
        count = self.hours * 3_600.0 / period_s
        if abs(count - round(count)) > 1e-6 or round(count) < 1:
            raise ScenarioError(
                f"--hours {self.hours:g} is no whole number of the network's report "
                f"periods of {period_s:g} s. Give a multiple, e.g. "
                f"{max(1, round(count)) * period_s / 3_600.0:g}."
            )
        return round(count)


def look_after(
    plan: WorldPlan,
    url: str,
    options: LiveOptions,
    progress: Progress | None = None,
    door: Door | None = None,
) -> DayResult:
    """Run the network at `url`, whose inventory is the plan's, and say what came of it.

    door:  another way to the network than the net, for tests
    Ctrl-C ends it after the period it is in; the network is handed back in any case.
    """
    began = time.monotonic()
    tell: Progress = progress or (lambda what, share: None)
    door = door or Door(url)
    tell("looking at the network", 0.0)
    facts = public_facts(plan, options.seed, tell)
    news = News(door)
    try:
        network = LiveNetwork(door, facts.cells.name, facts.controls)
        source = LiveSource(network, news)
        news.subscribe()
        watched = _watched(facts, network, source, options, tell)
        try:
            watched.through_the_hours(news, tell)
        finally:
            watched.hand_back()
    finally:
        news.close()
        door.close()
    tell("drawing", 1.0)
    return watched.result(lambda: time.monotonic() - began)


def _watched(
    facts: PublicFacts,
    network: LiveNetwork,
    source: LiveSource,
    options: LiveOptions,
    tell: Progress,
) -> "Watched":
    tell("remembering yesterday", 0.0)
    keeper = None
    if options.history is None:
        yesterday = source.yesterday()
    else:
        yesterday, keeper = _known_yesterday(facts, network, source, options.history)
    periods = options.periods(source.period_s)
    thresholds = thresholds_of(options.intent)
    belief = _remembered(facts, yesterday, options.seed, thresholds)
    tell("forecasting today", 0.0)
    known = _without_gaps(yesterday)
    usual = usual_day(belief, known, periods, thresholds)
    intent = options.intent or default_intent(usual)
    actuator = LiveActuator(network, source)
    return Watched(
        facts,
        source,
        actuator,
        belief,
        known,
        usual,
        intent,
        thresholds,
        options,
        keeper,
    )


def _known_yesterday(
    facts: PublicFacts,
    network: LiveNetwork,
    source: LiveSource,
    history: DuckHistory,
) -> tuple[list[Observation], Keeper]:
    """A day of reports, from the network's files and from what is remembered.

    Raises InterfaceError where both together know less than half of it, or where the
    history is of another network.
    """
    cells = facts.cells.name
    identity = {"scenario": facts.plan.name, "network": "live"}
    refuse_others(history, cells, identity)
    told = source.yesterday(least=0.0)
    shift_s = history.since_monday(source.monday)
    keeper = Keeper(history, cells, shift_s)
    keeper.begin(identity, source.elapsed_s)
    known_s = ended(history)
    for report in told:
        heard = any(bool(m.present.any()) for m in report.measured.values())
        when_s = float(report.elapsed_s) + shift_s
        if heard and (known_s is None or when_s > known_s - 1.0):
            # Which cells slept then is a guess, and no part of the inventory.
            keeper.report(report, knobs=False)
    known = day_before(
        history,
        cells,
        network.controls(),
        source.elapsed_s,
        source.period_s,
        shift_s,
        with_sleepers,
    )
    if known is None:
        raise InterfaceError(
            "less than half of yesterday is known, from the network and the history "
            "together. Let it run for a day first, or start it with its history."
        )
    return known, keeper


def _remembered(
    facts: PublicFacts,
    yesterday: list[Observation],
    seed: int,
    thresholds: Thresholds,
) -> Belief:
    """A belief that has seen a day of reports that ended at any hour."""
    belief = imagine(
        facts.cells,
        facts.controls,
        facts.propagation,
        crowd_for(facts, seed),
        # A habit counts its slots from midnight; learning goes on in order.
        sorted(yesterday, key=lambda o: float(o.elapsed_s) % DAY_S),
        seed,
        people=facts.plan.people,
    )
    key = jax.random.fold_in(jax.random.key(seed), 30)
    for number, report in enumerate(yesterday):
        luck = jax.random.fold_in(key, number)
        belief = follow(Synchroniser(), belief, report, thresholds, luck)
    return belief


def _without_gaps(yesterday: list[Observation]) -> list[Observation]:
    """What nobody reported was like the period before, or the first that was known."""
    heard = [bool(o.measured["PEE.Energy"].present.any()) for o in yesterday]
    last = yesterday[heard.index(True)]
    filled = []
    for report, told in zip(yesterday, heard, strict=True):
        last = report if told else last
        filled.append(last)
    return filled


class Watched:
    """One network in its one life, period by period."""

    def __init__(
        self,
        facts: PublicFacts,
        source: LiveSource,
        actuator: LiveActuator,
        belief: Belief,
        yesterday: list[Observation],
        usual: UsualDay,
        intent: Intent,
        thresholds: Thresholds,
        options: LiveOptions,
        keeper: Keeper | None = None,
    ):
        self._keeper = keeper
        self._facts, self._source, self._actuator = facts, source, actuator
        self._belief, self._usual, self._intent = belief, usual, intent
        self._thresholds, self._options = thresholds, options
        self._periods = len(usual.energy_kwh)
        self._key = jax.random.fold_in(jax.random.key(options.seed), 50)
        self._turns = 0
        self._lost = "network"  # what it is, if anything is lost
        self._watch: Watch | None = None
        self._plans: list[Plan] = []
        self._journal = Journal()
        self._record = record = LiveRecord()
        for number, report in enumerate(yesterday[: self._periods]):
            keep(record.usual, report, thresholds)
            told = record.usual.kpis[-1]
            record.yesterday_kwh.append(told["RANEnergyConsumption"])
            # The forecast, where there is one; yesterday's own number elsewhere.
            told["AveDLRANUEThpt"] = float(usual.throughput_kbps[number])
            told["LowDLRANUEThptRatio"] = float(usual.low_ratio_percent[number])
            told["RANEnergyConsumption"] = float(usual.energy_kwh[number])
        common = (intent, thresholds, source.period_s)
        self._cycle = Cycle(
            source=source,
            actuator=actuator,
            synchroniser=Synchroniser(),
            loops={name: loop(*common) for name, loop in LOOPS.items()},
            guard=Guard(*common),
            journal=self._journal,
            thresholds=thresholds,
        )

    def through_the_hours(self, news: News, tell: Progress) -> None:
        """Decide at the end of every period until the hours are over, or it is asked
        to end, or the network is lost; what was lived until then is kept."""
        lived = self._record.lived.load
        try:
            tell("waiting for a report", 0.0)
            waiting = functools.partial(tell, "waiting for a report", 0.0)
            for report in self._source.wait(waiting):
                self._follow(report)
                self._keep(report)
            self._record.began_s = self._source.elapsed_s
            while True:
                self._turn()
                news.acted()
                share = len(lived) / self._periods
                waiting = functools.partial(tell, "running the network", share)
                for report in self._source.wait(waiting):
                    self._take_down(report)
                if len(lived) >= self._periods:
                    return
        except KeyboardInterrupt:
            if not lived:
                raise
            self._record.ended = "it was interrupted."
        except InterfaceError as error:
            if not lived:
                raise
            lost = f"the {self._lost} was lost: {error}"
            log.error(lost)
            self._record.ended = lost

    def hand_back(self) -> None:
        """Undo in one go whatever of our plans is still in force."""
        if not self._plans:
            return
        try:
            now = self._source.controls()
            back = as_found(now, self._plans)
            self._actuator.fall_back(Plan(self._plans[-1].plan_id, now, back))
        except InterfaceError as error:
            log.error("the network could not be handed back as it was: %s", error)

    def _turn(self) -> None:
        number = self._record.periods
        key = jax.random.fold_in(self._key, self._turns)
        self._turns += 1
        # Before the first turn and after silence the belief has followed by itself.
        self._belief, decision, self._watch, undone = self._cycle.turn(
            self._belief, self._watch, self._outlook(number), key
        )
        if self._watch.plan is not None:
            self._plans.append(self._watch.plan)
        self._keep(None)
        self._record.fates["rolled_back"] += undone
        if decision is not None:
            self._record.fates["proposed"] += 1
        if isinstance(decision, Approved):
            self._record.fates["approved"] += 1
        elif isinstance(decision, Refused):
            self._record.fates["refused"] += 1
            self._record.reasons[decision.what] += 1

    def _take_down(self, report: Observation) -> None:
        """One period that is over; of several, only the last is the cycle's to learn
        from, since only the source's newest is what it observes."""
        assert self._watch is not None
        self._keep(report)
        if self._record.periods < self._periods:
            self._record.said.keep(self._watch.forecast)
            keep(self._record.lived, report, self._thresholds)
        newest = float(report.elapsed_s) == float(self._source.observe().elapsed_s)
        heard = bool(report.measured["PEE.Energy"].present.any())
        self._record.silent += not heard
        if not newest:
            self._follow(report)
        elif not heard:
            # An outcome that nobody reported is no outcome.
            self._follow(report)
            self._watch = None

    def _keep(self, report: Observation | None) -> None:
        """Write down a report, or else what was just decided and is expected."""
        if self._keeper is None:
            return
        controls = self._source.controls() if report is None else report.controls
        self._lost = "history"
        if report is not None:
            self._keeper.report(report)
        elif self._watch is not None:
            self._keeper.decisions(self._journal)
            said, period_s = self._watch.forecast, self._source.period_s
            self._keeper.forecast(self._belief, controls, said, period_s)
        self._lost = "network"

    def _follow(self, report: Observation) -> None:
        key = jax.random.fold_in(self._key, 100_000 + self._turns)
        self._turns += 1
        self._belief = follow(
            Synchroniser(), self._belief, report, self._thresholds, key
        )

    def _outlook(self, number: int) -> Outlook:
        usual_kwh = self._usual.energy_kwh
        spent_kwh = np.nansum(self._record.lived.of("RANEnergyConsumption"))
        return Outlook(
            elapsed_s=self._source.elapsed_s,
            spent_kwh=float(spent_kwh),
            usual_kwh=float(usual_kwh[: number + 1].sum()),
            rest_kwh=float(usual_kwh[number + 1 :].sum()),
        )

    def result(self, clock: Callable[[], float]) -> DayResult:
        """Everything that is shown and written."""
        return live_result(
            self._facts,
            self._record,
            self._intent.targets,
            self._journal.stories(),
            float(self._belief.kpi_variance["RANEnergyConsumption"]) ** 0.5,
            self._source.period_s,
            self._options,
            clock,
        )


def as_found(now: Controls, plans: list[Plan]) -> Controls:
    """The controls with every knob that a plan turned as it was before the first of
    them; what a plan woke stays awake."""
    for plan in reversed(plans):
        now = jax.tree.map(
            lambda later, activated, before: jnp.where(
                activated != before, before, later
            ),
            now,
            plan.activated,
            plan.fallback,
        )
    return now


def keep(record: LifeRecord, told: Observation, thresholds: Thresholds) -> None:
    """Take down one finished period, of which there is nothing but a report."""
    values = reported_kpis(told, thresholds)
    load = told.measured["RRU.PrbTotDl"]
    felt = told.measured["DRB.UEThpDl"]
    record.kpis.append({name: float(value) for name, value in values.items()})
    record.load.append(
        np.where(load.present, np.asarray(load.value, np.float64) / 100.0, np.nan)
    )
    record.throughput_kbps.append(
        np.where(felt.present, np.asarray(felt.value, np.float64), 0.0)
    )
    record.awake.append(np.asarray(told.controls.awake))
