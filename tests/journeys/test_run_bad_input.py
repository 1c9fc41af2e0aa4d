"""Is every wrong `gemel run` refused in one line, at once, with nothing left behind?"""

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from gemel.autonomy.intents import TARGETS
from gemel.cli import app
from gemel.cli.frame import run
from gemel.cli.places import FormatName
from gemel.report import folder as results_folder
from gemel.scenarios import SCENARIOS, trial
from gemel.scenarios.own_sites import FORMATS

TWO = "site,lat,lon\nA,48.85,2.35\nB,48.86,2.36\n"
REGISTER = (
    "id_support,operator,lat,lon,support_height_m,support_type,tech\n"
    "1,ORANGE,48.85,2.35,20,Immeuble,5G NR 3500\n"
)
INTENT = {
    "id": "i",
    "objectClass": "Intent",
    "userLabel": "quick",
    "intentMgmtPurpose": "FULFILMENT_WITHOUT_NEGOTIATION",
    "intentExpectations": [
        {
            "expectationId": "1",
            "expectationObject": {"objectType": "RAN_SUBNETWORK"},
            "expectationTargets": [
                {
                    "targetName": "Happiness",
                    "targetCondition": "IS_GREATER_THAN",
                    "targetValueRange": 1,
                }
            ],
        }
    ],
    "intentReportControl": [
        {"observationPeriod": 900, "expectedReportTypes": ["INTENT_FULFILMENT_REPORT"]}
    ],
    "intentReportReference": "r",
}
FILES = {
    "empty.csv": "",
    "header.csv": "site,lat,lon\n",
    "far_north.csv": "site,lat,lon\nA,48,2\nB,95,2\n",
    "twice.csv": "site,cell,lat,lon\nA,a,48.1,2\nB,a,48.2,2\n",
    "negative.csv": "site,lat,lon,power_dbm\nA,48.1,2,-3\nB,48.2,2,40\n",
    "text.csv": "site,lat,lon,height_m\nA,48.1,2,high\nB,48.2,2,30\n",
    "alone.csv": "site,cell,lat,lon\nA,a,48.1,2\n",
    "lone.csv": "site,lat,lon\nA,48.1,2\n",
    "two.csv": TWO,
    "register.csv": REGISTER,
    "not.json": "energy down by 10 %",
    "unknown.json": json.dumps(INTENT),
}

