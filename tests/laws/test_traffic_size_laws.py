"""Do drawn sizes keep their bounds and the mean that their family promises?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.emulator.traffic.luck import seed_of, shares, whole
from gemel.emulator.traffic.sizes import LogNormal, Normal, Pareto
from gemel.errors import ScenarioError

SIZES = {
    "lognormal": LogNormal(mean=10_000.0, std=25_000.0, low=100.0, high=2e6),
    "heavy": LogNormal(mean=8_000.0, std=120_000.0, low=50.0, high=2e6),
    "gaussian": Normal(mean=1.0, std=0.1, low=0.5, high=1.5),
    "pareto": Pareto(shape=1.1, scale=2.0, high=55.0),
}
BOUNDS = {
    "lognormal": (100.0, 2e6),
    "heavy": (50.0, 2e6),
    "gaussian": (0.5, 1.5),
    "pareto": (0.0, 53.0),
}
MIDDLES = (np.arange(1 << 20) + 0.5) / (1 << 20)  # of equal parts of all luck


@pytest.mark.parametrize("name", SIZES)
@given(one=st.floats(0.0, 1.0 - 2.0**-24), other=st.floats(0.0, 1.0 - 2.0**-24))
def test_more_luck_is_more_and_within_bounds(name, one, other):
    low, high = BOUNDS[name]
    drawn = SIZES[name].draw(jnp.asarray([min(one, other), max(one, other)]))
    small, large = np.asarray(drawn, float)
    # float32 carries seven digits.
    assert low * (1 - 1e-6) <= small and large <= high * (1 + 1e-6)
    assert small <= large * (1 + 1e-5) + 1e-6


@pytest.mark.parametrize("name", SIZES)
def test_the_closed_form_is_the_mean_of_what_is_drawn(name):
    size = SIZES[name]
    drawn = np.asarray(size.draw(jnp.asarray(MIDDLES, jnp.float32)), float).mean()
    expected = size.mean_inside if isinstance(size, LogNormal) else size.mean
    # A million parts leave out what the last of them holds of the heaviest tail.
    assert drawn == pytest.approx(expected, rel=1e-3)


@given(amount=st.floats(0.0, 1_000.0))
def test_rounding_keeps_the_mean(amount):
    amount = float(np.float32(amount))
    luck = jnp.asarray(np.linspace(0.0, 1.0, 1_000, endpoint=False), jnp.float32)
    rounded = np.asarray(whole(jnp.full(1_000, amount, jnp.float32), luck))
    assert abs(rounded - amount).max() <= 1.0
    # A thousand steps of luck, and 1e-4 of float32 at a thousand.
    assert rounded.mean() == pytest.approx(amount, abs=1.2e-3)


def test_luck_is_even_and_of_its_own_for_every_purpose():
    seed = seed_of(jax.random.key(0))
    drawn = np.asarray(shares(seed, 8, 4_000, 16))
    assert drawn.min() >= 0.0 and drawn.max() < 1.0
    parts = np.histogram(drawn, 64, (0.0, 1.0))[0]
    expected = drawn.size / 64
    # Chi square of 63 degrees: mean 63, deviation 11; five of them.
    assert ((parts - expected) ** 2 / expected).sum() < 63 + 5 * 11.2
    for other in (
        np.asarray(shares(seed, 9, 4_000, 16)),
        np.asarray(shares(seed_of(jax.random.key(1)), 8, 4_000, 16)),
        np.roll(drawn, 1, axis=1),
        np.roll(drawn, 1, axis=0),
    ):
        # Of 64,000 independent pairs the correlation has the deviation 0.004.
        assert abs(np.corrcoef(drawn.ravel(), other.ravel())[0, 1]) < 0.02


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: LogNormal(10.0, 1.0, 0.0, 5.0),
        lambda: LogNormal(10.0, -1.0, 1.0, 5.0),
        lambda: Normal(1.0, 0.1, 2.0, 3.0),
        lambda: Pareto(1.0, 2.0, 55.0),
        lambda: Pareto(1.1, 60.0, 55.0),
    ],
)
def test_impossible_sizes_are_refused(wrong):
    with pytest.raises(ScenarioError, match="cannot be"):
        wrong()
