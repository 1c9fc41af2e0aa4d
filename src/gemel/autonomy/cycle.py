"""What does the network do with itself, every control period? All of it is here."""

import dataclasses

from jaxtyping import PRNGKeyArray

from gemel.autonomy.actuator import AbstractActuator, StalePlan
from gemel.autonomy.arbiter import arbitrate
from gemel.autonomy.decision import Approved, Plan, Refused
from gemel.autonomy.guard import Guard, Outlook
from gemel.autonomy.journal import AbstractJournal
from gemel.autonomy.loops.base import AbstractLoop
from gemel.autonomy.telling import decided, outcome_of
from gemel.twin.belief import Belief
from gemel.twin.forecast import Forecast, Thresholds
from gemel.twin.source import AbstractSource
from gemel.twin.synchronise import Synchroniser, follow, reported_kpis


@dataclasses.dataclass
class Watch:
    """What was expected of the period that runs now, and by which decision."""

    forecast: Forecast
    plan: Plan | None = None
    decision: int | None = None


@dataclasses.dataclass(frozen=True)
class Cycle:
    """The parts; the cycle itself keeps nothing but what it returns."""

    source: AbstractSource
    actuator: AbstractActuator
    synchroniser: Synchroniser
    loops: dict[str, AbstractLoop]
    guard: Guard
    journal: AbstractJournal
    thresholds: Thresholds

    def turn(
        self, belief: Belief, watch: Watch | None, outlook: Outlook, key: PRNGKeyArray
    ) -> tuple[Belief, Approved | Refused | None, Watch, bool]:
        """Belief, decision, what to watch for next, and whether a plan was undone."""
        now_s = outlook.elapsed_s
        if watch:  # before the first period there is nothing to learn from
            report = self.source.observe()
            belief = follow(self.synchroniser, belief, report, self.thresholds, key)
        undone = False
        if watch and watch.plan and watch.decision is not None:
            told = reported_kpis(self.source.observe(), self.thresholds)
            outcome, breach = outcome_of(watch.forecast, told, self.guard.intent)
            fact = {"decision": watch.decision, "elapsed_s": now_s}
            self.journal.append({"kind": "outcome", **fact, "outcome": outcome})
            if breach:
                self.actuator.fall_back(watch.plan)
                self.journal.append({"kind": "abort", **fact, "abort": breach})
                undone = True
        controls = self.source.controls()
        decision, plan, number = None, None, None
        if not undone:
            wishes = [
                loop.propose(belief, controls, now_s) for loop in self.loops.values()
            ]
            joint = arbitrate(
                controls, [w for w in wishes if w], belief.network.cells.name
            )
            decision = self.guard.review(joint, belief, outlook) if joint else None
        if decision is not None:
            number = self.journal.append(decided(decision, belief, now_s))
        if isinstance(decision, Approved):
            try:
                plan = self.actuator.apply(decision)
            except StalePlan as stale:  # nothing was changed; the belief goes on
                fact = {"decision": number, "elapsed_s": now_s, "abort": str(stale)}
                self.journal.append({"kind": "abort", **fact})
        if isinstance(decision, Approved) and plan:
            expected = decision.forecast
        else:
            expected = self.guard.forecast(belief, controls, now_s)
        return belief, decision, Watch(expected, plan, number), undone
