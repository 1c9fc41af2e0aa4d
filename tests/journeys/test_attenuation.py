"""Does `gemel attenuation` answer one link, a whole table, and nonsense?"""

import csv
import json
import logging
import math
from typing import get_args

import numpy as np
import pytest
import typer

from gemel.cli import app
from gemel.cli.attenuation import BuildingName, SurroundingsName
from gemel.cli.frame import run
from gemel.interfaces.tables.attenuations import BUILDINGS
from gemel.radio.attenuation import ATTENUATIONS, SURROUNDINGS

ONE = {
    # Published: 14.7783166 dB/km at 60 GHz in standard air (P.676-13, Study Group 3).
    "gas": ("gas --carrier-ghz 60", "db_per_km", 14.7783166),
    # P.838-3 by hand at 10 GHz, horizontal, table 5: 0.01217 · 50^1.2571.
    "rain": (
        "rain --carrier-ghz 10 --rain-mm-h 50 --polarisation-tilt-deg 0",
        "db_per_km",
        0.01217 * 50.0**1.2571,
    ),
    "cloud": (
        "cloud --carrier-ghz 45 --columnar-kg-m2 0.0278460017 --elevation-deg 90",
        "db",
        0.0401834481,  # P.840-9, Study Group 3
    ),
    # P.2108-1, NTIA's table: 17.4 dB.
    "clutter": (
        "clutter --carrier-ghz 0.5 --distance-km 0.25",
        "db",
        17.4,
    ),
}


@pytest.fixture(autouse=True)
def logs_as_before():
    """The command line configures logging, and a test must not for the next one."""
    ours = logging.getLogger("gemel")
    level, handlers = ours.level, list(ours.handlers)
    yield
    ours.setLevel(level)
    ours.handlers[:] = handlers


def kinds():
    return typer.main.get_command(app).commands["attenuation"].commands  # type: ignore


def answered(line):
    return run(app, ["attenuation", *line.split()])


def test_every_kind_is_a_command_with_the_names_there_are():
    assert set(kinds()) == set(ATTENUATIONS)
    assert set(get_args(BuildingName)) == set(BUILDINGS)
    assert set(get_args(SurroundingsName)) == set(SURROUNDINGS)


@pytest.mark.parametrize("name", ONE)
def test_one_link_is_what_is_published(name, capsys):
    line, unit, published = ONE[name]
    assert answered(f"{line} --json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["kind"] == name and answer["valid"] is True
    # The clutter is printed with one decimal, the rain follows from four digits.
    assert answer[f"attenuation_{unit}"] == pytest.approx(published, rel=2e-3)
    assert answered(line) == 0
    shown = capsys.readouterr()
    assert f"{answer[f'attenuation_{unit}']:.6g} dB" in shown.out
    assert shown.err == ""


def test_what_is_left_out_is_said(capsys):
    assert answered("building-entry --carrier-ghz 3.5 --json") == 0
    answer = json.loads(capsys.readouterr().out)
    loss_db = answer.pop("attenuation_db")
    assert answer == {
        "kind": "building-entry",
        "carrier_ghz": 3.5,
        "probability_percent": 50.0,
        "building": "traditional",
        "elevation_deg": 0.0,
        "valid": True,
    }
    assert 10.0 < loss_db < 20.0


def test_a_known_place_brings_its_heights(capsys):
    line = "clutter --carrier-ghz 1.5 --terminal-height-m 2 --json --surroundings"
    losses_db = {}
    for name, (_, height_m) in SURROUNDINGS.items():
        assert answered(f"{line} {name}") == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["clutter_height_m"], answer["street_width_m"]) == (height_m, 27)
        losses_db[name] = answer["attenuation_db"]
    # NTIA's table, one decimal.
    assert losses_db["open-rural"] == pytest.approx(16.0, abs=0.05)
    assert losses_db["dense-urban"] == pytest.approx(27.1, abs=0.05)
    assert answered(f"{line} urban --clutter-height-m 6") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["attenuation_db"] == pytest.approx(14.6, abs=0.05)


def test_outside_the_range_is_one_line_of_warning(capsys):
    assert answered("gas --carrier-ghz 2000 --json") == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert answer["valid"] is False and math.isfinite(answer["attenuation_db_per_km"])
    assert err.count("\n") == 1 and "warning:" in err and "ITU-R P.676-13" in err


# --- tables

