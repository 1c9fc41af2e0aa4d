"""Do users come to a connection by allowed ways only, and never without a seat?"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.access import (
    ACCESSING,
    CONNECTED,
    IDLE,
    INACTIVE,
    AccessRules,
    access_step,
    begin_access,
    zero_access_counters,
)
from gemel.errors import ScenarioError

USERS, CELLS, TICKS, TICK_MS = 120, 5, 400, 100
SERVING = np.arange(USERS, dtype=np.int32) % CELLS
RULES = AccessRules(inactivity_ms=500, inactive_ms=2_000, preambles=8)
# From a phase to others within one tick; an access may begin and end within it.
ALLOWED = {
    IDLE: {IDLE, ACCESSING, CONNECTED},
    INACTIVE: {INACTIVE, IDLE, ACCESSING, CONNECTED},
    ACCESSING: {ACCESSING, CONNECTED, IDLE, INACTIVE},
    CONNECTED: {CONNECTED, INACTIVE, ACCESSING, IDLE},
}


@eqx.filter_jit
def lived(rules, seats, busy, hears, key):
    """Phases [time user], and the counters of all ticks: [time cell]."""
    serving = jnp.asarray(SERVING)

    def one(state, number):
        luck = jax.random.fold_in(key, number)
        data_key, home_key, step_key = jax.random.split(luck, 3)
        has_data = jax.random.uniform(data_key, (USERS,)) < busy
        rehome = jax.random.uniform(home_key, (USERS,)) < 0.02
        occupied = state.phase == CONNECTED
        taken = jnp.zeros(CELLS, jnp.int32).at[serving].add(jnp.where(occupied, 1, 0))
        state, connected, counters = access_step(
            rules,
            state,
            has_data,
            serving,
            hears[serving],
            seats - taken,
            rehome,
            step_key,
            number * TICK_MS,
            TICK_MS,
        )
        return state, (state.phase, connected, counters)

    ticks = jnp.arange(TICKS, dtype=jnp.int32)
    return jax.lax.scan(one, begin_access(USERS), ticks)


def life(seats=7, busy=0.05, deaf=(), key=0):
    hears = jnp.ones(CELLS, bool).at[jnp.asarray(deaf, jnp.int32)].set(False)
    return lived(
        RULES,
        jnp.full(CELLS, seats, jnp.int32),
        jnp.float32(busy),
        hears,
        jax.random.key(key),
    )


def test_phases_change_along_allowed_arrows_only():
    _, (phase, connected, _) = life()
    phase = np.vstack([np.zeros((1, USERS), int), np.asarray(phase)])
    seen = set(
        zip(phase[:-1].ravel().tolist(), phase[1:].ravel().tolist(), strict=True)
    )
    assert all(after in ALLOWED[before] for before, after in seen)
    assert {(IDLE, CONNECTED), (CONNECTED, INACTIVE), (INACTIVE, IDLE)} <= seen
    assert (np.asarray(connected) == (phase[1:] == CONNECTED)).all()


def test_never_more_users_than_seats():
    _, (phase, _, counters) = life(seats=3, busy=0.5)
    for cell in range(CELLS):
        inside = np.asarray(phase)[:, SERVING == cell] == CONNECTED
        assert inside.sum(1).max() == 3
    assert (np.asarray(counters.max_connected).max(0) == 3).all()
    assert int(counters.refused.sum()) > 0


def test_nobody_connects_where_nobody_is_admitted():
    _, (_, connected, counters) = life(seats=0, busy=0.5)
    assert not connected.any()
    assert int(counters.conn_estab_succ.sum()) == 0
    assert int(counters.conn_estab_att.sum()) == int(counters.refused.sum()) > 0


def test_a_deaf_cell_hears_nobody_and_the_others_do():
    _, (phase, _, counters) = life(seats=100, deaf=(2,))
    inside = (np.asarray(phase) == CONNECTED).any(0)
    assert not inside[SERVING == 2].any()
    assert inside[SERVING != 2].all()
    assert int(counters.preambles[:, 2].sum()) == 0
    assert int(counters.given_up[:, 2].sum()) > 0


def test_what_was_asked_for_came_or_was_refused_or_is_under_way():
    state, (_, _, counters) = life()
    asked = succeeded = 0
    for kind in ("conn_estab", "resume", "reestab"):
        attempts, successes = (
            int(getattr(counters, f"{kind}_{end}").sum()) for end in ("att", "succ")
        )
        assert 0 < successes <= attempts
        asked, succeeded = asked + attempts, succeeded + successes
    pending = int(state.granted.sum())
    assert asked == succeeded + int(counters.refused.sum()) + pending
    # A preamble that was heard alone became message 3.
    assert int(counters.preambles.sum()) == asked + int(counters.collisions.sum())


def test_time_is_counted_where_it_is_spent():
    _, (phase, _, counters) = life()
    for wanted, field in ((CONNECTED, "connected_ms"), (INACTIVE, "inactive_ms")):
        spent_ms = (np.asarray(phase) == wanted).sum() * TICK_MS
        assert int(getattr(counters, field).sum()) == spent_ms > 0


def test_sums_of_counters_keep_the_most_connected():
    _, (_, _, counters) = life()
    first, second = (
        jax.tree.map(lambda leaf, n=n: leaf[n], counters) for n in (3, 300)
    )
    total = zero_access_counters(CELLS) + first + second
    assert (total.releases == first.releases + second.releases).all()
    most = np.maximum(first.max_connected, second.max_connected)
    assert (total.max_connected == most).all()


@pytest.mark.parametrize("field", ["preambles", "occasion_ms", "inactivity_ms"])
def test_impossible_rules_are_refused(field):
    with pytest.raises(ScenarioError, match=field):
        AccessRules(**{field: 0})


def test_a_cell_has_64_preambles():
    with pytest.raises(ScenarioError, match="64 or fewer"):
        AccessRules(preambles=65)
