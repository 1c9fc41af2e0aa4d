"""Does the planner fill what is missing, and nothing else?"""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import ScenarioError
from gemel.world.inventory import Origin, SiteRow
from gemel.world.planning import plan_inventory
from gemel.world.sectors import cells_of


def site(name: str, x_m: float, y_m: float = 0.0, **known) -> SiteRow:
    return SiteRow(name=None, site=name, x_m=x_m, y_m=y_m, **known)


TWO = (site("A", 0.0), site("B", 1000.0))


def test_a_bare_site_becomes_three_sectors_on_two_carriers():
    cells = plan_inventory(TWO, None, seed=1).cells
    assert [c.name for c in cells[:6]] == [
        *("A-700-1", "A-700-2", "A-700-3"),
        *("A-3500-1", "A-3500-2", "A-3500-3"),
    ]
    assert [c.power_dbm for c in cells[:6]] == [49.0] * 3 + [53.0] * 3
    assert [c.bandwidth_mhz for c in cells[:6]] == [10.0] * 3 + [80.0] * 3
    assert {c.height_m for c in cells} == {25.0}
    tilt_deg = math.degrees(math.atan(25.0 / 750.0))
    # Both numbers are float64: only rounding of the last digits may differ.
    assert cells[0].tilt_deg == pytest.approx(max(tilt_deg, 2.0), rel=1e-12)


@given(seed=st.integers(-(2**40), 2**40))
def test_sectors_are_a_third_of_a_circle_apart_and_alike_on_all_carriers(seed):
    cells = plan_inventory(TWO, None, seed).cells
    low, high = cells[:3], cells[3:6]
    assert [c.azimuth_deg for c in low] == [c.azimuth_deg for c in high]
    assert 0.0 <= low[0].azimuth_deg < 120.0
    for near, far in itertools.pairwise(low):
        turn_deg = (far.azimuth_deg - near.azimuth_deg) % 360.0
        assert turn_deg == pytest.approx(120.0, abs=1e-9)  # float64 rounding


def test_the_seed_turns_sites_and_each_site_for_itself():
    turns = [plan_inventory(TWO, None, seed).cells for seed in (1, 2)]
    assert turns[0][0].azimuth_deg != turns[1][0].azimuth_deg
    assert turns[0][0].azimuth_deg != turns[0][6].azimuth_deg
    assert turns[0] == plan_inventory(TWO, None, 1).cells


def test_does_not_care_in_which_order_the_sites_come():
    rows = (*TWO, site("C", 300.0, 400.0, carrier_ghz=3.5))
    plan = {c.name: c for c in plan_inventory(rows, None, 3).cells}
    back = {c.name: c for c in plan_inventory(rows[::-1], None, 3).cells}
    assert plan == back


@given(
    height_m=st.floats(1.0, 300.0),
    azimuth_deg=st.floats(-720.0, 720.0),
    tilt_deg=st.floats(-90.0, 90.0),
    power_dbm=st.floats(0.0, 70.0),
    carrier_ghz=st.floats(0.5, 100.0),
    bandwidth_mhz=st.floats(1.0, 400.0),
)
def test_what_the_table_says_is_kept(**known):
    row = dataclasses.replace(site("A", 0.0, **known), name="mine")
    cell = plan_inventory((row, TWO[1]), Origin(1.0, 2.0), 0).cells[0]
    assert cell.name == "mine"
    known["azimuth_deg"] %= 360.0
    assert {name: getattr(cell, name) for name in known} == known


@given(height_m=st.floats(1.0, 500.0), away_m=st.floats(51.0, 1e5))
def test_the_beam_meets_the_ground_before_the_neighbour(height_m, away_m):
    rows = (site("A", 0.0, height_m=height_m), site("B", away_m))
    tilt_deg = plan_inventory(rows, None, 0).cells[0].tilt_deg
    assert 2.0 <= tilt_deg <= 12.0
    if 2.0 < tilt_deg < 12.0:
        reach_m = height_m / math.tan(math.radians(tilt_deg))
        assert reach_m == pytest.approx(0.75 * away_m, rel=1e-9)  # float64 rounding


def test_a_site_on_the_same_roof_is_no_neighbour_to_aim_at():
    alone = plan_inventory(TWO, None, 0).cells[0]
    shared = plan_inventory((*TWO, site("A2", 10.0)), None, 0).cells[0]
    assert shared.tilt_deg == alone.tilt_deg