# what -> (arguments, what the one line must name)
BAD = {
    "unknown scenario": (["atlantis"], ["'atlantis'", *SCENARIOS, "--sites"]),
    "nothing": ([], ["neither", *SCENARIOS, "--sites FILE"]),
    "both": (["munich", "--sites", "two.csv"], ["both", "--sites FILE"]),
    "no file": (["--sites", "none.csv"], ["none.csv", "Give the path"]),
    "empty file": (["--sites", "empty.csv"], ["empty.csv", "header row"]),
    "header only": (["--sites", "header.csv"], ["header.csv", "Add rows"]),
    "a folder": (["--sites", "."], ["is a folder", "Give the CSV"]),
    "latitude 95": (
        ["--sites", "far_north.csv"],
        ["far_north.csv, row 3, column lat", "95", "-90 and 90"],
    ),
    "two cells of one name": (
        ["--sites", "twice.csv"],
        ["twice.csv, row 3, column cell", "'a'", "row 2", "Give each"],
    ),
    "negative power": (
        ["--sites", "negative.csv"],
        ["row 2, column power_dbm", "-3", "between 0 and 100", "Correct it"],
    ),
    "text for a number": (
        ["--sites", "text.csv"],
        ["row 2, column height_m", "'high'", "Write a finite number"],
    ),
    "one cell": (["--sites", "alone.csv"], ["alone.csv", "one cell", "at least 2"]),
    "one site": (["--sites", "lone.csv"], ["lone.csv", "one row", "at least two"]),
    "unknown format": (["--sites", "two.csv", "--format", "xml"], ["xml", *FORMATS]),
    "whose sites": (
        ["--sites", "register.csv", "--format", "anfr"],
        ["register.csv", "--operator"],
    ),
    "unknown operator": (
        ["--sites", "register.csv", "--format", "anfr", "--operator", "NOBODY"],
        ["'NOBODY'", "ORANGE", "Choose"],
    ),
    "another table": (
        ["--sites", "two.csv", "--format", "anfr", "--operator", "ORANGE"],
        ["two.csv", "no column", "id_support", "site, lat, lon"],
    ),
    "half a column": (["--sites", "two.csv", "--columns", "lat"], ["ours=theirs"]),
    "column twice": (
        ["--sites", "two.csv", "--columns", "lat=lat,lat=lon"],
        ["lat two names", "Leave one out"],
    ),
    "column of nobody": (
        ["--sites", "two.csv", "--columns", "lat=Breite"],
        ["no column Breite", "site, lat, lon"],
    ),
    "column unknown to us": (
        ["--sites", "two.csv", "--columns", "hight_m=lat"],
        ["no column hight_m", "height_m"],
    ),
    "operator of a scenario": (
        ["munich", "--operator", "X"],
        ["--operator", "--sites"],
    ),
    "columns of a scenario": (["munich", "--columns", "lat=a"], ["--columns"]),
    "format of a scenario": (["munich", "--format", "csv"], ["--format", "--sites"]),
    "operator of a plain table": (
        ["--sites", "two.csv", "--operator", "X"],
        ["--operator", "--format anfr"],
    ),
    "columns of a register": (
        ["--sites", "two.csv", "--format", "anfr", "--columns", "lat=a"],
        ["--columns", "--format csv"],
    ),
    "data for sites": (["--sites", "two.csv", "--data", "."], ["--data", "scenario"]),
    "no hours": (["hexagons", "--hours", "0"], ["--hours", "0.25"]),
    "hours backwards": (["hexagons", "--hours", "-1"], ["--hours", "0.25"]),
    "less than a quarter": (["hexagons", "--hours", "0.1"], ["--hours", "0.25"]),
    "no whole quarters": (["hexagons", "--hours", "0.3"], ["--hours 0.3", "quarters"]),
    "more than a day": (["hexagons", "--hours", "25"], ["--hours", "24"]),
    "hours that are no number": (["hexagons", "--hours", "nan"], ["--hours", "24"]),
    "negative seed": (["hexagons", "--seed", "-1"], ["--seed", "0"]),
    "no intent": (["hexagons", "--intent", "none.json"], ["none.json", "Give a JSON"]),
    "no JSON": (
        ["hexagons", "--intent", "not.json"],
        ["not.json, line 1, column 1", "not JSON", "Mend"],
    ),
    "unknown target": (
        ["hexagons", "--intent", "unknown.json"],
        ["unknown.json", "Happiness", *TARGETS],
    ),
    "paris without its data": (
        ["paris"],
        ["paris_sites.csv", "gemel data get paris", "--data DIR", "GEMEL_DATA"],
    ),
    "paris in an empty folder": (
        ["paris", "--data", "held"],
        ["held", "paris_sites.csv", "gemel data get paris"],
    ),
    "results already there": (
        ["hexagons", "--out", "held"],
        ["held already holds report.html", "--out DIR"],
    ),
    "out is a file": (["hexagons", "--out", "two.csv"], ["two.csv", "--out DIR"]),
    "out below a file": (["hexagons", "--out", "two.csv/a"], ["--out DIR"]),
}


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Path:
    """A folder with all these files in it, where the user stands; no data anywhere."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "report.html").write_text("an older day", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GEMEL_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nowhere"))
    return tmp_path


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("what", BAD)
def test_wrong_input_is_one_line_and_leaves_nothing(what, desk, capsys, monkeypatch):
    def live(*given):
        pytest.fail("a day was begun")

    monkeypatch.setattr(trial, "live_a_day", live)
    arguments, named = BAD[what]
    before, folders = everything(desk), sorted(desk.rglob("*"))
    assert run(app, ["run", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gemel: ") and err.count("\n") == 1
    for part in named:
        assert part in err, f"{part!r} is not in {err!r}"
    assert everything(desk) == before
    assert sorted(desk.rglob("*")) == folders


def test_the_formats_on_offer_are_those_there_are():
    assert get_args(FormatName) == FORMATS


CHEAP = {
    "unknown scenario": ["atlantis"],
    "wrong hours": ["hexagons", "--hours", "0"],
    "occupied folder": ["hexagons", "--out", "held"],
    "half a column": ["--sites", "two.csv", "--columns", "lat"],
}


def test_what_is_cheap_to_check_does_not_wait_for_jax(desk):
    code = (
        "import sys; from gemel.cli import app; from gemel.cli.frame import run\n"
        f"codes = [run(app, ['run', *words]) for words in {list(CHEAP.values())}]\n"
        f"assert codes == {[2] * len(CHEAP)}, codes\n"
        "heavy = {'jax', 'equinox', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_full_disk_is_told_before_the_day_begins(desk, capsys, monkeypatch):
    class Full:
        def __enter__(self):
            raise OSError(errno.ENOSPC, "No space left on device")

        def __exit__(self, *left):
            return None

    monkeypatch.setattr(
        results_folder.tempfile, "TemporaryFile", lambda **where: Full()
    )
    assert run(app, ["run", "hexagons", "--out", "new/deep"]) == 2
    err = capsys.readouterr().err
    assert "No space left on device" in err and err.count("\n") == 1
    assert not (desk / "new").exists()
