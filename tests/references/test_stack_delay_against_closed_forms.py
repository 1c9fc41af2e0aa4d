"""Does the simulated stack take as long as one can work out by hand?

By hand: symbols of 30 kHz FDD are counted along the clauses of TS 38.214 that
`processing` names; attempts with a constant error rate are a geometric series.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import gammainc

from gemel.emulator.stack import PROFILES, Air, carry, compose, flow_named
from gemel.emulator.stack.fading import GRID_DB, power_shares, waves
from gemel.emulator.stack.in_order import NEVER
from gemel.emulator.stack.machine import machine
from gemel.emulator.stack.occasions import TICKS
from gemel.emulator.stack.packets import one_chunk
from gemel.emulator.stack.profiles import (
    function_named,
    with_function,
    without_function,
)
from gemel.emulator.stack.tally import poisson_limits

CONTROL = flow_named("control")
CALM = Air(fading="none", sinr_db=30.0, load=0.0)
DOWN = Air(fading="none", sinr_db=30.0, load=0.0, direction="dl")
CIPHER = 2 * 1 / TICKS  # 100 byte take 1 us at each end: less than a tick, so a tick
ROUNDED = 0.01  # symbols: float32 may put an arrival into the tick before
PACKETS = 100  # of a series


def delays(made, times=1):
    """One series, or more, in every tick of the period: the phase leaves no chance."""
    series = times * made.calendar.data.first.shape[0] * TICKS
    chunk = one_chunk(made, jax.random.key(3), series)
    return np.asarray(chunk.delay), chunk


def with_constant_error(made, error):
    """Every attempt fails with this probability, whatever came before."""
    attempts = made.failures.log_failing.shape[0]
    rate = jnp.log(error) * jnp.arange(1, attempts + 1, dtype=jnp.float32)
    table = jnp.broadcast_to(rate[:, None], made.failures.log_failing.shape)
    return eqx.tree_at(lambda one: one.failures.log_failing, made, table)


def mean_symbols(delay):
    return delay[delay < NEVER].mean() / TICKS


def test_downlink_waits_half_a_slot():
    """N2/2 = 6 to prepare, 14 to send, N1/2 = 5 to decode, and half of 14 to wait."""
    made, _ = machine(compose(PROFILES["lean"]), DOWN, CONTROL, PACKETS)
    delay, _ = delays(made)
    wait = 7.0 - 0.5 / TICKS
    assert mean_symbols(delay) == pytest.approx(6 + 14 + 5 + wait + CIPHER, abs=ROUNDED)
    assert delay.min() / TICKS == 6 + 14 + 5 + CIPHER


def test_uplink_asks_first():
    """Requests may be sent every 70 symbols, in symbol 13 of a slot. 1 to send, 5 to
    decode, 6 to prepare the grant, until 25: the next slot begins at 28. 1 for the
    grant, N2 = 12, until 41: the next begins at 42. 14 to send and 5 to decode: 61."""
    made, _ = machine(compose(PROFILES["lean"]), CALM, CONTROL, PACKETS)
    delay, _ = delays(made)
    wait = 35.0 - 0.5 / TICKS
    assert mean_symbols(delay) == pytest.approx(wait + 61 - 13 + CIPHER, abs=ROUNDED)
    assert delay.min() / TICKS == 48 + CIPHER


def test_instant_waits_for_its_own_occasion():
    """Kept blocks begin in symbols 0 and 8 of a slot, two repetitions of 2 symbols;
    N2/2 = 2.75 and N1/2 = 2.25 with capability 2."""
    made, _ = machine(compose(PROFILES["instant"]), CALM, CONTROL, PACKETS)
    delay, _ = delays(made)
    wait = (8 * 4 + 6 * 3) / 14 - 0.5 / TICKS
    by_hand = 2.75 + wait + 4 + 2.25 + CIPHER
    assert mean_symbols(delay) == pytest.approx(by_hand, abs=ROUNDED)


@pytest.mark.parametrize("error", [0.1, 0.4])
def test_harq_is_a_geometric_series(error):
    """A round trip is three slots: 14 to send, N1 = 10, answered in symbol 27, until
    28; 5 and 6 to read it and prepare, until 39: the next slot begins at 42."""
    made, _ = machine(compose(PROFILES["lean"]), DOWN, CONTROL, PACKETS)
    made = with_constant_error(made, error)
    delay, chunk = delays(made)
    count = delay.size
    lost = (delay >= NEVER).mean()
    # Five standard deviations of a binomial share.
    assert lost == pytest.approx(error**4, abs=5 * (error**4 / count) ** 0.5)
    expected = sum(error**n for n in range(4))
    assert float(chunk.attempts) / count == pytest.approx(expected, rel=0.01)
    arrived = np.array([error**n * (1 - error) for n in range(4)])
    more = (arrived * np.arange(4)).sum() / arrived.sum()
    by_hand = 6 + 14 + 5 + 7 - 0.5 / TICKS + CIPHER + 42 * more
    # Five standard deviations of the mean: a delay scatters by less than 42 symbols.
    assert mean_symbols(delay) == pytest.approx(by_hand, abs=5 * 42 / count**0.5)


def test_arq_starts_anew_after_its_timer():
    """With two attempts a round, what fails twice starts again 45 ms (1260 symbols)
    after the block was given away, which is the start of a slot again."""
    profile = with_function(
        without_function(PROFILES["classic"], "in_order"), function_named("harq=2")
    )
    made, _ = machine(compose(profile), DOWN, CONTROL, PACKETS)
    made = with_constant_error(made, 0.3)
    delay, chunk = delays(made)
    assert (delay < NEVER).all()  # 0.09 ** 9 is never seen
    more = float(chunk.firsts) / delay.size - 1
    # Rounds are geometric with 0.09; five standard deviations of their mean.
    assert more == pytest.approx(0.09 / 0.91, abs=5 * 0.33 / delay.size**0.5)
    # Prepared for 6 symbols after the timer, so one slot later than it: 1274. Within a
    # round that succeeds, the second attempt comes 42 later.
    by_hand = 6 + 14 + 5 + 7 - 0.5 / TICKS + CIPHER + 42 * 0.21 / 0.91 + 1274 * more
    assert mean_symbols(delay) == pytest.approx(by_hand, abs=5 * 42 / delay.size**0.5)


def test_load_lets_a_geometric_number_of_slots_pass():
    air = Air(fading="none", sinr_db=30.0, load=0.5, direction="dl")
    made, _ = machine(compose(PROFILES["lean"]), air, CONTROL, PACKETS)
    delay, _ = delays(made)
    by_hand = 6 + 14 + 5 + 7 - 0.5 / TICKS + CIPHER + 14 * 0.5 / (1 - 0.5)
    # Five standard deviations: the number of slots scatters by sqrt(0.5) / 0.5 = 1.41.
    close = 5 * 14 * 1.41 / delay.size**0.5
    assert mean_symbols(delay) == pytest.approx(by_hand, abs=close)


def test_the_bound_is_reached_where_nothing_disturbs():
    carried = carry(PROFILES["lean"], CONTROL, DOWN, 1, 0)
    assert carried.mean_ms.value == pytest.approx(carried.least_mean_ms, rel=1e-3)
    assert carried.tail_ms.value == pytest.approx(carried.least_tail_ms, rel=1e-3)


def test_headers_add_up():
    """IPv4 20 and UDP 8; SDAP 1, PDCP 3, RLC with an 18-bit number 3, MAC 2."""
    carried = carry(PROFILES["classic"], CONTROL, DOWN, 1, 0)
    assert carried.header_byte == 20 + 8 + 1 + 3 + 3 + 2
    assert carried.overhead == pytest.approx(37 / 137)


@pytest.mark.parametrize("branches", [1, 2, 4])
def test_outage_is_that_of_an_erlang_distribution(branches):
    """Rayleigh: the mean power of n branches is Erlang, P(n, n x)."""
    power = jnp.asarray([0.01, 0.1, 0.5, 1.0, 2.0], jnp.float32)
    exact = np.asarray(gammainc(jnp.float32(branches), branches * power))
    shares = np.cumsum(power_shares(branches, 0.0))
    tabled = np.interp(10 * np.log10(np.asarray(power)), GRID_DB + 0.025, shares)
    # Steps of 0.05 dB, and the incomplete gamma function in float32.
    assert tabled == pytest.approx(exact, rel=2e-3)
    wave = waves(
        jax.random.key(0), branches, 2_000, jnp.float32(50.0), jnp.float32(0.0)
    )
    at_ms = jnp.broadcast_to(jnp.arange(50.0)[:, None] * 40.0, (50, 2_000))
    drawn = np.asarray(jax.vmap(wave.power)(at_ms))
    seen = np.array([(drawn < one).mean() for one in np.asarray(power)])
    # Six oscillators are nearly Gaussian: a tenth of the outage; and five standard
    # deviations of 100,000 draws.
    assert (np.abs(seen - exact) <= 0.1 * exact + 5 * np.sqrt(exact / 1e5)).all()


def test_rician_fades_less():
    k_factor = jnp.float32(5.0)
    wave = waves(jax.random.key(0), 1, 4_000, jnp.float32(50.0), k_factor)
    at_ms = jnp.broadcast_to(jnp.arange(25.0)[:, None] * 40.0, (25, 4_000))
    drawn = np.asarray(jax.vmap(wave.power)(at_ms))
    assert drawn.mean() == pytest.approx(1.0, abs=0.01)  # by definition
    # Variance of a Rician power: (1 + 2 K) / (1 + K)^2.
    assert drawn.var() == pytest.approx(11 / 36, rel=0.05)
    shares = power_shares(1, 5.0)
    ratio = 10 ** (GRID_DB / 10)
    assert (shares * ratio).sum() == pytest.approx(1.0, rel=1e-3)
    assert (shares * (ratio - 1) ** 2).sum() == pytest.approx(11 / 36, rel=1e-2)


def test_attempts_fade_alike_as_clarke_says():
    """The powers of a Rayleigh link correlate by J0(2 pi f t)²."""
    wave = waves(jax.random.key(1), 1, 40_000, jnp.float32(10.0), jnp.float32(0.0))
    for apart_ms in (2.0, 10.0, 38.3):
        at_ms = jnp.broadcast_to(jnp.asarray([[0.0], [apart_ms]]), (2, 40_000))
        one, two = np.asarray(jax.vmap(wave.power)(at_ms))
        angle = 2 * np.pi * 10.0 * apart_ms * 1e-3
        turn = (np.arange(64) + 0.5) * np.pi / 64
        bessel = np.cos(angle * np.sin(turn)).mean()
        # Sums of few oscillators have lighter tails; chance is 5 / sqrt(40,000).
        assert np.corrcoef(one, two)[0, 1] == pytest.approx(bessel**2, abs=0.1)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.390), (100, 81.36, 121.63)],
)
def test_intervals_of_counts_are_garwoods(count, low, high):
    """Garwood, Biometrika 28, 1936, 95 %: as tabled in every handbook."""
    assert poisson_limits(count) == pytest.approx((low, high), rel=1e-3, abs=1e-3)