@pytest.mark.parametrize("spread_m", [200.0, 20e3, 900e3])
def test_the_neighbour_is_the_one_that_a_search_of_all_pairs_finds(spread_m):
    luck = np.random.default_rng(7)
    # More sites than one block, a far one, and two that share a roof.
    at_m = np.concatenate(
        [luck.uniform(0, spread_m, (600, 2)), [[1.5e6, 0], [1.5e6, 9]]]
    )
    rows = [
        site(f"s{k}", x_m, y_m, carrier_ghz=3.5, height_m=100.0)
        for k, (x_m, y_m) in enumerate(at_m.tolist())
    ]
    apart_m = np.hypot(*(at_m[:, None] - at_m[None]).transpose(2, 0, 1))
    nearest_m = np.where(apart_m < 50.0, np.inf, apart_m).min(axis=1)
    aimed_deg = np.degrees(np.arctan2(100.0, 0.75 * nearest_m)).clip(2.0, 12.0)
    planned = plan_inventory(rows, None, 0).cells[::3]
    # The same formulas in float64, in another order: the last digits may differ.
    assert [c.tilt_deg for c in planned] == pytest.approx(aimed_deg.tolist(), rel=1e-12)


def test_neighbours_are_looked_for_on_the_same_carrier():
    rows = (
        site("A", 0.0, carrier_ghz=3.5),
        site("B", 200.0, carrier_ghz=0.7),
        site("C", 400.0, carrier_ghz=3.5),
    )
    first = plan_inventory(rows, None, 0).cells[0]
    by_hand_deg = math.degrees(math.atan(25.0 / 300.0))
    assert first.tilt_deg == pytest.approx(by_hand_deg, rel=1e-12)  # float64 rounding


def test_missing_azimuths_fill_the_widest_gaps():
    rows = tuple(
        dataclasses.replace(site("A", 0.0, carrier_ghz=3.5, azimuth_deg=az), name=name)
        for name, az in (("a", 0.0), ("b", None), ("c", 90.0))
    )
    cells = plan_inventory(rows, None, 0).cells
    assert [c.azimuth_deg for c in cells] == [0.0, 225.0, 90.0]


def test_rows_of_one_site_and_carrier_are_its_sectors():
    rows = tuple(site("A", 0.0, carrier_ghz=2.1) for _ in range(4))
    cells = plan_inventory(rows, None, 0).cells
    assert [c.name for c in cells] == [f"A-2100-{k}" for k in (1, 2, 3, 4)]
    steps = [
        (b.azimuth_deg - a.azimuth_deg) % 360 for a, b in itertools.pairwise(cells)
    ]
    assert steps == pytest.approx([90.0] * 3, abs=1e-9)  # float64 rounding


def test_a_row_stands_for_as_many_cells_as_it_leaves_open():
    named = dataclasses.replace(site("A", 0.0), name="a")
    assert len(cells_of([site("A", 0.0)])) == 6
    assert len(cells_of([site("A", 0.0, carrier_ghz=3.5)])) == 3
    assert len(cells_of([site("A", 0.0, azimuth_deg=10.0)])) == 2
    assert len(cells_of([named])) == 1


BAD = {
    "no rows": ((), ["no sites", "Give a table"]),
    "one cell": ((dataclasses.replace(TWO[0], name="a"),), ["at least 2"]),
    "names twice": (
        tuple(
            dataclasses.replace(row, name="a", where=f"my.csv, row {k}")
            for k, row in enumerate(TWO, start=2)
        ),
        ["'a'", "my.csv, row 2", "my.csv, row 3", "its own name"],
    ),
    "no carrier": (
        (site("A", 0.0, carrier_ghz=-1.0, where="my.csv, row 2"), TWO[1]),
        ["my.csv, row 2", "-1.0 GHz", "e.g. 3.5"],
    ),
    "endless carrier": ((site("A", 0.0, carrier_ghz=math.inf),), ["inf GHz"]),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_planned_is_refused_in_one_line(what):
    rows, parts = BAD[what]
    with pytest.raises(ScenarioError) as caught:
        plan_inventory(rows, None, 0)
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in parts), message
