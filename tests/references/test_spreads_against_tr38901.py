"""Do spreads, clusters and rays vary as 3GPP TR 38.901 V16.1.0, table 7.5-6, says?

Expected numbers were computed by hand from the rows of the table, with lg the decimal
logarithm: lg 6 = 0.778151, lg 30 = 1.477121, lg 31 = 1.491362, lg 4.5 = 0.653213.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.radio.small_scale import Sight, cluster_table, draw_rays, draw_spreads
from gemel.radio.small_scale.clusters import draw_clusters
from gemel.radio.small_scale.parameters import ORDER
from gemel.radio.small_scale.spreads import zenith_offset_deg

HEIGHTS_M = {"uma": 25.0, "umi": 10.0, "rma": 35.0, "inh": 3.0, "inf": 8.0}
STATES = {"los": (True, False), "nlos": (False, False), "o2i": (False, True)}
DRAWS = 4_000
# Logarithms of four decimals, in float32.
DECIMALS = 2e-4

# environment, state, GHz: lg DS/s, lg ASD, lg ASA, lg ZSA/degree and their sigmas
MEDIANS = {
    # UMa below 6 GHz reads as at 6 GHz.
    ("uma", "los", 6.0): (-7.0299, 1.1467, 1.81, 0.95, 0.66, 0.28, 0.20, 0.16),
    ("uma", "los", 0.7): (-7.0299, 1.1467, 1.81, 0.95, 0.66, 0.28, 0.20, 0.16),
    ("uma", "nlos", 6.0): (-6.4387, 1.4110, 1.8699, 1.2602, 0.39, 0.28, 0.11, 0.16),
    ("uma", "nlos", 30.0): (-6.5813, 1.3310, 1.6812, 1.0340, 0.39, 0.28, 0.11, 0.16),
    ("uma", "o2i", 4.0): (-6.62, 1.25, 1.76, 1.01, 0.32, 0.42, 0.16, 0.43),
    # UMi below 2 GHz reads as at 2 GHz: -7.14 - 0.24 lg 3.
    ("umi", "los", 0.7): (-7.2545, 1.1861, 1.6918, 0.6823, 0.38, 0.41, 0.2867, 0.3209),
    ("umi", "los", 30.0): (-7.4979, 1.1354, 1.6107, 0.5809, 0.38, 0.41, 0.3009, 0.2803),
    ("umi", "nlos", 30.0): (
        *(-7.1879, 1.1870, 1.6907, 0.8603),
        *(0.5186, 0.4940, 0.3746, 0.3056),
    ),
    ("umi", "o2i", 30.0): (-6.62, 1.25, 1.76, 1.01, 0.32, 0.42, 0.16, 0.43),
    ("rma", "los", 0.7): (-7.49, 0.90, 1.52, 0.47, 0.55, 0.38, 0.24, 0.40),
    ("rma", "nlos", 0.7): (-7.43, 0.95, 1.52, 0.58, 0.48, 0.45, 0.13, 0.37),
    ("rma", "o2i", 0.7): (-7.47, 0.67, 1.66, 0.93, 0.24, 0.18, 0.21, 0.22),
    ("inh", "los", 30.0): (-7.7069, 1.60, 1.4976, 1.0522, 0.18, 0.18, 0.2980, 0.2043),
    ("inh", "nlos", 30.0): (
        *(-7.5906, 1.62, 1.6990, 1.1633),
        *(0.2041, 0.25, 0.2380, 0.6118),
    ),
    # lg(26 · 4 + 14) - 9.35 in a hall of 120 m × 60 m × 10 m
    ("inf", "los", 3.5): (-7.2781, 1.56, 1.6624, 1.3694, 0.15, 0.25, 0.2784, 0.35),
    # lg(30 · 4 + 32) - 9.44
    ("inf", "nlos", 3.5): (-7.2582, 1.57, 1.72, 1.3651, 0.19, 0.20, 0.30, 0.45),
}

# environment, state: some of the cross-correlations, one of each kind at least
CORRELATIONS = {
    ("uma", "los"): {"asd ds": 0.4, "asa ds": 0.8, "zsa sf": -0.8, "ds k": -0.4},
    ("uma", "nlos"): {"asd sf": -0.6, "asa ds": 0.6, "asd asa": 0.4, "zsd ds": -0.5},
    ("uma", "o2i"): {"zsd ds": -0.6, "zsa asa": 0.5, "zsd zsa": 0.5, "ds sf": -0.5},
    ("umi", "los"): {"ds k": -0.7, "sf k": 0.5, "asa k": -0.3, "zsd asd": 0.5},
    ("umi", "nlos"): {"ds sf": -0.7, "zsa asd": 0.5, "zsd ds": -0.5, "asa sf": -0.4},
    ("rma", "los"): {"zsd asd": 0.73, "ds sf": -0.5, "zsa ds": 0.27, "zsd asa": -0.2},
    ("rma", "nlos"): {"asd sf": 0.6, "zsa ds": -0.4, "asd ds": -0.4, "zsd asd": 0.42},
    ("rma", "o2i"): {"asd asa": -0.7, "zsd asd": 0.66, "zsd asa": -0.55},
    ("inh", "los"): {"ds sf": -0.8, "asa ds": 0.8, "sf k": 0.5, "zsa asa": 0.5},
    ("inh", "nlos"): {"zsd zsa": 0.42, "zsa asa": 0.43, "zsd ds": -0.27},
    ("inf", "los"): {"ds k": -0.7, "asd k": -0.5, "asa ds": 0.0},
    ("inf", "nlos"): {"asd ds": 0.0, "zsa asa": 0.0},
}


def sight(
    environment: str, state: str, carrier_ghz: float, distance_m: float = 100.0
) -> Sight:
    seen, indoor = STATES[state]
    height_m = HEIGHTS_M[environment]
    return Sight.along(
        jnp.asarray([distance_m, 0.0, 1.5 - height_m], jnp.float32),
        jnp.asarray(height_m, jnp.float32),
        jnp.asarray(carrier_ghz, jnp.float32),
        jnp.asarray(seen),
        jnp.asarray(indoor),
    )


@eqx.filter_jit
def spreads_of(table, place, normals):
    row = table.of(place.line_of_sight, place.indoor)
    return jax.vmap(lambda one: draw_spreads(row, place, one))(normals)


def table_of(environment: str):
    return cluster_table(environment, most_clusters=25)


def logarithms(table, place, normals) -> np.ndarray:
    """lg of DS, ASD, ASA, ZSA of every draw."""
    drawn = spreads_of(table, place, jnp.asarray(normals, jnp.float32))
    values = (drawn.ds_s, drawn.asd_deg, drawn.asa_deg, drawn.zsa_deg)
    return np.log10(np.stack([np.asarray(value, float) for value in values], -1))


def many_normals() -> np.ndarray:
    draw = np.random.default_rng(8).standard_normal((DRAWS, 7))
    draw = draw - draw.mean(0)  # what chance alone correlates is taken out
    return draw @ np.linalg.inv(np.linalg.cholesky(np.cov(draw.T, bias=True))).T


@pytest.mark.parametrize("case", MEDIANS, ids=str)
def test_medians_and_sigmas(case):
    environment, state, carrier_ghz = case
    expected = np.array(MEDIANS[case])
    place = sight(environment, state, carrier_ghz)
    # Bounded spreads (104 and 52 degrees) would bend sigma: small draws do not reach.
    found = logarithms(table_of(environment), place, 0.01 * many_normals())
    assert found.mean(0) == pytest.approx(expected[:4], abs=DECIMALS)
    assert 100 * found.std(0) == pytest.approx(expected[4:], abs=2e-3)  # float32 / 0.01


@pytest.mark.parametrize("case", CORRELATIONS, ids=str)
def test_correlations(case):
    """Those of the seven numbers, the first of which is the shadow itself."""
    environment, state = case
    place = sight(environment, state, 6.0, distance_m=20.0)
    normals = 0.01 * many_normals()
    drawn = spreads_of(table_of(environment), place, jnp.asarray(normals, jnp.float32))
    values = {
        "sf": normals[:, 0],
        "k": np.asarray(drawn.k_factor_db, float),
        "ds": np.log(np.asarray(drawn.ds_s, float)),
        "asd": np.log(np.asarray(drawn.asd_deg, float)),
        "asa": np.log(np.asarray(drawn.asa_deg, float)),
        "zsd": np.log(np.asarray(drawn.zsd_deg, float)),
        "zsa": np.log(np.asarray(drawn.zsa_deg, float)),
    }
    for pair, expected in CORRELATIONS[case].items():
        one, other = (values[name] for name in pair.split())
        found = np.corrcoef(one, other)[0, 1]
        assert found == pytest.approx(expected, abs=1e-3), pair  # float32 of 0.01 sigma


def test_spreads_have_an_end():
    """Step 4: 104 degrees of azimuth, 52 of zenith."""
    place = sight("inh", "nlos", 6.0)
    drawn = spreads_of(table_of("inh"), place, jnp.full((1, 7), 8.0))
    widest = (drawn.asd_deg, drawn.asa_deg, drawn.zsd_deg, drawn.zsa_deg)
    assert [float(spread_deg[0]) for spread_deg in widest] == [104.0, 104.0, 52.0, 52.0]


@pytest.mark.parametrize(
    ("environment", "mean_db", "sigma_db"),
    [("uma", 9.0, 3.5), ("umi", 9.0, 5.0), ("rma", 7.0, 4.0), ("inh", 7.0, 4.0)]
    + [("inf", 7.0, 8.0)],
)
def test_ricean_factor(environment, mean_db, sigma_db):
    place = sight(environment, "los", 6.0)
    normals = jnp.asarray(many_normals(), jnp.float32)
    found_db = np.asarray(
        spreads_of(table_of(environment), place, normals).k_factor_db, float
    )
    assert found_db.mean() == pytest.approx(mean_db, abs=1e-4)
    assert found_db.std() == pytest.approx(sigma_db, abs=1e-4)


@pytest.mark.parametrize(
    ("environment", "state", "distance_m", "lg_deg"),
    [
        ("uma", "los", 300.0, 0.12),  # -2.1 · 0.3 + 0.75
        ("uma", "nlos", 300.0, 0.27),  # -2.1 · 0.3 + 0.9
        ("uma", "nlos", 1_000.0, -0.5),  # the floor
        ("umi", "los", 50.0, 0.175),  # -14.8 · 0.05 + 0.01 · 8.5 + 0.83
        ("umi", "los", 100.0, -0.21),  # the floor
        ("umi", "nlos", 100.0, -0.11),  # -3.1 · 0.1 + 0.2
        ("rma", "los", 1_000.0, 0.05),  # -0.17 + 0.22
        ("rma", "nlos", 1_000.0, 0.09),  # -0.19 + 0.28
        ("rma", "o2i", 1_000.0, 0.09),
        ("inh", "los", 20.0, 0.0954),  # -1.43 lg 31 + 2.228
        ("inh", "nlos", 20.0, 1.08),
        ("inf", "los", 20.0, 1.35),
        ("inf", "nlos", 20.0, 1.2),
    ],
)
def test_zenith_spread_of_departure(environment, state, distance_m, lg_deg):
    """Tables 7.5-7 to 7.5-11, user at 1.5 m, at 30 GHz."""
    place = sight(environment, state, 30.0, distance_m)
    drawn = spreads_of(table_of(environment), place, jnp.zeros((1, 7)))
    assert float(jnp.log10(drawn.zsd_deg[0])) == pytest.approx(lg_deg, abs=DECIMALS)
    assert float(drawn.typical_zsd_deg[0]) == pytest.approx(10**lg_deg, rel=1e-3)


@pytest.mark.parametrize(
    ("environment", "state", "distance_m", "offset_deg"),
    [
        ("uma", "los", 200.0, 0.0),
        # 7.66 lg 6 - 5.96 - 10^((0.208 lg 6 - 0.782) lg 200 - 0.13 lg 6 + 2.03)
        ("uma", "nlos", 200.0, -3.1753),
        ("uma", "o2i", 200.0, -3.1753),
        ("uma", "nlos", 10.0, -11.5316),  # as at 25 m
        ("umi", "los", 100.0, 0.0),
        ("umi", "nlos", 100.0, -1.9953),  # -10^(3.3 - 1.5 · 2)
        ("umi", "nlos", 5.0, -63.0957),  # as at 10 m: -10^1.8
        ("rma", "nlos", 1_000.0, -0.1145),  # atan 0.0315 - atan 0.0335
        ("inh", "nlos", 20.0, 0.0),
        ("inf", "nlos", 20.0, 0.0),
    ],
)
def test_zenith_offset_of_departure(environment, state, distance_m, offset_deg):
    """Tables 7.5-7 to 7.5-11, user at 1.5 m, at 6 GHz."""
    place = sight(environment, state, 6.0, distance_m)
    row = table_of(environment).of(place.line_of_sight, place.indoor)
    found_deg = zenith_offset_deg(
        row.zenith_departure, place, row.decades(place.carrier_ghz)
    )
    # Arc tangents by a polynomial are good to 0.001 degrees.
    assert float(found_deg) == pytest.approx(offset_deg, abs=2e-3)


def test_a_user_higher_up_lowers_the_offset_of_the_urban_macrocell():
    """- 10^(… - 0.07 · 12) = -0.4590 at 13.5 m, 200 m away, 6 GHz."""
    place = eqx.tree_at(
        lambda s: s.user_height_m, sight("uma", "nlos", 6.0, 200.0), jnp.asarray(13.5)
    )
    row = table_of("uma").of(place.line_of_sight, place.indoor)
    found_deg = zenith_offset_deg(
        row.zenith_departure, place, row.decades(place.carrier_ghz)
    )
    assert float(found_deg) == pytest.approx(-0.4584, abs=2e-3)


@functools.cache
def crowd(environment: str, state: str):
    """Spreads and rays of a thousand links alike."""
    place = sight(environment, state, 6.0)
    normals = jax.random.normal(jax.random.key(4), (1_000, 7))
    keys = jax.random.split(jax.random.key(3), 1_000)
    table = table_of(environment)
    return (
        spreads_of(table, place, normals),
        place,
        rays_of(table, place, normals, keys),
    )


rays_of = eqx.filter_jit(jax.vmap(draw_rays, (None, None, 0, 0)))


@pytest.mark.parametrize("case", CORRELATIONS, ids=str)
def test_rays_spread_in_time_as_drawn(case):
    """Steps 5 and 6 reach the drawn delay spread, by and large.

    No number of the specification says how well; with a dozen clusters the median falls
    short by some percent, and a direct ray adds what its scaling constant leaves.
    """
    spreads, _, rays = crowd(*case)
    power, direct = np.asarray(rays.power, float), np.asarray(rays.direct_power, float)
    delay_s = np.asarray(rays.delay_s, float)
    mean = (power * delay_s).sum((1, 2))
    assert (power.sum((1, 2)) + direct) == pytest.approx(1.0, abs=1e-5)
    found_s = np.sqrt((power * delay_s**2).sum((1, 2)) - mean**2)
    ratio = found_s / np.asarray(spreads.ds_s, float)
    assert 0.85 < np.median(ratio) < 1.15


@pytest.mark.parametrize("case", CORRELATIONS, ids=str)
def test_rays_spread_in_angle_near_what_was_drawn(case):
    """Hidden links reach the drawn azimuth spread; with a direct ray of 9 dB and 65
    degrees to reach, the constants of the specification do not (UMa: one half).
    """
    spreads, place, rays = crowd(*case)
    power, direct = np.asarray(rays.power, float), np.asarray(rays.direct_power, float)
    for azimuth_deg, straight_deg, drawn_deg in (
        (rays.arrival_azimuth_deg, place.arrival_azimuth_deg, spreads.asa_deg),
        (rays.departure_azimuth_deg, place.azimuth_deg, spreads.asd_deg),
    ):
        turn = np.exp(1j * np.radians(np.asarray(azimuth_deg, float)))
        straight = np.exp(1j * np.radians(float(straight_deg)))
        resultant = np.abs((power * turn).sum((1, 2)) + direct * straight)
        found_deg = np.degrees(np.sqrt(-2.0 * np.log(resultant)))
        ratio = np.median(found_deg / np.asarray(drawn_deg, float))
        least = 0.45 if case[1] == "los" else 0.95
        assert least < ratio < 1.25


@pytest.mark.parametrize(("state", "count"), [("nlos", 1_500), ("o2i", 1_500)])
def test_endless_clusters_have_exactly_the_drawn_delay_spread(state, count):
    """exp(-t/(r DS)) of delays times exp(-t (r-1)/(r DS)) of powers is exp(-t/DS)."""
    table = cluster_table("uma", most_clusters=count)
    place = sight("uma", state, 6.0)
    row = table.of(place.line_of_sight, place.indoor)
    # Without shadows of clusters: the strongest of so many would outshine the tail.
    row = eqx.tree_at(
        lambda r: (r.cluster_count, r.cluster_shadow_db),
        row,
        (jnp.asarray(float(count)), jnp.asarray(0.0)),
    )
    spreads = draw_spreads(row, place, jnp.zeros(7))
    luck = jax.random.uniform(jax.random.key(2), (40, 10, count), minval=1e-7)
    draw = jax.vmap(lambda one: draw_clusters(row, place, spreads, one))
    clusters = draw(luck)
    power = np.asarray(clusters.power, float)
    delay = np.asarray(clusters.delay_s, float) / float(spreads.ds_s)
    mean, square = (power * delay).sum(1), (power * delay**2).sum(1)
    # A thousand clusters matter in each of 40 draws: 0.7 %; those below -25 dB, which
    # are left out, come ten spreads later than the first.
    assert np.sqrt(square - mean**2).mean() == pytest.approx(1.0, abs=4 * 0.007)


def middles_deg(rays, angle: str) -> np.ndarray:
    """Middles of clusters as turns from the direct way: offsets of rays cancel."""
    straight = np.asarray(getattr(rays, f"direct_{angle}"), float)
    turn = np.asarray(getattr(rays, angle), float) - straight[:, None, None]
    if angle.endswith("azimuth_deg"):
        turn = np.unwrap((turn + 180.0) % 360.0 - 180.0, axis=-1, period=360.0)
    return turn.mean(-1)


ANGLES = tuple(
    f"{side}_{kind}_deg"
    for side in ("departure", "arrival")
    for kind in ("azimuth", "zenith")
)


@pytest.mark.parametrize(
    ("environment", "state", "widths_deg"),
    [  # as in ANGLES; at 100 m, 6 GHz, that of departure zenith is 3/8 · 10^mean
        ("uma", "los", (5.0, 1.3003, 11.0, 7.0)),  # 10^(-0.21 + 0.75)
        ("uma", "nlos", (2.0, 1.8367, 15.0, 7.0)),  # 10^(-0.21 + 0.9)
        ("uma", "o2i", (5.0, 1.8367, 8.0, 3.0)),
        ("umi", "los", (3.0, 0.2312, 17.0, 7.0)),  # 10^-0.21
        ("umi", "nlos", (10.0, 0.2911, 22.0, 7.0)),  # 10^(-0.31 + 0.2)
        ("rma", "nlos", (2.0, 0.6840, 3.0, 3.0)),  # 10^(-0.019 + 0.28)
        ("inh", "nlos", (5.0, 4.5085, 11.0, 9.0)),  # 10^1.08
        ("inf", "los", (5.0, 8.3952, 8.0, 9.0)),  # 10^1.35
    ],
)
def test_rays_of_a_cluster_spread_as_the_table_says(environment, state, widths_deg):
    """The outermost of its twenty rays lie 2.1551 cluster spreads to either side."""
    rays = crowd(environment, state)[2]
    for angle, expected_deg in zip(ANGLES, widths_deg, strict=True):
        all_deg = np.unwrap(np.asarray(getattr(rays, angle), float), period=360.0)
        # The median: near a pole or across the back some clusters are folded.
        width_deg = np.median(np.ptp(all_deg, axis=-1)) / (2.0 * 2.1551)
        assert width_deg == pytest.approx(expected_deg, abs=2e-4), angle


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("environment", HEIGHTS_M)
def test_the_first_cluster_comes_with_the_direct_ray(environment, angle):
    """Equations 7.5-12 and 7.5-17: turned until it does."""
    middle_deg = middles_deg(crowd(environment, "los")[2], angle)[:, 0]
    turned_deg = (middle_deg + 180.0) % 360.0 - 180.0
    # 20 angles of up to 180 degrees in float32.
    assert turned_deg == pytest.approx(np.zeros(1_000), abs=1e-3)


@pytest.mark.parametrize(
    ("environment", "state", "angle", "expected_deg"),
    [
        ("uma", "nlos", "departure_zenith_deg", -4.8808),  # the offset at 100 m, 6 GHz
        ("uma", "o2i", "departure_zenith_deg", -4.8808),
        ("umi", "nlos", "departure_zenith_deg", -1.9953),
        ("rma", "nlos", "departure_zenith_deg", -1.0364),  # atan 0.315 - atan 0.335
        ("inh", "nlos", "departure_zenith_deg", 0.0),
        ("uma", "nlos", "arrival_zenith_deg", 0.0),
        # From the horizon, while the mast stands 23.5 m up, 100 m away: atan 0.235.
        ("uma", "o2i", "arrival_zenith_deg", 13.2246),
        ("rma", "o2i", "arrival_zenith_deg", 18.5208),  # atan 0.335
        ("uma", "nlos", "departure_azimuth_deg", 0.0),
        ("uma", "nlos", "arrival_azimuth_deg", 0.0),
    ],
)
def test_hidden_clusters_lie_around(environment, state, angle, expected_deg):
    """Equations 7.5-11, -16 and -19: the strongest cluster, off by a seventh of spread.

    Its power is the greatest, so that nothing turns it to a side.
    """
    spreads, _, rays = crowd(environment, state)
    strongest = np.asarray(rays.power[:, :, 0]).argmax(1)
    turn_deg = middles_deg(rays, angle)[np.arange(1_000), strongest]
    of = {"departure": "d", "arrival": "a"}[angle.split("_")[0]]
    name = f"{'as' if 'azimuth' in angle else 'zs'}{of}_deg"
    sevenths = (turn_deg - expected_deg) / (np.asarray(getattr(spreads, name)) / 7.0)
    assert sevenths.mean() == pytest.approx(0.0, abs=4 / np.sqrt(1_000))
    assert sevenths.std() == pytest.approx(1.0, abs=4 / np.sqrt(2_000))


@pytest.mark.parametrize("case", CORRELATIONS, ids=str)
def test_the_direct_ray_is_the_ricean_factor_over_all_others(case):
    spreads, _, rays = crowd(*case)
    ratio = np.asarray(rays.direct_power / rays.power.sum((1, 2)), float)
    if case[1] != "los":
        assert not ratio.any()
        return
    expected = 10 ** (np.asarray(spreads.k_factor_db, float) / 10)
    assert ratio == pytest.approx(expected, rel=1e-3)  # shares of float32


@pytest.mark.parametrize(
    ("environment", "state", "mean_db", "sigma_db"),
    [("uma", "los", 8.0, 4.0), ("uma", "nlos", 7.0, 3.0), ("umi", "o2i", 9.0, 5.0)]
    + [("rma", "los", 12.0, 4.0), ("inh", "nlos", 10.0, 4.0), ("inf", "nlos", 11, 6)],
)
def test_cross_polarisation(environment, state, mean_db, sigma_db):
    xpr_db = -10 * np.log10(np.asarray(crowd(environment, state)[2].cross_power, float))
    sampling = 1.0 / np.sqrt(xpr_db.size)
    assert xpr_db.mean() == pytest.approx(mean_db, abs=4 * sigma_db * sampling)
    assert xpr_db.std() == pytest.approx(sigma_db, abs=4 * sigma_db * sampling)


@pytest.mark.parametrize(
    ("environment", "state", "spread_ns"),
    [
        ("uma", "los", 3.910),  # 6.5622 - 3.4084 lg 6
        ("umi", "los", 5.0),
        ("umi", "nlos", 11.0),
        ("rma", "nlos", 3.91),  # N/A in the table
    ],
)
def test_parts_of_strong_clusters_come_late(environment, state, spread_ns):
    """Table 7.5-5: 10, 6 and 4 rays after 0, 1.28 and 2.56 cluster delay spreads."""
    rays = crowd(environment, state)[2]
    clusters = np.asarray(rays.power[:, :, 0])
    strongest = np.argsort(-clusters, axis=1)
    delay_ns = 1e9 * np.asarray(rays.delay_s, float)
    late_ns = delay_ns - delay_ns[:, :, :1]
    expected_ns = np.repeat([0.0, 1.28 * spread_ns, 2.56 * spread_ns], [10, 6, 4])
    for rank, factor in ((0, 1.0), (1, 1.0), (2, 0.0), (5, 0.0)):
        cluster = strongest[:, rank]
        found_ns = late_ns[np.arange(len(cluster)), cluster]
        # Of delays up to some microseconds in float32.
        assert found_ns == pytest.approx(
            np.broadcast_to(factor * expected_ns, found_ns.shape), abs=2e-3
        )


@pytest.mark.parametrize(
    ("environment", "state", "distances_m"),
    [  # in ORDER: sf, k, ds, asd, asa, zsd, zsa
        ("uma", "los", (37, 12, 30, 18, 15, 15, 15)),
        ("uma", "nlos", (50, None, 40, 50, 50, 50, 50)),
        ("umi", "los", (10, 15, 7, 8, 8, 12, 12)),
        ("umi", "o2i", (7, None, 10, 11, 17, 25, 25)),
        ("rma", "nlos", (120, None, 36, 30, 40, 50, 50)),
        ("inh", "los", (10, 4, 8, 7, 5, 4, 4)),
        ("inf", "los", (10, 10, 10, 10, 10, 10, 10)),
    ],
)
def test_distances_over_which_spreads_change(environment, state, distances_m):
    assert len(ORDER) == 7
    seen, indoor = STATES[state]
    row = table_of(environment).of(jnp.asarray(seen), jnp.asarray(indoor))
    expected = [np.nan if metres is None else metres for metres in distances_m]
    assert np.array_equal(np.asarray(row.distance_m), expected, equal_nan=True)
