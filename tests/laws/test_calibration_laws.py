"""Is a calibration case set up as it says, whoever is drawn?"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.errors import ScenarioError
from gemel.radio.arrays import port_field
from gemel.radio.small_scale.multipath import multipath_gain_db
from gemel.radio.small_scale.published import cluster_table
from gemel.radio.small_scale.rays import draw_rays
from gemel.radio.small_scale.spreads import Sight
from gemel.scenarios.calibration.cases import CASES, case_named
from gemel.scenarios.calibration.crowd import draw_crowd, draw_luck
from gemel.scenarios.calibration.drop import one_drop, stage_of
from gemel.scenarios.calibration.layout import layout_of
from gemel.scenarios.calibration.links import site_link
from gemel.scenarios.calibration.outcome import Calibration, calibrate
from gemel.scenarios.calibration.references import METRICS, Range
from gemel.scenarios.calibration.sectors import (
    BORESIGHTS_DEG,
    direct_gain_db,
    multipath_gains_db,
    sectors_of,
)
from gemel.scenarios.calibration.serving import noise_dbm, served

OUTDOORS = [name for name, case in CASES.items() if not case.place.hall]
WITH_RAYS = [name for name, case in CASES.items() if case.multipath]
USERS = 1_140


@pytest.mark.parametrize("name", OUTDOORS)
def test_every_boresight_looks_at_a_nearest_site(name):
    case = CASES[name]
    layout = layout_of(case.place)
    angle = np.radians(BORESIGHTS_DEG)
    ahead_m = np.stack([np.cos(angle), np.sin(angle)], 1) * case.place.inter_site_m
    every_site = jax.vmap(layout.wrap.offset_m, (None, 0))
    for site_m in np.asarray(layout.sites_m):
        for step_m in ahead_m:
            # Half way there: two sites are as near as can be, this one and that one.
            middle_m = jnp.asarray(site_m + 0.5 * step_m, float)
            far_m = np.sort(
                np.linalg.norm(every_site(middle_m, layout.sites_m), axis=1)
            )
            assert far_m[1] == pytest.approx(case.place.inter_site_m / 2, rel=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_people_are_where_the_case_says(name):
    case = CASES[name]
    layout = layout_of(case.place)
    crowd = draw_crowd(case, layout, jax.random.key(3))
    place_m, height_m = np.asarray(crowd.place_m), np.asarray(crowd.height_m)
    indoor = np.asarray(crowd.indoor)
    # Four standard deviations of a share among so many.
    slack = 4.0 * 0.5 / len(indoor) ** 0.5
    assert abs(indoor.mean() - case.people.indoor_share) < slack
    assert (height_m[~indoor] == case.people.height_m).all()
    if case.people.on_floors:
        assert set(height_m[indoor]) == {1.5 + 3.0 * floor for floor in range(8)}
    else:
        assert (height_m == case.people.height_m).all()
    inside_m = np.asarray(crowd.indoor_distance_m)
    deepest_m = 10.0 if case.environment == "rma" else 25.0
    assert (inside_m[~indoor] == 0.0).all() and inside_m.max() <= deepest_m
    if case.place.hall:
        assert (np.abs(place_m) <= [60.0, 25.0]).all()
        return
    every_site = jax.vmap(layout.wrap.offset_m, (None, 0))
    offset_m = jax.vmap(every_site, (0, None))(crowd.place_m, layout.sites_m)
    far_m = np.linalg.norm(np.asarray(offset_m), axis=2)
    home = np.repeat(np.arange(19), case.people.a_site)
    rounding_m = 1e-3 * case.place.inter_site_m
    assert (far_m[np.arange(USERS), home] <= far_m.min(axis=1) + rounding_m).all()
    assert far_m.min() >= case.place.nearest_m - rounding_m


def test_people_fill_their_hexagon_evenly():
    """As many on either side of every line through the mast, in every ring's share."""
    case = CASES["imt2020-rural-700mhz-a"]
    layout = layout_of(case.place)
    keys = jax.random.split(jax.random.key(0), 20)
    place_m = jax.vmap(lambda key: draw_crowd(case, layout, key).place_m)(keys)
    home_m = np.repeat(np.asarray(layout.sites_m), case.people.a_site, axis=0)
    aside_m = (np.asarray(place_m) - home_m).reshape(-1, 2)
    slack = 4.0 * 0.5 / len(aside_m) ** 0.5  # four standard deviations
    for angle in np.radians(np.arange(0.0, 180.0, 15.0)):
        side = aside_m @ [np.cos(angle), np.sin(angle)] > 0.0
        assert abs(side.mean() - 0.5) < slack
    disc = np.pi / 4.0 / (3.0**0.5 / 2.0)  # the inscribed disc's share of the hexagon
    inner = np.hypot(*aside_m.T) < case.place.inter_site_m / 2.0
    assert abs(inner.mean() - disc) < slack


