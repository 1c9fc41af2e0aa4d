"""What does the twin say to a what-if, in numbers people read?"""

import dataclasses
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from gemel.autonomy.intents import TARGETS
from gemel.autonomy.odds import BAD_SIDE
from gemel.emulator.secrets import Secrets
from gemel.errors import ScenarioError
from gemel.interfaces.networks.emulated import recall
from gemel.interfaces.tables.what_if_candidates import Asked
from gemel.network.controls import Controls, controls_of
from gemel.network.counters import MEASUREMENTS
from gemel.scenarios.changes import apply_changes
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.trial import TODAY_S, Progress, crowd_for, remember
from gemel.scenarios.what_if_events import (
    Gathering,
    NewSite,
    cells_at,
    read_crowd,
    read_new_site,
    with_sites,
)
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.twin.belief import Belief
from gemel.twin.forecast import Thresholds
from gemel.twin.headcount import connected_of, counted
from gemel.twin.what_if.batch import (
    Period,
    WhatIfs,
    Wish,
    spread_of,
    stacked,
    what_if_batch,
    wish_of,
)
from gemel.twin.what_if.limits import limits
from gemel.twin.what_if.new_cells import with_new_cells
from gemel.units import BIT_PER_KBIT
from gemel.world.demand import DAY_S, HOUR_S

PERIOD_S = 900.0
STEPS = 15
EDGE = "UEThpDl5thPercentile"  # ours: no standard has a name for it
TOLD_OF_CELLS = ("RRU.PrbTotDl", "DRB.UEThpDl", "DRB.PdcpSduVolumeDL", "PEE.Energy")
# A cell is told of if its load moves by so many points, or its throughput by a share.
LEAST_POINTS, LEAST_SHARE = 0.1, 0.005

Band = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Answer:
    """One KPI before and after; low and high hold 98 of 100 outcomes."""

    name: str
    unit: str
    before: Band
    after: Band
    change: Band


@dataclasses.dataclass(frozen=True)
class CellAnswer:
    """What one cell is to report, by its TS 28.552 names."""

    cell: str
    answers: tuple[Answer, ...]


@dataclasses.dataclass(frozen=True)
class Reply:
    """All that the twin says of one candidate.

    cells:  those that feel it, most changed in load first
    """

    asked: Asked
    answers: tuple[Answer, ...]
    cells: tuple[CellAnswer, ...]


@dataclasses.dataclass(frozen=True)
class _Question:
    """A candidate, read but not yet held against the network; `sites` are numbers."""

    asked: Asked
    sites: tuple[int, ...]
    crowd: Gathering | None


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
    """What the changes, all of them together, would do to the network's KPIs.

    Raises ScenarioError as `ask_many`.
    """
    asked = Asked("change", changes=tuple(changes))
    return list(ask_many(plan, [asked], hour, seed, progress)[0].answers)


def ask_many(
    plan: WorldPlan,
    asked: list[Asked],
    hour: float,
    seed: int,
    progress: Progress = lambda what, share: None,
) -> list[Reply]:
    """What each candidate would do in the quarter of an hour that begins at `hour`,
    all of them among the same people with the same luck.

    Raises ScenarioError for an hour outside the day or a change that cannot be.
    """
    start_s = TODAY_S + hour_of_day(hour) * HOUR_S
    sites: list[NewSite] = []
    questions = [_question(one, sites) for one in asked]
    built = with_sites(plan.inventory, sites) if sites else plan.inventory
    now = _asleep_from(controls_of(built), len(plan.inventory.cells))
    names = tuple(cell.name for cell in built.cells)
    site_of = tuple(cell.site for cell in built.cells)
    wishes = stacked([_wish(q, plan, now, names, site_of) for q in questions])
    progress("building the network", 0.0)
    facts = public_facts(plan, seed, progress)
    belief = _yesterday_s_belief(facts, seed, progress)
    if sites:
        grown = public_facts(dataclasses.replace(plan, inventory=built), seed, progress)
        belief = with_new_cells(belief, grown.cells, grown.propagation, now)
    progress("asking the twin", 0.8)
    both = what_if_batch(
        belief,
        now,
        wishes,
        jnp.asarray(start_s, jnp.float32),
        jnp.asarray(PERIOD_S, jnp.float32),
        Thresholds(),
    )
    both = jax.tree.map(np.asarray, both)
    replies = []
    for number, question in enumerate(questions):
        after = jax.tree.map(lambda leaf, n=number: leaf[n], both.after)
        one = WhatIfs(both.before, after)
        replies.append(
            Reply(question.asked, _answers(belief, one), _cell_answers(one, names))
        )
    return replies


