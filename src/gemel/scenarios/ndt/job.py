"""What does the twin answer to an NDTJob of TS 28.561?

A job tries some configurations, or lets something happen to the network, or both, and
asks how the network would do in the quarter of an hour that begins at some hour of the
day. All of it is tried with the same luck.
"""

import dataclasses
import time
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from gemel.emulator.secrets import Secrets
from gemel.errors import InterfaceError
from gemel.interfaces.networks.emulated import recall
from gemel.interfaces.standards.naming import SUB_NETWORK, local_names
from gemel.interfaces.standards.ts28561_nrm import (
    FUNCTION,
    NDTCapability,
    NDTFunction,
    NDTInputDescription,
    NDTJob,
    NDTReport,
    ScopeDefinition,
    SimulationDataDescriptor,
)
from gemel.scenarios.asking import PERIOD_S, STEPS, hour_of_day
from gemel.scenarios.ndt.changes import Setting, applied, settings_of
from gemel.scenarios.ndt.events import Happening, read_event
from gemel.scenarios.ndt.report import Tried, answered
from gemel.scenarios.ndt.scope import cells_within
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.promise import default_intent, usual_day
from gemel.scenarios.trial import TODAY_S, Progress, crowd_for, remember
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.twin.belief import Belief
from gemel.twin.forecast import Thresholds
from gemel.twin.headcount import connected_of, counted
from gemel.twin.source import Observation
from gemel.twin.what_if.batch import Wish, stacked, what_if_batch, wish_of
from gemel.world.demand import DAY_S, HOUR_S
from gemel.world.inventory import Inventory

# Only what is served is named; a job that asks for anything else is refused.
SERVED = (
    NDTCapability.NETWORK_CONFIGURATIONS_VERIFICATION,
    NDTCapability.EVENTS_IMPACTS_VERIFICATION,
    NDTCapability.NETWORK_EVENTS_VERIFICATION,
    NDTCapability.RISKY_ACTIONS_PREDICTION,
)
EVENTS = (
    NDTCapability.EVENTS_IMPACTS_VERIFICATION,
    NDTCapability.NETWORK_EVENTS_VERIFICATION,
)
MOST_TRIED = 256  # configurations in one job
RECALLED = 12  # periods at a time, so that a job can be stopped between


def function() -> NDTFunction:
    """This twin, as a management system sees it."""
    whole = ScopeDefinition(entities=(SUB_NETWORK,))
    return NDTFunction("1", FUNCTION, SERVED, ran_scope=whole)


@dataclasses.dataclass(frozen=True)
class Question:
    """A job, held against a network.

    tried:    what is set, one entry a descriptor
    scope:    cells that the answer is about
    """

    tried: tuple[tuple[Setting, ...], ...]
    happening: Happening
    scope: np.ndarray


def read_question(job: NDTJob, inventory: Inventory) -> Question:
    """What is asked of this network.

    Raises InterfaceError for a capability that is not served, and for whatever a job
    says that the twin cannot act upon.
    """
    if job.capability not in SERVED:
        raise InterfaceError(
            f"job {job.id}: {job.capability} is not served by this twin. It serves "
            f"{', '.join(SERVED)}."
        )
    scenario = job.scenario
    if scenario is None:
        raise InterfaceError(
            f"job {job.id} has no nDTJobScenario, so there is nothing to try. Add one."
        )
    sites: dict[tuple[float, float], int] = {}
    numbers = [sites.setdefault((c.x_m, c.y_m), len(sites)) for c in inventory.cells]
    names = local_names([cell.name for cell in inventory.cells], numbers)
    scope = cells_within(job.scope, inventory, names)
    happening = _happening(job, scenario, inventory)
    if len(scenario.descriptors) > MOST_TRIED:
        raise InterfaceError(
            f"job {job.id} tries {len(scenario.descriptors)} configurations; one job "
            f"may try {MOST_TRIED}. Ask in several jobs."
        )
    tried = []
    for number, descriptor in enumerate(scenario.descriptors):
        settings = settings_of(_sets(job, number, descriptor), names)
        if outside := [one for one in settings if not scope[one.cell]]:
            raise InterfaceError(
                f"job {job.id} sets {outside[0].name} of {outside[0].instance}, which "
                "lies outside its nDTJobSynchScope. Widen the scope or leave it out."
            )
        tried.append(tuple(settings))
    return Question(tuple(tried), happening, scope)


def _happening(
    job: NDTJob, scenario: NDTInputDescription, inventory: Inventory
) -> Happening:
    told, wanted = bool(scenario.event.strip()), job.capability in EVENTS
    if told != wanted:
        must = "needs a" if wanted else "takes no"
        raise InterfaceError(
            f"job {job.id}: {job.capability} {must} networkEventInfo. "
            + ("Give one." if wanted else f"Leave it out, or ask for {EVENTS[0]}.")
        )
    if not wanted and not scenario.descriptors:
        raise InterfaceError(
            f"job {job.id}: {job.capability} needs a simulationDataDescriptor with "
            "configurationData. Give one."
        )
    return read_event(scenario.event, inventory)


