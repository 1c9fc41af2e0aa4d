"""Is `gemel run paris-etoile` lived by traced rays, or refused in one line?"""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gemel.errors import InterfaceError
from gemel.interfaces.maps.scenes import read_scene
from gemel.interfaces.raytracing import survey
from gemel.interfaces.raytracing.survey import ready
from gemel.interfaces.tables.anfr import read_anfr
from gemel.scenarios.paris_etoile import (
    AROUND_M,
    OPERATOR,
    antennas_on,
    grid_over,
    paris_etoile,
    rows_around,
)

# Two on the scene, one 250 m east of it, one across town, and what is another's.
REGISTER = """id_support,operator,lat,lon,support_height_m,support_type,tech
1,ORANGE,48.8756,2.2944,33,Immeuble,5G NR 700;5G NR 3500
2,ORANGE,48.8719,2.2981,29,Immeuble,5G NR 700
3,ORANGE,48.8736,2.3060,30,Immeuble,5G NR 700
4,ORANGE,48.8420,2.3210,30,Immeuble,5G NR 700
5,FREE MOBILE,48.8744,2.2975,30,Immeuble,5G NR 700
"""


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "paris_sites.csv").write_text(REGISTER, "utf-8")
    return folder


def run_gemel(folder: Path, data: Path, *more: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "gemel", "run", "paris-etoile", "--data", str(data)]
        + ["--out", str(folder / "out"), *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_usable_llvm_it_is_refused_in_one_line(data, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nowhere/libLLVM-15.so.1")
    told = run_gemel(tmp_path, data)
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.startswith("gemel: tracing rays needs LLVM 16 or newer. ")
    assert told.stderr.count("\n") == 1
    assert "apt-get install libllvm19" in told.stderr
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "cache").exists()


def test_it_takes_the_sites_around_and_traces_those_on_the_scene(data, monkeypatch):
    monkeypatch.setattr(survey, "ready", lambda: Path("libLLVM.so.19.1"))
    plan = paris_etoile(0, data)
    assert {cell.site for cell in plan.inventory.cells} == {"1", "2", "3"}
    assert plan.survey is not None
    traced = [(one.height_m, one.carrier_ghz) for one in plan.survey.antennas]
    assert sorted(traced) == [(29.0, 0.7), (33.0, 0.7), (33.0, 3.5)]
    assert any("2 of the 3 sites" in note for note in plan.notes)


def test_no_site_near_is_refused(data, monkeypatch):
    monkeypatch.setattr(survey, "ready", lambda: Path("libLLVM.so.19.1"))
    far = "".join(REGISTER.splitlines(keepends=True)[i] for i in (0, 4))
    (data / "paris_sites.csv").write_text(far, "utf-8")
    with pytest.raises(InterfaceError, match="no outdoor 5G site of ORANGE within"):
        paris_etoile(0, data)


def test_the_grid_covers_the_buildings_and_no_more():
    scene = read_scene("etoile")
    grid = grid_over(scene)
    place_m = scene.triangles_m[..., :2].reshape(-1, 2)
    south_west_m = place_m.min(axis=0) - (grid.x0_m, grid.y0_m)
    north_east_m = (
        grid.x0_m + grid.columns * grid.step_m,
        grid.y0_m + grid.rows * grid.step_m,
    ) - place_m.max(axis=0)
    for gap_m in (south_west_m, north_east_m):
        assert (gap_m >= 0).all() and (gap_m < grid.step_m).all()


def test_the_register_has_the_sites_that_are_known_around_the_scene(data_dir):
    """A table of the same register, put into the scene's frame by somebody else."""
    known = data_dir / "paris" / "paris_etoile_sites_scene_xy.csv"
    if not known.is_file():
        pytest.skip(f"{known} is not there: no positions to compare with")
    scene = read_scene("etoile")
    table = read_anfr(data_dir / "paris" / "paris_sites.csv", OPERATOR)
    rows = rows_around(scene, table)
    with known.open(encoding="utf-8", newline="") as file:
        said = {
            row["id_support"]: (float(row["x_scene"]), float(row["y_scene"]))
            for row in csv.DictReader(file)
            if row["operator"] == OPERATOR
        }
    assert {row.site for row in rows} == set(said)
    for row in rows:
        # The table is a tenth of a metre coarse and was projected along parallels at
        # another radius of the Earth: 0.2 % of 600 m.
        assert (row.x_m, row.y_m) == pytest.approx(said[row.site], abs=1.5)
        west_m, north_m = scene.box.west_m - AROUND_M, scene.box.north_m + AROUND_M
        assert row.x_m >= west_m and row.y_m <= north_m


def test_every_antenna_is_traced_once(data, monkeypatch):
    monkeypatch.setattr(survey, "ready", lambda: Path("libLLVM.so.19.1"))
    plan = paris_etoile(0, data)
    antennas = antennas_on(read_scene("etoile"), plan.inventory.cells)
    assert len(set(antennas)) == len(antennas) < len(plan.inventory.cells)


@pytest.mark.slow
def test_a_part_of_a_day_is_lived_by_traced_rays(data, tmp_path, monkeypatch):
    try:
        ready()
    except InterfaceError as error:
        pytest.skip(str(error))
    # The maps stay in the user's cache: the second run of this test traces nothing.
    told = run_gemel(tmp_path, data, "--hours", "0.25", "--json")
    assert told.returncode in (0, 1), told.stderr
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nowhere/libLLVM-15.so.1")
    again = run_gemel(tmp_path, data, "--hours", "0.25", "--json", "--out", "second")
    assert again.returncode == told.returncode, again.stderr
    first, second = json.loads(told.stdout), json.loads(again.stdout)
    assert first["scenario"] == "paris-etoile"
    assert second["throughput_mbps"] == first["throughput_mbps"]
