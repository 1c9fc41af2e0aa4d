"""What does `gemel pathloss` say when asked for what no formula stands behind?"""

import csv
import json
import logging

import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.radio.propagation import PATH_LOSSES

HEADER = "model,los,carrier_ghz,distance_2d_m,base_height_m,user_height_m\n"
GOOD = "uma,true,3.5,500,25,1.5\n"


@pytest.fixture(autouse=True)
def logs_as_before():
    """The command line configures logging, and a test must not for the next one."""
    ours = logging.getLogger("gemel")
    level, handlers = ours.level, list(ours.handlers)
    yield
    ours.setLevel(level)
    ours.handlers[:] = handlers


def one_link(model="uma", carrier="3.5", distance="500", base="25", user="1.5", *more):
    return [
        *("pathloss", "--model", model, "--carrier-ghz", carrier),
        *("--distance-2d-m", distance, "--base-height-m", base),
        *("--user-height-m", user, *more),
    ]


@pytest.mark.parametrize("name", PATH_LOSSES)
@pytest.mark.parametrize("sight", ["--los", "--nlos"])
def test_every_model_answers_one_link(name, sight, capsys):
    indoor = name.startswith("in")
    where = ("20", "8", "1.5") if indoor else ("500", "25", "1.5")
    assert run(app, one_link(name, "3.5", *where, sight, "--json")) == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    hidden_where_nobody_is = (name, sight) == ("inf-hh", "--nlos")
    assert answer["valid"] is not hidden_where_nobody_is
    assert (err == "") is answer["valid"]
    assert 40.0 < answer["loss_db"] < 200.0


OUTSIDE = {
    "carrier above": one_link("uma", "120"),
    "carrier below": one_link("uma", "0.3"),
    "rural carrier above": one_link("rma", "31", "500", "35"),
    "too near": one_link("umi", "3.5", "9"),
    "too far": one_link("inh", "3.5", "151", "3", "1"),
    "user too high": one_link("uma", user="23"),
    "user too low": one_link("umi", base="10", user="1"),
    "base too low": one_link("rma", base="9"),
    "base in the ground": one_link("uma", base="0.5"),
    "base above all clutter": one_link("inf-dl", "3.5", "50", "12", "1.5"),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_a_link_outside_the_range_is_answered_with_one_warning(what, capsys):
    assert run(app, [*OUTSIDE[what], "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["valid"] is False
    assert err.startswith("gemel: warning: ") and err.count("\n") == 1
    assert "outside the range" in err


def test_a_link_within_the_range_is_answered_without_a_word(capsys):
    assert run(app, one_link()) == 0
    out, err = capsys.readouterr()
    assert "valid      yes" in out
    assert err == ""


def test_who_asks_for_errors_only_hears_no_warning(capsys):
    assert run(app, ["--log-level", "error", *OUTSIDE["too far"]]) == 0
    out, err = capsys.readouterr()
    assert "no: outside the range" in out
    assert err == ""


def test_a_table_says_once_how_many_rows_are_outside_and_where_they_begin(
    tmp_path, capsys
):
    table, out = tmp_path / "links.csv", tmp_path / "out.csv"
    far = GOOD.replace("500", "90000")
    table.write_text(HEADER + GOOD + "\n" + far + GOOD + far)
    assert run(app, ["pathloss", "--table", str(table), "--out", str(out)]) == 0
    said, err = capsys.readouterr()
    assert "4 links" in said and "2 outside" in said
    assert err.startswith("gemel: warning: 2 of 4 ") and err.count("\n") == 1
    assert f"{table}, row 4" in err  # row 3 is empty
    with out.open(newline="") as lines:
        valid = [row["valid"] for row in csv.DictReader(lines)]
    assert valid == ["true", "false", "true", "false"]


def test_a_table_within_the_range_is_written_without_a_word(tmp_path, capsys):
    table, out = tmp_path / "links.csv", tmp_path / "out.csv"
    table.write_text(HEADER + GOOD)
    command = ["pathloss", "--table", str(table), "--out", str(out), "--json"]
    assert run(app, command) == 0
    said, err = capsys.readouterr()
    assert json.loads(said) == {"out": str(out), "links": 1, "outside_range": 0}
    assert err == ""


BAD_TABLES = {
    "unknown model": (HEADER + GOOD + "hata" + GOOD[3:], ["row 3", "hata", "inf-sl"]),
    "missing column": (HEADER.replace("los,", "") + GOOD[4:], ["no column los"]),
    "text in a number column": (
        HEADER + GOOD + GOOD.replace("500", "far"),
        ["row 3", "distance_2d_m", "'far'"],
    ),
    "nothing in a number column": (
        HEADER + GOOD.replace("3.5", ""),
        ["row 2", "carrier_ghz", "is empty"],
    ),
    "negative": (HEADER + GOOD.replace("25", "-25"), ["row 2", "base_height_m"]),
    "zero": (HEADER + GOOD.replace("500", "0"), ["row 2", "distance_2d_m", "above 0"]),
    "a row cut short": (HEADER + GOOD + "uma,true\n", ["row 3", "2 cells"]),
    "no bytes": ("", ["row 1", "is empty"]),
    "only line ends": ("\n\n\n", ["is empty"]),
    "a header only": (HEADER, ["no rows"]),
}


@pytest.mark.parametrize("what", BAD_TABLES)
def test_a_bad_table_is_refused_in_one_line(what, tmp_path, capsys):
    content, parts = BAD_TABLES[what]
    table, out = tmp_path / "links.csv", tmp_path / "out.csv"
    table.write_text(content)
    assert run(app, ["pathloss", "--table", str(table), "--out", str(out)]) == 2
    said, err = capsys.readouterr()
    assert said == "" and not out.exists()
    assert err.count("\n") == 1 and str(table) in err
    for part in parts:
        assert part in err


BAD_LINKS = {
    "unknown model": (one_link("hata"), ["hata", "inf-hh", "uma"]),
    "negative carrier": (one_link(carrier="-3.5"), ["--carrier-ghz", "above 0"]),
    "megahertz": (one_link(carrier="3500"), ["--carrier-ghz", "3.5 for 3500 MHz"]),
    "no distance": (one_link(distance="0"), ["--distance-2d-m", "above 0"]),
    "endless": (one_link(distance="inf"), ["--distance-2d-m", "finite"]),
    "beyond the stars": (one_link(distance="1e30"), ["--distance-2d-m", "1e+09"]),
    "text": (one_link(base="tall"), ["--base-height-m", "valid number"]),
    "below ground": (one_link(user="-1"), ["--user-height-m", "above 0"]),
}


@pytest.mark.parametrize("what", BAD_LINKS)
def test_a_link_that_cannot_be_is_refused_in_one_line(what, capsys):
    arguments, parts = BAD_LINKS[what]
    assert run(app, arguments) == 2
    said, err = capsys.readouterr()
    assert said == "" and err.count("\n") == 1
    for part in parts:
        assert part in err
