"""Do tables of cells, levels and ground say the same in every form they may have?"""

import csv
import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.standards.mdt import MdtRecord, rsrp_reported
from gemel.interfaces.tables.measurements import (
    BEYOND,
    FAR,
    NO_CELL,
    NO_LEVEL,
    NO_PLACE,
    UNKNOWN,
    read_points,
)
from gemel.interfaces.tables.measurements_cells import read_cells
from gemel.interfaces.tables.measurements_mdt import points_of_records
from gemel.interfaces.tables.points_added import refuse_taken, write_points
from gemel.interfaces.tables.points_columns import read_columns
from gemel.interfaces.tables.points_frame import Frame, on_grid
from gemel.interfaces.tables.terrain import read_terrain

LAT = np.array([48.8500, 48.8540, 48.8580])
LON = np.array([2.3500, 2.3560, 2.3490])
NAMES = ("101", "102", "B-3")
ZONE = 31
X_M, Y_M = on_grid(ZONE, LAT, LON)


def cells_csv(path, columns=("lat", "lon"), **more):
    table = {
        "cell": NAMES,
        "azimuth_deg": (0, 120, 240),
        "lat": LAT,
        "lon": LON,
        "x_utm31n": X_M,
        "y_utm31n": Y_M,
        "x_m": X_M,
        "y_m": Y_M,
    }
    chosen = {n: table[n] for n in ("cell", "azimuth_deg", *columns)} | more
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(chosen)
        out.writerows(zip(*chosen.values(), strict=True))
    return path


def points_table(**changed):
    lot = np.random.default_rng(0)
    cell = np.arange(30) % 3
    lat = LAT[cell] + lot.uniform(-0.002, 0.002, 30)
    lon = LON[cell] + lot.uniform(-0.002, 0.002, 30)
    x_m, y_m = on_grid(ZONE, lat, lon)
    table = {
        "note": [f"row {number}" for number in range(30)],
        "cell": [NAMES[c] for c in cell],
        "x_m": x_m,
        "y_m": y_m,
        "lat": lat,
        "lon": lon,
        "rsrp_dbm": lot.uniform(-110.0, -70.0, 30),
    } | changed
    return {name: values for name, values in table.items() if values is not None}


def parquet(path, **changed):
    pq.write_table(pa.table(points_table(**changed)), path)
    return path


def read(folder, points, **more):
    sites, frame = read_cells(cells_csv(folder / "cells.csv", **more))
    return read_points(points, sites, frame, None, measured=True)


FORMS = {
    "degrees": ("lat", "lon"),
    "grid": ("x_utm31n", "y_utm31n"),
    "metres": ("x_m", "y_m"),
}


@pytest.mark.parametrize("cells", FORMS)
@pytest.mark.parametrize("told", ["metres", "degrees"])
def test_points_lie_alike_around_their_cells_however_both_are_told(
    tmp_path, cells, told
):
    without = {"lat": None, "lon": None} if told == "metres" else {"x_m": None}
    points = parquet(tmp_path / "p.parquet", **without)
    sites, frame = read_cells(cells_csv(tmp_path / "cells.csv", FORMS[cells]))
    if (cells, told) == ("metres", "degrees"):
        with pytest.raises(InterfaceError, match="of the cells only metres are known"):
            read_points(points, sites, frame, None, measured=True)
        return
    found = read_points(points, sites, frame, None, measured=True)
    cell = np.arange(30) % 3
    x_m, y_m = (np.asarray(points_table()[name]) for name in ("x_m", "y_m"))
    assert found.skipped.rows == 0
    np.testing.assert_array_equal(found.points.cell, cell)
    np.testing.assert_allclose(
        found.points.x_m - sites.x_m[cell], x_m - X_M[cell], atol=1e-3
    )
    np.testing.assert_allclose(
        found.points.y_m - sites.y_m[cell], y_m - Y_M[cell], atol=1e-3
    )