@pytest.mark.parametrize("name", WITH_RAYS)
@pytest.mark.parametrize("precise", [False, True])
def test_the_short_way_over_all_rays_is_the_long_one(name, precise):
    """Rows and columns apart give what every antenna's field gives, ray by ray."""
    case = CASES[name]
    with jax.enable_x64(precise):
        sectors = sectors_of(case.port)
        table = cluster_table(case.environment)

        def both(seed, line_of_sight, indoor):
            key = jax.random.key(seed)
            sight = Sight.along(
                jnp.asarray([210.0, -70.0, -20.0]),
                jnp.asarray(case.place.base_height_m),
                jnp.asarray(case.carrier_ghz),
                line_of_sight,
                indoor,
            )
            normals = jax.random.normal(key, (7,))
            rays = draw_rays(table, sight, normals, key)

            def long_way(face, weights):
                def field(zenith_deg, azimuth_deg):
                    return port_field(
                        sectors.array,
                        weights,
                        face,
                        sectors.slant_deg,
                        zenith_deg,
                        azimuth_deg,
                    )

                return multipath_gain_db(
                    rays, field, lambda *_: jnp.eye(2, dtype=complex)
                )

            beams = jax.vmap(long_way, (None, 0))
            every = jax.vmap(beams, (0, None))(sectors.faces, sectors.weights)
            return multipath_gains_db(sectors, rays), every

        states = jnp.asarray([[True, False], [False, False], [False, True]])
        short_db, long_db = jax.jit(jax.vmap(both))(
            jnp.arange(3), states[:, 0], states[:, 1]
        )
    # Angles come by a polynomial that is off by 0.001 degrees on the long way.
    assert np.abs(np.asarray(short_db) - np.asarray(long_db)).max() < 0.01


def test_a_sector_is_strongest_ahead_and_below_the_horizon():
    sectors = sectors_of(CASES["uma-6ghz"].port)
    tilt, ahead = np.radians(12.0), np.radians(BORESIGHTS_DEG)
    for sector, angle in enumerate(ahead):
        down_m = [np.cos(angle), np.sin(angle), -np.tan(tilt)]
        gain_db = direct_gain_db(sectors, 100.0 * jnp.asarray(down_m))[:, 0]
        # 8 dBi and ten elements, less the element's own 12 degrees off: 12 (12/65)².
        assert float(gain_db[sector]) == pytest.approx(18.0 - 0.409, abs=1e-2)
        assert int(jnp.argmax(gain_db)) == sector


def test_equal_cells_share_equally():
    gain_db = jnp.full((4, 2), -100.0)
    quiet = jnp.asarray(-500.0)
    ours = served(gain_db, jnp.zeros(4, jnp.int32), 40.0, quiet)
    assert float(ours.coupling_gain_db) == -100.0
    assert float(ours.geometry_sir_db) == pytest.approx(-10.0 * np.log10(3.0), abs=1e-4)
    assert float(ours.geometry_sinr_db) == pytest.approx(
        float(ours.geometry_sir_db), abs=1e-4
    )


def test_others_send_on_their_own_beams():
    gain_db = jnp.asarray([[-90.0, -120.0], [-100.0, -130.0], [-140.0, -110.0]])
    quiet = jnp.asarray(-500.0)
    ours = served(gain_db, jnp.asarray([1, 1, 0]), 40.0, quiet)
    disturbing = 10.0**-13 + 10.0**-14
    expected_db = -90.0 - 10.0 * np.log10(disturbing)
    assert float(ours.geometry_sir_db) == pytest.approx(expected_db, abs=1e-3)


def test_noise_fills_the_carrier():
    # -174 dBm/Hz + 73 dB + 9 dB
    assert float(noise_dbm(20.0, 9.0)) == pytest.approx(-91.99, abs=0.01)


def losses_db(case, crowd, indoor):
    """Of everybody's link with the first site, with one luck; and who sees it."""
    layout = layout_of(case.place)
    luck = draw_luck(USERS, 1, jax.random.key(2))
    crowd = eqx.tree_at(lambda crowd: crowd.indoor, crowd, jnp.full(USERS, indoor))

    def one(user, luck):
        link = site_link(case, layout.wrap, user, layout.sites_m[0], luck)
        return link.loss_db, link.line_of_sight

    first = jax.tree.map(lambda leaf: leaf[:, 0], luck)
    loss_db, sees = jax.vmap(one)(crowd, first)
    return np.asarray(loss_db), np.asarray(sees)


