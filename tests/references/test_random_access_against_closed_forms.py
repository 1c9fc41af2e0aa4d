"""Do collisions and delays of random access follow their closed forms?

Of n users who choose among N preambles at once, one collides with the probability
1 - (1 - 1/N)^(n-1). Two who meet again at every attempt need 1 / (1 - p) attempts on
average, p = 1/N. A user alone waits for the next occasion, half a period less half a
millisecond on average, and for the messages.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.access import AccessRules, access_step, begin_access

SEATS = 1_000


@eqx.filter_jit
def after_ticks(rules, serving, cells, key, ticks, tick_ms):
    """Everybody wants a connection at once; sums of all counters."""
    users = serving.shape[0]
    everybody = jnp.ones(users, bool)

    def one(state, number):
        state, _, counters = access_step(
            rules,
            state,
            everybody,
            serving,
            everybody,
            jnp.full(cells, SEATS, jnp.int32),
            ~everybody,
            jax.random.fold_in(key, number),
            number * tick_ms,
            tick_ms,
        )
        return state, counters

    state, counters = jax.lax.scan(
        one, begin_access(users), jnp.arange(ticks, dtype=jnp.int32)
    )
    return state, jax.tree.map(lambda leaf: leaf.sum(0), counters)


@pytest.mark.parametrize("rivals", [2, 10, 40])
def test_collision_probability(rivals):
    cells = 1_500
    # An occasion every millisecond: all begin on the first of the tick, and there is
    # no time for another attempt.
    rules = AccessRules(occasion_ms=1, response_ms=50)
    serving = jnp.repeat(jnp.arange(cells, dtype=jnp.int32), rivals)
    _, counters = after_ticks(rules, serving, cells, jax.random.key(rivals), 1, 40)
    sent = np.asarray(counters.preambles)
    assert (sent == rivals).all()
    share = np.asarray(counters.collisions) / rivals
    expected = 1.0 - (1.0 - 1.0 / 54.0) ** (rivals - 1)
    # Cells are independent: four standard errors, 1 in 16,000 by chance.
    assert abs(share.mean() - expected) < 4.0 * share.std() / np.sqrt(cells)
    assert share.std() / np.sqrt(cells) < 0.006


@pytest.mark.parametrize("tick_ms", [40, 100])
def test_delay_of_a_user_alone(tick_ms):
    cells, rules = 3_000, AccessRules()
    serving = jnp.arange(cells, dtype=jnp.int32)
    _, counters = after_ticks(rules, serving, cells, jax.random.key(0), 3, tick_ms)
    delay_ms = np.asarray(counters.access_ms)
    assert (np.asarray(counters.conn_estab_succ) == 1).all()
    messages_ms = rules.response_ms + rules.exchange_ms + rules.setup_ms
    assert delay_ms.min() == messages_ms
    assert delay_ms.max() == messages_ms + rules.occasion_ms - 1
    error = delay_ms.std() / np.sqrt(cells)
    expected = messages_ms + (rules.occasion_ms - 1) / 2.0
    assert abs(delay_ms.mean() - expected) < 4.0 * error


@pytest.mark.parametrize("tick_ms", [40, 100])
def test_delay_of_two_who_keep_meeting(tick_ms):
    """The length of a tick does not lengthen an access: both follow one closed form."""
    cells, collide = 2_000, 1.0 / 4.0
    rules = AccessRules(
        preambles=4, occasion_ms=1, backoff_ms=0, preamble_trans_max=1_000
    )
    serving = jnp.repeat(jnp.arange(cells, dtype=jnp.int32), 2)
    ticks = 2_000 // tick_ms  # 50 attempts: nobody is still colliding
    _, counters = after_ticks(rules, serving, cells, jax.random.key(1), ticks, tick_ms)
    assert (np.asarray(counters.conn_estab_succ) == 2).all()
    delay_ms = np.asarray(counters.access_ms) / 2.0
    again_ms = rules.response_ms + rules.resolution_ms
    messages_ms = rules.response_ms + rules.exchange_ms + rules.setup_ms
    expected = messages_ms + again_ms * collide / (1.0 - collide)
    error = delay_ms.std() / np.sqrt(cells)
    assert abs(delay_ms.mean() - expected) < 4.0 * error
    assert error < 0.03 * expected