def test_csv_says_what_parquet_says(tmp_path):
    table = points_table()
    for name, mark in (("comma.csv", ","), ("semicolon.csv", ";")):
        with open(tmp_path / name, "w", newline="") as file:
            out = csv.writer(file, delimiter=mark)
            out.writerow(table)
            out.writerows(zip(*table.values(), strict=True))
        one = read(tmp_path, tmp_path / name)
        other = read(tmp_path, parquet(tmp_path / "p.parquet"))
        np.testing.assert_array_equal(one.points.cell, other.points.cell)
        assert one.points.rsrp_dbm is not None and other.points.rsrp_dbm is not None
        np.testing.assert_allclose(one.points.rsrp_dbm, other.points.rsrp_dbm)
        np.testing.assert_allclose(one.points.x_m, other.points.x_m)


def test_cells_may_be_told_by_number(tmp_path):
    cell = np.where(np.arange(30) % 2, 101, 102)
    for kind in (np.int32, np.float64):
        points = parquet(tmp_path / "p.parquet", cell=cell.astype(kind))
        found = read(tmp_path, points)
        assert {NAMES[c] for c in found.points.cell} == {"101", "102"}


def test_what_is_of_no_use_is_skipped_and_counted(tmp_path):
    names = list(points_table()["cell"])
    level = np.asarray(points_table()["rsrp_dbm"]).copy()
    x_m = np.asarray(points_table()["x_m"]).copy()
    names[0], names[1], names[2] = "999", "999", "other"
    names[3] = None
    level[[4, 5]] = np.nan, 30.0
    level[6] = -31.0  # the highest there is, and sound
    x_m[7], x_m[8] = np.nan, x_m[8] + 50_000.0
    points = parquet(
        tmp_path / "p.parquet",
        cell=pa.array(names),
        rsrp_dbm=level,
        x_m=x_m,
        lat=None,
        lon=None,
    )
    found = read(tmp_path, points)
    assert found.skipped.why == {
        NO_CELL: 1,
        UNKNOWN: 3,
        NO_PLACE: 1,
        NO_LEVEL: 1,
        BEYOND: 1,
        FAR: 1,
    }
    assert found.skipped.unknown_cells == {"999": 2, "other": 1}
    assert found.skipped.rows == 8
    assert len(found.points) == 22
    np.testing.assert_array_equal(found.row, [6, *range(9, 30)])
    assert "999: 2, other: 1" in found.skipped.said()


def test_points_come_back_in_their_order_with_everything_they_had(tmp_path):
    names = list(points_table()["cell"])
    names[3] = "unknown"
    table = read(tmp_path, parquet(tmp_path / "p.parquet", cell=names))
    level = np.arange(29, dtype=np.float32)
    level[5] = np.nan
    for out in (tmp_path / "q.parquet", tmp_path / "q.csv"):
        write_points(out, table.columns, table.row, {"rsrp_dbm_mean": level})
        back = read_columns(out)
        assert back.table.column_names == [*points_table(), "rsrp_dbm_mean"]
        assert back.table["note"].to_pylist() == points_table()["note"]
        said = back.numbers("rsrp_dbm_mean") if "rsrp_dbm_mean" in back.ours else None
        assert said is None
        column = back.table["rsrp_dbm_mean"].to_pylist()
        assert column[3] in (None, "") and column[6] in (None, "")
        assert float(column[4]) == 3.0 and float(column[29]) == 28.0
    with pytest.raises(InterfaceError, match="already has a column rsrp_dbm_mean"):
        refuse_taken(read_columns(tmp_path / "q.parquet"))


def map_npz(path, **changed):
    arrays = {
        "altitude": np.array([[30, 31, -1], [32, 33, 34]], np.int16),
        "building_height": np.array([[0, 20, -1], [0, 0, 5]], np.int16),
        "clutter": np.array([[5, 11, 0], [6, 6, 99]], np.uint8),
        "x0": np.int64(X_M[0]),
        "y0": np.int64(Y_M[0]),
        "step": np.int64(100),
    } | changed
    arrays = {name: array for name, array in arrays.items() if array is not None}
    np.savez(path, **arrays)
    return path


