"""Does the main job hold what it promises, over whole days and in odd networks?"""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.report.folder import WRITERS
from gemel.scenarios import plan as plans

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).resolve().parents[2] / "src"


def lived(capsys, *words: str) -> tuple[int, dict]:
    code = run(app, ["run", *words, "--json"])
    out, err = capsys.readouterr()
    assert out.count("\n") == 1, err
    return code, json.loads(out)


# scenario -> (least saving in percent, whose data the page must name)
DAYS = {
    # Munich's sites are ours; that anything is saved there is all we promise.
    "munich": (0.0, "OpenStreetMap"),
    # The default intent asks for 6 % of the forecast with every cell awake.
    "paris": (6.0, "ANFR"),
}


@pytest.mark.parametrize("name", DAYS)
def test_a_day_fulfils_its_intent_and_saves_energy(name, capsys, tmp_path, request):
    least_percent, source = DAYS[name]
    where = []
    if name == "paris":
        where = ["--data", str(request.getfixturevalue("data_dir"))]
    code, day = lived(capsys, name, *where, "--out", str(tmp_path / "out"))
    missed = [t for t in day["intent"]["targets"] if not t["fulfilled"]]
    assert (code, missed, day["intent"]["fulfilled"]) == (0, [], True)
    assert day["hours"] == 24.0 and day["oracle_saving_percent"] is None
    assert day["saving_percent"] > least_percent
    actions = day["actions"]
    assert actions["proposed"] == actions["approved"] + actions["refused"] > 0
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert source in page
    loads = re.findall(r"""<(?:img|script|link)[^>]*(?:src|href)="([^"]*)""", page)
    assert loads and all(address.startswith("data:") for address in loads)


def test_the_same_seed_gives_the_same_day(capsys, tmp_path):
    days = [
        lived(capsys, "munich", "--hours", "1.5", "--out", str(tmp_path / out))[1]
        for out in "ab"
    ]
    for day in days:
        del day["wall_s"]
    assert days[0] == days[1]


def test_the_oracle_says_what_was_possible(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(plans, "FEWEST_USERS", 500)
    words = ["hexagons", "--hours", "1", "--oracle", "--out", str(tmp_path / "out")]
    _, day = lived(capsys, *words)
    assert day["oracle_saving_percent"] >= 0.0


HEADER = "site,lat,lon,carrier_ghz,azimuth_deg\n"
ODD = {
    # Nothing may sleep on the lowest layer, and there is no other.
    "one low carrier": (
        HEADER + "A,48.850,2.350,0.8,\nB,48.856,2.350,0.8,\nC,48.853,2.357,0.8,\n",
        9,
    ),
    "one high carrier": (
        HEADER + "A,48.850,2.350,3.5,\nB,48.856,2.350,3.5,\nC,48.853,2.357,3.5,\n",
        9,
    ),
    "two cells": (HEADER + "A,48.850,2.350,3.5,0\nA,48.850,2.350,3.5,180\n", 2),
    "two cells on two carriers": (
        HEADER + "A,48.850,2.350,0.7,0\nA,48.850,2.350,3.5,0\n",
        2,
    ),
    "50 km apart": (HEADER + "A,48.40,2.35,0.7,\nB,48.85,2.35,3.5,\n", 6),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_network_gets_through_its_hours(what, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(plans, "FEWEST_USERS", 300)
    text, cells = ODD[what]
    table = tmp_path / "mine.csv"
    table.write_text(text, "utf-8")
    words = ["--sites", str(table), "--hours", "0.5", "--out", str(tmp_path / "out")]
    code, day = lived(capsys, *words)
    assert code == (0 if day["intent"]["fulfilled"] else 1)
    assert day["cells"] == cells
    one_layer = len({line.split(",")[3] for line in text.splitlines()[1:]}) == 1
    if one_layer:  # whoever is alone on the lowest layer stays awake
        assert day["saving_percent"] == 0.0
        assert day["actions"]["approved"] == 0


# --- Ctrl-C, as a user at a terminal presses it

START = (
    "import sys; from gemel.scenarios import plan; plan.FEWEST_USERS = 300\n"
    "import gemel.cli; gemel.cli.main()"
)


def press_ctrl_c_at(moment: str, desk: Path, times: int) -> tuple[int, str]:
    """Exit code, and all that was shown on the terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", START, "run", "hexagons", "--out", "out"],
        cwd=desk,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "TERM": "xterm"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown, patience_s = "", time.monotonic() + 240
    try:
        while process.poll() is None and time.monotonic() < patience_s:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    shown += os.read(ours, 65_536).decode("utf-8", "replace")
                except OSError:  # the other end is closed
                    break
            if times and re.search(moment, shown):
                process.send_signal(signal.SIGINT)
                times -= 1
        return process.wait(timeout=60), shown
    finally:
        process.kill()
        os.close(ours)


def test_ctrl_c_while_preparing_leaves_nothing(tmp_path):
    code, shown = press_ctrl_c_at("remembering yesterday", tmp_path, 1)
    assert code == 130, shown
    assert shown.count("gemel: interrupted.") == 1 and "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_during_the_day_keeps_what_was_lived(tmp_path):
    # 2 % of a day have two periods behind them.
    code, shown = press_ctrl_c_at(r"living the day.*[2-9] %", tmp_path, 2)
    assert code == 130, shown
    assert shown.count("gemel: interrupted.") == 1 and "Traceback" not in shown
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == sorted(WRITERS)
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert 0.0 < summary["hours"] < 24.0
    page = (out / "report.html").read_text("utf-8")
    assert "until interrupted" in page
