"""Does the L3 filter follow a step as the geometric series of TS 38.331 says?

F(n) = (1 - a) F(n-1) + a M(n), a = 1 / 2^(k/4) (clause 5.5.3.2): after a step from
F to M the distance left is (1 - a) to the number of measurement periods that passed.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.mobility import usual_rules
from gemel.emulator.mobility.l3_filter import filtered
from gemel.network.cells import cells_of
from gemel.scenarios.hexagons import hexagons

BEFORE_DBM, AFTER_DBM = -100.0, -80.0
ROUNDING_DB = 2e-3  # a hundred float32 steps of numbers near 100: 100 × 8e-6, doubled
CELL = jnp.zeros((1, 1), jnp.int32)
LUCK = jnp.full(1, 0.3)


def rules_with(**values):
    rules = usual_rules(cells_of(hexagons(1, rings=1).inventory))
    return dataclasses.replace(
        rules, **{name: jnp.float32(value) for name, value in values.items()}
    )


@pytest.mark.parametrize("k", [0, 1, 4, 8, 19])
@pytest.mark.parametrize("tick_ms", [40, 100, 200])
def test_a_step_is_followed_as_the_series_says(k, tick_ms):
    rules = rules_with(filter_coefficient=k)
    level_dbm, seen = jnp.full((1, 1), BEFORE_DBM), []
    for _ in range(100):
        level_dbm = filtered(
            rules, level_dbm, jnp.full((1, 1), AFTER_DBM), CELL, LUCK, tick_ms
        )
        seen.append(float(level_dbm[0, 0]))
    periods = np.arange(1, 101) * tick_ms / 200.0
    left = (1.0 - 2.0 ** (-k / 4)) ** periods
    expected_dbm = AFTER_DBM + (BEFORE_DBM - AFTER_DBM) * left
    assert np.abs(np.array(seen) - expected_dbm).max() < ROUNDING_DB


@pytest.mark.parametrize("tick_ms", [40, 100, 200])
def test_filtered_errors_have_the_spread_of_the_series(tick_ms):
    """Independent errors s: the filtered ones have s² a / (2 - a), at any tick."""
    rules = rules_with(filter_coefficient=4, measurement_error_db=1.22)
    users, steps = 400, 60
    rng = np.random.default_rng(tick_ms)
    true_dbm = jnp.full((1, users), AFTER_DBM)
    level_dbm, seen = true_dbm, []
    for step in range(steps):
        luck = jnp.asarray(rng.random(users), jnp.float32)
        cell = jnp.zeros((1, users), jnp.int32)
        level_dbm = filtered(rules, level_dbm, true_dbm, cell, luck, tick_ms)
        # Twenty steps of 40 ms leave 6 % of what the beginning knew.
        if step >= 20:
            seen.append(np.asarray(level_dbm[0]))
    errors_db = np.stack(seen) - AFTER_DBM
    expected_db = 1.22 * (0.5 / 1.5) ** 0.5
    # 16,000 errors, of which neighbours in time are alike: about 3,000 free ones, so
    # the spread is known to 1.3 % and the mean to 0.013 dB; three times that.
    assert errors_db.std() == pytest.approx(expected_db, rel=0.04)
    assert abs(errors_db.mean()) < 0.04
