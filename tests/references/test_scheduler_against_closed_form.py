"""Does proportional fair gain from many users what the closed form says?

Of n users with independent Rayleigh fading the best one has on average H_n = 1 + 1/2 +
… + 1/n times the mean power (the expected maximum of n exponentials; Viswanath, Tse,
Laroia, IEEE Trans. Inf. Theory 48, 2002). Where bits grow with power, each of n users
gets H_n / n of what it would get alone, whatever its own mean.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.network.scheduling import (
    SCHEDULERS,
    Offer,
    allocate,
    no_facts,
)

GROUPS, CELLS, SLOTS = 18, 20, 1_500
WINDOW_SLOTS = 200.0
SETTLED = 500  # slots: the memory has forgotten where it began


def served(name: str, users: int) -> np.ndarray:
    """Mean bytes per group and slot over the own mean, of every user."""
    scheduler = SCHEDULERS[name]()
    mean = jnp.linspace(50.0, 200.0, users)[:, None, None]
    endless = jnp.full((users, CELLS), 1e9)
    everybody = jnp.ones((users, CELLS), bool)
    none = jnp.zeros((users, CELLS), jnp.int32)
    seat = jnp.arange(users)[:, None, None]

    def slot(facts, key):
        byte = mean * jax.random.exponential(key, (users, GROUPS, CELLS))
        priority = scheduler.priority(byte, facts)
        owner = allocate(Offer(priority, byte, endless, everybody, none), passes=1)
        got = jnp.where(owner[None] == seat, byte, 0.0).sum(1)
        return facts.after(got, WINDOW_SLOTS), got

    keys = jax.random.split(jax.random.key(2), SLOTS)
    start = no_facts(users, CELLS)
    _, got = jax.jit(lambda: jax.lax.scan(slot, start, keys))()
    per_group = np.asarray(got)[SETTLED:].mean((0, 2)) / GROUPS
    return per_group / np.asarray(mean[:, 0, 0])


@pytest.mark.parametrize("users", [1, 2, 8])
def test_gain_of_many_users(users):
    harmonic = sum(1.0 / k for k in range(1, users + 1))
    found = served("proportional_fair", users)
    # 3 %: a memory of 200 slots is not the mean for ever, which costs about 1 %.
    assert found.mean() * users == pytest.approx(harmonic, rel=0.03)
    # Fair: each has its nth, however strong it is. Over 1,000 slots, 20 cells and 18
    # groups chance leaves 1 %.
    assert found * users == pytest.approx(np.full(users, harmonic), rel=0.05)


def test_round_robin_gains_nothing():
    assert served("round_robin", 4).mean() * 4 == pytest.approx(1.0, rel=0.03)