def _yesterday_s_belief(facts: PublicFacts, seed: int, progress: Progress) -> Belief:
    """What a twin believes that has read all of yesterday's reports."""
    stand_in = stand_in_for(facts, seed, 0.0, 1, Secrets())
    progress("remembering yesterday", 0.3)
    slots = round(DAY_S / PERIOD_S)
    yesterday = recall(stand_in, TODAY_S - DAY_S, slots, PERIOD_S, STEPS)
    crowd = crowd_for(facts, seed)
    belief = remember(facts, crowd, yesterday, seed, Thresholds())
    return counted(belief, connected_of(yesterday))


def _question(asked: Asked, sites: list[NewSite]) -> _Question:
    """Reads what is new, and adds it to `sites` unless it is there already."""
    numbers = []
    for text in asked.new_sites:
        site = read_new_site(text)
        if site not in sites:
            sites.append(site)
        numbers.append(sites.index(site) + 1)
    crowd = None if asked.crowd is None else read_crowd(asked.crowd)
    return _Question(asked, tuple(numbers), crowd)


def _asleep_from(controls: Controls, first: int) -> Controls:
    """Those not built yet do not send."""
    awake = jnp.arange(controls.awake.size) < first
    return eqx.tree_at(lambda c: c.awake, controls, awake)


def _wish(
    question: _Question,
    plan: WorldPlan,
    now: Controls,
    names: tuple[str, ...],
    site_of: tuple[str, ...],
) -> Wish:
    asked, crowd = question.asked, question.crowd
    wanted = {f"new-{number}" for number in question.sites}
    old = len(plan.inventory.cells)
    built = [i for i, s in enumerate(site_of) if i >= old and s in wanted]
    awake = np.array(now.awake)
    awake[built] = True
    controls = eqx.tree_at(lambda c: c.awake, now, jnp.asarray(awake))
    there = {name for i, name in enumerate(names) if i < old or i in built}
    controls = apply_changes(
        controls, names, list(asked.changes), only=frozenset(there)
    )
    failed = np.zeros(len(names), bool)
    for site in asked.fail_sites:
        failed[cells_at(plan.inventory, site)] = True
    if crowd is None:
        return wish_of(controls, jnp.asarray(failed))
    place_m = (crowd.x_m, crowd.y_m)
    return wish_of(controls, jnp.asarray(failed), place_m, crowd.radius_m, crowd.factor)


def _answers(belief: Belief, one: WhatIfs) -> tuple[Answer, ...]:
    answers = []
    for name, kind in TARGETS.items():
        before, after = one.before.kpis[name], one.after.kpis[name]
        was, comes = (
            _band(kpi, float(spread_of(belief, name, jnp.asarray(kpi))), least=0.0)
            for kpi in (before, after)
        )
        answers.append(Answer(name, kind.unit, was, comes, _change(after - before)))

    def of_members(name: str, unit: str, scale: float, field: str) -> Answer:
        before, after = (scale * getattr(p, field) for p in (one.before, one.after))
        return Answer(
            name,
            unit,
            _band(before, least=0.0),
            _band(after, least=0.0),
            _change(after - before),
        )

    answers.append(of_members(EDGE, "kbit/s", 1.0 / BIT_PER_KBIT, "edge_bps"))
    answers.append(of_members("UsersBelowCoverageFloor", "%", 100.0, "below_floor"))
    return tuple(answers)


def _cell_answers(one: WhatIfs, names: tuple[str, ...]) -> tuple[CellAnswer, ...]:
    before, after = one.before.reported, one.after.reported
    points = (after["RRU.PrbTotDl"] - before["RRU.PrbTotDl"]).mean(0)
    was = before["DRB.UEThpDl"].mean(0)
    share = np.abs(after["DRB.UEThpDl"].mean(0) - was) / np.maximum(was, 1.0)
    felt = (np.abs(points) >= LEAST_POINTS) | (share >= LEAST_SHARE)
    order = np.argsort(-np.abs(points), kind="stable")
    return tuple(
        CellAnswer(names[cell], _of_cell(one.before, one.after, cell))
        for cell in order[felt[order]].tolist()
    )


def _of_cell(before: Period, after: Period, cell: int) -> tuple[Answer, ...]:
    answers = []
    for name in TOLD_OF_CELLS:
        was, now = before.reported[name][:, cell], after.reported[name][:, cell]
        answers.append(
            Answer(
                name,
                MEASUREMENTS[name][0],
                _band(was, least=0.0),
                _band(now, least=0.0),
                _change(now - was),
            )
        )
    return tuple(answers)


def _change(members: Array | np.ndarray) -> Band:
    """Of a change that is to be lived once."""
    members = np.asarray(members, np.float64)
    low, high = limits(members, normal=BAD_SIDE)
    return float(low), float(members.mean()), float(high)


def _band(
    members: Array | np.ndarray, spread: float | None = None, least: float = -math.inf
) -> Band:
    members = np.asarray(members, np.float64)
    mean = float(members.mean())
    wide = BAD_SIDE * (float(members.std()) if spread is None else spread)
    return max(mean - wide, least), mean, mean + wide
