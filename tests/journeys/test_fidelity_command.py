"""Does `gemel fidelity` judge what a network left behind, and refuse the rest?"""

import dataclasses
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.interfaces.stores.history_duckdb import DuckHistory
from gemel.report.fidelity import as_json
from gemel.report.fidelity_page import render_fidelity
from gemel.scenarios import SCENARIOS
from gemel.scenarios.hexagons import hexagons
from gemel.twin.fidelity.fidelity import fidelity
from gemel.twin.history import AbstractHistory, MemoryHistory

HOSTILE = "<script>alert('x')</script> & \"[red]\" $\\frac$ 基站"
PERIOD_S, CELLS = 900.0, 6
LOADS = ("RRU.PrbTotDl", "DRB.UEThpDl")


def fill(history: AbstractHistory, periods: int, shift: float = 0.0) -> None:
    """A network whose first cell, of an odd name, comes to differ from its twin."""
    rng = np.random.default_rng(4)
    names = np.array([HOSTILE, *(f"c{n}" for n in range(1, CELLS))])
    for name in LOADS:
        true = 30.0 + 8.0 * rng.normal(size=(periods, CELLS))
        said = true + rng.normal(size=true.shape)
        true[periods // 2 :, 0] += shift
        flat = {
            "cell": np.tile(names, periods),
            "name": np.full(periods * CELLS, name),
            "elapsed_s": np.repeat(np.arange(periods) * PERIOD_S, CELLS),
        }
        history.append(
            "reports",
            flat
            | {
                "period_s": np.full(true.size, PERIOD_S),
                "value": true.ravel(),
                "present": np.ones(true.size, bool),
                "age_s": np.zeros(true.size),
            },
        )
        history.append(
            "forecasts",
            flat
            | {
                "made_s": flat["elapsed_s"],
                "horizon_s": np.full(true.size, PERIOD_S),
                "mean": said.ravel(),
                "low": said.ravel() - 1.645,
                "high": said.ravel() + 1.645,
            },
        )


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "history"
    with DuckHistory(folder) as history:
        fill(history, 64)
    return folder


@pytest.fixture(scope="module")
def drifting(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("drifting") / "history"
    with DuckHistory(folder) as history:
        fill(history, 64, shift=5.0)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_good_twin_is_told_in_80_columns_and_the_store_is_untouched(
    good, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    before = contents(good)
    assert run(app, ["fidelity", "--store", str(good)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    # Names of cells may be of any length; the rest fits.
    assert max(map(len, out.partition("Worst cells")[0].splitlines())) <= 80
    assert "No drift alarm stands" in out
    for name in LOADS:
        assert re.search(rf"{re.escape(name)}\s+A\s", out), out
    assert contents(good) == before


def test_a_drift_that_stands_is_exit_code_1_and_named(drifting, capsys):
    assert run(app, ["fidelity", "--store", str(drifting), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["drift"] and told["schema_version"] == 1
    standing = {(a["name"], a["cell"]) for a in told["alarms"] if a["stands"]}
    assert standing == {(name, HOSTILE) for name in LOADS}
    assert told["cells"][0]["cell"] == HOSTILE
    for kpi in told["kpis"]:
        assert kpi["grade"] == "C" and "drift" in kpi["reason"]
        assert kpi["pairs"] == 64 * CELLS
        assert 0.5 < kpi["coverage"] < 0.95


class Page(HTMLParser):
    """What a page fetches, runs and says."""

    def __init__(self):
        super().__init__()
        self.fetched: list[str] = []
        self.scripts = 0
        self.pictures = 0

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.scripts += tag == "script"
        self.pictures += tag == "img"
        for name in ("src", "href"):
            if not (told.get(name) or "data:").startswith("data:"):
                self.fetched.append(str(told[name]))


def test_the_page_stands_alone_and_shows_the_worst_first(drifting, tmp_path, capsys):
    page = tmp_path / "page.html"
    wish = ["fidelity", "--store", str(drifting), "--report", str(page)]
    assert run(app, wish) == 1
    assert str(page) in capsys.readouterr().out
    text = page.read_text("utf-8")
    read = Page()
    read.feed(text)
    assert read.fetched == [] and read.scripts == 0
    assert read.pictures == 1 + len(LOADS) + CELLS
    assert "&lt;script&gt;" in text and "drift" in text
    # Nothing is overwritten.
    assert run(app, wish) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert page.read_text("utf-8") == text


def test_a_history_of_nothing_makes_a_page_too():
    told = fidelity(MemoryHistory())
    assert "Nothing was checked" in render_fidelity(told, "nowhere", "gemel fidelity")
    json.dumps(as_json(told), allow_nan=False)


def refused(arguments: list[str], capsys) -> str:
    assert run(app, ["fidelity", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gemel: ") and err.count("\n") == 1
    return err


def test_a_store_that_is_none_is_refused_and_not_made(tmp_path, capsys):
    store = tmp_path / "none"
    said = refused(
        ["--store", str(store), "--report", str(tmp_path / "p.html")], capsys
    )
    assert str(store) in said
    assert list(tmp_path.iterdir()) == []


def test_an_empty_store_is_refused(tmp_path, capsys):
    DuckHistory(tmp_path / "history").close()
    said = refused(["--store", str(tmp_path / "history")], capsys)
    assert "no forecast" in said and "--window" in said


def test_a_store_of_another_version_is_refused_and_untouched(good, tmp_path, capsys):
    for name, content in contents(good).items():
        path = tmp_path / "history" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    about = tmp_path / "history" / "about.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"schema_version": 99}))
    before = contents(tmp_path / "history")
    assert "99" in refused(["--store", str(tmp_path / "history")], capsys)
    assert contents(tmp_path / "history") == before


def test_a_store_that_vanishes_is_told_in_one_line(good, tmp_path, capsys, monkeypatch):
    gone = tmp_path / "history"
    shutil.copytree(good, gone)
    opened = DuckHistory.__init__

    def then_gone(self, *given, **named):
        opened(self, *given, **named)
        shutil.rmtree(gone)

    monkeypatch.setattr(DuckHistory, "__init__", then_gone)
    assert str(gone) in refused(["--store", str(gone)], capsys)
    assert not gone.exists()


def test_a_spoilt_file_is_passed_over_and_said(good, tmp_path, capsys):
    for name, content in contents(good).items():
        path = tmp_path / "history" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    spoilt = sorted((tmp_path / "history" / "kind=forecasts").glob("*.parquet"))[0]
    spoilt.write_bytes(spoilt.read_bytes()[:100])
    before = contents(tmp_path / "history")
    assert run(app, ["fidelity", "--store", str(tmp_path / "history"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)["kpis"]) == 1
    assert spoilt.name in err and "passed over" in err
    assert contents(tmp_path / "history") == before


# what -> (arguments, what the one line must name)
BAD = {
    "nothing": ([], ["scenario"]),
    "both": (["hexagons", "--store", "x"], ["--store"]),
    "hours of a store": (["--store", "x", "--hours", "3"], ["--hours", "--window"]),
    "propagation of a store": (
        ["--store", "x", "--model", "m"],
        ["--model", "only with a scenario"],
    ),
    "data of a store": (["--store", "x", "--data", "d"], ["--data"]),
    "no model": (["hexagons", "--model", "/no/model"], ["/no/model"]),
    "parts of a period": (["hexagons", "--hours", "1.1"], ["--hours", "quarters"]),
    "no such scenario": (["atlantis"], ["atlantis", "hexagons"]),
    "no such folder": (
        ["hexagons", "--report", "/no/such/folder/p.html"],
        ["/no/such/folder"],
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_judged_is_refused_in_one_line(what, capsys):
    arguments, named = BAD[what]
    said = refused(arguments, capsys)
    for part in named:
        assert part in said, said


@pytest.fixture
def small_hexagons():
    return dataclasses.replace(hexagons(0, rings=1), users=300)


@pytest.mark.slow
def test_a_scenario_is_watched_and_judged(capsys, monkeypatch, small_hexagons):
    small = dataclasses.replace(
        SCENARIOS["hexagons"], build=lambda seed, data: small_hexagons
    )
    monkeypatch.setitem(SCENARIOS, "hexagons", small)
    code = run(app, ["fidelity", "hexagons", "--hours", "3", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == (1 if told["drift"] else 0)
    found = {(kpi["name"], kpi["horizon"]) for kpi in told["kpis"]}
    assert {(name, h) for name in LOADS for h in ("period", "hour")} <= found
    assert {"cells", "network"} >= {kpi["of"] for kpi in told["kpis"]}


@pytest.mark.slow
def test_ctrl_c_ends_the_watch_and_keeps_what_was_lived(small_hexagons):
    from gemel.scenarios.fidelity_living import WatchOptions, watch

    def impatient(what: str, share: float) -> None:
        if what == "watching the network" and share >= 0.5:
            raise KeyboardInterrupt

    history = MemoryHistory()
    now_s, interrupted = watch(
        small_hexagons, WatchOptions(hours=1.0), history, impatient
    )
    told = fidelity(history, now_s)
    assert interrupted
    assert set(told.pairs.elapsed_s) == {now_s - 2 * PERIOD_S, now_s - PERIOD_S}