def test_a_legacy_wall_costs_20_db_and_half_a_decibel_a_metre():
    case = CASES["imt2020-uma-urllc-4ghz-a"]
    crowd = draw_crowd(case, layout_of(case.place), jax.random.key(1))
    outside_db, sees_outside = losses_db(case, crowd, False)
    inside_db, sees_inside = losses_db(case, crowd, True)
    # Deep inside, the wall is nearer to the mast: some are seen that were not.
    assert (sees_inside >= sees_outside).all()
    wall_db = (inside_db - outside_db)[sees_inside == sees_outside]
    rounding_db = 1e-3
    assert wall_db.min() >= 20.0 - rounding_db
    assert wall_db.max() <= 20.0 + 0.5 * 25.0 + rounding_db
    # An even draw from 0 to 25 m: four standard deviations of its mean.
    slack_db = 4.0 * 0.5 * 25.0 / (12.0 * len(wall_db)) ** 0.5
    assert abs(wall_db.mean() - 20.0 - 0.5 * 12.5) < slack_db


def test_a_car_costs_nine_decibels_give_or_take():
    case = CASES["imt2020-rural-700mhz-a"]
    on_foot = dataclasses.replace(
        case, people=dataclasses.replace(case.people, in_cars=False)
    )
    crowd = draw_crowd(case, layout_of(case.place), jax.random.key(1))
    car_db = losses_db(case, crowd, False)[0] - losses_db(on_foot, crowd, False)[0]
    slack_db = 4.0 * 5.0 / USERS**0.5  # four standard deviations of a mean
    assert abs(car_db.mean() - 9.0) < slack_db
    assert abs(car_db.std() - 5.0) < slack_db


def test_a_seed_is_a_result():
    one = calibrate("inh-open-6ghz", 2, seed=7)
    again = calibrate("inh-open-6ghz", 2, seed=7)
    other = calibrate("inh-open-6ghz", 2, seed=8)
    for metric in METRICS:
        assert (one.samples_db[metric] == again.samples_db[metric]).all()
        assert (one.samples_db[metric] != other.samples_db[metric]).any()
        first, second = np.split(one.samples_db[metric], 2)
        assert (first != second).any()
    assert one.users == 720


# One of each environment: each is compiled anew.
@pytest.mark.parametrize(
    ("name", "precise"),
    [
        ("uma-70ghz", True),
        ("umi-6ghz", False),
        ("inh-open-6ghz", False),
        pytest.param("imt2020-rural-700mhz-a", False, marks=pytest.mark.slow),
        pytest.param("imt2020-rural-700mhz-a", True, marks=pytest.mark.slow),
        pytest.param("imt2020-dense-urban-4ghz-a", False, marks=pytest.mark.slow),
    ],
)
def test_noise_only_harms(name, precise):
    case = CASES[name]
    few = dataclasses.replace(case, people=dataclasses.replace(case.people, a_site=8))
    with jax.enable_x64(precise):
        ours = one_drop(few, stage_of(few), jax.random.key(0))
    sir_db, sinr_db = map(np.asarray, (ours.geometry_sir_db, ours.geometry_sinr_db))
    assert (sinr_db <= sir_db + 1e-3).all()
    assert np.isfinite(ours.coupling_gain_db).all()


def test_the_verdict_is_about_every_percentile():
    case = CASES["uma-6ghz"]
    samples_db = {metric: np.linspace(0.0, 100.0, 101) for metric in METRICS}
    fits = {50: Range(49.0, 50.0, 51.0, "somebody")}
    misses = {50: Range(49.0, 50.0, 51.0, "x"), 90: Range(91.0, 92.0, 93.0, "x")}

    def verdict(ranges):
        return Calibration(case, 0, 1, samples_db, ranges)

    assert verdict({}).fits is None
    assert verdict({METRICS[0]: fits}).fits is True
    assert verdict({METRICS[0]: fits, METRICS[1]: misses}).fits is False
    assert verdict({METRICS[1]: misses}).inside() == {METRICS[1]: {50: True, 90: False}}


def test_what_cannot_be_is_refused():
    with pytest.raises(ScenarioError, match="uma-6ghz"):
        case_named("uma-7ghz")
    with pytest.raises(ScenarioError, match="1 or more"):
        calibrate("uma-6ghz", 0)
