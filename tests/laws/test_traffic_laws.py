"""Do the events of every family of traffic come in order and with nothing lost?"""

import contextlib
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.emulator.traffic import EVENTS, TRAFFIC
from gemel.emulator.traffic.base import packed
from gemel.emulator.traffic.telegrams import Telegrams
from gemel.emulator.traffic.video import Video
from gemel.errors import ScenarioError

USERS = 64
TICKS = 100
DEMANDED = [name for name in TRAFFIC if name != "full_buffer"]


@eqx.filter_jit
def lived(family, state, wanted_bps, key, tick_ms):
    """All arrivals of many ticks: [time event user]."""

    def one(state, number):
        now_key = jax.random.fold_in(key, number)
        began_ms = number * tick_ms
        state, *ways = family.arrivals(state, wanted_bps, now_key, began_ms, tick_ms)
        return state, tuple(ways)

    return jax.lax.scan(one, state, jnp.arange(TICKS, dtype=jnp.int32))


@eqx.filter_jit
def begun(family):
    return family.begin(USERS, jax.random.key(0))


def often(family, times=1.0):
    """A demand that keeps everybody busy."""
    return jnp.full(USERS, times * family.nominal_bps, jnp.float32)


@functools.cache
def some_life(name, tick_ms, exact=False):
    with jax.enable_x64(True) if exact else contextlib.nullcontext():
        family = TRAFFIC[name]()
        wanted = jnp.full(USERS, 50.0 * family.nominal_bps, float)
        if name == "video":  # fifty streams of one person are no life
            wanted = often(family).astype(float)
        state = begun(family)
        return lived(family, state, wanted, jax.random.key(1), tick_ms)[1]


@pytest.mark.parametrize(
    ("tick_ms", "exact"),
    [(100, False), (40, True)],
    ids=["100 ms float32", "40 ms float64"],
)
@pytest.mark.parametrize("name", TRAFFIC)
def test_events_come_in_order_and_first(name, tick_ms, exact):
    for way in some_life(name, tick_ms, exact):
        at_us, size = np.asarray(way.at_us), np.asarray(way.size_byte)
        assert at_us.shape[1] == EVENTS and at_us.dtype == size.dtype == np.int32
        assert (np.diff(at_us, axis=1) >= 0).all()
        assert (size >= 0).all() and (at_us >= 0).all()
        there = size > 0
        assert (at_us[there] < tick_ms * 1_000).all()
        assert (at_us[~there] == tick_ms * 1_000).all()
        assert (there[:, :-1] >= there[:, 1:]).all(), "an event after a gap"
        assert there.any()


@pytest.mark.parametrize("name", DEMANDED)
def test_who_wants_nothing_gets_nothing(name):
    family = TRAFFIC[name]()
    wanted = jnp.zeros(USERS)
    _, ways = lived(family, begun(family), wanted, jax.random.key(4), 100)
    assert all(int(way.size_byte.sum()) == 0 for way in ways)


@pytest.mark.parametrize("name", DEMANDED)
def test_one_key_one_life(name):
    family = TRAFFIC[name]()
    wanted = often(family, times=0.5)
    state = begun(family)
    first, again, other = (
        lived(family, state, wanted, jax.random.key(key), 100)[1] for key in (5, 5, 6)
    )
    assert eqx.tree_equal(first, again)
    if name not in ("sensor", "control"):  # a beat has no luck but its sessions
        assert not eqx.tree_equal(first, other)


@pytest.mark.parametrize("name", DEMANDED)
def test_what_others_want_does_not_matter(name):
    family = TRAFFIC[name]()
    state = begun(family)
    mine = often(family, times=0.8)
    theirs = mine.at[:32].set(9.0 * family.nominal_bps)
    alone, among = (
        lived(family, state, wanted, jax.random.key(7), 100)[1]
        for wanted in (mine, theirs)
    )
    kept = [jax.tree.map(lambda leaf: leaf[..., 32:], ways) for ways in (alone, among)]
    assert eqx.tree_equal(*kept)


def test_a_picture_is_seen_once_wherever_ticks_end():
    """Pictures depend on their number alone: ticks of 40 and 100 ms see the same."""
    family = Video()
    wanted, state = often(family), begun(family)

    def seen(tick_ms):
        _, (down, _) = lived(family, state, wanted, jax.random.key(8), tick_ms)
        began_us = np.arange(TICKS)[:, None, None] * tick_ms * 1_000
        at_us = np.asarray(down.at_us) + began_us
        there = (np.asarray(down.size_byte) > 0) & (at_us < 40 * TICKS * 1_000)
        return [
            list(zip(at_us[:, :, user][there[:, :, user]],
                     np.asarray(down.size_byte)[:, :, user][there[:, :, user]],
                     strict=True))
            for user in range(USERS)
        ]  # fmt: skip

    often_ticked, rarely = seen(40), seen(100)
    assert often_ticked == rarely
    shown = np.asarray([len(user) for user in often_ticked])
    assert (abs(shown - 40e3 * TICKS / family.period_us) <= 2).all()


def test_one_talks_at_a_time():
    family = TRAFFIC["voice"]()
    state = begun(family)
    _, (down, up) = lived(family, state, often(family), jax.random.key(9), 100)
    loud = [(way.size_byte == 40).any(1) for way in (down, up)]
    assert loud[0].any() and loud[1].any()
    assert not (loud[0] & loud[1]).any()


@given(
    sizes=st.lists(st.integers(0, 3_000), min_size=25, max_size=25),
    gaps=st.lists(st.integers(0, 4_000), min_size=25, max_size=25),
)
def test_merging_loses_no_byte(sizes, gaps):
    at_us = jnp.asarray(np.cumsum(gaps), jnp.int32)[:, None]
    size = jnp.asarray(sizes, jnp.int32)[:, None]
    there = at_us < 40_000
    got = packed(at_us, size, there, 40)
    kept = [(a, s) for a, s in zip(np.cumsum(gaps), sizes, strict=True)
            if a < 40_000 and s > 0]  # fmt: skip
    assert int(got.total_byte()[0]) == sum(s for _, s in kept)
    assert int(got.merged[0]) == max(len(kept) - EVENTS, 0)
    first = kept[: EVENTS - 1]
    assert got.at_us[: len(first), 0].tolist() == [a for a, _ in first]
    assert got.size_byte[: len(first), 0].tolist() == [s for _, s in first]


def test_no_beat_is_no_traffic():
    with pytest.raises(ScenarioError, match="above zero"):
        Telegrams(down_byte=8, up_byte=8, period_us=0, five_qi=9, sst=3)
