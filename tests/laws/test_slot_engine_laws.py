"""Which laws do slots keep whatever the world is like?"""

import dataclasses
import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gemel.emulator.slot.plan import UNITS_PER_MS, SlotPlan

from ..slot_bench import Arrivals, Bench, all_at_once, bench_of, lived

CELLS, USERS, TICKS, TICK_MS, EVENTS = 3, 12, 8, 20, 4
PLAN = SlotPlan(scs_khz=30, prb=80, letters="DU", seats=6)
EVERYTHING = (1.0, 1.0, 1.0)
CELL = np.arange(USERS) % CELLS
SEEDS = st.integers(0, 2**31 - 1)


@functools.cache
def usual() -> Bench:
    """Four users a cell, without slices' limits; everything else is changed by value,
    so that it is compiled once."""
    return bench_of(
        PLAN,
        CELLS,
        np.full(USERS, 10.0 ** (15.0 / 10.0)),
        tick_ms=TICK_MS,
        other=(CELL + 1) % CELLS,
        min_share=(0.0, 0.0, 0.0),
        max_share=EVERYTHING,
    )


def floats(value):
    return jnp.asarray(value, jnp.float32)


def with_gains(seed: int, low_db: float = 0.0, high_db: float = 25.0) -> Bench:
    gain_db = np.random.default_rng([seed, 1]).uniform(low_db, high_db, USERS)
    return eqx.tree_at(lambda b: b.gain, usual(), floats(10.0 ** (gain_db / 10.0)))


def some_bursts(seed: int, mean_byte: float = 2_000.0) -> Arrivals:
    """A few in every tick, for every user."""
    rng, shape = np.random.default_rng([seed, 2]), (TICKS, EVENTS, USERS)
    units = TICK_MS * UNITS_PER_MS
    within = np.sort(rng.integers(0, units, shape), axis=1)
    came = np.arange(TICKS)[:, None, None] * units + within
    size = 1 + rng.exponential(mean_byte, shape)
    return Arrivals(jnp.asarray(came, jnp.int32), jnp.asarray(size, jnp.int32))


def plenty() -> Arrivals:
    """More than a tick carries, in as many events as others have."""
    one = all_at_once(400_000, TICKS, USERS)
    none = jnp.zeros((TICKS, EVENTS - 1, USERS), jnp.int32)
    return Arrivals(
        jnp.concatenate([one.came, none], 1), jnp.concatenate([one.size_byte, none], 1)
    )


def live(
    bench: Bench, arrivals: Arrivals, cell: np.ndarray = CELL, outer_db: float = 0.0
):
    """Down and up, with the same arrivals in both.

    outer_db: where the outer loop begins; too high, and blocks fail
    """
    serving = jnp.asarray(np.broadcast_to(cell, (TICKS, USERS)), jnp.int32)
    begin_db = jnp.full(USERS, outer_db)
    return lived(bench, serving, (arrivals, arrivals), jax.random.key(0), begin_db)


def total(leaf) -> np.ndarray:
    """Over all ticks, in 64 bits."""
    return np.asarray(leaf, np.int64).sum(0)


@given(SEEDS, st.integers(0, CELLS - 1))
@settings(max_examples=6)
def test_a_cell_off_the_air_serves_nobody(seed, dark):
    bench = with_gains(seed)
    on_air = np.where(np.arange(CELLS) == dark, 0.0, 1.0)
    dimmed = eqx.tree_at(lambda b: b.on_air, bench, floats(on_air))
    got = total(live(dimmed, plenty())[0].delivered)
    assert not got[dark == CELL].any()
    assert (got[dark != CELL] > 0).all()


@given(SEEDS)
@settings(max_examples=6)
def test_who_has_no_cell_gets_nothing_and_disturbs_nobody(seed):
    bench, arrivals = with_gains(seed), some_bursts(seed)
    there = np.arange(USERS) < USERS - CELLS
    alone = live(bench, arrivals, np.where(there, CELL, -1))
    silent = Arrivals(
        arrivals.came, jnp.where(jnp.asarray(there), arrivals.size_byte, 0)
    )
    for way, other in zip(alone, live(bench, silent), strict=True):
        assert not total(way.delivered)[~there].any()
        assert not total(way.sent)[~there].any()
        assert np.array_equal(
            total(way.delivered)[there], total(other.delivered)[there]
        )
        assert np.array_equal(total(way.prb), total(other.prb))