def test_the_map_says_what_points_leave_open(tmp_path):
    sites, frame = read_cells(cells_csv(tmp_path / "cells.csv"))
    cells_m = np.stack([sites.x_m, sites.y_m], -1)
    terrain = read_terrain(map_npz(tmp_path / "m.npz"), frame, cells_m)
    assert np.isnan(terrain.altitude[0, 2]) and np.isnan(terrain.building_height[0, 2])
    assert terrain.clutter[1, 2] == 0  # no class of ours
    spot = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0], [100.0, 100.0], [900, 0]])
    x_m, y_m = (spot + [int(X_M[0]), int(Y_M[0])]).T
    table = {"cell": ["101"] * 5, "x_m": x_m, "y_m": y_m}
    table["altitude_m"] = [99.0, None, None, None, None]
    pq.write_table(pa.table(table), tmp_path / "p.parquet")
    found = read_points(tmp_path / "p.parquet", sites, frame, terrain, False).points
    np.testing.assert_array_equal(found.altitude_m, [99, 31, np.nan, 33, np.nan])
    np.testing.assert_array_equal(found.building_height_m, [0, 20, np.nan, 0, np.nan])
    np.testing.assert_array_equal(found.clutter, [5, 11, 0, 6, 0])
    assert found.rsrp_dbm is None


def test_records_of_phones_are_points_of_all_the_cells_they_tell(tmp_path):
    sites, frame = read_cells(cells_csv(tmp_path / "cells.csv"))
    record = MdtRecord(
        user="a",
        when=datetime.datetime(2025, 1, 7, tzinfo=datetime.UTC),
        latitude_deg=float(LAT[0]),
        longitude_deg=float(LON[0]),
        serving="DU=1",
        rsrp=rsrp_reported(-80.2),
        neighbours=(("DU=2", rsrp_reported(-99.7)), ("DU=9", 50)),
    )
    points = points_of_records([record], {"DU=1": 0, "DU=2": 1}, frame)
    np.testing.assert_array_equal(points.cell, [0, 1])
    np.testing.assert_allclose(points.x_m, sites.x_m[0], atol=1e-6)
    assert points.rsrp_dbm is not None
    np.testing.assert_allclose(points.rsrp_dbm, [-80.5, -99.5], atol=0.5)
    assert len(points_of_records([], {}, frame)) == 0


def test_a_frame_survives_its_file():
    for zone in (48, None, -19):
        frame = Frame(zone, 1_000.0, 2_000.0)
        assert Frame.from_facts(frame.as_facts()) == frame


def test_the_south_has_places_too(tmp_path):
    lat, lon = -LAT, LON
    path = cells_csv(tmp_path / "cells.csv", lat=lat, lon=lon)
    sites, frame = read_cells(path)
    assert frame.zone == -ZONE
    x_m, y_m = on_grid(-ZONE, lat, lon)
    np.testing.assert_allclose(np.diff(sites.y_m), np.diff(y_m))
    np.testing.assert_allclose(np.diff(sites.x_m), np.diff(x_m))
    assert "° N" in frame.said(np.array([0.0, 0.0]))


def test_an_inventory_in_the_next_zone_is_brought_over(tmp_path):
    sites, frame = read_cells(cells_csv(tmp_path / "cells.csv"))
    x_m, y_m = on_grid(32, LAT, LON)
    other = cells_csv(tmp_path / "o.csv", (), x_utm32n=x_m, y_utm32n=y_m)
    again, _ = read_cells(other, frame)
    np.testing.assert_allclose(again.x_m, sites.x_m, atol=1e-3)
    np.testing.assert_allclose(again.y_m, sites.y_m, atol=1e-3)


