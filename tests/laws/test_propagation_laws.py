"""Which laws does every path loss obey, whatever its formula?"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.radio.link import Link
from gemel.radio.propagation import PATH_LOSSES, IndoorOffice, UrbanMacro

# Where each table holds: 2-D distance, heights of base and user, carrier.
RANGES = {
    "uma": ((10.0, 5_000.0), (25.0, 25.0), (1.5, 22.5), (0.5, 100.0)),
    "umi": ((10.0, 5_000.0), (10.0, 10.0), (1.5, 22.5), (0.5, 100.0)),
    "rma": ((10.0, 5_000.0), (10.0, 150.0), (1.0, 10.0), (0.5, 30.0)),
    "inh": ((1.0, 149.0), (3.0, 3.0), (1.0, 1.5), (0.5, 100.0)),
}
# Two float32 losses near 200 dB differ by rounding alone by up to 2 ulp = 3e-5 dB;
# a handful of such sums stand behind each.
ROUNDING_DB = 2e-4
OPEN_OFFICE_STEP = 0.54 - np.exp(-44 / 70.8)  # 0.003: table 7.4.2-1 jumps up at 49 m

fraction = st.floats(0.0, 1.0, width=32)
every = pytest.mark.parametrize("name", PATH_LOSSES)


def single(number: float) -> float:
    """The nearest number that float32 knows, so that both precisions start alike."""
    return float(np.float32(number))


def within(name: str, fractions: tuple[float, ...]) -> tuple[float, ...]:
    """Distance, heights and carrier at these fractions of their ranges."""
    places = []
    for (low, high), part in zip(RANGES[name], fractions, strict=True):
        place = low * (high / low) ** part  # as many short links as long ones
        places.append(single(np.clip(place, low, high)))
    return tuple(places)


def link_at(places, line_of_sight: bool) -> Link:
    return Link(*map(jnp.asarray, (*places, line_of_sight)))


@functools.cache
def jitted(name: str, method: str):
    return eqx.filter_jit(getattr(PATH_LOSSES[name](), method))


def loss_db(name: str, places, line_of_sight: bool) -> float:
    return float(jitted(name, "loss_db")(link_at(places, line_of_sight)))


@every
@given(fractions=st.tuples(fraction, fraction, fraction, fraction), seen=st.booleans())
def test_farther_is_never_louder(name, fractions, seen):
    distance_m, *rest = within(name, fractions)
    nearer_m = single(max(0.9 * distance_m, RANGES[name][0][0]))
    farther_db = loss_db(name, (distance_m, *rest), seen)
    assert farther_db >= loss_db(name, (nearer_m, *rest), seen) - ROUNDING_DB


@every
@given(fractions=st.tuples(fraction, fraction, fraction))
def test_nothing_jumps_down_where_the_slope_turns(name, fractions):
    _, *rest = within(name, (0.0, *fractions))
    low_m, high_m = RANGES[name][0]
    distance_m = jnp.geomspace(low_m, high_m, 2_001)

    def seen_db(distance_m):
        return PATH_LOSSES[name]().loss_db(link_at((distance_m, *rest), True))

    steps_db = jnp.diff(jax.jit(jax.vmap(seen_db))(distance_m))
    assert float(steps_db.min()) >= -ROUNDING_DB


@every
@given(
    distance_m=st.floats(0.0, 1e5, width=32) | st.floats(0.0, 20.0, width=32),
    fractions=st.tuples(fraction, fraction, fraction),
)
def test_hidden_users_lose_at_least_as_much(name, distance_m, fractions):
    # Every row takes max(PL_LOS, PL'_NLOS); in some it matters out of range only.
    places = (single(distance_m), *within(name, (0.0, *fractions))[1:])
    assert loss_db(name, places, False) >= loss_db(name, places, True) - ROUNDING_DB


@every
@given(fractions=st.tuples(fraction, fraction, fraction, fraction), seen=st.booleans())
def test_the_table_holds_within_its_ranges(name, fractions, seen):
    assert bool(jitted(name, "valid")(link_at(within(name, fractions), seen)))


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("uma", (9.9, 25.0, 1.5, 3.5)),  # 10 m
        ("uma", (5_001.0, 25.0, 1.5, 3.5)),  # 5 km
        ("uma", (100.0, 25.0, 1.4, 3.5)),  # users from 1.5 m
        ("uma", (100.0, 25.0, 22.6, 3.5)),  # to 22.5 m
        ("uma", (100.0, 0.5, 1.5, 3.5)),  # a base below the effective ground
        ("umi", (9.9, 10.0, 1.5, 3.5)),
        ("umi", (5_001.0, 10.0, 1.5, 3.5)),
        ("umi", (100.0, 10.0, 1.5, 0.4)),  # 0.5 GHz
        ("umi", (100.0, 10.0, 1.5, 101.0)),  # 100 GHz
        ("rma", (9.9, 35.0, 1.5, 0.7)),
        ("rma", (5_001.0, 35.0, 1.5, 0.7)),  # hidden users: 5 km
        ("rma", (100.0, 9.9, 1.5, 0.7)),  # bases from 10 m
        ("rma", (100.0, 151.0, 1.5, 0.7)),  # to 150 m
        ("rma", (100.0, 35.0, 10.1, 0.7)),  # users to 10 m
        ("rma", (100.0, 35.0, 1.5, 31.0)),  # note 3: 30 GHz
        ("inh", (0.1, 1.6, 1.5, 5.0)),  # 3-D distance 1 m
        ("inh", (151.0, 3.0, 1.0, 5.0)),  # 150 m
        ("inh", (10.0, 3.0, 1.0, 101.0)),
    ],
)
def test_outside_the_table_says_so_and_stays_finite(name, places):
    places = tuple(single(place) for place in places)
    assert not bool(jitted(name, "valid")(link_at(places, False)))
    assert np.isfinite(loss_db(name, places, False))


def test_rural_users_in_sight_may_be_twice_as_far():
    link = link_at((single(9_999.0), *within("rma", (0.0, 0.5, 0.5, 0.0))[1:]), True)
    assert bool(jitted("rma", "valid")(link))


@every
@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("distance_m", [0.0, 1.0, 10.0, 300.0, 2e5])
def test_gradients_are_finite_everywhere(name, seen, distance_m):
    def loss_from(user_m, cell_m, carrier_ghz):
        link = Link.between(user_m, cell_m, carrier_ghz, jnp.asarray(seen))
        return PATH_LOSSES[name]().loss_db(link)

    for heights_m in [(25.0, 1.5), (1.0, 1.0), (0.0, 0.0)]:
        cell_m = jnp.array([0.0, 0.0, heights_m[0]])
        user_m = jnp.array([distance_m, 0.0, heights_m[1]])
        slopes = jax.grad(loss_from, argnums=(0, 1, 2))(
            user_m, cell_m, jnp.asarray(3.5)
        )
        assert all(bool(jnp.isfinite(slope).all()) for slope in slopes)


@every
@given(
    distance_m=st.floats(0.0, 20_000.0, width=32),
    user_height_m=st.floats(0.0, 40.0, width=32),
)
def test_line_of_sight_is_a_probability_that_fades(name, distance_m, user_height_m):
    probability = jitted(name, "line_of_sight_probability")
    height_m = jnp.asarray(single(user_height_m))
    near = float(probability(jnp.asarray(single(0.9 * distance_m)), height_m))
    far = float(probability(jnp.asarray(single(distance_m)), height_m))
    assert 0.0 <= far <= 1.0
    allowed = OPEN_OFFICE_STEP if name == "inh" else 0.0
    assert far <= near + allowed + 1e-6  # eight ulp of float32 near one


@every
def test_line_of_sight_has_finite_gradients(name):
    def slope(distance_m, user_height_m):
        probability = PATH_LOSSES[name]().line_of_sight_probability
        return jnp.stack(jax.grad(probability, (0, 1))(distance_m, user_height_m))

    distance_m, height_m = jnp.meshgrid(
        jnp.array([0.0, 1.2, 5.0, 10.0, 18.0, 49.0, 500.0, 1e5]),
        jnp.array([0.0, 1.5, 13.0, 13.01, 23.0, 50.0]),
    )
    assert bool(jnp.isfinite(jax.vmap(jax.vmap(slope))(distance_m, height_m)).all())


@every
@given(fractions=st.tuples(fraction, fraction, fraction, fraction), seen=st.booleans())
def test_float32_is_enough(name, fractions, seen):
    places = within(name, fractions)
    with jax.enable_x64(True):
        exact_db = float(PATH_LOSSES[name]().loss_db(link_at(places, seen)))
    # A hundredth of a dB is what TR 38.901 itself rounds its constants to.
    assert loss_db(name, places, seen) == pytest.approx(exact_db, abs=0.01)


@every
def test_shadows_are_wider_and_hidden_ones_no_narrower(name):
    sigma_db = jitted(name, "shadowing_sigma_db")
    places = within(name, (0.5, 0.5, 0.5, 0.5))
    seen_db = float(sigma_db(link_at(places, True)))
    assert 0.0 < seen_db <= float(sigma_db(link_at(places, False)))


def test_rural_shadow_widens_beyond_the_breakpoint():
    sigma_db = jitted("rma", "shadowing_sigma_db")
    # 700 MHz, 35 m over 1.5 m: d_BP = 769.7 m; table 7.4.1-1: 4 dB before, 6 dB after.
    before = link_at(tuple(map(single, (769.0, 35.0, 1.5, 0.7))), True)
    after = link_at(tuple(map(single, (770.5, 35.0, 1.5, 0.7))), True)
    assert (float(sigma_db(before)), float(sigma_db(after))) == (4.0, 6.0)


@pytest.mark.parametrize(
    ("name", "seen_m", "hidden_m"),
    # Table 7.5-6, "Correlation distance in the horizontal plane", SF.
    [("uma", 37, 50), ("umi", 10, 13), ("rma", 37, 120), ("inh", 10, 6)],
)
def test_correlation_distances_are_those_of_the_table(name, seen_m, hidden_m):
    correlation_m = jitted(name, "correlation_m")
    assert float(correlation_m(jnp.asarray(True))) == seen_m
    assert float(correlation_m(jnp.asarray(False))) == hidden_m


@pytest.mark.parametrize(
    ("name", "expected_m"),
    # Table 7.6.3.1-2, "Correlation distance for spatial consistency", LOS/NLOS state.
    [("uma", 50), ("umi", 50), ("rma", 60), ("inh", 10)],
)
def test_line_of_sight_changes_over_the_distance_of_the_table(name, expected_m):
    assert PATH_LOSSES[name].line_of_sight_correlation_m == expected_m


def test_higher_effective_ground_brings_the_breakpoint_nearer():
    link = Link(*map(jnp.asarray, (400.0, 25.0, 16.5, 0.7, True)))
    lifted = eqx.tree_at(lambda link: link.effective_ground_m, link, jnp.asarray(15.0))
    # d'_BP falls from 3,472 m to 140 m, so the lifted link is on the steep slope.
    assert float(UrbanMacro().loss_db(lifted)) > float(UrbanMacro().loss_db(link)) + 5.0


def test_moving_the_world_changes_no_link():
    user_m, cell_m = jnp.array([120.0, -40.0, 1.5]), jnp.array([0.0, 0.0, 25.0])
    away_m = jnp.array([512.0, 1_024.0, 0.0])  # exact in float32
    carrier_ghz, seen = jnp.asarray(3.5), jnp.asarray(True)
    here = Link.between(user_m, cell_m, carrier_ghz, seen)
    there = Link.between(user_m + away_m, cell_m + away_m, carrier_ghz, seen)
    assert eqx.tree_equal(here, there)


def test_offices_differ_in_line_of_sight_only():
    mixed, hall = IndoorOffice(open_office=False), IndoorOffice()
    link = Link(*map(jnp.asarray, (20.0, 3.0, 1.0, 5.0, False)))
    assert float(mixed.loss_db(link)) == float(hall.loss_db(link))
    distance_m, height_m = jnp.asarray(20.0), jnp.asarray(1.0)
    assert float(mixed.line_of_sight_probability(distance_m, height_m)) < float(
        hall.line_of_sight_probability(distance_m, height_m)
    )
