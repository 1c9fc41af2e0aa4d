"""Does a network that is put back from a snapshot go on bit by bit?"""

import dataclasses

import jax
import numpy as np
import pytest

from gemel.emulator.checkpoint import restore, snapshot
from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.errors import ScenarioError
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for


@pytest.fixture(scope="module")
def facts() -> PublicFacts:
    return public_facts(dataclasses.replace(hexagons(0, rings=1), users=60), 0)


def new(facts: PublicFacts, tempo, lives: int = 1) -> StandIn:
    return stand_in_for(facts, 0, 86_400.0, lives, Secrets(), tempo=tempo)


def goes_on(facts: PublicFacts, tempo, step_s: float) -> None:
    """Three steps in one go, and after the first in another network."""
    one, other = new(facts, tempo), new(facts, tempo)
    one.advance(1, step_s)
    kept = snapshot(one)
    one.advance(2, step_s)
    restore(other, kept)
    other.advance(2, step_s)
    whole, resumed = snapshot(one), snapshot(other)
    assert whole.keys() == resumed.keys()
    for name, array in whole.items():
        assert np.array_equal(array, resumed[name]), name
    last, again = one.lived(0), other.lived(0)
    assert last is not None and again is not None
    for left, right in zip(
        jax.tree.leaves(last.counters), jax.tree.leaves(again.counters), strict=True
    ):
        assert np.array_equal(left, right)


def test_flows_go_on(facts):
    goes_on(facts, "flow", 60.0)


@pytest.mark.slow
def test_ticks_go_on(facts):
    goes_on(facts, "tick", 10.0)


def test_another_network_is_refused_and_stays_as_it_is(facts):
    kept = snapshot(new(facts, "flow", lives=2))
    stand_in = new(facts, "flow")
    before = snapshot(stand_in)
    for wrong in (
        kept,
        {name: array for name, array in before.items() if name != "life0.0"},
        {**before, "life0.0": np.zeros(3)},
    ):
        with pytest.raises(ScenarioError, match="another network"):
            restore(stand_in, wrong)
        after = snapshot(stand_in)
        assert all(np.array_equal(after[name], before[name]) for name in before)
