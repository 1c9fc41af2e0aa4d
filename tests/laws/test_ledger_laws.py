"""Is every byte accounted for: offered is dropped, delivered, lost or still queued?

Not nearly: to the byte, user by user, whatever happens to the user and to the air.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemel.emulator.secrets import Secrets
from gemel.emulator.slot.plan import UNITS_PER_MS, SlotPlan
from gemel.emulator.tempos.measured import frame_of, measured
from gemel.emulator.tempos.per_flow import by_family
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.worlds import public_facts, stand_in_for
from gemel.units import BIT_PER_KBIT
from gemel.world.demand import HOUR_S
from gemel.world.density import Density
from gemel.world.planning import SiteRow, plan_inventory

from ..slot_bench import Arrivals, Tick, bench_of, lived

CELLS, USERS, TICKS, EVENTS = 3, 12, 5, 6
# So few seats and so small a ring that there is not always room.
PLAN = SlotPlan(scs_khz=30, prb=48, letters="DSUU", seats=5, ring=16)


@functools.cache
def usual():
    return bench_of(PLAN, CELLS, np.ones(USERS), other_gain=0.1, tick_ms=20)


def drawn_bench(rng: np.random.Generator):
    """Users of all kinds, near and far, some of them disturbed."""
    bench = usual()

    def some(low: float, high: float):
        return jnp.asarray(10.0 ** (rng.uniform(low, high, USERS) / 10), jnp.float32)

    return eqx.tree_at(
        lambda b: (
            b.gain, b.other_gain, b.other, b.sender.arq, b.sender.at_once,
            b.sender.most_tries, b.sender.payload_share,
        ),
        bench,
        (
            some(-8.0, 30.0),
            some(-20.0, 20.0),
            jnp.asarray(rng.integers(0, CELLS, USERS), jnp.int32),
            jnp.asarray(rng.random(USERS) < 0.5),
            jnp.asarray(rng.random(USERS) < 0.5),
            jnp.asarray(rng.integers(1, 5, USERS), jnp.int32),
            jnp.asarray(rng.uniform(0.5, 1.0, USERS), jnp.float32),
        ),
    )  # fmt: skip


def drawn_arrivals(rng: np.random.Generator, mean_byte: float) -> Arrivals:
    shape = (TICKS, EVENTS, USERS)
    tick_units = 20 * UNITS_PER_MS
    within = np.sort(rng.integers(0, tick_units, shape), axis=1)
    came = np.arange(TICKS)[:, None, None] * tick_units + within
    there = np.arange(EVENTS)[None, :, None] < rng.integers(
        0, EVENTS + 1, (TICKS, 1, USERS)
    )
    size = np.where(there, 1 + rng.exponential(mean_byte, shape), 0)
    return Arrivals(jnp.asarray(came, jnp.int32), jnp.asarray(size, jnp.int32))


def drawn_life(
    seed: int, mean_byte: float, moves: float, arq=None
) -> tuple[Tick, Tick]:
    """Users who change cells, or lose them, between ticks."""
    rng = np.random.default_rng(seed)
    serving = np.empty((TICKS, USERS), np.int32)
    serving[0] = rng.integers(-1, CELLS, USERS)
    for tick in range(1, TICKS):
        there = rng.integers(-1, CELLS, USERS)
        serving[tick] = np.where(rng.random(USERS) < moves, there, serving[tick - 1])
    arrivals = (drawn_arrivals(rng, mean_byte), drawn_arrivals(rng, mean_byte / 4))
    bench, key = drawn_bench(rng), jax.random.key(seed)
    if arq is not None:
        bench = eqx.tree_at(lambda b: b.sender.arq, bench, arq)
    # An outer loop that hopes for too much: many blocks fail, some for good.
    outer_db = jnp.asarray(rng.uniform(-2.0, 12.0, USERS), jnp.float32)
    return lived(bench, jnp.asarray(serving), arrivals, key, outer_db)


def summed(leaf) -> np.ndarray:
    """Up to the end of each tick, in 64 bits."""
    return np.asarray(leaf, np.int64).cumsum(0)


@given(
    st.integers(0, 2**31 - 1),
    st.floats(1.5, 5.5).map(lambda power: 10.0**power),
    st.sampled_from([0.0, 0.2, 0.8]),
)
@settings(max_examples=15)
def test_volume_in_is_volume_out_dropped_lost_and_queued(seed, mean_byte, moves):
    for way in drawn_life(seed, mean_byte, moves):
        gone = summed(way.dropped) + summed(way.delivered) + summed(way.lost)
        assert np.array_equal(summed(way.offered) - gone, np.asarray(way.queued))
        assert (np.asarray(way.queued) >= 0).all()
        assert (np.asarray(way.dropped) >= 0).all()
        assert (np.asarray(way.lost) >= 0).all()


def test_a_random_world_has_something_of_everything():
    """The law above is not about nothing."""
    ways = drawn_life(3, 20_000.0, 0.2)
    for name in ("delivered", "dropped", "lost", "queued", "given_up", "bursts"):
        assert all(np.asarray(getattr(way, name)).sum() > 0 for way in ways), name


@given(st.integers(0, 2**31 - 1))
@settings(max_examples=5)
def test_who_sends_again_loses_nothing(seed):
    everybody = jnp.ones(USERS, bool)
    for way in drawn_life(seed, 5_000.0, 0.3, arq=everybody):
        assert not np.asarray(way.lost).any()


def test_what_harq_gives_up_is_begun_anew():
    """The law above is not about nothing, either."""
    ways = drawn_life(3, 20_000.0, 0.2, arq=jnp.ones(USERS, bool))
    assert sum(np.asarray(way.given_up).sum() for way in ways) > 0


# ── the whole stand-in ──

PERIOD_S = 20.0


def two_sites() -> WorldPlan:
    """Of three sectors, 400 m apart, one TDD carrier."""
    rows = [
        SiteRow(name=f"{s}-{a}", site=s, x_m=x, y_m=0.0, azimuth_deg=a, carrier_ghz=3.5)
        for s, x in (("A", -200.0), ("B", 200.0))
        for a in (30.0, 150.0, 270.0)
    ]
    return WorldPlan(
        name="pair",
        inventory=plan_inventory(rows, None, 0),
        density=Density.uniform((-400.0, 400.0), (-300.0, 300.0)),
        users=40,
    )


@pytest.mark.slow
def test_the_stand_in_loses_no_byte():
    facts = public_facts(two_sites(), 0)
    stand_in = stand_in_for(facts, 0, 8 * HOUR_S, 1, Secrets(), tempo="slot")
    before = stand_in.queued_byte(0)
    for _ in range(2):
        stand_in.advance(1, PERIOD_S)
        period, engine = stand_in.lived(0), stand_in.pace.engine
        assert period is not None and engine is not None
        books, after = period.books, stand_in.queued_byte(0)
        for way, was, now in zip(("down", "up"), before, after, strict=True):
            offered, dropped, delivered, lost = (
                int(books[f"{way}.{part}_byte"].sum())
                for part in ("offered", "dropped", "delivered", "lost")
            )
            assert delivered > 100_000
            # Flow by flow the same, and every family has somebody.
            for part in ("offered", "dropped", "delivered", "lost"):
                of_flows = int(books[f"of_{way}.{part}_byte"].sum())
                assert of_flows == int(books[f"{way}.{part}_byte"].sum())
            families = by_family(books, engine.mix, way)
            assert sum(each.users for each in families.values()) == 40
            assert all(
                0.0 < each.mean_delay_ms < 10_000.0 for each in families.values()
            )
            assert offered - dropped - delivered - lost == now - was, way
        # What is told outside is what was delivered, within a kilobit a cell.
        told_kbit = measured(books, frame_of(engine))["DRB.PdcpSduVolumeDL"]
        ledger_kbit = 8 * books["down.delivered_byte"] / BIT_PER_KBIT
        assert np.abs(told_kbit - ledger_kbit).max() < 1.0
        before = after
