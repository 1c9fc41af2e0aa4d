"""Do `gemel replay`, `gemel history` and `gemel run --store` keep what was?"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.interfaces.standards.naming import local_names
from gemel.interfaces.standards.pm_file import file_name
from gemel.interfaces.standards.ts28532_pm import write_pm
from gemel.interfaces.standards.ts28552 import meas_file
from gemel.interfaces.stores.history_duckdb import DuckHistory

SOURCE = Path(__file__).resolve().parents[2] / "src"
SITES = "site,lat,lon\nA,48.850,2.350\nB,48.854,2.350\nC,48.852,2.356\n"
BEGIN = datetime(2025, 1, 7, tzinfo=UTC)


@pytest.fixture
def recording(tmp_path) -> Path:
    """Six quarters of three cells; one is cut short."""
    folder = tmp_path / "recording"
    folder.mkdir()
    names = local_names(("a", "b", "c"), [0, 0, 0])
    for number in range(6):
        begin = BEGIN + number * timedelta(seconds=900)
        told = {"RRU.PrbTotDl": np.arange(3.0) + number}
        file = meas_file(told, names, begin, begin + timedelta(seconds=900), 900)
        content = write_pm(file, "measDataFile" if number % 2 else "measCollecFile")
        path = folder / file_name(file)
        path.write_bytes(content[:-200] if number == 3 else content)
    return folder


def gemel(capsys, *words: object) -> tuple[int, str, str]:
    code = run(app, [str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_recording_goes_into_a_history_and_is_told_of(recording, tmp_path, capsys):
    store = tmp_path / "store"
    code, out, err = gemel(capsys, "replay", recording, "--store", store)
    assert code == 0 and err == ""
    assert "reports: 5 whole, 1 missing, 1 corrupt" in out
    assert "15 whole" in out and "no whole XML file" in out
    code, out, _ = gemel(capsys, "replay", recording, "--store", store, "--json")
    told = json.loads(out)
    assert code == 0 and told["rows"]["counts"] == {"again": 15}
    assert told["monday"].startswith("2025-01-06T00:00:00")
    code, out, _ = gemel(capsys, "history", store)
    assert code == 0 and "2025-01-07 01:15:00" in out
    line = out[out.index("SELECT") : out.rindex('"')]
    assert len(duckdb.execute(line).fetchall()) == 15
    code, out, _ = gemel(capsys, "history", store, "--json")
    kinds = {kind["name"]: kind for kind in json.loads(out)["kinds"]}
    assert kinds["reports"]["rows"] == 15 and kinds["beliefs"]["rows"] == 0
    code, out, _ = gemel(capsys, "history", store, "--kind", "reports", "--json")
    (load,) = json.loads(out)["reports"]
    assert (load["name"], load["cells"], load["present"]) == ("RRU.PrbTotDl", 3, 1.0)


def test_a_spoilt_file_is_told_of_and_left_alone(recording, tmp_path, capsys):
    store = tmp_path / "store"
    gemel(capsys, "replay", recording, "--store", store)
    (spoilt,) = (store / "kind=reports").glob("*.parquet")
    spoilt.write_bytes(spoilt.read_bytes()[:100])
    code, out, err = gemel(capsys, "history", store, "--json")
    assert code == 0 and len(json.loads(out)["unreadable"]) == 1
    code, out, err = gemel(capsys, "history", store)
    assert code == 0 and err.count("\n") == 1 and "is passed over" in err
    assert spoilt.stat().st_size == 100


def entries(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["history", "{tmp}/none"], "there is no history"),
        (["history", "{tmp}/recording"], "is no history"),
        (["history", "{tmp}/file"], "is a file"),
        (["history", "nonsense://x"], "no place for a history"),
        (["history", "{tmp}", "--kind", "rumours"], "rumours"),
        (["replay", "{tmp}/none", "--store", "{tmp}/s"], "there is no"),
        (["replay", "{tmp}/empty", "--store", "{tmp}/s"], "holds no recording"),
        (["replay", "{tmp}/corrupt", "--store", "{tmp}/s"], "can be read"),
        (["replay", "{tmp}/recording", "--store", "{tmp}/file"], "is a file"),
        (["replay", "{tmp}/recording", "--store", "{tmp}/file/s"], "cannot be"),
        (["replay", "{tmp}/recording", "--store", "{tmp}/corrupt"], "is no history"),
        (["replay", "{tmp}/recording"], "--store"),
        (
            ["replay", "{tmp}/recording", "--store", "{tmp}/s", "--keep-days", "0"],
            "--keep-days",
        ),
        (["run", "--sites", "{tmp}/sites.csv", "--keep-days", "3"], "--keep-days"),
        (["run", "--sites", "{tmp}/sites.csv", "--store", "{tmp}/file"], "is a file"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    words, said, recording, tmp_path, capsys, monkeypatch
):
    (tmp_path / "file").write_text("a letter")
    (tmp_path / "sites.csv").write_text(SITES)
    (tmp_path / "empty").mkdir()
    (tmp_path / "corrupt").mkdir()
    (tmp_path / "corrupt" / "a.xml").write_text("<!DOCTYPE bomb>")
    monkeypatch.chdir(tmp_path)
    before = entries(tmp_path)
    code, out, err = gemel(capsys, *(word.format(tmp=tmp_path) for word in words))
    assert code == 2 and out == ""
    assert said in err and err.count("\n") == 1
    assert entries(tmp_path) == before


def test_a_history_that_is_written_to_is_refused_and_can_be_read(
    recording, tmp_path, capsys
):
    store = tmp_path / "store"
    with DuckHistory(store):
        code, _, err = gemel(capsys, "replay", recording, "--store", store)
        assert code == 2 and "another process is writing" in err
        assert gemel(capsys, "history", store)[0] == 0


@pytest.mark.slow
def test_a_network_goes_on_where_its_history_ends(tmp_path):
    (tmp_path / "sites.csv").write_text(SITES)

    def ran(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "gemel", "run", "--sites", "sites.csv", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            timeout=600,
        )

    for number in (1, 2):
        done = ran("--hours", "0.5", "--store", "store", "--out", f"out-{number}")
        assert done.returncode in (0, 1), done.stderr
        with DuckHistory(tmp_path / "store", writing=False) as history:
            reports, forecasts = history.read("reports"), history.read("forecasts")
            inventory, decisions = history.read("inventory"), history.read("decisions")
            assert len(history.read("beliefs")["cell"])
        hours = np.unique(reports["elapsed_s"]) / 3_600.0
        # All of Monday, and then half an hour of every day that was lived.
        lived = [
            24.0 * day + half for day in range(1, number + 1) for half in (0, 0.25)
        ]
        assert hours.tolist() == [n / 4 for n in range(96)] + lived
        assert len(set(inventory["name"].tolist())) == 6
        assert (decisions["decision"] == "began").sum() == number
        of_cells = forecasts["cell"] != ""
        horizons_s = set(forecasts["horizon_s"][of_cells].tolist())
        assert horizons_s == {900.0, 3_600.0, 86_400.0}
        assert (forecasts["low"] <= forecasts["high"]).all()
        keys = zip(reports["elapsed_s"], reports["cell"], reports["name"], strict=True)
        assert len(set(keys)) == len(reports["cell"])
    other = ran("--hours", "0.5", "--store", "store", "--out", "out-3", "--seed", "1")
    assert other.returncode == 2 and other.stderr.count("\n") == 1
    assert "the history is of seed 0" in other.stderr
    assert not (tmp_path / "out-3").exists()
