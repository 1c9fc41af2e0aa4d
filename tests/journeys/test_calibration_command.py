"""Does `gemel calibration` say whether we fit, and refuse what it cannot do?"""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from gemel.cli import app
from gemel.cli.frame import run
from gemel.report.calibration import calibration_picture
from gemel.report.compared import print_calibration
from gemel.scenarios.calibration import outcome
from gemel.scenarios.calibration.cases import CASES
from gemel.scenarios.calibration.references import METRICS, PERCENTILES, Range

# The quickest case to calculate.
OFFICE = ["calibration", "inh-open-6ghz", "--drops", "3", "--seed", "1"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only_line(text):
    (line,) = text.splitlines()
    return line


def test_an_answer_for_programs(here, capsys):
    assert run(app, [*OFFICE, "--json"]) == 0
    answer = json.loads(only_line(capsys.readouterr().out))
    assert answer["case"] == "inh-open-6ghz"
    assert answer["users"] == 3 * 360
    for metric in METRICS:
        assert [int(name) for name in answer[metric]] == list(PERCENTILES)
        assert list(answer[metric].values()) == sorted(answer[metric].values())
    assert answer["verdict"] == "inside"
    held = answer["reference"]["geometry_sir_db"]["50"]
    assert held["low_db"] <= answer["geometry_sir_db"]["50"] <= held["high_db"]
    assert held["inside"] is True and held["source"]
    assert not list(here.iterdir())  # nobody asked for a picture


def test_an_answer_for_people(here, capsys):
    assert run(app, OFFICE) == 0
    told = capsys.readouterr().out
    assert "6 of 6 percentiles are inside" in told
    folder = here / "gemel-inh-open-6ghz"
    assert sorted(path.name for path in folder.iterdir()) == [
        "calibration.json",
        "calibration.png",
    ]
    assert (folder / "calibration.png").read_bytes().startswith(b"\x89PNG")
    numbers = json.loads((folder / "calibration.json").read_text("utf-8"))
    assert numbers["schema_version"] == 1 and numbers["users"] == 3 * 360


def test_nothing_is_overwritten(here, capsys):
    folder = here / "mine"
    folder.mkdir()
    (folder / "calibration.png").write_text("dear to me")
    assert run(app, [*OFFICE, "--out", str(folder)]) == 2
    said = only_line(capsys.readouterr().err)
    assert "nothing is overwritten" in said and "--out" in said
    assert [path.name for path in folder.iterdir()] == ["calibration.png"]
    assert (folder / "calibration.png").read_text() == "dear to me"


def test_outside_is_a_no(here, capsys, monkeypatch):
    far = {"geometry_sir_db": {50: Range(90.0, 91.0, 92.0, "nobody")}}
    monkeypatch.setattr(outcome, "references_of", lambda case: far)
    assert run(app, [*OFFICE, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "outside"


def test_without_a_reference_there_is_no_verdict(here, capsys, monkeypatch):
    monkeypatch.setattr(outcome, "references_of", lambda case: {})
    assert run(app, [*OFFICE, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] is None and answer["reference"] is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["uma-7ghz"], "imt2020-dense-urban-4ghz-a"),
        (["uma-6ghz", "--drops", "0"], "1 or more"),
        (["uma-6ghz", "--drops", "many"], "--drops"),
        (["uma-6ghz", "--seed", "-1"], "--seed"),
        ([], "Missing argument"),
    ],
)
def test_bad_input_is_one_line(here, capsys, words, told):
    assert run(app, ["calibration", *words]) == 2
    said = capsys.readouterr()
    assert told in only_line(said.err) and not said.out
    assert not list(here.iterdir())


def some_result(ranges):
    samples_db = {metric: np.linspace(-50.0, 50.0, 1_001) for metric in METRICS}
    case = CASES["uma-6ghz"]
    return outcome.Calibration(case, 0, 1, samples_db, ranges)


def test_a_miss_is_seen_and_read():
    missed = {
        METRICS[1]: {50: Range(5.0, 6.0, 7.0, "x"), 90: Range(39.0, 40.0, 41.0, "x")}
    }
    result = some_result(missed)
    written = io.StringIO()
    print_calibration(result.compared(), Console(file=written, width=80))
    lines = [line for line in written.getvalue().splitlines() if "5.00" in line]
    assert "OUTSIDE" in written.getvalue() and lines
    picture = calibration_picture("somewhere", result.compared())
    assert "1 of 2 percentiles" in picture.alt
    assert "nothing to compare with" in picture.alt
    assert picture.png.startswith(b"\x89PNG")
    assert "1 of 2" in result.in_words()
