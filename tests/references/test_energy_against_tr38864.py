"""Does a radio unit draw what 3GPP TR 38.864 (V18.1.0) says, in its relative units?

Every expected number was computed by hand from these tables, category 1:

    5.1-3  relative power     deep P1   micro P3   downlink P4   uplink P5
           set 1 (TDD, 64 TxRU)     1         55           280         110
           set 2 (FDD, 32 TxRU)     1         50           200          90
    5.1-5  deep sleep, down and up together: 1,000 (relative power x ms)

and from P_DL = P3 + s_a (P4 - P3) [A + (s_f s_p / eta) (1 - A)], A = 0.4, eta = 0.76
where s_f s_p < 0.5 and 1 elsewhere, with 7 % of the symbols for the broadcast on 20
blocks. What a unit is in watts is no matter of the report and divided out.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.network.carriers import carriers_of
from gemel.network.energy import power_w, transition_j
from gemel.world.inventory import PlannedCell

# Expected numbers are written with three decimals, computed in float32 near 200.
DECIMALS = 1e-3

# (GHz, MHz) -> P1, P3, P4, P5 of table 5.1-3
TABLE = {
    (0.7, 5.0): (1.0, 50.0, 200.0, 90.0),
    (0.7, 10.0): (1.0, 50.0, 200.0, 90.0),
    (2.1, 20.0): (1.0, 50.0, 200.0, 90.0),
    (3.5, 100.0): (1.0, 55.0, 280.0, 110.0),
}
KEYS = list(TABLE)


def carriers():
    return carriers_of(
        tuple(
            PlannedCell(f"{ghz}-{mhz}", "S", 0.0, 0.0, 25.0, 0.0, 5.0, 49.0, ghz, mhz)
            for ghz, mhz in KEYS
        )
    )


drawn_w = jax.jit(power_w)


def units(load, awake: bool = True) -> np.ndarray:
    """Relative power of the four carriers at a load."""
    radio = carriers()
    loads, states = jnp.full(4, load, jnp.float32), jnp.full(4, awake)
    return np.asarray(drawn_w(radio, loads, states) / radio.watts_per_unit)


@pytest.mark.parametrize(
    ("ghz", "mhz", "load", "expected"),
    [
        # 20 of 25 blocks: s_f = 0.8, eta = 1, bracket 0.4 + 0.6 · 0.8 = 0.88
        (0.7, 5.0, 0.0, 50 + 150 * 0.07 * 0.88),
        # 20 of 52: 0.38462 / 0.76 = 0.50607, bracket 0.70364
        (0.7, 10.0, 0.0, 50 + 150 * 0.07 * 0.703644),
        (0.7, 10.0, 0.5, 50 + 150 * (0.07 * 0.703644 + 0.93 * 0.5)),
        (0.7, 10.0, 1.0, 50 + 150 * (0.07 * 0.703644 + 0.93)),
        # 20 of 106: 0.18868 / 0.76 = 0.24826, bracket 0.54896
        (2.1, 20.0, 0.0, 50 + 150 * 0.07 * 0.548957),
        # 20 of 273: 0.07326 / 0.76 = 0.09640, bracket 0.45784; 3 of 4 symbols go down
        (3.5, 100.0, 0.0, 55 + 0.75 * 225 * 0.07 * 0.457837),
        # the fourth symbol receives at the same load: 0.25 · 0.4 · (110 - 55)
        (3.5, 100.0, 0.4, 55 + 0.75 * 225 * (0.07 * 0.457837 + 0.93 * 0.4) + 5.5),
        (3.5, 100.0, 1.0, 55 + 0.75 * 225 * (0.07 * 0.457837 + 0.93) + 13.75),
    ],
)
def test_power_awake(ghz, mhz, load, expected):
    found = units(load)[KEYS.index((ghz, mhz))]
    assert float(found) == pytest.approx(expected, abs=DECIMALS)


@pytest.mark.parametrize("load", [0.0, 0.3, 1.0])
def test_sleep_is_deep_sleep_whatever_the_load(load):
    expected = [TABLE[key][0] for key in KEYS]
    assert units(load, awake=False) == pytest.approx(expected, abs=DECIMALS)


def test_a_round_trip_to_deep_sleep_costs_a_thousand_units_for_a_millisecond():
    radio = carriers()
    unit_s = np.asarray(transition_j(radio) / radio.watts_per_unit)
    assert unit_s == pytest.approx([1_000.0 * 1e-3] * 4, abs=DECIMALS)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_power_rises_with_load_between_micro_sleep_and_full_power(one, other):
    less, more = sorted((one, other))
    low, high = units(less), units(more)
    assert (low <= high + DECIMALS).all()
    if more - less > 1e-3:
        assert (low < high).all()
    for at, (deep, micro, down, _) in enumerate(TABLE[key] for key in KEYS):
        assert deep < micro < low[at]
        assert high[at] < down
