"""Does a shadow stay in its place, vary as much as it should, and fade as it should?"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.radio.link import Link
from gemel.radio.propagation import PATH_LOSSES
from gemel.radio.shadowing import correlated_field

CORRELATION_M = 50.0
# Places far apart on the texture: n² / (2π · 8²) = 2,600 independent ones at n = 1024.
INDEPENDENT = 1_024**2 / (2 * np.pi * 8**2)

metres = st.floats(-20_000.0, 20_000.0, width=32)


@functools.cache
def field():
    return correlated_field(7)


@functools.cache
def mapped(correlation_m: float, between_sites: float = 0.0):
    def one(field, east_m, north_m, site, stream):
        far_m = jnp.asarray(correlation_m)
        return field.value(east_m, north_m, site, far_m, stream, between_sites)

    return jax.jit(jax.vmap(one, (None, 0, 0, 0, None)))


def values(
    east_m,
    north_m,
    site,
    stream: int = 0,
    correlation_m=CORRELATION_M,
    of=None,
    between_sites: float = 0.0,
):
    """Shadows at places, each as seen from its site."""
    east_m, north_m = jnp.asarray(east_m, float), jnp.asarray(north_m, float)
    site = jnp.broadcast_to(jnp.asarray(site, jnp.int32), east_m.shape)
    chosen = of or field()
    return np.asarray(
        mapped(correlation_m, between_sites)(
            chosen, east_m, north_m, site, jnp.asarray(stream)
        )
    )


def everywhere(places: int = 200_000, correlation_m: float = CORRELATION_M):
    """Places all over one period, drawn evenly."""
    period_m = 128 * correlation_m
    draw = np.random.default_rng(3).uniform(0.0, period_m, (2, places))
    return draw.astype(np.float32)


def test_mean_and_sigma_are_those_of_a_standard_normal():
    shadow = values(*everywhere(), site=5)
    # The texture is exact; 200,000 draws from it leave 1/sqrt(200,000) = 0.0022.
    assert shadow.mean() == pytest.approx(0.0, abs=4 * 0.0022)
    assert shadow.std() == pytest.approx(1.0, abs=4 * 0.0022)


def test_values_are_distributed_as_a_standard_normal():
    texture = np.asarray(field().texture)
    # Phi(-1), Phi(0), Phi(1); each share has p(1-p) over the independent places.
    for threshold, share in [(-1.0, 0.15866), (0.0, 0.5), (1.0, 0.84134)]:
        sampling = np.sqrt(share * (1 - share) / INDEPENDENT)
        assert (texture <= threshold).mean() == pytest.approx(share, abs=4 * sampling)


@pytest.mark.parametrize("bearing_deg", [0.0, 45.0, 90.0])
@pytest.mark.parametrize("apart", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_correlation_is_exponential_in_every_direction(apart, bearing_deg):
    east_m, north_m = everywhere()
    away_m = apart * CORRELATION_M
    moved_east_m = east_m + away_m * np.sin(np.radians(bearing_deg))
    moved_north_m = north_m + away_m * np.cos(np.radians(bearing_deg))
    shadow = values(east_m, north_m, site=5)
    moved = values(moved_east_m, moved_north_m, site=5)
    found = (shadow * moved).mean()
    expected = np.exp(-apart)
    # One texture estimates a correlation r with sqrt((1 + r²) / places): Isserlis.
    sampling = np.sqrt((1 + expected**2) / INDEPENDENT)
    assert found == pytest.approx(expected, abs=4 * sampling)


# Sigma (table 7.4.1-1) and correlation distance (table 7.5-6), seen and hidden, at
# 100 m and 3.5 GHz; the rural breakpoint is beyond.
TABLE = {
    "uma": ((4.0, 37.0), (6.0, 50.0)),
    "umi": ((4.0, 10.0), (7.82, 13.0)),
    "rma": ((4.0, 37.0), (8.0, 120.0)),
    "inh": ((3.0, 10.0), (8.03, 6.0)),
    "inh-open": ((3.0, 10.0), (8.03, 6.0)),
    "inh-mixed": ((3.0, 10.0), (8.03, 6.0)),
    "inf-sl": ((4.3, 10.0), (5.7, 10.0)),
    "inf-dl": ((4.3, 10.0), (7.2, 10.0)),
    "inf-sh": ((4.3, 10.0), (5.9, 10.0)),
    "inf-dh": ((4.3, 10.0), (4.0, 10.0)),
    "inf-hh": ((4.3, 10.0), (4.3, 10.0)),
}


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("name", PATH_LOSSES)
def test_every_path_loss_has_the_shadows_of_its_table(name, seen):
    """Drawn and measured: the spread of the losses, and how it fades along a way."""
    path_loss = PATH_LOSSES[name]()
    link = Link(*map(jnp.asarray, (100.0, 25.0, 1.5, 3.5, seen)))
    found_m = float(path_loss.correlation_m(jnp.asarray(seen)))
    sigma_db, expected_m = TABLE[name][0 if seen else 1]
    east_m, north_m = everywhere(100_000, expected_m)
    spread_db = float(path_loss.shadowing_sigma_db(link))
    shadow_db = spread_db * values(east_m, north_m, 5, correlation_m=found_m)
    # 100,000 draws from a texture of sigma one leave 1 / sqrt(2 · 100,000).
    assert shadow_db.std() == pytest.approx(sigma_db, rel=4 * 0.0022)
    for apart in (0.5, 1.0, 2.0):
        moved_m = east_m + np.float32(apart * expected_m)
        moved_db = spread_db * values(moved_m, north_m, 5, correlation_m=found_m)
        expected = np.exp(-apart)
        sampling = np.sqrt((1 + expected**2) / INDEPENDENT)
        assert (shadow_db * moved_db).mean() / sigma_db**2 == pytest.approx(
            expected, abs=4 * sampling
        )


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 1.0])
def test_sites_share_as_much_of_a_shadow_as_is_asked(rho):
    east_m, north_m = everywhere(50_000)
    looks = np.stack(
        [values(east_m, north_m, site, between_sites=rho) for site in range(12)]
    )
    # Each has the sigma of the texture, but for what its two parts correlate by chance.
    assert looks.std(axis=1) == pytest.approx(1.0, abs=4 / np.sqrt(INDEPENDENT))
    pairs = np.corrcoef(looks)[np.triu_indices(12, 1)]
    # Sites with a part of their own are 12 views of one texture: as good as one draw.
    sampling = np.sqrt((1 - rho**2) / INDEPENDENT)
    assert pairs.mean() == pytest.approx(rho, abs=4 * sampling + 1e-6)
    # One pair in four hundred looks at nearly one place of the texture; here are 66.
    astray = np.abs(pairs - rho) > 6 * sampling + 1e-6
    assert astray.sum() <= 2


def test_shared_shadows_fade_along_a_way_like_those_of_one_site():
    east_m, north_m = everywhere()
    moved_m = east_m + np.float32(CORRELATION_M)
    here = values(east_m, north_m, 5, between_sites=0.5)
    there = values(moved_m, north_m, 5, between_sites=0.5)
    sampling = np.sqrt((1 + np.exp(-2.0)) / INDEPENDENT)
    assert (here * there).mean() == pytest.approx(np.exp(-1.0), abs=4 * sampling)


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_cells_on_one_mast_share_the_whole_shadow_and_keep_it(rho):
    """Whoever leaves and comes back, and asks another sector, finds the same."""
    east_m, north_m = everywhere(100)
    once = values(east_m, north_m, np.full(100, 7), between_sites=rho)
    values(east_m + 500.0, north_m, np.full(100, 8), between_sites=rho)
    again = values(east_m, north_m, np.full(100, 7), between_sites=rho)
    assert np.array_equal(once, again)


@pytest.mark.parametrize(("rho", "looks"), [(0.0, 1), (0.5, 2)])
def test_independent_sites_cost_one_look_at_the_texture(rho, looks):
    def one(field, east_m, north_m, site):
        correlation_m = jnp.asarray(CORRELATION_M)
        return field.value(east_m, north_m, site, correlation_m, 0, rho)

    place = jnp.asarray(1.0), jnp.asarray(2.0), jnp.asarray(3)
    assert str(jax.make_jaxpr(one)(field(), *place)).count("dynamic_slice[") == looks


@pytest.mark.parametrize("steps", [1, 4, 8, 16, 32])
def test_many_textures_together_have_the_exact_correlation(steps):
    """Over many seeds the sampling error falls below every wrong exponent."""
    seeds, n = 100, 256
    textures = (np.asarray(correlated_field(seed, n).texture) for seed in range(seeds))
    found = np.mean([(one * np.roll(one, steps, axis=1)).mean() for one in textures])
    expected = np.exp(-steps / 8)
    # The mean of one texture is that of n² / (2π · 8²) = 163 places; taking it out
    # lowers every correlation by (1 - r) / 163.
    bias = (1 - expected) / (n**2 / (2 * np.pi * 8**2))
    # Isserlis: the variance of the mean product is (1 + r²) ∫r² / n², and the integral
    # of exp(-d/4) over the plane is 2π · 4² samples.
    sampling = np.sqrt((1 + expected**2) * 2 * np.pi * 4**2 / n**2 / seeds)
    assert found == pytest.approx(expected - bias, abs=4 * sampling)


def test_no_place_is_larger_than_a_step_of_the_texture():
    """Also across the origin, where cutting decimals off would join two places."""
    quarter_steps = np.arange(-40, 41) * (CORRELATION_M / 8 / 4)
    changes = np.flatnonzero(np.diff(values(quarter_steps, 0 * quarter_steps, 5)))
    assert np.diff(changes).max() <= 5  # four quarters, and one for the even rule


@given(east_m=metres, north_m=metres, site=st.integers(0, 2_000_000))
def test_who_comes_back_finds_the_same_shadow(east_m, north_m, site):
    once = values([east_m], [north_m], site)
    again = values([east_m], [north_m], site)
    assert once == again


@given(east_m=metres, north_m=metres, site=st.integers(0, 2_000_000))
def test_a_millimetre_is_no_new_place(east_m, north_m, site):
    """At most one step of the texture, where neighbours correlate with exp(-1/8)."""
    here = values([east_m], [north_m], site)
    beside = values([east_m + 1e-3], [north_m], site)
    # Two neighbours differ by sqrt(2 (1 - exp(-1/8))) = 0.48 sigma; six of them.
    assert abs(float(here[0] - beside[0])) < 6 * 0.485


@pytest.mark.parametrize(
    ("site", "stream", "other_site", "other_stream"),
    [(0, 0, 1, 0), (0, 0, 0, 1), (41, 1, 41, 2), (7, 0, 4_000_007, 0), (3, 2, 2, 3)],
)
def test_sites_and_streams_know_nothing_of_each_other(
    site, stream, other_site, other_stream
):
    east_m, north_m = everywhere()
    shadow = values(east_m, north_m, site, stream)
    other = values(east_m, north_m, other_site, other_stream)
    # Independent normals correlate with 1/sqrt(places).
    assert abs((shadow * other).mean()) < 4 / np.sqrt(INDEPENDENT)


def test_many_sites_at_one_place_are_a_fair_draw():
    """What a user sees of 4,000 sites must not depend on where the user stands."""
    sites = np.arange(4_000)
    shadow = values(np.full(4_000, 123.0), np.full(4_000, -77.0), sites)
    # Sites look at 4,000 of 2,600 independent places: the fewer of the two decide.
    assert shadow.mean() == pytest.approx(0.0, abs=4 / np.sqrt(INDEPENDENT))
    assert shadow.std() == pytest.approx(1.0, abs=4 / np.sqrt(2 * INDEPENDENT))


def test_wider_correlation_stretches_the_same_texture():
    east_m, north_m = everywhere(1_000)
    narrow = values(east_m, north_m, 5, correlation_m=32.0)
    wide = values(4 * east_m, 4 * north_m, 5, correlation_m=128.0)
    assert np.array_equal(narrow, wide)  # powers of two are exact in float32


def test_uniform_is_even_and_keeps_off_its_ends():
    east_m, north_m = (jnp.asarray(along_m, float) for along_m in everywhere())

    def one(east_m, north_m):
        correlation_m = jnp.asarray(CORRELATION_M)
        return field().uniform(east_m, north_m, jnp.asarray(5), correlation_m, 0)

    even = np.asarray(jax.jit(jax.vmap(one))(east_m, north_m))
    assert even.min() > 0.0
    assert even.max() < 1.0
    for share in (0.1, 0.5, 0.9):
        sampling = np.sqrt(share * (1 - share) / INDEPENDENT)
        assert (even < share).mean() == pytest.approx(share, abs=4 * sampling)


def test_a_seed_and_its_key_make_one_field_and_another_seed_another():
    by_seed, by_key = correlated_field(3, 256), correlated_field(jax.random.key(3), 256)
    assert bool((by_seed.texture == by_key.texture).all())
    assert not bool((by_seed.texture == correlated_field(4, 256).texture).all())


@pytest.mark.parametrize("n", [0, 128, 1_000, 131_072])
def test_refuses_a_texture_that_cannot_wrap(n):
    with pytest.raises(ScenarioError, match="power of two"):
        correlated_field(1, n)
