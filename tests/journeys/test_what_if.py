"""Does `gemel what-if` answer people and programs, and refuse what cannot be?"""

import dataclasses
import json
import math

import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.errors import ScenarioError
from gemel.interfaces.tables.what_if_candidates import Asked
from gemel.scenarios import plan as plans
from gemel.scenarios.asking import Answer, CellAnswer, Reply
from gemel.scenarios.changes import KNOBS, apply_changes, read_change
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts

TURN = ["--change", "cell=H01-700-1,tilt_deg=+2"]
SITES = (
    "site,cell,lat,lon,carrier_ghz,azimuth_deg\n"
    'A,"A, north",48.850,2.350,0.7,0\nA,A-2,48.850,2.350,3.5,0\n'
    "Ü,Ü-1,48.854,2.356,0.7,180\nÜ,Ü-2,48.854,2.356,3.5,180\n"
)


# what -> (arguments, what the one line must name)
BAD = {
    "no change": ([], ["nothing to change", "--change"]),
    "no pairs": (["--change", "tilt"], ["'tilt'", "name=value"]),
    "no value": (["--change", "cell=H01-700-1,tilt_deg="], ["name=value"]),
    "no cell": (["--change", "tilt_deg=2"], ["names no cell", "cell=NAME"]),
    "no knob": (["--change", "cell=H01-700-1"], ["names no knob"]),
    "knob twice": (["--change", "cell=a,tilt_deg=1,tilt_deg=2"], ["tilt_deg twice"]),
    "unknown knob": (["--change", "cell=a,volume=11"], ["'volume'", *KNOBS]),
    "no number": (["--change", "cell=a,tilt_deg=steep"], ["tilt_deg=steep", "+2"]),
    "not a number": (["--change", "cell=a,tilt_deg=nan"], ["tilt_deg=nan"]),
    "half awake": (["--change", "cell=a,awake=0.5"], ["awake=0.5", "awake=false"]),
    "unknown cell": (["--change", "cell=H01-9,tilt_deg=1"], ["'H01-9'", "H01-700-1"]),
    "too steep": (["--change", "cell=H01-700-1,tilt_deg=99"], ["99", "-90 to 90"]),
    "added too much": (["--change", "cell=H01-700-1,power_dbm=+50"], ["0 to 60"]),
    "unknown site": (["--fail-site", "H99"], ["'H99'", "H01"]),
    "no place": (["--new-site", "x_m=1,carrier_ghz=3.5"], ["y_m", "height_m=25"]),
    "no number for a site": (
        ["--new-site", "x_m=1,y_m=2,carrier_ghz=fast"],
        ["carrier_ghz=fast"],
    ),
    "carrier of nobody": (
        ["--new-site", "x_m=1,y_m=2,carrier_ghz=2.6"],
        ["2.6 GHz", "0.7, 3.5"],
    ),
    "site on the moon": (
        ["--new-site", "x_m=900000,y_m=2,carrier_ghz=3.5"],
        ["km from the nearest site"],
    ),
    "unknown field": (
        ["--new-site", "x_m=1,y_m=2,carrier_ghz=3.5,colour=red"],
        ["'colour'", "height_m"],
    ),
    "crowd without factor": (
        ["--crowd", "x_m=1,y_m=2,radius_m=50"],
        ["factor", "radius_m=200"],
    ),
    "crowd of less than nobody": (
        ["--crowd", "x_m=1,y_m=2,radius_m=50,factor=-1"],
        ["factor is -1", "0 to 1000"],
    ),
    "crowd twice at once": (
        ["--crowd", "x_m=1,x_m=2,y_m=2,radius_m=50,factor=1"],
        ["x_m twice"],
    ),
    "unbuilt cell": (["--change", "cell=new-1-1,tilt_deg=1"], ["'new-1-1'"]),
    "file and option": (
        [*TURN, "--candidates", "many.toml"],
        ["--candidates", "either"],
    ),
    "no such file": (["--candidates", "missing.csv"], ["missing.csv"]),
    "tomorrow": ([*TURN, "--hour", "24"], ["--hour", "23.75"]),
    "yesterday": ([*TURN, "--hour", "-1"], ["--hour", "0"]),
    "no hour": ([*TURN, "--hour", "nan"], ["--hour", "23.75"]),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_changed_is_refused_in_one_line(what, capsys):
    arguments, named = BAD[what]
    assert run(app, ["what-if", "hexagons", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gemel: ") and err.count("\n") == 1
    for part in named:
        assert part in err, f"{part!r} is not in {err!r}"


@pytest.fixture(scope="module")
def facts():
    return public_facts(hexagons(0, rings=1), 0)


def test_signs_are_relative_and_the_rest_is_absolute(facts):
    names, now = facts.cells.name, facts.controls
    wish = apply_changes(
        now,
        names,
        [
            f"cell={names[1]},tilt_deg=+2,power_dbm=40",
            f"cell={names[1]}, tilt_deg=-0.5, cio_db=-3",
            f"cell={names[2]},awake=false",
        ],
    )
    assert float(wish.tilt_deg[1]) == pytest.approx(float(now.tilt_deg[1]) + 1.5)
    assert float(wish.power_dbm[1]) == 40.0
    assert float(wish.individual_offset_db[1]) == -3.0
    assert not bool(wish.awake[2])
    # Nobody else's knobs moved.
    for knob, _, _ in KNOBS.values():
        moved = (getattr(wish, knob) != getattr(now, knob)).nonzero()[0].tolist()
        assert moved in ([], [1], [2]), knob


def test_a_name_may_hold_commas_and_umlauts():
    change = read_change("cell=Köln, Dom (nord),tilt_deg=-2,awake=true")
    assert change.cell == "Köln, Dom (nord)"
    assert [(t.knob, t.value, t.relative) for t in change.turns] == [
        ("tilt_deg", -2.0, True),
        ("awake", 1.0, False),
    ]
    with pytest.raises(ScenarioError, match="name=value"):
        read_change("cell=a,tilt_deg=2,loud")


ANSWERS = [
    Answer(
        "AveDLRANUEThpt",
        "kbit/s",
        (396_895.0, 405_195.0, 413_400.0),
        (1_396_859.0, 1_405_160.0, 1_413_400.0),
        (-384.8, -34.63, 315.1),
    ),
    Answer(
        "UsersBelowCoverageFloor",
        "%",
        (0.0, 0.16, 0.25),
        (0.07, 0.16, 100.0),
        (-0.001, 0.0, math.nan),
    ),
]


CELLS = (CellAnswer("H01-700-1", (dataclasses.replace(ANSWERS[1], name="L"),) * 4),)


def replied(plan, asked: list[Asked], *given) -> list[Reply]:
    return [Reply(one, tuple(ANSWERS), CELLS) for one in asked]


def test_people_read_whole_names_and_intervals_in_80_columns(capsys, monkeypatch):
    monkeypatch.setattr("gemel.scenarios.asking.ask_many", replied)
    monkeypatch.setenv("COLUMNS", "80")
    assert run(app, ["what-if", "hexagons", *TURN, "--hour", "7.5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    assert "…" not in text
    assert "07:30 to 07:45" in text and TURN[1] in text
    first = next(line for line in lines if line.startswith("AveDLRANUEThpt"))
    assert first.split() == ["AveDLRANUEThpt", "405.2", "1,405", "-0.03"]
    below = lines[lines.index(first) + 1]
    assert "Mbit/s" in below and "396.9 to 413.4" in below
    assert "-0.38 to +0.32" in below
    floor = next(line for line in lines if line.startswith("UsersBelowCoverageFloor"))
    assert floor.split()[1:] == ["0.16", "0.16", "0.00"]
    assert "0.00 to n/a" in lines[lines.index(floor) + 1]


def test_programs_read_json_without_nan(capsys, monkeypatch):
    monkeypatch.setattr("gemel.scenarios.asking.ask_many", replied)
    assert run(app, ["what-if", "hexagons", *TURN, "--json"]) == 0
    out, err = capsys.readouterr()
    said = json.loads(out, parse_constant=lambda text: pytest.fail(text))
    assert (out.count("\n"), err) == (1, "")
    assert set(said) == {"scenario", "hour", "changes", "kpis", "cells"}
    assert said["cells"][0]["cell"] == "H01-700-1"
    assert said["cells"][0]["measurements"][0]["before"]["mean"] == 0.16
    assert (said["scenario"], said["hour"], said["changes"]) == (
        "hexagons",
        20.0,
        TURN[1:],
    )
    assert said["kpis"][1]["change"] == {"low": -0.001, "mean": 0.0, "high": None}


@pytest.mark.slow
def test_a_network_of_ones_own_is_asked(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(plans, "FEWEST_USERS", 100)  # fewer people, sooner done
    table = tmp_path / "mine.csv"
    table.write_text(SITES, "utf-8")
    command = ["what-if", "--sites", str(table), "--json", "--hour", "12"]
    change = ["--change", "cell=A, north,power_dbm=-6", "--change", "cell=Ü-2,awake=0"]
    assert run(app, [*command, *change]) == 0
    kpis = {kpi["name"]: kpi for kpi in json.loads(capsys.readouterr().out)["kpis"]}
    for kpi in kpis.values():
        for when in ("before", "after", "change"):
            assert kpi[when]["low"] <= kpi[when]["mean"] <= kpi[when]["high"]
        # float32 sums of two hundred members: seven digits of the larger one
        apart = kpi["after"]["mean"] - kpi["before"]["mean"]
        size = abs(kpi["before"]["mean"]) + 1.0
        assert kpi["change"]["mean"] == pytest.approx(apart, abs=1e-5 * size)
    # One of four radio units asleep and one at a quarter of its power.
    assert kpis["RANEnergyConsumption"]["change"]["high"] < 0.0
