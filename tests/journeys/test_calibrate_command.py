"""Do `gemel calibrate` and `gemel predict` learn, answer, and refuse nonsense?

A small network whose levels follow a formula of this file; one antenna looks elsewhere
than its inventory says.
"""

import csv
import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.interfaces.tables.points_frame import on_grid

pytest.importorskip("lightgbm")

LAT0, LON0, ZONE = 48.85, 2.35, 31
TURNED = "cell-4"
NEW = "cell-20"  # never measured
CELLS = 21
HEADER = (
    "cell",
    "lat",
    "lon",
    "x_utm31n",
    "y_utm31n",
    "height_m",
    "azimuth_deg",
    "electrical_downtilt_deg",
    "mechanical_downtilt_deg",
    "freq_mhz",
    "rs_power_dbm",
)


def places_deg():
    """Seven masts, half a kilometre apart."""
    angle = np.radians(60.0 * np.arange(6))
    east = np.concatenate([[0.0], np.cos(angle)]) * 500.0
    north = np.concatenate([[0.0], np.sin(angle)]) * 500.0
    lat = LAT0 + north / 111_200.0
    lon = LON0 + east / (111_320.0 * np.cos(np.radians(LAT0)))
    return np.repeat(lat, 3), np.repeat(lon, 3)


def write_cells(path):
    lat, lon = places_deg()
    x_m, y_m = on_grid(ZONE, lat, lon)
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for n in range(CELLS):
            azimuth = (30, 150, 270)[n % 3]
            place = (lat[n], lon[n], x_m[n], y_m[n])
            out.writerow([f"cell-{n}", *place, 30, azimuth, 6, 0, 2600.0, 15.0])
    return path


