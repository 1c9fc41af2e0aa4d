"""Do reports tell where people want less, and does belief ask accordingly?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from gemel.network.controls import Controls
from gemel.network.simulator import Network, Users
from gemel.network.surroundings import Still
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.trial import crowd_for
from gemel.scenarios.worlds import PublicFacts, public_facts
from gemel.twin.source import Measured, Observation
from gemel.twin.wanting import (
    LEAST,
    asked,
    blocks_taken,
    rates_bps,
    wanted,
    wanting_of,
)


@pytest.fixture(scope="module")
def facts() -> PublicFacts:
    plan = dataclasses.replace(hexagons(0, rings=1), users=400)
    return public_facts(plan, 0)


def _report(
    controls: Controls, volume_bps: np.ndarray, load: np.ndarray
) -> Observation:
    def told(value: np.ndarray) -> Measured:
        return Measured(
            jnp.asarray(value, jnp.float32),
            jnp.ones(value.shape, bool),
            jnp.zeros(value.shape),
        )

    measured = {
        "DRB.PdcpSduVolumeDL": told(volume_bps * 900.0 / 1e3),
        "RRU.PrbTotDl": told(np.floor(100.0 * load)),
    }
    return Observation(jnp.asarray(0.0), jnp.asarray(900.0), measured, controls)


@pytest.fixture(scope="module")
def imagined(facts: PublicFacts) -> tuple[Network, Users, Array]:
    """Two members' users, and the part of its zone's demand of each."""
    count = len(facts.cells.name)
    ones = jnp.ones(count)
    network = Network(facts.cells, facts.propagation, Still(), ones, ones)
    crowd = crowd_for(facts, 0)
    rng = np.random.default_rng(0)
    chosen = jnp.asarray(rng.choice(len(crowd.zone), (2, 3_000)))
    users = jax.tree.map(lambda leaf: leaf[chosen], crowd.pool)
    home = jnp.asarray(crowd.zone, jnp.int32)[chosen]
    users = eqx.tree_at(
        lambda u: (u.home, u.weight), users, (home, jnp.ones(home.shape))
    )
    heads = jax.vmap(lambda h: jax.ops.segment_sum(jnp.ones(h.shape), h, count)[h])
    return network, users, 1.0 / heads(home)


@pytest.mark.parametrize("content_bps", [1e3, 1e7, 5e7, 2e8])
def test_the_rate_with_which_people_are_content_is_found(facts, imagined, content_bps):
    network, users, share = imagined
    own = jax.tree.map(lambda leaf: leaf[0], users)
    load = jnp.full(len(facts.cells.name), 0.305)
    idle_bps, rate_bps = rates_bps(network, own, facts.controls, load)
    wants = share[0] * wanted(idle_bps, content_bps)
    # What each cell must carry to be that full.
    one_bps = jnp.ones(load.shape)
    volume_bps = load / blocks_taken(wants, rate_bps, own.home, one_bps)
    report = _report(facts.controls, np.asarray(volume_bps), np.asarray(load))
    found = wanting_of(network, users, share, facts.controls, [report] * 3)
    assert jnp.allclose(found[0], wanted(idle_bps, content_bps), rtol=1e-4)


def test_silence_says_nothing_of_wishes(facts, imagined):
    """Where no cell told anything, everybody whom a cell reaches is content."""
    network, users, share = imagined
    count = len(facts.cells.name)
    report = _report(facts.controls, np.zeros(count), np.zeros(count))
    found = wanting_of(network, users, share, facts.controls, [report])
    assert ((found == 1.0) | (found == LEAST)).all()
    assert (found == 1.0).mean() > 0.9


def test_shares_of_a_zone_sum_to_one():
    home = jnp.asarray([[0, 0, 1, 1, 1]])
    share = jnp.asarray([[0.5, 0.5, 0.2, 0.3, 0.5]])
    wanting = jnp.asarray([[1.0, LEAST, 1.0, 0.5, 0.25]])
    found = asked(share, wanting, home, 2)
    sums = jax.ops.segment_sum(found[0], home[0], 2)
    assert jnp.allclose(sums, 1.0)
    assert jnp.allclose(asked(share, jnp.ones_like(share), home, 2), share)