BAD_CELLS = {
    "no azimuth": ({"azimuth_deg": None}, "no column azimuth_deg"),
    "no place": ({"lat": None}, "no column lat"),
    "twice": ({"cell": ("101", "101", "B-3")}, "'101' is also the name in row 2"),
    "no name": ({"cell": ("101", "", "B-3")}, "column cell: is empty"),
    "at sea": ({"lat": (0, 0, 0), "lon": (0, 0, 0)}, "open sea"),
    "metres for degrees": ({"lat": (5_411_000.0,) * 3}, "between -90 and 90"),
    "far apart": ({"lon": (2.0, 2.3, 104.0)}, "degrees of longitude apart"),
    "hertz for megahertz": ({"freq_mhz": (2.6e9,) * 3}, "between 100 and 100000"),
    "not a number": ({"height_m": ("high", 1, 2)}, "'high' is not a number"),
}


@pytest.mark.parametrize("what", BAD_CELLS)
def test_an_inventory_that_is_wrong_is_refused_in_one_line(tmp_path, what):
    changed, says = BAD_CELLS[what]
    path = (
        cells_csv(tmp_path / "cells.csv", **changed)
        if None not in (changed.values())
        else cells_csv(
            tmp_path / "cells.csv", **{f"without_{n}": (0, 0, 0) for n in changed}
        )
    )
    if None in changed.values():
        (name,) = changed
        text = path.read_text().replace(f"{name},", f"gone_{name},", 1)
        path.write_text(text)
    with pytest.raises(InterfaceError, match=says) as caught:
        read_cells(path)
    assert "\n" not in str(caught.value)


BAD_MAPS = {
    "lacks one": ({"clutter": None}, "no array clutter"),
    "two shapes": ({"clutter": np.zeros((3, 3), np.uint8)}, "several shapes"),
    "no raster": ({"altitude": np.zeros(3)}, "rows by columns"),
    "elsewhere": ({"x0": np.int64(100_000)}, "on the grid of the cells"),
    "no step": ({"step": np.int64(0)}, "step is 0"),
    "not a number": ({"x0": np.float64("nan")}, "x0 is no number"),
}


@pytest.mark.parametrize("what", BAD_MAPS)
def test_a_map_that_is_wrong_is_refused_in_one_line(tmp_path, what):
    sites, frame = read_cells(cells_csv(tmp_path / "cells.csv"))
    changed, says = BAD_MAPS[what]
    path = map_npz(tmp_path / "m.npz", **changed)
    with pytest.raises(InterfaceError, match=says) as caught:
        read_terrain(path, frame, np.stack([sites.x_m, sites.y_m], -1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_a_map_that_is_cut_short_is_refused(tmp_path, cut):
    _, frame = read_cells(cells_csv(tmp_path / "cells.csv"))
    whole = map_npz(tmp_path / "m.npz").read_bytes()
    (tmp_path / "m.npz").write_bytes(whole[:cut])
    with pytest.raises(InterfaceError, match=r"m\.npz"):
        read_terrain(tmp_path / "m.npz", frame, np.zeros((1, 2)))


def test_latitudes_and_longitudes_that_changed_places_are_told_so(tmp_path):
    east_deg = 100.0 + np.asarray(points_table()["lon"])  # no latitude, anywhere
    points = parquet(tmp_path / "p.parquet", lat=east_deg, lon=LAT[0] + np.zeros(30))
    with pytest.raises(InterfaceError, match="lat and lon change places"):
        read(tmp_path, points)


def test_of_a_file_that_is_no_map_not_every_array_is_told(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, *(np.zeros(1) for _ in range(30)))
    _, frame = read_cells(cells_csv(tmp_path / "cells.csv"))
    with pytest.raises(InterfaceError, match=r"arr_7, …\. Give") as refused:
        read_terrain(path, frame, np.zeros((1, 2)))
    assert "arr_8" not in str(refused.value)
