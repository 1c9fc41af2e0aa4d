"""Does the loop find its way back when the network does not do as was forecast?"""

import dataclasses
import re
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.autonomy.cycle import Cycle, Watch
from gemel.autonomy.decision import Approved, Proposal, Refused
from gemel.autonomy.guard import Guard, Outlook
from gemel.autonomy.intents import Intent, Target
from gemel.autonomy.journal import Journal
from gemel.autonomy.loops.base import AbstractLoop
from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.interfaces.networks.emulated import EmulatedActuator, EmulatedSource, recall
from gemel.network.controls import Controls, fingerprint
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.twin.belief import Belief
from gemel.twin.forecast import Thresholds
from gemel.twin.imagine import crowd_of, imagine
from gemel.twin.source import AbstractSource, Observation
from gemel.twin.synchronise import Synchroniser
from gemel.world.demand import DAY_S, HOUR_S

PERIOD_S, STEPS, LIFE = 900.0, 15, 1
NIGHT_S = DAY_S + 4 * HOUR_S
THROUGHPUT = "AveDLRANUEThpt"
EASY = Intent(
    "easy", "anything goes", (Target(THROUGHPUT, "IS_EQUAL_TO_OR_GREATER_THAN", 1.0),)
)


class Sleeper(AbstractLoop):
    """Wishes some cells asleep, once."""

    def __init__(self, cells: np.ndarray):
        self._cells, self._asked = cells, 0

    def propose(
        self, belief: Belief, controls: Controls, elapsed_s: float
    ) -> Proposal | None:
        self._asked += 1
        if self._asked > 1:
            return None
        awake = controls.awake.at[jnp.asarray(self._cells)].set(False)
        wish = dataclasses.replace(controls, awake=awake)
        return Proposal("sleeper", "quiet nights", wish, ("awake",))


class Retold(AbstractSource):
    """A network whose reports somebody has changed on their way."""

    def __init__(
        self, source: AbstractSource, retell: Callable[[Observation], Observation]
    ):
        self._source, self._retell = source, retell

    def observe(self) -> Observation:
        return self._retell(self._source.observe())

    def controls(self) -> Controls:
        return self._source.controls()


def as_told(report: Observation) -> Observation:
    return report


def ten_times_slower(report: Observation) -> Observation:
    return eqx.tree_at(
        lambda r: r.measured["DRB.UEThpDl"].value,
        report,
        0.1 * report.measured["DRB.UEThpDl"].value,
    )


@pytest.fixture(scope="module")
def world() -> tuple[PublicFacts, Belief]:
    """What is public and what the twin made of it: rings=1 as in the laws."""
    plan = dataclasses.replace(hexagons(0, rings=1), users=300)
    facts = public_facts(plan, 0)
    before = stand_in_for(facts, 0, 0.0, 2, Secrets())
    yesterday = recall(before, 0.0, 96, PERIOD_S, STEPS)
    public = (facts.cells, facts.controls, facts.propagation)
    belief = imagine(
        *public,
        crowd_of(*public, plan.density, 0, users=400),
        yesterday,
        0,
        members=4,
        users=400,
        people=plan.people,
    )
    return facts, belief


class Night:
    """A few periods of one life, from four in the morning on."""

    def __init__(self, world, retell=as_told, intent=EASY, cells=3, most_switched=0.25):
        self.facts, self.belief = world
        capacity = np.flatnonzero(np.asarray(self.facts.cells.layer) > 0)
        self.stand_in: StandIn = stand_in_for(self.facts, 0, NIGHT_S, 2, Secrets())
        self.journal, self.watch = Journal(), None
        self.cells = capacity[:cells]
        source = EmulatedSource(self.stand_in, LIFE, PERIOD_S)
        thresholds = Thresholds()
        self.cycle = Cycle(
            source=Retold(source, retell),
            actuator=EmulatedActuator(self.stand_in, LIFE),
            synchroniser=Synchroniser(),
            loops={"sleeper": Sleeper(self.cells)},
            guard=Guard(
                intent,
                thresholds,
                PERIOD_S,
                floor_rise=1.0,
                most_switched=most_switched,
            ),
            journal=self.journal,
            thresholds=thresholds,
        )

    @property
    def awake(self) -> np.ndarray:
        return np.asarray(self.stand_in.controls(LIFE).awake)

    def turn(self) -> tuple[Approved | Refused | None, bool]:
        """Decide, then live a period."""
        now_s = self.stand_in.elapsed_s
        self.belief, decision, self.watch, undone = self.cycle.turn(
            self.belief,
            self.watch,
            Outlook(now_s, 0.0, 0.0, 0.0),
            jax.random.key(int(now_s)),
        )
        self.stand_in.advance(STEPS, PERIOD_S / STEPS)
        return decision, undone