@given(SEEDS)
@settings(max_examples=6)
def test_numbers_of_users_and_cells_mean_nothing(seed):
    bench, arrivals = with_gains(seed), some_bursts(seed, 5_000.0)
    # Cells swap names, and their users are numbered cell by cell instead of in turn;
    # in a cell they keep their order, in which equals are served.
    new_name = np.array([2, 0, 1])
    order = np.argsort(new_name[CELL], kind="stable")
    moved = eqx.tree_at(
        lambda b: (b.gain, b.sender.number),
        bench,
        (bench.gain[order], bench.sender.number[order]),
    )
    there = Arrivals(arrivals.came[..., order], arrivals.size_byte[..., order])
    renamed = live(moved, there, new_name[CELL][order])
    for way, other in zip(live(bench, arrivals), renamed, strict=True):
        for name in ("delivered", "lost", "bursts", "waited", "first_failed"):
            before, after = total(getattr(way, name)), total(getattr(other, name))
            assert np.array_equal(before[order], after), name
        assert np.array_equal(total(way.prb), total(other.prb)[new_name])


@given(SEEDS, st.floats(6.0, 20.0))
@settings(max_examples=6)
def test_more_interference_is_never_more_bytes(seed, step_db):
    bench = with_gains(seed, 10.0, 25.0)
    carried = []
    for other_db in (-40.0, 0.0, step_db):
        other_gain = np.full(USERS, 10.0 ** (other_db / 10.0))
        disturbed = eqx.tree_at(lambda b: b.other_gain, bench, floats(other_gain))
        carried.append([total(w.delivered).sum() for w in live(disturbed, plenty())])
    for down_or_up in np.asarray(carried).T:
        assert down_or_up[0] > down_or_up[1] > down_or_up[2] > 0


@given(SEEDS, st.sampled_from([0.2, 0.4, 0.6]))
@settings(max_examples=6)
def test_a_slice_never_has_more_than_it_may(seed, most):
    bench = with_gains(seed)
    limits = eqx.tree_at(lambda b: b.max_share, bench, floats((most, 1.0, 1.0)))
    slots = TICKS * TICK_MS * PLAN.slots_per_ms // len(PLAN.letters)
    # Blocks fail and are sent again, which counts, too.
    for way in live(limits, plenty(), outer_db=6.0):
        assert total(way.first_failed).sum() > 100
        used = total(way.prb) / (slots * PLAN.prb)
        assert (used <= most + 1e-6).all(), used
        assert (used > 0.9 * most).all(), used


@given(SEEDS)
@settings(max_examples=6)
def test_who_need_not_ask_waits_less(seed):
    bench, arrivals = with_gains(seed, 15.0, 30.0), some_bursts(seed, 200.0)
    waited = []
    for at_once in (True, False):
        told = live(
            eqx.tree_at(lambda b: b.sender.at_once, bench, jnp.full(USERS, at_once)),
            arrivals,
        )
        waited.append([total(w.waited).sum() / total(w.bursts).sum() for w in told])
    (down, up), (down_asking, up_asking) = waited
    assert down == down_asking  # nobody asks for downlink
    # Chances to ask come every four uplink slots of a millisecond: two on average.
    assert UNITS_PER_MS < up_asking - up < 6 * UNITS_PER_MS


def test_the_same_seed_is_the_same_to_the_bit():
    bench, arrivals = with_gains(5), some_bursts(5)
    one, other = live(bench, arrivals), live(bench, arrivals)
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    elsewhere = eqx.tree_at(lambda b: b.sender.number, bench, bench.sender.number + 99)
    assert not np.array_equal(
        live(elsewhere, plenty())[0].first_failed, live(bench, plenty())[0].first_failed
    )


def carried(together: int, beam: np.ndarray, leak: float) -> int:
    """Of two users of one cell who want all they can get, at 25 dB."""
    plan = dataclasses.replace(PLAN, together=together, seats=2)
    bench = bench_of(
        plan,
        1,
        np.full(2, 10.0 ** (25.0 / 10.0)),
        tick_ms=TICK_MS,
        beam=beam,
        leak=np.array([[1.0, leak], [leak, 1.0]]),
    )
    offer = all_at_once(2_000_000, TICKS, 2)
    nothing = all_at_once(0, TICKS, 2)
    serving = jnp.zeros((TICKS, 2), jnp.int32)
    down, _ = lived(bench, serving, (offer, nothing), jax.random.key(0))
    return int(down.delivered.sum())


def test_two_users_share_a_group_where_their_beams_are_apart():
    apart, same = np.array([0, 1]), np.array([0, 0])
    alone = carried(1, apart, 0.001)
    # Half the power is a bit a symbol less for each, of six; what leaks and a report
    # rounded down may cost each another one: four of six for both is a third more.
    assert 4 / 3 * alone < carried(2, apart, 0.001) < 2.0 * alone
    # In one beam each would drown the other: nobody is paired, and nothing changes.
    assert carried(2, same, 0.001) == carried(1, same, 0.001)
    # What leaks costs.
    assert alone <= carried(2, apart, 0.1) < carried(2, apart, 0.001)
