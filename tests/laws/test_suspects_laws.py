"""Is a turned antenna suspected, and one that hangs as it should left in peace?

Seven masts with three cells each; levels by a slope, a lobe, a shadow that cells of one
mast share, a wall around whoever measures, and noise.
"""

import dataclasses

import numpy as np
import pytest

from gemel.errors import ScenarioError
from gemel.twin.calibration.measured import Points, SiteTable
from gemel.twin.suspects.nearness import LAGS_M, correlation, repeats
from gemel.twin.suspects.suspects import interval_deg, suspicion_of
from gemel.twin.suspects.turning import TURNS_DEG, orders

PEOPLE = 900
AZIMUTHS_DEG = np.tile([30.0, 150.0, 270.0], 7)


def sites_with(azimuth_deg):
    angle = np.radians(60.0 * np.arange(6) + 30.0)
    east_m = np.repeat(np.concatenate([[0.0], 500.0 * np.cos(angle)]), 3)
    north_m = np.repeat(np.concatenate([[0.0], 500.0 * np.sin(angle)]), 3)
    unknown = np.full(21, np.nan)
    return SiteTable(
        name=tuple(f"cell {number}" for number in range(21)),
        x_m=east_m,
        y_m=north_m,
        height_m=unknown,
        azimuth_deg=np.asarray(azimuth_deg, np.float64) % 360.0,
        electrical_tilt_deg=unknown,
        mechanical_tilt_deg=unknown,
        frequency_mhz=unknown,
        rs_power_dbm=unknown,
        altitude_m=unknown,
        building_height_m=unknown,
        clutter=np.zeros(21, np.int64),
    )


def measured(true_deg, seed=0, astray=0.0):
    """Every cell at every place, as long as it is loud enough to be heard."""
    lot = np.random.default_rng(seed)
    sites = sites_with(true_deg)
    x_m, y_m = lot.uniform(-900.0, 900.0, (2, PEOPLE))
    wall_db = lot.choice([0.0, 15.0, 25.0], PEOPLE)
    shadow_db = np.repeat(lot.normal(0.0, 6.0, (PEOPLE, 7)), 3, axis=1)
    east_m, north_m = x_m[:, None] - sites.x_m, y_m[:, None] - sites.y_m
    off_deg = np.degrees(np.arctan2(east_m, north_m)) - np.asarray(true_deg)
    off_deg = (off_deg + 180.0) % 360.0 - 180.0
    level_dbm = (
        -20.0
        - 35.0 * np.log10(np.hypot(east_m, north_m) + 10.0)
        - np.minimum(12.0 * (off_deg / 65.0) ** 2, 25.0)
        + shadow_db
        - wall_db[:, None]
        + lot.normal(0.0, 2.0, (PEOPLE, 21))
    )
    who, cell = np.nonzero(level_dbm > -120.0)
    lost = lot.random(len(who)) < astray
    count = len(who)
    return Points(
        cell=cell,
        x_m=np.where(lost, lot.uniform(-900.0, 900.0, count), x_m[who]),
        y_m=np.where(lost, lot.uniform(-900.0, 900.0, count), y_m[who]),
        rsrp_dbm=level_dbm[who, cell],
        altitude_m=np.full(count, np.nan),
        building_height_m=np.full(count, np.nan),
        clutter=np.zeros(count, np.int64),
    )


def true_with(**turn_deg):
    true_deg = AZIMUTHS_DEG.copy()
    for cell, turn in turn_deg.items():
        true_deg[int(cell.removeprefix("cell"))] += turn
    return true_deg


def test_an_inventory_that_is_right_is_left_in_peace():
    said = suspicion_of(sites_with(AZIMUTHS_DEG), measured(AZIMUTHS_DEG))
    assert said.judged == 21
    assert said.suspects == ()


TURNED = {"cell4": 90.0, "cell8": -60.0, "cell13": 170.0}


def test_turned_antennas_are_named_and_nobody_else():
    said = suspicion_of(sites_with(AZIMUTHS_DEG), measured(true_with(**TURNED)))
    named = {one.cell.replace(" ", ""): one for one in said.suspects}
    assert named.keys() == TURNED.keys()
    for cell, one in named.items():
        assert one.kind == "azimuth"
        assert abs((one.turn_deg - TURNED[cell] + 180.0) % 360.0 - 180.0) <= 15.0
        off_deg = (TURNED[cell] - one.turn_deg + 180.0) % 360.0 - 180.0
        assert one.low_deg <= one.turn_deg + off_deg <= one.high_deg
        loudest_deg = one.rose.bearing_deg[np.nanargmax(one.rose.heard_db)]
        assert abs((loudest_deg - one.seems_deg + 180.0) % 360.0 - 180.0) <= 45.0
    assert [one.gain for one in said.suspects] == sorted(
        (one.gain for one in said.suspects), reverse=True
    )


