"""Is the effective ground of UMa drawn as 3GPP TR 38.901, table 7.4.1-1, note 1 says?

Every expected number was computed by hand from the note, quoted beside it.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.radio.link import Link
from gemel.radio.propagation.uma import UrbanMacro

DRAWS = 100_000
SHARES = 1e-4  # expected shares have five decimals; even draws miss by 1 / DRAWS each


def drawn(distance_2d_m, user_height_m):
    """Every height that comes up, and how often, over draws spread evenly over 0..1."""
    uniform = jnp.asarray((np.arange(DRAWS) + 0.5) / DRAWS, jnp.float32)
    heights_m = jax.vmap(UrbanMacro().effective_ground_m, (None, None, 0))(
        jnp.asarray(distance_2d_m), jnp.asarray(user_height_m), uniform
    )
    values, counts = np.unique(np.asarray(heights_m), return_counts=True)
    return dict(zip(values.tolist(), (counts / DRAWS).tolist(), strict=True))


@pytest.mark.parametrize(
    ("distance_2d_m", "user_height_m", "expected"),
    [
        # C(d, h) = 0 below 13 m, and where d is up to 18 m: always 1 m
        (300.0, 1.5, {1.0: 1.0}),
        (300.0, 12.9, {1.0: 1.0}),
        (18.0, 22.5, {1.0: 1.0}),
        # C = ((h - 13) / 10)^1.5 · 5/4 · (d / 100)³ · exp(-d / 150)
        # 300 m, 13.5 m: 0.011180 · 4.56757 = 0.051067; 1 / (1 + C) = 0.95141; 12 m
        (300.0, 13.5, {1.0: 0.95141, 12.0: 0.04859}),
        # 300 m, 16.5 m: 0.207063 · 4.56757 = 0.945774; 0.51393; 12 and 15 m
        (300.0, 16.5, {1.0: 0.51393, 12.0: 0.24303, 15.0: 0.24303}),
        # 300 m, 22.5 m: 0.925945 · 4.56757 = 4.229319; 0.19123; 12, 15, 18 and 21 m
        (
            300.0,
            22.5,
            {1.0: 0.19123, 12.0: 0.20219, 15.0: 0.20219, 18.0: 0.20219, 21.0: 0.20219},
        ),
        # 1 km, 19 m: 0.464758 · 1.590791 = 0.739333; 0.57493; 12 and 15 m, for 18 m is
        # less than 1.5 m below the user
        (1_000.0, 19.0, {1.0: 0.57493, 12.0: 0.21253, 15.0: 0.21253}),
        # 13.4 m: 12 m is not up to 1.5 m below the user: nothing to choose from
        (300.0, 13.4, {1.0: 1.0}),
    ],
)
def test_effective_ground_is_drawn_as_in_note_1(distance_2d_m, user_height_m, expected):
    found = drawn(distance_2d_m, user_height_m)
    assert found == pytest.approx(expected, abs=SHARES)


def test_a_drawn_ground_moves_the_breakpoint_of_the_link():
    # d'_BP = 4 · (25 - 12) · (16.5 - 12) · 3.5e9 / 3e8 = 2730 m, and 17,360 m from 1 m.
    # PL2 = 28 + 40 lg 4000.009 + 20 lg 3.5 - 9 lg(2730² + 8.5²)
    #     = 28 + 144.082 + 10.881 - 61.851 = 121.113 dB
    link = Link.between(
        jnp.array([4_000.0, 0.0, 16.5]),
        jnp.array([0.0, 0.0, 25.0]),
        jnp.asarray(3.5),
        jnp.asarray(True),
        effective_ground_m=jnp.asarray(12.0),
    )
    assert float(UrbanMacro().loss_db(link)) == pytest.approx(
        121.113,
        abs=1e-3,  # the decimals written above
    )
