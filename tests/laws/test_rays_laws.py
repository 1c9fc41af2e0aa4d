"""Do the rays of every environment keep what holds for rays anywhere?"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.radio.small_scale import (
    ENVIRONMENTS,
    ClusterTable,
    Rays,
    Sight,
    cluster_table,
    draw_rays,
    expected_multipath_gain_db,
    isotropic_ports,
    multipath_gain_db,
)
from gemel.radio.small_scale.published import ray_offsets
from gemel.radio.small_scale.rays import ORDER_OF_PARTS

LINKS = 128
HEIGHTS_M = {"uma": 25.0, "umi": 10.0, "rma": 35.0, "inh": 3.0, "inf": 8.0}

vertical = isotropic_ports([0.0])
slanted_port = isotropic_ports([30.0])
upright = isotropic_ports([0.0, 90.0])


def lobe(zenith_deg, azimuth_deg):
    """A slanted antenna that looks somewhat down and north-east."""
    tilt_deg, turn_deg = zenith_deg - 100.0, azimuth_deg - 40.0
    turn_deg = turn_deg - 360.0 * jnp.round(turn_deg / 360.0)
    amplitude = jnp.exp(-((tilt_deg / 30.0) ** 2) - (turn_deg / 60.0) ** 2) + 0.03
    return amplitude * jnp.asarray([0.8, 0.6], amplitude.dtype)


def lobe_port(zenith_deg, azimuth_deg):
    return lobe(zenith_deg, azimuth_deg)[None]


def slanted(zenith_deg, azimuth_deg):
    return slanted_port(zenith_deg, azimuth_deg)[0]


@functools.cache
def lobe_turned(turn_deg: float):
    return lambda zenith_deg, azimuth_deg: lobe(zenith_deg, azimuth_deg - turn_deg)


def base(zenith_deg, azimuth_deg):
    return vertical(zenith_deg, azimuth_deg)[0]


def sights(environment: str, dtype=jnp.float32) -> Sight:
    """Links of all four states, near and far, all around."""
    draw = np.random.default_rng(1)
    away_m = 10.0 ** draw.uniform(0.5, 3.0, LINKS)
    around = draw.uniform(0.0, 2.0 * np.pi, LINKS)
    height_m = HEIGHTS_M[environment]
    offset_m = np.stack(
        [
            away_m * np.cos(around),
            away_m * np.sin(around),
            draw.uniform(1.5, 22.5, LINKS) - height_m,
        ],
        -1,
    )
    state = np.arange(LINKS) % 4
    carrier_ghz = draw.choice([0.7, 4.0, 30.0], LINKS)
    return jax.vmap(Sight.along)(
        jnp.asarray(offset_m, dtype),
        jnp.full(LINKS, height_m, dtype),
        jnp.asarray(carrier_ghz, dtype),
        jnp.asarray(state % 2 == 0),
        jnp.asarray(state >= 2),
    )


def normals(dtype=jnp.float32):
    return jax.random.normal(jax.random.key(2), (LINKS, 7), jnp.float32).astype(dtype)


def keys(seed: int = 5):
    return jax.random.split(jax.random.key(seed), LINKS)


def table_of(environment: str) -> ClusterTable:
    """All padded to one shape, so that the laws compile once."""
    return cluster_table(environment, most_clusters=25)


single = eqx.filter_jit(draw_rays)
many = eqx.filter_jit(jax.vmap(draw_rays, (None, 0, 0, 0)))


@functools.cache
def drawn(environment: str) -> Rays:
    table = table_of(environment)
    return many(table, sights(environment), normals(), keys())


def backwards(rays: Rays) -> Rays:
    return Rays(
        delay_s=rays.delay_s,
        power=rays.power,
        departure_zenith_deg=rays.arrival_zenith_deg,
        departure_azimuth_deg=rays.arrival_azimuth_deg,
        arrival_zenith_deg=rays.departure_zenith_deg,
        arrival_azimuth_deg=rays.departure_azimuth_deg,
        cross_power=rays.cross_power,
        phase_rad=rays.phase_rad[jnp.asarray([0, 2, 1, 3])],
        direct_power=rays.direct_power,
        direct_departure_zenith_deg=rays.direct_arrival_zenith_deg,
        direct_departure_azimuth_deg=rays.direct_arrival_azimuth_deg,
        direct_arrival_zenith_deg=rays.direct_departure_zenith_deg,
        direct_arrival_azimuth_deg=rays.direct_departure_azimuth_deg,
    )


@functools.partial(jax.jit, static_argnums=(1, 2, 3))
def gains(rays: Rays, gain_db, base_field, user_field):
    return jax.vmap(lambda one: gain_db(one, base_field, user_field))(rays)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_all_power_is_there_and_none_is_negative(environment):
    rays = drawn(environment)
    # 500 shares of float32.
    total = np.asarray(rays.power.sum((1, 2)) + rays.direct_power)
    assert total == pytest.approx(1.0, abs=1e-5)
    assert bool((rays.power >= 0.0).all())
    assert bool((rays.delay_s >= 0.0).all())
    assert bool((rays.cross_power > 0.0).all())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_direct_ray_is_there_where_one_sees_and_no_wall_is_between(environment):
    outdoors = environment not in ("inh", "inf")
    sight = sights(environment)
    straight = sight.line_of_sight & ~(sight.indoor & outdoors)
    assert ((drawn(environment).direct_power > 0.0) == straight).all()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_angles_are_angles(environment):
    rays = drawn(environment)
    for zenith_deg in (rays.departure_zenith_deg, rays.arrival_zenith_deg):
        assert bool(((zenith_deg >= 0.0) & (zenith_deg <= 180.0)).all())
    for azimuth_deg in (rays.departure_azimuth_deg, rays.arrival_azimuth_deg):
        assert bool((jnp.abs(azimuth_deg) <= 180.0).all())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_cluster_but_the_strong_ones_has_power_below_25_db(environment):
    rays = drawn(environment)
    clusters = np.asarray(rays.power[:, :, 0])
    strongest = clusters.max(axis=1, keepdims=True)
    weak = (clusters > 0.0) & (clusters < 0.999 * 10**-2.5 * strongest)
    assert not weak.any()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_offset_of_the_table_is_used_once_in_each_cluster(environment):
    """Departure azimuths keep the table's order, the others shuffle it."""
    rays = drawn(environment)
    # Compared as turns from the first ray, in units of the cluster's own spread; a
    # folded zenith is no turn any more, so azimuths of arrival alone.
    arrival = np.asarray(rays.arrival_azimuth_deg, float)
    turn = np.sort(np.unwrap(arrival, axis=-1, period=360.0), axis=-1)
    turn = turn - turn.mean(-1, keepdims=True)
    expected = np.sort(ray_offsets())
    width = turn[..., -1:] / expected[-1]
    # Of a spread of up to 22 degrees around up to 180, in float32.
    whole = np.ptp(turn, axis=-1) < 150.0
    assert whole.mean() > 0.9
    assert turn[whole] / width[whole] == pytest.approx(
        np.broadcast_to(expected, turn[whole].shape), abs=2e-4
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_parts_of_the_two_strongest_clusters_keep_their_rays(environment):
    """Within a part rays shuffle; no ray changes its part, in strong clusters alone."""
    rays = drawn(environment)
    arrival = np.asarray(rays.arrival_azimuth_deg, float)
    turn = np.unwrap(arrival, axis=-1, period=360.0)
    turn = turn - turn.mean(-1, keepdims=True)
    order = np.argsort(np.argsort(turn, axis=-1), axis=-1)  # which offset a ray has
    table = np.argsort(np.argsort(ray_offsets()))[list(ORDER_OF_PARTS)]
    first, second, third = (set(part) for part in np.split(table, [10, 16]))
    clusters = np.asarray(rays.power[..., 0])
    strength = np.argsort(np.argsort(-clusters, axis=-1), axis=-1)
    clear = np.ptp(turn, axis=-1) < 150.0

    def kept(one) -> bool:
        parts = np.split(one, [10, 16])
        return [set(part) for part in parts] == [first, second, third]

    assert all(kept(one) for one in order[clear & (strength < 2)])
    weaker = [kept(one) for one in order[clear & (strength >= 2)]]
    assert not any(weaker)  # one in 20! / (10! 6! 4!) = 38,798,760


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_isotropic_antennas_of_one_polarisation_gain_nothing(environment):
    pure = eqx.tree_at(
        lambda r: r.cross_power, drawn(environment), replace_fn=jnp.zeros_like
    )
    gain_db = gains(pure, multipath_gain_db, base, vertical)
    assert np.asarray(gain_db) == pytest.approx(0.0, abs=1e-4)  # 500 float32 shares


@pytest.mark.parametrize("gain_db", [multipath_gain_db, expected_multipath_gain_db])
def test_the_direct_ray_is_seen_in_a_mirror(gain_db):
    """Who faces somebody slanted to the right sees it slanted to the left."""
    bare = eqx.tree_at(
        lambda r: (r.power, r.direct_power),
        drawn("uma"),
        replace_fn=jnp.zeros_like,
    )
    alone = eqx.tree_at(lambda r: r.direct_power, bare, replace_fn=jnp.ones_like)
    left, right = isotropic_ports([-30.0]), isotropic_ports([60.0])
    assert np.asarray(gains(alone, gain_db, slanted, left)) == pytest.approx(
        0.0,
        abs=1e-5,  # float32
    )
    assert (np.asarray(gains(alone, gain_db, slanted, right)) < -100.0).all()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_two_ports_of_a_user_share_what_there_is(environment):
    """Theta and phi together hear what is kept and what is crossed."""
    rays = drawn(environment)
    scattered = np.asarray((rays.power * (1.0 + rays.cross_power)).sum((1, 2)), float)
    mean = 0.5 * (scattered + np.asarray(rays.direct_power))
    found_db = gains(rays, multipath_gain_db, base, upright)
    assert np.asarray(found_db) == pytest.approx(10 * np.log10(mean), abs=1e-4)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_phases_of_polarisation_change_no_expectation(environment):
    rays = drawn(environment)
    expected_db = np.asarray(gains(rays, expected_multipath_gain_db, lobe, upright))
    one_db = np.asarray(gains(rays, multipath_gain_db, lobe, upright))
    # Some 50 rays matter, each off by sqrt(2 XPR): 0.1 to 0.5 dB a link, 128 links.
    assert np.std(one_db - expected_db) < 0.6
    assert np.mean(one_db - expected_db) == pytest.approx(0.0, abs=4 * 0.5 / 128**0.5)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_reciprocity(environment):
    """Who sends and who receives changes nothing: all rays run backwards."""
    rays = drawn(environment)
    back = jax.vmap(backwards)(rays)
    for gain_db in (multipath_gain_db, expected_multipath_gain_db):
        there_db = gains(rays, gain_db, lobe, slanted_port)
        here_db = gains(back, gain_db, slanted, lobe_port)
        assert np.asarray(there_db) == pytest.approx(np.asarray(here_db), abs=1e-3)


@pytest.mark.parametrize("turn_deg", [37.0, -160.0])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_turning_the_whole_world_changes_nothing(environment, turn_deg):
    sight = sights(environment)
    turned = eqx.tree_at(lambda s: s.azimuth_deg, sight, sight.azimuth_deg + turn_deg)
    rays = many(table_of(environment), turned, normals(), keys())

    expected_db = gains(drawn(environment), multipath_gain_db, lobe, upright)
    found_db = gains(rays, multipath_gain_db, lobe_turned(turn_deg), upright)
    # Azimuths in float32 are good to 3e-5 degrees; the steepest lobe has 1 dB a degree.
    assert np.asarray(found_db) == pytest.approx(np.asarray(expected_db), abs=5e-3)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_state_is_a_number_not_a_shape(environment):
    """One link at a time finds what many at once found."""
    sight = sights(environment)
    for link in range(4):
        one_sight, one_normals, together = jax.tree.map(
            lambda leaf, link=link: leaf[link], (sight, normals(), drawn(environment))
        )
        alone = single(table_of(environment), one_sight, one_normals, keys()[link])
        for found, expected in zip(
            jax.tree.leaves(alone), jax.tree.leaves(together), strict=True
        ):
            # Compiled apart, sums differ in the last digits.
            assert np.allclose(found, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_float32_is_as_good_as_float64(environment):
    single_db = gains(drawn(environment), multipath_gain_db, lobe, upright)
    with jax.enable_x64(True):
        double = many(
            table_of(environment),
            sights(environment, jnp.float64),
            normals(jnp.float64),
            keys(),
        )
        assert double.power.dtype == jnp.float64
        double_db = gains(double, multipath_gain_db, lobe, upright)
    # The stated bound: 0.01 dB. Cutting at 25 dB may go either way, and then a cluster
    # of 0.3 % is more or less there: 0.05 dB for one link in fifty.
    apart_db = np.abs(np.asarray(single_db, float) - np.asarray(double_db))
    assert np.quantile(apart_db, 0.98) < 0.01
    assert apart_db.max() < 0.1


def test_the_same_key_finds_the_same_rays_and_another_key_others():
    table, sight = table_of("umi"), sights("umi")
    again = many(table, sight, normals(), keys())
    other = many(table, sight, normals(), keys(6))
    assert bool((again.phase_rad == drawn("umi").phase_rad).all())
    assert not bool((other.phase_rad == again.phase_rad).any())


@given(
    away_m=st.floats(0.0, 30_000.0, width=32),
    height_m=st.floats(0.0, 200.0, width=32),
    carrier_ghz=st.floats(0.5, 100.0, width=32),
    state=st.integers(0, 3),
    sigmas=st.floats(-6.0, 6.0, width=32),
)
def test_nowhere_is_a_ray_without_a_number(
    away_m, height_m, carrier_ghz, state, sigmas
):
    """Also under the mast, far beyond the table, and at spreads nobody ever drew."""
    sight = Sight.along(
        jnp.asarray([away_m, 0.0, height_m - 25.0], jnp.float32),
        jnp.asarray(25.0, jnp.float32),
        jnp.asarray(carrier_ghz, jnp.float32),
        jnp.asarray(state % 2 == 0),
        jnp.asarray(state >= 2),
    )
    extreme = jnp.asarray([sigmas] * 7, jnp.float32)
    rays = single(table_of("uma"), sight, extreme, jax.random.key(0))
    for leaf in jax.tree.leaves(rays):
        assert bool(jnp.isfinite(leaf).all())


def test_unknown_environments_name_the_known_ones():
    with pytest.raises(ScenarioError, match="uma, umi, rma, inh, inf"):
        cluster_table("moon")


@pytest.mark.parametrize("metres", [0.0, -1.0, float("nan")])
def test_a_hall_without_volume_is_refused(metres):
    with pytest.raises(ScenarioError, match="volume"):
        cluster_table("inf", volume_per_surface_m=metres)


def test_too_short_a_padding_is_refused():
    with pytest.raises(ScenarioError, match="20 clusters"):
        cluster_table("uma", most_clusters=19)
