"""Are files of candidates read, and refused in one line where they are wrong?"""

import json

import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.cli.what_if import SHORT
from gemel.interfaces.tables.what_if_candidates import read_candidates
from gemel.scenarios.asking import Answer, Reply

TOML = """
schema_version = 1
[[candidate]]
name = "down"
changes = ["cell=H01-3500-1,tilt_deg=+2", "cell=H01-3500-2,tilt_deg=+2"]
[[candidate]]
name = "lost"
fail_sites = ["H02"]
[[candidate]]
name = "built"
new_sites = "x_m=120,y_m=80,carrier_ghz=3.5"
changes = "cell=new-1-1,power_dbm=50"
crowd = "x_m=0,y_m=0,radius_m=100,factor=3"
"""
CSV = (
    "name,change,fail_site\n"
    'down,"cell=H01-3500-1,tilt_deg=+2",\n'
    'down,"cell=H01-3500-2,tilt_deg=+2",\n'
    "lost,,H02\n"
)
# what -> (ending, text, what the one line must name)
BAD = {
    "nothing": (".toml", "schema_version = 1", ["lists no candidate"]),
    "no version": (".toml", TOML.replace("schema_version = 1", ""), ["schema_version"]),
    "newer": (".toml", TOML.replace("= 1", "= 2"), ["schema_version is '2'"]),
    "cut off": (".toml", TOML[:60], ["is not TOML"]),
    "unknown word": (".toml", TOML.replace("crowd", "mob"), ["'mob'", "crowd"]),
    "a number": (".toml", TOML.replace('["H02"]', "[2]"), ["fail_sites", "texts"]),
    "twice": (".toml", TOML.replace('"lost"', '"down"'), ["'down'", "Rename"]),
    "idle": (
        ".toml",
        'schema_version = 1\n[[candidate]]\nname = "x"\n',
        ["changes nothing"],
    ),
    "no name": (".csv", "change\ncell=a\n", ["no column name"]),
    "odd column": (".csv", "name,chance\na,b\n", ["'chance'", "fail_site"]),
    "empty": (".csv", "", ["empty"]),
    "idle row": (".csv", "name,change\na,\n", ["changes nothing"]),
    "bad change": (".csv", 'name,change\na,"tilt=3"\n', ["no knob"]),
    "bad site": (".csv", "name,fail_site\na,H77\n", ["'H77'"]),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_in_one_line(what, tmp_path, capsys):
    ending, text, named = BAD[what]
    path = tmp_path / f"many{ending}"
    path.write_text(text, "utf-8")
    assert run(app, ["what-if", "hexagons", "--candidates", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gemel: ") and err.count("\n") == 1
    for part in named:
        assert part in err, f"{part!r} is not in {err!r}"


def test_both_forms_say_the_same(tmp_path):
    for ending, text in ((".toml", TOML), (".csv", CSV)):
        (tmp_path / f"many{ending}").write_text(text, "utf-8")
    toml = read_candidates(tmp_path / "many.toml")
    csv = read_candidates(tmp_path / "many.csv")
    assert toml[:2] == csv
    assert toml[2].new_sites == ("x_m=120,y_m=80,carrier_ghz=3.5",)
    assert toml[2].says[-1] == "crowd x_m=0,y_m=0,radius_m=100,factor=3"


def test_a_comparison_fits_80_columns(tmp_path, capsys, monkeypatch):
    def replied(plan, asked, *given):
        band = (-10.5, 1.25, 13.0)
        answers = [Answer(name, "kbit/s", band, band, band) for name in SHORT]
        return [Reply(one, tuple(answers), ()) for one in asked]

    monkeypatch.setattr("gemel.scenarios.asking.ask_many", replied)
    monkeypatch.setenv("COLUMNS", "80")
    path = tmp_path / "many.toml"
    path.write_text(TOML, "utf-8")
    assert run(app, ["what-if", "hexagons", "--candidates", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80 and "3 candidates" in lines[1]
    for name in ("down", "lost", "built"):
        assert any(line.startswith(name) for line in lines)
    assert all(name in "\n".join(lines) for name in SHORT.values())


@pytest.mark.slow
def test_many_are_compared_in_one_go(tmp_path, capsys):
    path = tmp_path / "many.toml"
    path.write_text(TOML, "utf-8")
    command = ["what-if", "hexagons", "--candidates", str(path), "--hour", "18"]
    assert run(app, [*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    found = {one["name"]: one for one in said["candidates"]}
    assert list(found) == ["down", "lost", "built"]
    change = {
        name: {kpi["name"]: kpi["change"]["mean"] for kpi in one["kpis"]}
        for name, one in found.items()
    }
    # Others get a dead site's people; a new one draws power of its own.
    assert change["lost"]["AveDLRANUEThpt"] < 0.0
    assert change["lost"]["AveDLPrbLoad"] > 0.0
    assert change["built"]["RANEnergyConsumption"] > 0.0
    cells = {one["cell"] for one in found["built"]["cells"]}
    assert "new-1-1" in cells
    assert not any(one["cell"].startswith("new") for one in found["lost"]["cells"])
