"""Does `gemel stack compare` compare, and refuse what it cannot do?"""

import json

import numpy as np
import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.report.stack import Interval, StackResult, stack_picture

# The fewest packets there are: one chunk. One branch compiles fastest.
QUICK = ["stack", "compare", "--packets", "1", "--branches", "1", "--sinr-db", "25"]
INSTANT = [*QUICK, "--profile", "instant"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def only_line(text):
    (line,) = text.splitlines()
    return line


def test_an_answer_for_programs(here, capsys):
    assert run(app, [*QUICK, "--flow", "voice", "--json"]) == 0
    answer = json.loads(only_line(capsys.readouterr().out))
    assert answer["flow"]["name"] == "voice" and answer["air"]["pattern"] == "D"
    classic, lean, instant = answer["profiles"]
    assert [one["profile"] for one in (classic, lean, instant)] == [
        "classic",
        "lean",
        "instant",
    ]
    assert classic["header_byte"] > lean["header_byte"] > 0
    for one in (classic, lean, instant):
        assert one["packets"] == 114_688
        assert one["delay_mean_ms"]["value"] >= one["delay_mean_bound_ms"]
        assert one["not_in_time"]["value"] == pytest.approx(1 - one["reliability"])
        assert all(part >= 0.0 for part in one["resource_element_groups"].values())
    assert instant["delay_mean_ms"]["value"] < lean["delay_mean_ms"]["value"]
    assert sum(instant["resource_element_groups"].values()) > sum(
        lean["resource_element_groups"].values()
    )
    assert not list(here.iterdir())  # nobody asked for a picture


def test_an_answer_for_people(here, capsys):
    assert run(app, [*INSTANT, "--out", "mine"]) == 0
    told = capsys.readouterr().out
    assert "99.999 % within" in told and "at best" in told and "mine" in told
    folder = here / "mine"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["stack.json", "stack.png"]
    assert (folder / "stack.png").read_bytes().startswith(b"\x89PNG")
    numbers = json.loads((folder / "stack.json").read_text("utf-8"))
    assert numbers["schema_version"] == 1 and len(numbers["profiles"]) == 1


def test_a_stack_of_ones_own(here, capsys):
    words = ["--add", "repetition=3", "--without", "header_compression", "--json"]
    assert run(app, [*INSTANT, *words]) == 0
    (one,) = json.loads(only_line(capsys.readouterr().out))["profiles"]
    assert "repetition" in one["functions"]
    assert "header_compression" not in one["functions"]
    assert one["header_byte"] >= 28 + 3


def test_nothing_is_overwritten(here, capsys):
    folder = here / "mine"
    folder.mkdir()
    (folder / "stack.json").write_text("dear to me")
    assert run(app, [*INSTANT, "--out", str(folder)]) == 2
    said = only_line(capsys.readouterr().err)
    assert "nothing is overwritten" in said and "--out" in said
    assert [path.name for path in folder.iterdir()] == ["stack.json"]
    assert (folder / "stack.json").read_text() == "dear to me"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--flow", "gaming"], "control, motion, sensor"),
        (["--profile", "fancy"], "classic, lean, instant"),
        (["--add", "magic"], "header_compression"),
        (["--add", "repetition=often"], "repetition=2"),
        (["--without", "magic"], "header_compression"),
        (["--profile", "lean", "--without", "arq"], "none of lean"),
        (["--profile", "lean", "--add", "configured_grant"], "not both"),
        (["--profile", "lean", "--without", "scheduling_request"], "uplink"),
        (["--pattern", "DDX"], "DDX"),
        (["--pattern", "UUU"], "whole slot"),
        (["--scs-khz", "45"], "120"),
        (["--sinr-db", "nan"], "sinr_db"),
        (["--load", "1"], "0.95"),
        (["--prb", "0"], "275"),
        (["--packets", "0"], "--packets"),
        (["--direction", "up"], "--direction"),
        (["--flow", "video", "--profile", "instant", "--sinr-db", "-9"], "the most"),
    ],
)
def test_bad_input_is_one_line(here, capsys, words, told):
    assert run(app, [*QUICK, *words, "--out", "mine"]) == 2
    said = capsys.readouterr()
    assert told in only_line(said.err) and not said.out
    assert not list(here.iterdir())


def test_a_stack_that_delivers_nothing_can_be_drawn():
    nothing = Interval(None, None, None)
    delay_ms = np.arange(20.0)
    result = StackResult(
        name="deaf",
        functions=(),
        packets=100,
        header_byte=1.0,
        overhead=0.5,
        mean_ms=nothing,
        least_mean_ms=1.0,
        tail_ms=nothing,
        least_tail_ms=None,
        failed=Interval(1.0, 0.9, 1.0),
        least_failed=0.0,
        lost=100,
        groups={},
        delay_ms=delay_ms,
        exceeding=np.ones(20),
    )
    picture = stack_picture("somewhere", 10.0, (result,))
    assert "nothing arrives" in picture.alt
    assert picture.png.startswith(b"\x89PNG")