def test_mislocated_points_make_it_see_less_and_not_more():
    points = measured(true_with(**TURNED), astray=0.1)
    said = suspicion_of(sites_with(AZIMUTHS_DEG), points)
    named = {one.cell.replace(" ", "") for one in said.suspects}
    assert named and named <= TURNED.keys()
    right = measured(AZIMUTHS_DEG, astray=0.1)
    assert suspicion_of(sites_with(AZIMUTHS_DEG), right).suspects == ()


def test_swapped_sectors_are_named_as_such():
    true_deg = AZIMUTHS_DEG.copy()
    true_deg[[3, 5]] = true_deg[[5, 3]]
    said = suspicion_of(sites_with(AZIMUTHS_DEG), measured(true_deg))
    assert {(one.cell, one.looks_like, one.kind) for one in said.suspects} == {
        ("cell 3", "cell 5", "swapped"),
        ("cell 5", "cell 3", "swapped"),
    }


def test_moving_the_whole_world_changes_nothing():
    sites, points = sites_with(AZIMUTHS_DEG), measured(true_with(cell4=90.0))
    moved = dataclasses.replace(sites, x_m=sites.x_m + 5_000.0, y_m=sites.y_m - 7_000.0)
    also = dataclasses.replace(points, x_m=points.x_m + 5_000.0)
    also = dataclasses.replace(also, y_m=points.y_m - 7_000.0)
    here, there = suspicion_of(sites, points), suspicion_of(moved, also)
    assert [one.cell for one in here.suspects] == [one.cell for one in there.suspects]
    assert here.suspects[0].turn_deg == there.suspects[0].turn_deg


def test_a_cell_without_azimuth_or_levels_is_not_judged():
    azimuth_deg = AZIMUTHS_DEG.copy()
    azimuth_deg[0] = np.nan
    points = measured(true_with(cell4=90.0))
    said = suspicion_of(sites_with(azimuth_deg), points.chosen(points.cell != 20))
    assert said.judged == 19
    assert np.isnan(said.evidence.log_likelihood[[0, 20]]).all()
    assert [one.cell for one in said.suspects] == ["cell 4"]


def test_nothing_heard_near_the_cells_is_said():
    points = measured(AZIMUTHS_DEG)
    far = dataclasses.replace(points, x_m=points.x_m + 9_000.0)
    with pytest.raises(ScenarioError, match="No measured point lies between"):
        suspicion_of(sites_with(AZIMUTHS_DEG), far)


def test_the_interval_grows_with_doubt_and_goes_past_the_back():
    def peaked(width_deg, at_deg):
        off_deg = (TURNS_DEG - at_deg + 180.0) % 360.0 - 180.0
        return -0.5 * (off_deg / width_deg) ** 2

    sure = interval_deg(peaked(5.0, 60.0), 60.0)
    unsure = interval_deg(peaked(40.0, 60.0), 60.0)
    assert unsure[0] < sure[0] < 60.0 < sure[1] < unsure[1]
    low_deg, high_deg = interval_deg(peaked(20.0, 175.0), 175.0)
    assert low_deg < 175.0 < 180.0 < high_deg


def test_places_that_repeat_each_other_count_less():
    lot = np.random.default_rng(0)
    x_m, y_m = lot.uniform(0.0, 400.0, (2, 300))
    alone = correlation([x_m], [y_m], [lot.normal(size=300)])
    wave = np.sqrt(2.0) * np.sin(2.0 * np.pi * x_m / 600.0 + 1.0)
    alike = correlation([x_m], [y_m], [wave])
    assert alone.shape == alike.shape == LAGS_M.shape
    assert repeats(x_m, y_m, alone) < 0.2 * repeats(x_m, y_m, alike)
    assert repeats(x_m, y_m, np.zeros(len(LAGS_M))) == 1.0
    assert repeats(x_m, y_m, np.ones(len(LAGS_M))) == pytest.approx(300.0)


def test_few_cells_change_places_in_every_way_and_many_in_pairs():
    assert orders(1) == []
    assert len(orders(3)) == 5
    assert len(orders(6)) == 15