def sound(belief: Belief) -> bool:
    floats = [leaf for leaf in jax.tree.leaves(belief) if leaf.dtype == jnp.float32]
    return all(bool(jnp.isfinite(leaf).all()) for leaf in floats)


def test_an_outcome_far_below_the_forecast_is_undone_and_told(world):
    night = Night(world, retell=ten_times_slower)
    decision, undone = night.turn()
    assert isinstance(decision, Approved) and not undone
    assert not night.awake[night.cells].any()
    decision, undone = night.turn()
    assert undone and decision is None  # nothing new is begun in the same breath
    assert night.awake.all()
    kinds = [record["kind"] for record in night.journal.records()]
    assert kinds == ["decision", "outcome", "abort"]
    [story] = night.journal.stories()
    assert story["abort_elapsed_s"] == NIGHT_S + PERIOD_S
    told = story["outcome"][THROUGHPUT]
    assert told["measured"] < told["low"] <= told["forecast"]
    assert THROUGHPUT in story["abort"]
    assert f"{told['measured']:,.0f}" in story["abort"]
    # Once is enough: the next period has no plan left to undo.
    assert night.turn() == (None, False)
    assert len(night.journal.records()) == 3
    assert sound(night.belief)


def test_a_good_outcome_is_told_beside_its_forecast(world):
    night = Night(world)
    first, _ = night.turn()
    assert isinstance(first, Approved)
    # What is watched for is the forecast under the controls that were really set.
    assert isinstance(night.watch, Watch) and night.watch.plan is not None
    expected = float(night.watch.forecast.mean[THROUGHPUT])
    assert night.turn() == (None, False)
    kinds = [record["kind"] for record in night.journal.records()]
    assert kinds == ["decision", "outcome"]
    [story] = night.journal.stories()
    assert story["verdict"] == "approved"
    assert story["action"]["plan_id"] == first.plan_id
    assert story["action"]["sleep"] == [
        night.facts.cells.name[cell] for cell in night.cells
    ]
    assert story["action"]["wake"] == []
    told = story["outcome"][THROUGHPUT]
    assert told["forecast"] == expected
    assert told["low"] <= told["measured"]
    assert not night.awake[night.cells].any()


@pytest.mark.parametrize(
    ("intent", "most_switched", "what"),
    [
        (EASY, 0.05, "rate of change"),
        (
            Intent(
                "hard",
                "what nobody can",
                (Target(THROUGHPUT, "IS_EQUAL_TO_OR_GREATER_THAN", 1e9),),
            ),
            0.25,
            THROUGHPUT,
        ),
    ],
)
def test_a_refusal_is_told_with_the_number_that_decided(
    world, intent, most_switched, what
):
    night = Night(world, intent=intent, most_switched=most_switched)
    before = fingerprint(night.stand_in.controls(LIFE))
    decision, undone = night.turn()
    assert isinstance(decision, Refused) and not undone
    [record] = night.journal.records()
    assert record["verdict"] == "refused"
    assert record["objection"] == {
        "what": what,
        "number": decision.number,
        "limit": decision.limit,
    }
    assert decision.number > decision.limit
    assert re.search(r"\d", record["reason"])
    assert "plan_id" not in record["action"]
    assert fingerprint(night.stand_in.controls(LIFE)) == before


def test_a_belief_survives_a_refusal(world):
    """It learns from the next report just as if nobody had asked for anything."""
    refused = Night(world, most_switched=0.0)
    quiet = Night(world)
    quiet.cycle.loops.clear()
    assert isinstance(refused.turn()[0], Refused)
    assert quiet.turn() == (None, False)
    for night in (refused, quiet):
        assert night.turn() == (None, False)
    assert sound(refused.belief)
    assert eqx.tree_equal(refused.belief, quiet.belief)
    assert not eqx.tree_equal(refused.belief, world[1])
    assert not quiet.journal.records()
