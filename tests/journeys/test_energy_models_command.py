"""Are base stations' energies learned, kept in a file and predicted, dirt included?"""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from gemel.cli import app
from gemel.cli.frame import BAD_INPUT, DONE, run

STATIONS, KEPT_BACK, HOURS = 24, 4, 30
INFO = "BS,CellName,RUType,Mode,Frequency,Bandwidth,Antennas,TXpower"
LOAD = "Time,BS,CellName,load,ESMode1,ESMode2"
ENERGY = "Time,BS,Energy"


def written(path: Path, header: str, rows: list[str]) -> Path:
    raw = ("\n".join([header, *rows]) + "\n").encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, Path]:
    """Energy is 10 or 20 plus 15 times the load, by radio type; four stations' energy
    is kept back."""
    folder = tmp_path_factory.mktemp("tables")
    luck = np.random.default_rng(0)
    info, load, energy = [], [], []
    for station in range(STATIONS):
        kind = station % 2
        info.append(f"S{station},Cell0,Type{kind},Mode1,3,20,2,6.9")
        for hour in range(HOURS):
            time = f"1/{1 + hour // 24}/2023 {hour % 24}:00"
            busy = luck.uniform(0.0, 0.9)
            load.append(f"{time},S{station},Cell0,{busy:.4f},0,0")
            if station >= KEPT_BACK:
                used = 10.0 * (1 + kind) + 15.0 * busy
                energy.append(f"{time},S{station},{used:.4f}")
    return {
        "--stations": written(folder / "info.csv", INFO, info),
        "--load": written(folder / "load.csv.gz", LOAD, load),
        "--energy": written(folder / "energy.csv.gz", ENERGY, energy),
    }


def command(name: str, options: dict[str, Path], *more: object) -> int:
    words = [word for pair in options.items() for word in pair]
    return run(app, [name, *map(str, [*words, *more])])


def without(options: dict[str, Path], name: str) -> dict[str, Path]:
    return {option: path for option, path in options.items() if option != name}


@pytest.fixture(scope="module")
def model(tables, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("model") / "energy.npz"
    page = out.with_name("energy.html")
    assert command("calibrate-energy", tables, "--out", out, "--report", page) == DONE
    assert "data:image/png" in page.read_text()
    return out


def test_stations_kept_back_are_predicted(tables, model, tmp_path, capsys):
    out = tmp_path / "q.csv"
    asked = without(tables, "--energy")
    assert command("predict-energy", asked, "--model", model, "--out", out) == DONE
    header, *rows = out.read_text().splitlines()
    assert header == ENERGY
    assert len(rows) == STATIONS * HOURS
    load = gzip.decompress(tables["--load"].read_bytes()).decode().splitlines()[1:]
    busy = {tuple(row.split(",")[:2]): float(row.split(",")[3]) for row in load}
    for row in rows:
        time, station, used = row.split(",")
        number = int(station[1:])
        if number < KEPT_BACK:
            true = 10.0 * (1 + number % 2) + 15.0 * busy[(time, station)]
            assert abs(float(used) / true - 1.0) < 0.11
    assert "24 stations predicted" in capsys.readouterr().out


@pytest.mark.slow
def test_the_same_seed_learns_the_same(tables, model, tmp_path):
    again = tmp_path / "again.npz"
    assert command("calibrate-energy", tables, "--out", again) == DONE
    with np.load(again) as ours, np.load(model) as theirs:
        assert set(ours.files) == set(theirs.files)
        for name in set(ours.files) - {"header"}:
            assert np.array_equal(ours[name], theirs[name])


def test_unknown_stations_are_listed_and_skipped(tables, model, tmp_path, capsys):
    rows = tables["--stations"].read_text().splitlines()[1:]
    few = written(tmp_path / "few.csv", INFO, rows[2:])
    asked = {"--stations": few, "--load": tables["--load"]}
    out = tmp_path / "q.csv"
    asked |= {"--model": model}
    assert command("predict-energy", asked, "--out", out, "--json") == DONE
    said = capsys.readouterr()
    assert json.loads(said.out)["unknown"] == ["S0", "S1"]
    assert "2 stations of the load table have no row of equipment" in said.err
    assert len(said.err.splitlines()) == 1


BAD_TABLES = {
    ("--stations", "no column RUType"): "BS,CellName\nS0,Cell0\n",
    ("--stations", "has no row of use"): f"{INFO}\nS0,Cell0,Type0,Mode1,,20,2,x\n",
    ("--stations", "has no station of"): f"{INFO}\nX,C,Type0,Mode1,3,20,2,6.9\n",
    ("--load", "no column load"): "Time,BS,CellName,loud\n1/1/2023 1:00,S0,C,0.1\n",
    ("--load", "has no row of use"): f"{LOAD}\n1/1/2023 1:00,S0,Cell0,55,0,0\n",
    ("--load", "is empty"): "",
    ("--energy", "no energy above zero"): f"{ENERGY}\n1/1/2023 1:00,S9,nan\n",
    ("--energy", "has no rows"): f"{ENERGY}\n",
    ("--energy", "10 or more are needed"): f"{ENERGY}\n1/1/2023 1:00,S9,12.5\n",
}


@pytest.mark.parametrize("option, complaint", BAD_TABLES)
def test_bad_tables_are_refused_in_one_line(
    option, complaint, tables, tmp_path, capsys
):
    bad = tmp_path / "bad.csv"
    bad.write_text(BAD_TABLES[option, complaint])
    out = tmp_path / "model.npz"
    options = {**tables, option: bad}
    assert command("calibrate-energy", options, "--out", out) == BAD_INPUT
    said = capsys.readouterr()
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1 and said.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize("fault", ["cut short", "another kind", "no model"])
def test_another_model_is_refused_in_one_line(fault, tables, model, tmp_path, capsys):
    from gemel.interfaces.stores.model_file import write_model

    bad = tmp_path / "bad.npz"
    if fault == "cut short":
        bad.write_bytes(model.read_bytes()[:-300])
    elif fault == "another kind":
        write_model(bad, "propagation", {"a": np.zeros(2)}, {})
    else:
        bad.write_text("not a model")
    asked = {**without(tables, "--energy"), "--model": bad}
    assert command("predict-energy", asked, "--out", tmp_path / "q.csv") == BAD_INPUT
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1 and "bad.npz" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.npz"]
