"""What holds for every plan of sites on roofs?"""

import jax.numpy as jnp
import numpy as np
import pytest

from gemel.errors import ScenarioError
from gemel.world.buildings import Buildings
from gemel.world.planner import MAST_M, plan_roof_sites


def blocks(highest_m=30.0):
    """Flat-roofed blocks of 30 m between streets of 12 m, over 1 km, with chimneys."""
    rng = np.random.default_rng(6)
    height_m = np.zeros((336, 336), np.float32)
    for row, column in np.ndindex(24, 24):
        block = slice(14 * row, 14 * row + 10), slice(14 * column, 14 * column + 10)
        height_m[block] = rng.uniform(8.0, highest_m)
        height_m[14 * row + 5, 14 * column + 5] += 8.0
    return Buildings(jnp.asarray(height_m), 300.0, -200.0, 3.0)


def sites_of(rows, carrier_ghz=3.5):
    named = {row.site: row for row in rows if row.carrier_ghz == carrier_ghz}
    return np.array([(row.x_m, row.y_m, row.height_m) for row in named.values()])


def away_m(one_m, other_m):
    return np.hypot(*(one_m[:, None, :2] - other_m[None, :, :2]).transpose(2, 0, 1))


@pytest.mark.parametrize("seed", range(5))
def test_a_plan_is_on_roofs_spaced_and_covered(seed):
    buildings = blocks()
    rows = plan_roof_sites(buildings, seed)
    site_m = sites_of(rows)
    # 1 km² on a hexagonal lattice of 220 m is 24 sites, of 500 m is 4.6; a lattice by
    # chance cuts the edge, where sites up to 0.4 spacings outside snap inwards.
    assert 18 <= len(site_m) <= 42
    assert 3 <= len(sites_of(rows, 0.7)) <= 10
    for x_m, y_m, height_m in site_m:
        roof_m = float(buildings.height_at(jnp.array(x_m), jnp.array(y_m)))
        # neither the chimneys above 30 m nor sheds below 10 m carry a mast
        assert 10.0 <= roof_m <= 30.0
        assert height_m == pytest.approx(roof_m + MAST_M, abs=1e-4)  # float32 metres
    apart_m = away_m(site_m, site_m) + 1e9 * np.eye(len(site_m))
    assert apart_m.min() >= 0.6 * 220.0
    assert away_m(site_m, sites_of(rows, 0.7)).min(axis=1).max() <= 0.8 * 500.0


@pytest.mark.parametrize("seed", range(10))
def test_a_street_that_a_lattice_misses_is_covered_all_the_same(seed):
    height_m = np.zeros((12, 700), np.float32)
    height_m[2:10] = 20.0  # 24 m deep, 2,100 m long
    rows = plan_roof_sites(Buildings(jnp.asarray(height_m), 0.0, 0.0, 3.0), seed)
    gap_m = away_m(sites_of(rows), sites_of(rows, 0.7)).min(axis=1)
    assert gap_m.max() <= 0.8 * 500.0


def test_every_row_is_a_sector_with_a_name_of_its_own():
    rows = plan_roof_sites(blocks(), 1)
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.carrier_ghz is not None and row.name is not None
        site, megahertz, sector = row.name.split("-")
        assert site == row.site and site in row.where
        assert float(megahertz) == pytest.approx(row.carrier_ghz * 1e3)
        assert sector in "123"
        assert row.azimuth_deg is row.tilt_deg is row.power_dbm is None
    carriers = [
        {r.carrier_ghz for r in rows if r.site == s} for s in {r.site for r in rows}
    ]
    assert all(3.5 in some for some in carriers)
    assert sum(2.1 in some for some in carriers) == -(-len(carriers) // 3)


def test_the_seed_decides():
    assert plan_roof_sites(blocks(), 7) == plan_roof_sites(blocks(), 7)
    assert plan_roof_sites(blocks(), 7) != plan_roof_sites(blocks(), 8)


def test_a_denser_plan_has_more_sites():
    few, many = (
        len(sites_of(plan_roof_sites(blocks(), 1, capacity_spacing_m=spacing_m)))
        for spacing_m in (400.0, 200.0)
    )
    assert few < many


def test_nothing_high_enough_is_refused():
    with pytest.raises(ScenarioError, match="flat enough for a mast"):
        plan_roof_sites(blocks(highest_m=9.0), 1)


@pytest.mark.parametrize(
    ("coverage_m", "capacity_m", "every"),
    [(500.0, 0.0, 3), (100.0, 220.0, 3), (500.0, 220.0, 0)],
)
def test_impossible_spacings_are_refused(coverage_m, capacity_m, every):
    with pytest.raises(ScenarioError, match="cannot be planned"):
        plan_roof_sites(blocks(), 1, coverage_m, capacity_m, every)
