"""Does every family of traffic offer in the long run what is wanted?"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.traffic import TRAFFIC
from gemel.emulator.traffic.telegrams import Telegrams
from gemel.emulator.traffic.video import Video

USERS = 1_500
TICKS = 300
DEMANDED = [name for name in TRAFFIC if name != "full_buffer"]


@eqx.filter_jit
def volumes(family, wanted_bps, key, tick_ms):
    """Bytes down of every user over many ticks, in float32 sums of whole ticks."""
    state = family.begin(USERS, jax.random.key(0))

    def one(carry, number):
        state, total = carry
        now_key = jax.random.fold_in(key, number)
        state, down, _ = family.arrivals(
            state, wanted_bps, now_key, number * tick_ms, tick_ms
        )
        return (state, total + down.total_byte().astype(jnp.float32)), None

    begin = state, jnp.zeros(USERS, jnp.float32)
    return jax.lax.scan(one, begin, jnp.arange(TICKS, dtype=jnp.int32))[0][1]


@pytest.mark.parametrize("times", [0.3, 1.0, 7.0])
@pytest.mark.parametrize("name", DEMANDED)
def test_the_long_run_is_what_is_wanted(name, times):
    """Users are independent, so their spread says how far off the mean may be.

    4.5 standard errors: one failure in 150,000 such tests by chance; and the error
    must be below 12 %, or the law would say nothing. A person who reads is watched
    three times as long a tick: pages are rare and of very different sizes.
    """
    family = TRAFFIC[name]()
    tick_ms = 300 if name in ("web", "ftp_ngmn") else 100
    wanted = jnp.full(USERS, times * family.nominal_bps, jnp.float32)
    if name == "ftp_ngmn":  # a file of 2 MB every three minutes: too rare to watch
        wanted = 5.0 * wanted
    total = volumes(family, wanted, jax.random.key(2), tick_ms)
    offered = np.asarray(total, float) * 8.0 / (TICKS * tick_ms / 1e3)
    error = offered.std() / np.sqrt(USERS)
    expected = float(wanted[0])
    assert error < 0.12 * expected
    # What is periodic ends a period early or late: one unit in so many.
    period = family.period_us if isinstance(family, Telegrams | Video) else 0
    grain = 0.5 * period / (TICKS * tick_ms * 1e3) / np.sqrt(USERS)
    assert abs(offered.mean() - expected) < 4.5 * error + grain * expected


@pytest.mark.parametrize("tick_ms", [40, 100])
@pytest.mark.parametrize("name", ["ftp3", "web", "video"])
def test_enormous_demands_are_met_although_events_are_few(name, tick_ms):
    family = TRAFFIC[name]()
    wanted = jnp.full(USERS, 3e8, jnp.float32)
    total = volumes(family, wanted, jax.random.key(3), tick_ms)
    offered = np.asarray(total, float) * 8.0 / (TICKS * tick_ms / 1e3)
    error = offered.std() / np.sqrt(USERS)
    # Sums of 300 numbers in float32 are good to 2e-5 of them.
    assert abs(offered.mean() - 3e8) < 4.5 * error + 2e-5 * 3e8
    assert error < 0.05 * 3e8
