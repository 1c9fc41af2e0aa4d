"""Does the command line say what happened, and only that, wherever it goes wrong?"""

import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import get_args

import pytest
import typer

from gemel.cli import app
from gemel.cli.columns import renamed
from gemel.cli.frame import AsJson, LogLevel, print_json, run
from gemel.cli.pathloss import ModelName
from gemel.errors import InterfaceError, LoopsDisagree, ScenarioError
from gemel.interfaces.tables.links import PATH_LOSSES, LinkRow, path_losses

SOURCE = Path(__file__).resolve().parents[2] / "src"
ONE_LINK = ["--carrier-ghz", "3.5", "--distance-2d-m", "500", "--base-height-m", "25"]


@pytest.fixture(autouse=True)
def logs_as_before():
    """The command line configures logging, and a test must not for the next one."""
    ours = logging.getLogger("gemel")
    level, handlers = ours.level, list(ours.handlers)
    yield
    ours.setLevel(level)
    ours.handlers[:] = handlers


@pytest.fixture
def temp_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def as_process(*arguments, **kwargs):
    """`gemel` as a user starts it; nothing of this test's own settings."""
    return subprocess.run(
        [sys.executable, "-m", "gemel", *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output="stdout" not in kwargs,
        text=True,
        timeout=120,
        **kwargs,
    )


# --- the frame, on commands that go wrong in every way there is


def misbehaving():
    broken = typer.Typer()
    raised = {
        "interface": InterfaceError("a.csv has no column lat. Rename one."),
        "scenario": ScenarioError("two\nlines. Mend it."),
        "loops": LoopsDisagree("a and b turn tilt. Declare precedence."),
        "missing": FileNotFoundError(2, "No such file or directory", "a.csv"),
        "full": OSError(28, "No space left on device"),
        "bug": KeyError("cell 7"),
        "interrupt": KeyboardInterrupt(),
    }

    def command_raising(error):
        def command():
            raise error

        return command

    for name, error in raised.items():
        broken.command(name)(command_raising(error))

    @broken.command()
    def no() -> int:
        return 1

    @broken.command()
    def logs(as_json: AsJson = False, log_level: LogLevel = None) -> None:
        logging.getLogger("gemel.somewhere").info("halfway")
        print_json({"done": True})

    return broken


ENDS = {
    "interface": (2, "gemel: a.csv has no column lat. Rename one.\n"),
    "scenario": (2, "gemel: two lines. Mend it.\n"),
    "loops": (2, "gemel: a and b turn tilt. Declare precedence.\n"),
    "missing": (2, "gemel: a.csv: No such file or directory. Mend that"),
    "full": (2, "gemel: No space left on device. Mend that"),
    "bug": (3, "gemel: this is a bug: KeyError('cell 7'). Please report it with "),
    "interrupt": (130, "gemel: interrupted.\n"),
    "no": (1, ""),
}


@pytest.mark.parametrize("name", ENDS)
def test_every_end_has_its_exit_code_and_at_most_one_line(name, capsys, temp_folder):
    code, said = ENDS[name]
    assert run(misbehaving(), [name]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") == (1 if said else 0)
    assert "Traceback" not in err


def test_a_bug_leaves_a_crash_file_that_says_where(capsys, temp_folder):
    run(misbehaving(), ["bug"])
    named = re.search(r"\S*gemel-crash-\S+\.txt", capsys.readouterr().err)
    assert named is not None
    report = Path(named[0]).read_text("utf-8")
    assert Path(named[0]).parent == temp_folder
    assert "Traceback" in report and "KeyError: 'cell 7'" in report
    assert "['bug']" in report


def test_nothing_but_a_bug_leaves_a_crash_file(capsys, temp_folder):
    for name in ENDS:
        run(misbehaving(), [name])
    assert len(list(temp_folder.iterdir())) == 1


def test_a_bug_is_told_even_where_no_crash_file_can_be_written(capsys, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    assert run(misbehaving(), ["bug"]) == 3
    assert "KeyError: 'cell 7'" in capsys.readouterr().err


@pytest.mark.parametrize("level, told", [("info", True), ("warning", False)])
def test_logs_go_to_stderr_and_json_alone_to_stdout(level, told, capsys):
    assert run(misbehaving(), ["logs", "--json", "--log-level", level]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"done": True}
    assert out.count("\n") == 1
    assert ("halfway" in err) == told


def test_json_never_holds_what_json_does_not_know():
    with pytest.raises(ValueError, match="JSON"):
        print_json({"loss_db": float("nan")})


USAGE = {
    "unknown command": (["juggle"], ["juggle", "gemel --help"]),
    "unknown option": (["--juggle"], ["--juggle", "gemel --help"]),
    "option of a command": (["scenarios", "--x"], ["--x", "gemel scenarios --help"]),
    "no subcommand": (["data"], ["Missing command", "gemel data --help"]),
    "no argument": (["data", "get"], ["name", "gemel data get --help"]),
    "not a number": (["pathloss", "--carrier-ghz", "x"], ["--carrier-ghz"]),
    "not a level": (["--log-level", "loud", "scenarios"], ["loud", "debug"]),
    "not a seed": (["scenarios", "--seed", "-1"], ["--seed"]),
    "surplus": (["scenarios", "munich"], ["munich"]),
    "half a link": (["pathloss", "--carrier-ghz", "3"], ["--distance-2d-m"]),
    "unknown formula": (["pathloss", "--model", "hata", *ONE_LINK], ["hata", "uma"]),
    "zero": (["pathloss", *ONE_LINK, "--user-height-m", "0"], ["--user-height-m"]),
    "nan": (["pathloss", *ONE_LINK, "--distance-2d-m", "nan"], ["--distance-2d-m"]),
    "megahertz": (["pathloss", *ONE_LINK, "--carrier-ghz", "3500"], ["--carrier-ghz"]),
    "out alone": (["pathloss", *ONE_LINK, "--out", "a.csv"], ["--table"]),
    "table alone": (["pathloss", "--table", "a.csv"], ["--out"]),
    "both": (["pathloss", "--table", "a.csv", *ONE_LINK], ["--carrier-ghz"]),
    "columns": (
        ["pathloss", "--table", "a", "--out", "b", "--columns", "los"],
        ["'los'", "ours=theirs"],
    ),
    "unknown data": (["data", "get", "atlantis"], ["atlantis", "paris"]),
    "no such table": (["pathloss", "--table", "no.csv", "--out", "b"], ["no.csv"]),
}


@pytest.mark.parametrize("name", USAGE)
def test_a_wrong_command_line_is_said_in_one_line(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, words = USAGE[name]
    assert run(app, arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert list(tmp_path.iterdir()) == []


# --- the commands


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_lists_every_command(arguments, capsys):
    assert run(app, arguments) == 0
    out = capsys.readouterr().out
    for command in ("scenarios", "pathloss", "data"):
        assert command in out


def every_command(group, path=()):
    for name, command in getattr(group, "commands", {}).items():
        yield from every_command(command, (*path, name))
    if not hasattr(group, "commands"):
        yield path, {option for one in group.params for option in one.opts}


def test_every_command_has_the_options_that_every_command_has():
    found = dict(every_command(typer.main.get_command(app)))
    assert ("pathloss",) in found and ("data", "get") in found
    for path, options in found.items():
        assert {"--json", "--seed", "--log-level"} <= options, path


def test_scenarios_are_listed(capsys):
    from gemel.scenarios import SCENARIOS

    assert run(app, ["scenarios", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["scenarios"]
    assert [row["name"] for row in rows] == list(SCENARIOS)
    assert all(row["summary"] and row["needs"] for row in rows)
    assert run(app, ["scenarios"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in SCENARIOS)


def test_one_link_is_what_the_path_loss_says(capsys):
    assert run(app, ["pathloss", *ONE_LINK, "--nlos", "--model", "umi", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    [loss_db], [valid] = path_losses([LinkRow("umi", False, 3.5, 500.0, 25.0, 1.5)])
    assert answer == {
        "model": "umi",
        "line_of_sight": False,
        "carrier_ghz": 3.5,
        "distance_2d_m": 500.0,
        "base_height_m": 25.0,
        "user_height_m": 1.5,
        "loss_db": loss_db,
        "valid": bool(valid),
    }
    assert run(app, ["pathloss", *ONE_LINK, "--nlos", "--model", "umi"]) == 0
    assert f"{loss_db:.1f} dB" in capsys.readouterr().out


def test_a_link_outside_the_range_says_so(capsys):
    far = ["--carrier-ghz", "3.5", "--distance-2d-m", "50000", "--base-height-m", "25"]
    assert run(app, ["pathloss", *far]) == 0
    assert "no: outside the range" in capsys.readouterr().out


def test_the_formulas_on_offer_are_those_there_are():
    assert set(get_args(ModelName)) == set(PATH_LOSSES)


def test_a_table_of_links_is_answered_row_by_row(tmp_path, capsys):
    table, out = tmp_path / "links.csv", tmp_path / "out.csv"
    table.write_text(
        "note,model,los,f,distance_2d_m,base_height_m,user_height_m\n"
        "first,uma,true,3.5,500,25,1.5\n"
        "second,rma,false,0.7,90000,35,1.5\n"
    )
    command = ["pathloss", "--table", str(table), "--out", str(out)]
    command += ["--columns", "carrier_ghz=f", "--json"]
    assert run(app, command) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"out": str(out), "links": 2, "outside_range": 1}
    header, first, second = out.read_text("utf-8").splitlines()
    assert header.startswith("note,model,los,f,") and header.endswith("loss_db,valid")
    assert first.startswith("first,") and first.endswith(",true")
    assert second.startswith("second,") and second.endswith(",false")
    written = out.read_bytes()
    assert run(app, command) == 2  # nothing is overwritten silently
    assert out.read_bytes() == written


def test_columns_are_renamed_pair_by_pair():
    assert renamed(None) is None
    assert renamed("lat=Latitude, lon = Longitude") == {
        "lat": "Latitude",
        "lon": "Longitude",
    }
    for wrong in ("", "lat", "lat=", "=Latitude", "a=b=c", "a=b,"):
        with pytest.raises(typer.BadParameter):
            renamed(wrong)


# --- as a process


def test_as_a_process_it_starts_without_jax_and_ends_with_its_exit_code():
    listed = as_process("--version")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout.startswith("gemel ")
    wrong = as_process("juggle")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    code = (
        "import sys; from gemel.cli import app; from gemel.cli.frame import run\n"
        "run(app, ['--help'])\n"
        "heavy = {'jax', 'numpy', 'httpx', 'matplotlib', 'pyarrow'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, timeout=120)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_one_line():
    with open("/dev/full", "w") as full:
        done = as_process("--version", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


def test_a_reader_who_has_seen_enough_hears_no_complaint():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for option in ("--help", "--version"):  # written by rich, written by us
            done = as_process(option, stdout=writing, stderr=subprocess.PIPE)
            assert (done.returncode, done.stderr) == (2, "")
    finally:
        os.close(writing)
