"""Does `gemel run` do what it says, end as it should and keep what was finished?"""

import contextlib
import dataclasses
import errno
import io
import json
import re
import signal
from html import escape

import pyarrow.parquet as parquet
import pytest

from gemel.cli import app
from gemel.cli.frame import run
from gemel.report import folder as results_folder
from gemel.scenarios import plan as plans
from gemel.scenarios import trial

KEYS = {
    "scenario": str,
    "cells": int,
    "users": int,
    "hours": float,
    "energy_kwh": {"baseline": float, "autonomous": float},
    "saving_percent": float,
    "oracle_saving_percent": type(None),
    "intent": {
        "fulfilled": bool,
        "targets": [
            {
                "name": str,
                "threshold": float,
                "baseline": float,
                "achieved": float,
                "fulfilled": bool,
                "violation_minutes": float,
            }
        ],
    },
    "throughput_mbps": {
        "baseline": {"mean": float, "p5": float},
        "autonomous": {"mean": float, "p5": float},
    },
    "actions": {"proposed": int, "approved": int, "refused": int, "rolled_back": int},
    "twin_error": {"prb_points_median": float, "throughput_percent_median": float},
    "wall_s": float,
}
HOSTILE = "<b>Süd</b>, am Fluß"
# As a spreadsheet in Germany saves it: a mark, semicolons, decimal commas, Windows.
SITES = (
    "\ufeffStandort;Breite;Länge;carrier_ghz;Höhe\r\n"
    f"{HOSTILE};48,850;2,350;0,7;30\r\n{HOSTILE};48,850;2,350;3,5;30,5\r\n"
    "Ost;48,854;2,356;0,7;\r\nOst;48,854;2,356;3,5;\r\n"
)
COLUMNS = "site=Standort,lat=Breite,lon=Länge,height_m=Höhe"


def same_shape(value, wanted) -> None:
    if isinstance(wanted, dict):
        assert set(value) == set(wanted)
        for key in wanted:
            same_shape(value[key], wanted[key])
    elif isinstance(wanted, list):
        assert value
        for each in value:
            same_shape(each, wanted[0])
    else:
        assert type(value) is wanted, (value, wanted)


