"""Do `--tempo`, `--duty` and `--faults` do what they say, and refuse what cannot be?"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.emulator.faults import DeadCell, LostReport
from gemel.emulator.faults.schedule import Fault, FaultSchedule
from gemel.report.results import DayResult
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.trial import DayOptions, live_a_day

SITES = (
    "site,lat,lon,carrier_ghz,azimuth_deg\n"
    "A,48.850,2.350,3.5,0\nB,48.854,2.350,3.5,180\nC,48.852,2.356,3.5,270\n"
)
DEAD = '[[fault]]\nkind = "dead_cell"\nwhere = "A"\nlasts_s = 900\n'
SCHEDULE = f"schema_version = 1\n{DEAD}"
STRUCK = "H01-700-1"


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    path = tmp_path / "three.csv"
    path.write_text(SITES)
    return path


@pytest.mark.parametrize("command", ["run", "emulate"])
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--tempo", "slow"], ["slow", "flow", "tick", "slot"]),
        (["--duty", "0.5"], ["--duty", "--tempo slot"]),
        (["--tempo", "tick", "--duty", "0.5"], ["--duty", "--tempo slot"]),
        (["--tempo", "slot", "--duty", "0"], ["duty of 0", "at most 1"]),
        (["--tempo", "slot", "--duty", "1.5"], ["duty of 1.5", "at most 1"]),
        (["--tempo", "slot", "--duty", "nan"], ["duty of nan", "at most 1"]),
        (["--faults", "nowhere.toml"], ["nowhere.toml", "cannot be read"]),
        (["--faults", "{bad}"], ["bad.toml", "fault 1", "meteor", "dead_cell"]),
    ],
)
def test_bad_input_is_one_line_and_nothing_else(
    command, words, named, sites, tmp_path, capsys
):
    bad, made = tmp_path / "bad.toml", tmp_path / "made"
    bad.write_text('schema_version = 1\n[[fault]]\nkind = "meteor"\n')
    words = [word.format(bad=bad) for word in words]
    where = "--out" if command == "run" else "--state"
    assert run(app, [command, "--sites", str(sites), where, str(made), *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("gemel: ") and err.count("\n") == 1
    for part in named:
        assert part in err
    assert not made.exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--faults", "standard", "--oracle"], ["--oracle", "--faults"]),
        (["--network", "http://127.0.0.1:9", "--faults", "standard"], ["--faults"]),
        (["--network", "http://127.0.0.1:9", "--tempo", "tick"], ["--tempo"]),
    ],
)
def test_what_does_not_go_together_is_said(words, named, sites, tmp_path, capsys):
    made = tmp_path / "made"
    assert run(app, ["run", "--sites", str(sites), "--out", str(made), *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("gemel: ") and err.count("\n") == 1
    for part in named:
        assert part in err
    assert not made.exists()


def test_a_fault_at_a_place_of_another_network_is_one_line(sites, tmp_path, capsys):
    schedule, made = tmp_path / "faults.toml", tmp_path / "made"
    schedule.write_text(SCHEDULE.replace('"A"', '"Z"'))
    words = ["run", "--sites", str(sites), "--out", str(made)]
    assert run(app, [*words, "--faults", str(schedule)]) == 2
    err = capsys.readouterr().err
    assert "'Z'" in err and "A" in err and err.count("\n") == 1
    assert not made.exists()


def day(faults: FaultSchedule | None) -> DayResult:
    plan = dataclasses.replace(hexagons(0, rings=1), users=100)
    return live_a_day(plan, DayOptions(hours=0.5, faults=faults))


@pytest.mark.slow
def test_a_fault_strikes_both_lives_and_is_judged_by_what_was_lived():
    usual = day(None)
    lost = Fault(LostReport(), ("everywhere",), lasts_s=900.0)
    ill = day(FaultSchedule((Fault(DeadCell(), (STRUCK,), lasts_s=900.0), lost)))
    # One of 42 cells sends nothing for the first period, and then it does again.
    for one, other in (
        (ill.energy_baseline_kwh, usual.energy_baseline_kwh),
        (ill.energy_autonomous_kwh, usual.energy_autonomous_kwh),
    ):
        assert 0.9 * other[0] < one[0] < 0.995 * other[0]
    # Users who were sent elsewhere may stay there: a margin keeps them.
    again = ill.energy_baseline_kwh[1] / usual.energy_baseline_kwh[1]
    assert again == pytest.approx(1.0, abs=0.003)
    # No number is lost with the reports.
    assert np.isfinite(ill.energy_autonomous_kwh).all()
    assert any("2 faults" in note for note in ill.notes)
    assert not any("fault" in note for note in usual.notes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tempo", "tick"], "lived by ticks"),
        (["--tempo", "slot", "--duty", "0.01"], "slot by slot for 1 % of every"),
    ],
)
def test_a_quarter_is_lived_at_another_tempo(words, said, sites, tmp_path, capsys):
    out, schedule = tmp_path / "out", tmp_path / "faults.toml"
    schedule.write_text(SCHEDULE)
    words = [*words, "--faults", str(schedule), "--hours", "0.25", "--json"]
    code = run(app, ["run", "--sites", str(sites), "--out", str(out), *words])
    assert code in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert told["energy_kwh"]["baseline"] > 0.0
    assert told["throughput_mbps"]["autonomous"]["mean"] > 0.0
    page = (out / "report.html").read_text("utf-8")
    assert said in page and "1 faults of a schedule" in page