def levels(seed, people=300):
    lot = np.random.default_rng(seed)
    lat, lon = places_deg()
    x_m, y_m = on_grid(ZONE, lat, lon)
    here = np.array(on_grid(ZONE, np.array([LAT0]), np.array([LON0])))
    at_m = here + lot.uniform(-800.0, 800.0, (2, people))
    true_deg = np.tile([30.0, 150.0, 270.0], 7)
    true_deg[4] += 100.0
    east_m, north_m = at_m[0][:, None] - x_m, at_m[1][:, None] - y_m
    off_deg = np.degrees(np.arctan2(east_m, north_m)) - true_deg
    off_deg = (off_deg + 180.0) % 360.0 - 180.0
    level = (
        -20.0
        - 33.0 * np.log10(np.hypot(east_m, north_m) + 10.0)
        - np.minimum(12.0 * (off_deg / 65.0) ** 2, 20.0)
        + np.repeat(lot.normal(0.0, 4.0, (people, 7)), 3, axis=1)
        + lot.normal(0.0, 2.0, (people, CELLS))
    )
    who, cell = np.nonzero(level > -125.0)
    return {
        "cell": [f"cell-{n}" for n in cell],
        "x_m": at_m[0][who],
        "y_m": at_m[1][who],
        "rsrp_dbm": level[who, cell],
    }


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A folder with cells, measurements, a model and a report; and what was said."""
    folder = tmp_path_factory.mktemp("calibrated")
    write_cells(folder / "cells.csv")
    table = levels(0)
    known = np.array(table["cell"]) != NEW
    table = {name: np.asarray(values)[known] for name, values in table.items()}
    table["cell"] = table["cell"].astype(object)  # else long names are cut short
    table["cell"][:3] = "elsewhere"
    table["rsrp_dbm"][[3, 4]] = np.nan, 30.0
    pq.write_table(pa.table(table), folder / "m.parquet")
    return folder


def line(folder, **changed):
    said = {
        "--cells": folder / "cells.csv",
        "--measurements": folder / "m.parquet",
        "--out": folder / "model.npz",
        "--report": folder / "report.html",
    } | {f"--{name}": value for name, value in changed.items()}
    words = [str(w) for pair in said.items() if pair[1] is not None for w in pair]
    return ["calibrate", *words]


@pytest.fixture(scope="module")
def model(learned):
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(app, [*line(learned), "--json"])
    assert code == 0, err.getvalue()
    return learned, json.loads(out.getvalue()), err.getvalue()


@pytest.mark.slow
def test_it_names_the_cell_that_looks_elsewhere(model):
    folder, said, stderr = model
    assert said["unknown_cells"] == {"elsewhere": 3}
    assert sum(said["skipped"].values()) == 5
    (warning,) = stderr.strip().splitlines()
    assert "5 rows skipped" in warning and "elsewhere: 3" in warning
    assert [one["cell"] for one in said["suspects"]] == [TURNED]
    (suspect,) = said["suspects"]
    assert suspect["kind"] == "azimuth"
    assert suspect["turn_low_deg"] <= 100.0 <= suspect["turn_high_deg"]
    assert len(suspect["rose"]["bearing_deg"]) == len(suspect["rose"]["heard_db"])
    page = (folder / "report.html").read_text("utf-8")
    assert TURNED in page and page.count("data:image/png;base64,") == 1
    assert "http://" not in page and "https://" not in page


@pytest.mark.slow
def test_it_predicts_every_row_in_its_order(model, tmp_path, capsys):
    folder, _, _ = model
    table = levels(1)
    truth = table.pop("rsrp_dbm")
    table["note"] = [f"row {number}" for number in range(len(truth))]
    table["cell"][7] = "elsewhere"
    pq.write_table(pa.table(table), tmp_path / "p.parquet")
    asked = [
        *("predict", "--model", folder / "model.npz", "--cells", folder / "cells.csv"),
        *("--points", tmp_path / "p.parquet", "--out", tmp_path / "q.parquet"),
    ]
    assert run(app, [*map(str, asked), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    answer = pq.read_table(tmp_path / "q.parquet")
    for name, values in table.items():
        assert answer[name].to_pylist() == list(values)
    mean, low, high = (
        answer[f"rsrp_dbm_{name}"].to_numpy() for name in ("mean", "p10", "p90")
    )
    assert np.isnan(mean[7]) and np.isfinite(np.delete(mean, 7)).all()
    assert said["rows"] == len(truth) == said["predicted"] + 1
    assert said["unknown_cells"] == {"elsewhere": 1}
    new = np.array(table["cell"]) == NEW
    assert said["of_cells_never_measured"] == new.sum() > 50
    # Shadow and noise, 4.5 dB together, are not to be known at most places.
    error_db = (mean - truth)[(~new) & np.isfinite(mean)]
    assert np.sqrt((error_db**2).mean()) < 6.5
    assert np.sqrt(((mean - truth)[new] ** 2).mean()) < 9.0
    there = np.isfinite(mean)
    assert (low[there] <= mean[there]).all() and (mean[there] <= high[there]).all()


@pytest.mark.slow
def test_nothing_is_overwritten(model, capsys):
    folder, _, _ = model
    before = (folder / "model.npz").read_bytes()
    assert run(app, line(folder)) == 2
    (complaint,) = capsys.readouterr().err.strip().splitlines()
    assert "model.npz is there already; nothing is overwritten" in complaint
    assert (folder / "model.npz").read_bytes() == before


def spoil(folder, what):
    """One file of a calibration, spoilt; and which options name it otherwise."""
    table = pq.read_table(folder / "m.parquet")
    if what in ("cell", "rsrp_dbm", "x_m"):
        pq.write_table(table.drop_columns([what]), folder / "m.parquet")
    elif what == "strangers":
        names = pa.array(["nobody"] * len(table))
        at = table.column_names.index("cell")
        pq.write_table(table.set_column(at, "cell", names), folder / "m.parquet")
    elif what == "loud":
        at = table.column_names.index("rsrp_dbm")
        loud = pa.array(np.full(len(table), 30.0))
        pq.write_table(table.set_column(at, "rsrp_dbm", loud), folder / "m.parquet")
    elif what == "grid":
        at = table.column_names.index("x_m")
        moved = pa.array(table["x_m"].to_numpy() + 3e5)
        pq.write_table(table.set_column(at, "x_m", moved), folder / "m.parquet")
    elif what == "cut":
        whole = (folder / "m.parquet").read_bytes()
        (folder / "m.parquet").write_bytes(whole[: len(whole) // 2])
    elif what == "empty":
        (folder / "m.parquet").write_bytes(b"")
    elif what == "no rows":
        pq.write_table(table.slice(0, 0), folder / "m.parquet")
    elif what == "few":
        pq.write_table(table.slice(10, 20), folder / "m.parquet")
    elif what == "gone":
        (folder / "m.parquet").unlink()
    elif what == "cells":
        (folder / "cells.csv").write_text("cell,lat,lon\na,48.85,2.35\n")


BAD = {
    "cell": "no column cell",
    "rsrp_dbm": "no column rsrp_dbm",
    "x_m": "no column x_m",
    "strangers": "no row is of use",
    "loud": "outside -156 to -31 dBm",
    "grid": "no point is within 10 km of its cell",
    "cut": "cut short or no Parquet",
    "empty": "is empty",
    "no rows": "has no rows",
    "few": "are needed",
    "gone": "there is no file",
    "cells": "no column azimuth_deg",
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_line_and_nothing_is_written(learned, tmp_path, capsys, what):
    for name in ("cells.csv", "m.parquet"):
        shutil.copy(learned / name, tmp_path / name)
    spoil(tmp_path, what)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert run(app, line(tmp_path)) == 2
    (complaint,) = capsys.readouterr().err.strip().splitlines()
    assert BAD[what] in complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.slow
@pytest.mark.parametrize("what", ["cut", "another version", "another kind", "text"])
def test_a_model_that_cannot_be_is_refused(model, tmp_path, capsys, what):
    folder, _, _ = model
    path = tmp_path / "model.npz"
    whole = (folder / "model.npz").read_bytes()
    if what == "cut":
        path.write_bytes(whole[:5_000])
    elif what == "text":
        path.write_text("a model\n")
    else:
        with np.load(folder / "model.npz") as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays["header"].tobytes())
        if what == "another version":
            header["schema_version"] = 99
        else:
            header["kind"] = "energy"
        text = json.dumps(header).encode()
        arrays["header"] = np.frombuffer(text, np.uint8)
        np.savez(path, **arrays)  # type: ignore[arg-type]
    asked = [
        *("predict", "--model", path, "--cells", folder / "cells.csv"),
        *("--points", folder / "m.parquet", "--out", tmp_path / "q.parquet"),
    ]
    assert run(app, list(map(str, asked))) == 2
    (complaint,) = capsys.readouterr().err.strip().splitlines()
    assert "model.npz" in complaint
    assert not (tmp_path / "q.parquet").exists()


@pytest.mark.slow
def test_a_scenario_runs_with_what_was_learned(model):
    import jax.numpy as jnp

    from gemel.cli.places import place_of
    from gemel.radio.link import Link
    from gemel.scenarios.worlds import public_facts

    folder, _, _ = model
    place = place_of("hexagons", 0, None, None, None, None, None, folder / "model.npz")
    plan = place.plan()
    facts = public_facts(plan, 0)
    link = Link(*map(jnp.asarray, (300.0, 25.0, 1.5, 2.6, False)))
    far = Link(*map(jnp.asarray, (600.0, 25.0, 1.5, 2.6, False)))
    path_loss = facts.propagation.path_loss
    assert path_loss is plan.calibrated
    assert any("model.npz" in note for note in plan.notes)
    # 33 dB a decade were planted.
    doubled_db = float(path_loss.loss_db(far) - path_loss.loss_db(link))
    assert abs(doubled_db - 33.0 * np.log10(2.0)) < 3.0
