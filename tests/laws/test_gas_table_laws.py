"""Is the table of gas, which links look up, as good as the lines it stands for?"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.radio.attenuation import Gas, GasTable
from gemel.radio.attenuation.coefficients import column

STATED = 1e-3  # relative, for all air that is not refused
AT_SEA_LEVEL = 1e-4  # of the standard atmosphere


def carriers() -> np.ndarray:
    """Between the grid's points, everywhere, and close to every line's centre."""
    anywhere = np.arange(1.0125, 1_000.0, 0.1125)  # visits every part of a step
    centres = [column(f"{gas}_lines.csv", "f0") for gas in ("oxygen", "vapour")]
    centre = np.concatenate(centres)
    centre = centre[centre < 999.0]
    near = [centre + offset for offset in np.linspace(-1.0, 1.0, 41)]
    return np.concatenate([anywhere, *near]).astype(np.float32)


CARRIERS_GHZ = carriers()


@jax.jit
def by_lines(dry_hpa, temperature_k, vapour_g_m3):
    def one(carrier_ghz):
        return Gas(carrier_ghz, dry_hpa, temperature_k, vapour_g_m3).attenuation()

    return jax.vmap(one)(jnp.asarray(CARRIERS_GHZ))


@jax.jit
def by_table(table):
    return jax.vmap(table.at)(jnp.asarray(CARRIERS_GHZ))


def worst(dry_hpa, temperature_k, vapour_g_m3):
    looked_up = np.asarray(by_table(GasTable.of(dry_hpa, temperature_k, vapour_g_m3)))
    air = map(jnp.asarray, (dry_hpa, temperature_k, vapour_g_m3))
    return np.abs(looked_up / np.asarray(by_lines(*air)) - 1.0).max()


def test_standard_air_is_looked_up_within_the_stated_error():
    assert worst(1013.25, 288.15, 7.5) < AT_SEA_LEVEL


@settings(max_examples=8)
@given(
    dry_hpa=st.floats(500.0, 1_100.0, width=32),
    temperature_k=st.floats(150.0, 500.0, width=32),
    vapour_g_m3=st.floats(0.0, 100.0, width=32),
)
def test_dense_air_is_looked_up_within_the_stated_error(
    dry_hpa, temperature_k, vapour_g_m3
):
    assert worst(dry_hpa, temperature_k, vapour_g_m3) < STATED


def test_thin_air_is_refused_in_one_line():
    for air in ((499.0, 250.0, 1.0), (1_013.25, 20.0, 7.5), (1_013.25, 288.15, -1.0)):
        with pytest.raises(ScenarioError) as caught:
            GasTable.of(*air)
        assert "\n" not in str(caught.value) and str(air[0]) in str(caught.value)


def test_beyond_its_ends_the_table_says_so_and_holds_on():
    table = GasTable.of()
    for beyond_ghz, end_ghz in ((0.5, 1.0), (2_000.0, 1_000.0)):
        assert not bool(table.valid(jnp.asarray(beyond_ghz)))
        assert bool(table.valid(jnp.asarray(end_ghz)))
        outside, at_end = (table.at(jnp.asarray(f)) for f in (beyond_ghz, end_ghz))
        assert float(outside) == float(at_end)


def test_a_table_has_a_slope_where_its_lines_have_one():
    table = GasTable.of()
    carrier_ghz = jnp.asarray(22.0)  # on the flank of the water line at 22.235 GHz
    looked_up = jax.jit(jax.grad(table.at))(carrier_ghz)
    exact = jax.jit(jax.grad(lambda f: Gas(f).attenuation()))(carrier_ghz)
    # A straight line between two points has the slope of its middle.
    assert float(looked_up) == pytest.approx(float(exact), rel=0.1)
