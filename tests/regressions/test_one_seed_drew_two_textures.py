"""Does a seed draw one texture, wherever in memory it happens to be drawn?

The same process drew two that differed in the last digit, by chance, so that two days
of one seed were alike but not equal.
"""

import numpy as np

from gemel.radio.shadowing import correlated_field


def test_one_seed_draws_one_texture():
    rng = np.random.default_rng(0)
    drawn, kept = set(), []
    for _ in range(12):
        # Odd sizes in between, so that the next arrays come to lie elsewhere.
        kept.append(np.empty(rng.integers(1, 1_000_000), np.uint8))
        drawn.add(np.asarray(correlated_field(5).texture).tobytes())
    assert len(drawn) == 1