def _sets(job: NDTJob, number: int, descriptor: SimulationDataDescriptor) -> list:
    where = f"job {job.id}: simulationDataDescriptor[{number}]"
    if descriptor.condition is not None:
        raise InterfaceError(
            f"{where} has a condition, and this twin knows none. Leave it out."
        )
    for data in descriptor.data:
        for name, given in (
            ("performanceData", data.performance),
            ("mDTData", data.mdt),
        ):
            if given:
                raise InterfaceError(
                    f"{where} brings {name}; this twin begins with what the network "
                    "itself reported. Leave it out."
                )
    sets = [one for data in descriptor.data for one in data.configuration]
    if not sets:
        raise InterfaceError(f"{where} has no configurationData. Give some.")
    return sets


def run_job(
    plan: WorldPlan,
    job: NDTJob,
    hour: float,
    seed: int,
    progress: Progress = lambda what, share: None,
    clock: Callable[[], float] = time.monotonic,
) -> NDTReport:
    """The report on a job; what is wrong with it is said before anything is built.

    Raises InterfaceError as `read_question`, and where maxRuntime is over before the
    answer is there; ScenarioError for an hour outside the day.
    """
    start_s = TODAY_S + hour_of_day(hour) * HOUR_S
    question = read_question(job, plan.inventory)
    tell = _until(job, progress, clock)
    tell("building the network", 0.0)
    facts = public_facts(plan, seed, tell)
    belief, yesterday, thresholds = _remembering(facts, seed, tell)
    tell("asking the twin", 0.8)
    wishes = _wishes(facts, question)
    # Few shapes: each number of wishes would be compiled anew.
    padded = wishes + [wishes[-1]] * (_next_power(len(wishes)) - len(wishes))
    both = what_if_batch(
        belief,
        facts.controls,
        stacked(padded),
        jnp.asarray(start_s, jnp.float32),
        jnp.asarray(PERIOD_S, jnp.float32),
        thresholds,
    )
    both.before.edge_bps.block_until_ready()
    tell("answering", 0.95)
    intent = None
    if job.capability is NDTCapability.RISKY_ACTIONS_PREDICTION:
        slots = round(DAY_S / PERIOD_S)
        intent = default_intent(usual_day(belief, yesterday, slots, thresholds))
    names = local_names(facts.cells.name, np.asarray(facts.cells.site))
    tried = _tried(question)
    report = answered(job, tried, both, belief, question.scope, names, intent)
    tell("answering", 1.0)
    return report


def _until(job: NDTJob, progress: Progress, clock: Callable[[], float]) -> Progress:
    """Progress that is stopped when the job's time is over."""
    began = clock()

    def tell(what: str, share: float) -> None:
        lasted_s = clock() - began
        if job.max_runtime is not None and lasted_s > job.max_runtime:
            raise InterfaceError(
                f"job {job.id} was stopped after {lasted_s:.1f} s, while {what}: its "
                f"maxRuntime is {job.max_runtime}. Allow more, or ask about a smaller "
                "network."
            )
        progress(what, share)

    return tell


def _remembering(
    facts: PublicFacts, seed: int, tell: Progress
) -> tuple[Belief, list[Observation], Thresholds]:
    """A twin that has seen all of yesterday."""
    thresholds = Thresholds()
    stand_in = stand_in_for(facts, seed, 0.0, 1, Secrets())
    slots = round(DAY_S / PERIOD_S)
    yesterday: list[Observation] = []
    for first in range(0, slots, RECALLED):
        tell("remembering yesterday", 0.2 + 0.4 * first / slots)
        began_s = TODAY_S - DAY_S + first * PERIOD_S
        yesterday += recall(stand_in, began_s, RECALLED, PERIOD_S, STEPS)
    tell("remembering yesterday", 0.6)
    belief = remember(facts, crowd_for(facts, seed), yesterday, seed, thresholds)
    return counted(belief, connected_of(yesterday)), yesterday, thresholds


def _tried(question: Question) -> tuple[Tried, ...]:
    """An event is tried alone first, so that every remedy can be held against it."""
    event = bool(question.happening.failed.any()) or question.happening.crowd
    alone = (Tried((), question.happening),) if event else ()
    return alone + tuple(Tried(one, question.happening) for one in question.tried)


def _wishes(facts: PublicFacts, question: Question) -> list[Wish]:
    wishes = []
    for one in _tried(question):
        controls = applied(facts.controls, list(one.settings))
        crowd = one.happening.crowd
        if crowd is None:
            wish = wish_of(controls, jnp.asarray(one.happening.failed))
        else:
            wish = wish_of(
                controls,
                jnp.asarray(one.happening.failed),
                (crowd.x_m, crowd.y_m),
                crowd.radius_m,
                crowd.factor,
            )
        wishes.append(wish)
    return wishes


def _next_power(many: int) -> int:
    return 1 << (many - 1).bit_length()