# --- a real one, small


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Half an hour of two sites, by the command line: its JSON, stderr and folder."""
    desk = tmp_path_factory.mktemp("desk")
    table, out = desk / "mine.csv", desk / "out"
    table.write_text(SITES, "utf-8")

    def live(seed: int, out=out) -> tuple[int, str, str]:
        command = ["run", "--sites", str(table), "--columns", COLUMNS, "--json"]
        command += ["--hours", "0.5", "--seed", str(seed), "--out", str(out)]
        said, told = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
            code = run(app, command)
        return code, said.getvalue(), told.getvalue()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "FEWEST_USERS", 100)  # fewer people, sooner done
        yield live(3), out, live


def test_json_has_exactly_the_keys_that_were_promised(lived):
    (code, text, err), _, _ = lived
    assert (text.count("\n"), err) == (1, "")
    summary = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    same_shape(summary, KEYS)
    # Two sites, two carriers, three sectors each; as few users as we allowed.
    assert (summary["scenario"], summary["cells"]) == ("mine", 12)
    assert (summary["users"], summary["hours"]) == (100, 0.5)
    assert code == (0 if summary["intent"]["fulfilled"] else 1)


def test_the_folder_holds_the_page_the_numbers_and_the_journal(lived):
    (_, text, _), out, _ = lived
    summary = json.loads(text)
    assert sorted(path.name for path in out.iterdir()) == sorted(results_folder.WRITERS)
    kept = json.loads((out / "summary.json").read_text("utf-8"))
    assert kept == {"schema_version": 1, **summary}
    periods = parquet.read_table(out / "periods.parquet")
    assert periods["elapsed_s"].to_pylist() == [0.0, 900.0]
    energy = {life: sum(periods[f"energy_{life}_kwh"].to_pylist()) for life in
              ("baseline", "autonomous")}  # fmt: skip
    assert energy == pytest.approx(summary["energy_kwh"])
    saved = 1.0 - energy["autonomous"] / energy["baseline"]
    assert summary["saving_percent"] == pytest.approx(100.0 * saved, abs=1e-9)
    entries = [
        json.loads(line)
        for line in (out / "journal.jsonl").read_text("utf-8").splitlines()
    ]
    assert len(entries) == summary["actions"]["proposed"]
    # Times count from the run's own midnight, as in the tables.
    assert all(entry["elapsed_s"] in (0.0, 900.0) for entry in entries)


def test_the_page_stands_alone_and_shows_every_name_as_text(lived):
    _, out, _ = lived
    page = (out / "report.html").read_text("utf-8")
    loads = re.findall(r"""(?:src|href)=["']?([^"'>\s]*)""", page)
    assert loads and all(address.startswith("data:") for address in loads)
    assert "@import" not in page and "url(" not in page
    assert "<b>Süd" not in page
    cells = parquet.read_table(out / "cells.parquet")["cell"].to_pylist()
    assert sum(name.startswith(HOSTILE) for name in cells) == 6
    slept = parquet.read_table(out / "cells.parquet")["asleep_share"].to_pylist()
    for name, share in zip(cells, slept, strict=True):
        assert share == 0.0 or escape(name) in page


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers_bit_for_bit(lived, tmp_path):
    (_, text, _), out, live = lived
    first, again = json.loads(text), json.loads(live(3, tmp_path / "again")[1])
    assert {**again, "wall_s": first["wall_s"]} == first
    for name in ("periods.parquet", "cells.parquet", "cell_periods.parquet"):
        before = parquet.read_table(out / name)
        assert parquet.read_table(tmp_path / "again" / name).equals(before)
    other = json.loads(live(4, tmp_path / "other")[1])
    assert other["energy_kwh"] != first["energy_kwh"]


# --- how it ends; the day itself is played


@pytest.fixture
def play(monkeypatch, tmp_path):
    """Run `gemel run hexagons --out tmp/out` with another day in place of a lived."""

    def played(live, *more):
        monkeypatch.setattr(trial, "live_a_day", live)
        return run(app, ["run", "hexagons", "--out", str(tmp_path / "out"), *more])

    return played


def fulfilled(day):
    met = [dataclasses.replace(target, fulfilled=True) for target in day.targets]
    return dataclasses.replace(day, targets=tuple(met))


def whole(folder) -> bool:
    """Every file is there, nothing else, and the last one can be read."""
    names = sorted(path.name for path in folder.iterdir())
    json.loads((folder / "summary.json").read_text("utf-8"))
    return names == sorted(results_folder.WRITERS)


def test_the_exit_code_says_whether_the_intent_was_fulfilled(play, day, tmp_path):
    assert not day.fulfilled
    assert play(lambda *given: day) == 1
    assert whole(tmp_path / "out")
    assert play(lambda *given: fulfilled(day), "--out", str(tmp_path / "2")) == 0
    assert whole(tmp_path / "2")


def test_a_person_reads_a_table_and_where_the_report_is(play, day, tmp_path, capsys):
    play(lambda *given: day)
    out, err = capsys.readouterr()
    assert str(tmp_path / "out" / "report.html") in out
    assert "Energy of the day" in out and day.attribution[0] in out.replace("\n", " ")
    assert err == ""  # no bar where nobody looks


def test_ctrl_c_before_anything_was_lived_leaves_nothing(play, tmp_path, capsys):
    def live(plan, options, tell):
        tell("building the network", 0.0)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("went on")

    assert play(live) == 130
    assert not (tmp_path / "out").exists()
    assert capsys.readouterr().err == "gemel: interrupted.\n"


def test_ctrl_c_that_a_library_swallowed_is_heard_at_the_next_word(play, tmp_path):
    def live(plan, options, tell):
        with contextlib.suppress(KeyboardInterrupt):  # as in a callback of Python's
            signal.raise_signal(signal.SIGINT)
        tell("remembering yesterday", 0.0)
        pytest.fail("went on")

    assert play(live) == 130
    assert not (tmp_path / "out").exists()


def test_ctrl_c_waits_for_the_period_and_keeps_what_was_lived(play, day, tmp_path):
    ended = []

    def live(plan, options, tell):
        try:
            for share in (0.0, 0.25, 0.5):
                tell("living the day", share)
                if share:
                    signal.raise_signal(signal.SIGINT)
                ended.append(share)
        except KeyboardInterrupt:
            return dataclasses.replace(fulfilled(day), interrupted=True)
        pytest.fail("lived on")

    assert play(live) == 130
    assert ended == [0.0, 0.25]  # the period in which it was pressed came to its end
    assert whole(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "until interrupted" in page and "so far" in page
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("name", results_folder.WRITERS)
def test_an_impatient_second_ctrl_c_leaves_no_half_written_file(
    name, play, day, tmp_path, monkeypatch
):
    write = results_folder.WRITERS[name]

    def interrupted(result, path):
        signal.raise_signal(signal.SIGINT)
        write(result, path)
        signal.raise_signal(signal.SIGINT)

    quick = {"report.html": lambda result, path: path.write_text("drawn elsewhere")}
    for other, writer in {**results_folder.WRITERS, **quick, name: interrupted}.items():
        monkeypatch.setitem(results_folder.WRITERS, other, writer)
    assert play(lambda *given: day) == 130
    assert whole(tmp_path / "out")


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(
    play, day, tmp_path, monkeypatch, capsys
):
    def full(result, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(results_folder.WRITERS, "cells.parquet", full)
    assert play(lambda *given: day) == 2
    err = capsys.readouterr().err
    assert "No space left on device" in err and "--out DIR" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