TABLES = {
    "gas": (
        "carrier_ghz,dry_pressure_hpa,temperature_k,vapour_g_m3",
        ["60,1013.25,288.15,7.5", "2000,1013.25,288.15,7.5"],
        "attenuation_db_per_km",
    ),
    "rain": (
        "carrier_ghz,rain_mm_h,elevation_deg,polarisation_tilt_deg",
        ["29,27.13586832,46.35969261,0", "0.7,50,0,45"],
        "attenuation_db_per_km",
    ),
    "cloud": (
        "carrier_ghz,temperature_k,liquid_g_m3",
        ["30,273.15,0.5", "300,273.15,0.5"],
        "attenuation_db_per_km",
    ),
    "building-entry": (
        "carrier_ghz,probability_percent,building,elevation_deg",
        ["3.5,50,thermally-efficient,-20", "150,50,traditional,0"],
        "attenuation_db",
    ),
    "clutter": (
        "carrier_ghz,elevation_deg,location_percent",
        ["30,2,5", "9.9,45,45"],
        "attenuation_db",
    ),
}


def asked(tmp_path, kind, text, *more, name="in.csv"):
    table, out = tmp_path / name, tmp_path / "out.csv"
    table.write_text(text, encoding="utf-8")
    command = ["attenuation", kind, "--table", str(table), "--out", str(out), *more]
    return run(app, command), out


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_comes_back_with_two_columns_more(kind, tmp_path, capsys):
    header, (inside, outside), added = TABLES[kind]
    text = f"note,{header}\nfirst,{inside}\nsecond,{outside}\n"
    code, out = asked(tmp_path, kind, text, "--json")
    assert code == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"out": str(out), "rows": 2, "outside_range": 1}
    assert shown.err.count("\n") == 1
    assert "warning: 1 of 2 rows" in shown.err and "row 3" in shown.err
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == f"note,{header},{added},valid"
    assert lines[1].startswith(f"first,{inside},") and lines[1].endswith(",true")
    assert lines[2].startswith(f"second,{outside},") and lines[2].endswith(",false")


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_says_what_one_link_says(kind, tmp_path, capsys):
    header, (inside, _), added = TABLES[kind]
    code, out = asked(tmp_path, kind, f"{header}\n{inside}\n")
    assert code == 0
    capsys.readouterr()
    cells = dict(zip(header.split(","), inside.split(","), strict=True))
    options = [w for k, v in cells.items() for w in (f"--{k.replace('_', '-')}", v)]
    assert run(app, ["attenuation", kind, *options, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    with out.open(newline="") as lines:
        [row] = csv.DictReader(lines)
    # Nine digits are written.
    assert float(row[added]) == pytest.approx(answer[added], rel=1e-8)


def test_columns_choose_the_kind_of_clutter(tmp_path):
    rows = {
        "carrier_ghz,distance_km,probability_percent\n0.5,0.25,50\n": 17.4,
        "carrier_ghz,elevation_deg,location_percent\n30,2,5\n": 7.7,
        "carrier_ghz,terminal_height_m,surroundings\n1.5,2,Dense urban\n": 27.1,
        "carrier_ghz,terminal_height_m,surroundings,clutter_height_m,street_width_m\n"
        "3,3,dense-urban,15,15\n": 29.0,
    }
    for number, (text, published_db) in enumerate(rows.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        code, out = asked(folder, "clutter", text)
        assert code == 0
        with out.open(newline="") as lines:
            [row] = csv.DictReader(lines)
        assert float(row["attenuation_db"]) == pytest.approx(published_db, abs=0.05)


def test_a_probability_next_to_certainty_is_kept(tmp_path):
    header = TABLES["building-entry"][0]
    text = f"{header}\n3.5,99.999999,traditional,0\n3.5,99.99999,traditional,0\n"
    code, out = asked(tmp_path, "building-entry", text)
    assert code == 0
    with out.open(newline="") as lines:
        rarer, rare = csv.DictReader(lines)
    assert rarer["valid"] == rare["valid"] == "true"
    # Quantiles of 1e-8 and 1e-7 are 5.612 and 5.199; sigma 1 is 10.69 dB at 3.5 GHz.
    apart_db = float(rarer["attenuation_db"]) - float(rare["attenuation_db"])
    sigma_db = 9.6 + 2.0 * np.log10(3.5)
    assert apart_db == pytest.approx((5.6120 - 5.1993) * sigma_db, abs=0.01)


BAD = {
    "text": ("gas", "60,1013.25,warm,7.5", ["row 3", "temperature_k", "'warm'"]),
    "empty cell": ("gas", "60,,288.15,7.5", ["row 3", "dry_pressure_hpa", "is empty"]),
    "carrier 0": ("gas", "0,1013.25,288.15,7.5", ["row 3", "carrier_ghz", "above 0"]),
    "no such building": (
        "building-entry",
        "3.5,50,igloo,0",
        ["row 3", "column building", "'igloo'", "traditional, thermally-efficient"],
    ),
    "short row": ("rain", "28,50", ["row 3", "2 cells"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_refused_with_its_number(name, tmp_path, capsys):
    kind, row, parts = BAD[name]
    header, (good, _), _ = TABLES[kind]
    code, out = asked(tmp_path, kind, f"{header}\n{good}\n{row}\n")
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "") and shown.err.count("\n") == 1
    assert all(part in shown.err for part in ("in.csv", *parts)), shown.err
    assert not out.exists()


WRONG_TABLES = {
    "missing column": ("gas", "carrier_ghz\n60\n", ["dry_pressure_hpa"]),
    "missing columns of clutter": (
        "clutter",
        "carrier_ghz,elevation_deg\n30,2\n",
        ["no column location_percent"],
    ),
    "two kinds at once": (
        "clutter",
        "carrier_ghz,elevation_deg,distance_km,location_percent\n30,2,1,50\n",
        ["2 kinds of clutter", "distance_km", "elevation_deg"],
    ),
    "already answered": (
        "cloud",
        "carrier_ghz,temperature_k,liquid_g_m3,valid\n30,273,1,yes\n",
        ["already has a column valid"],
    ),
    "no rows": ("rain", TABLES["rain"][0] + "\n", ["no rows"]),
    "nothing": ("rain", "", ["is empty"]),
}


@pytest.mark.parametrize("name", WRONG_TABLES)
def test_a_wrong_table_is_refused_in_one_line(name, tmp_path, capsys):
    kind, text, parts = WRONG_TABLES[name]
    code, out = asked(tmp_path, kind, text)
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "") and shown.err.count("\n") == 1
    assert all(part in shown.err for part in ("in.csv", *parts)), shown.err
    assert not out.exists()


def test_nothing_is_overwritten(tmp_path, capsys):
    header, (inside, _), _ = TABLES["rain"]
    (tmp_path / "out.csv").write_text("mine")
    code, out = asked(tmp_path, "rain", f"{header}\n{inside}\n")
    assert code == 2 and "exists and is not overwritten" in capsys.readouterr().err
    assert out.read_text() == "mine"


def test_columns_of_other_names_are_found(tmp_path):
    text = "f;R;elevation_deg;polarisation_tilt_deg\n14,25;27,13586832;46,35969261;0\n"
    code, out = asked(tmp_path, "rain", text, "--columns", "carrier_ghz=f,rain_mm_h=R")
    assert code == 0
    [row] = out.read_text("utf-8").splitlines()[1:]
    # P.838-3, Study Group 3.
    assert float(row.split(";")[4]) == pytest.approx(1.5920842, rel=1e-6)


USAGE = {
    "unknown kind": ("hail", ["'hail'", "gas, rain, cloud, building-entry, clutter"]),
    "no carrier": ("gas", ["--carrier-ghz"]),
    "no rain": ("rain --carrier-ghz 28", ["--rain-mm-h"]),
    "no way": (
        "clutter --carrier-ghz 30",
        ["--distance-km or --elevation-deg or --terminal-height-m, --surroundings"],
    ),
    "two ways": (
        "clutter --carrier-ghz 30 --distance-km 1 --elevation-deg 9",
        ["--distance-km, --elevation-deg", "do not go together"],
    ),
    "no surroundings": (
        "clutter --carrier-ghz 2 --terminal-height-m 2",
        ["--surroundings"],
    ),
    "zero": ("gas --carrier-ghz 0", ["--carrier-ghz", "above zero"]),
    "nan": ("rain --carrier-ghz 28 --rain-mm-h nan", ["--rain-mm-h", "finite"]),
    "igloo": ("building-entry --carrier-ghz 3 --building igloo", ["igloo"]),
    "out alone": ("gas --carrier-ghz 3 --out a.csv", ["--table"]),
    "table alone": ("gas --table a.csv", ["--out"]),
    "both": ("gas --table a.csv --out b.csv --carrier-ghz 3", ["--carrier-ghz"]),
    "no such table": ("gas --table no.csv --out b.csv", ["no.csv"]),
}


@pytest.mark.parametrize("name", USAGE)
def test_a_wrong_command_line_is_said_in_one_line(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line, parts = USAGE[name]
    assert answered(line) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert all(part in err for part in parts), err
    assert list(tmp_path.iterdir()) == []
