"""Are results written whole or not at all, and can programs read them back?"""

import dataclasses
import errno
import json
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from gemel.errors import InterfaceError
from gemel.report import folder as results_folder
from gemel.report.folder import claim_folder, release_folder, write_results
from gemel.report.results import (
    DayResult,
)
from gemel.report.summary import as_json


def test_results_can_be_read_back(day, tmp_path):
    folder = claim_folder(tmp_path / "out", "munich")
    write_results(day, folder)
    files = sorted(path.name for path in folder.iterdir())
    assert files == sorted(results_folder.WRITERS)

    periods = parquet.read_table(folder / "periods.parquet")
    assert periods.schema.metadata[b"schema_version"] == b"1"
    assert periods["energy_autonomous_kwh"].to_pylist() == list(
        day.energy_autonomous_kwh
    )
    first, second = periods["AveDLRANUEThpt.forecast_mean"].to_pylist()[:2]
    assert first is None  # NaN is missing, and missing is null
    assert second == day.targets[0].forecast_mean[1]

    cells = parquet.read_table(folder / "cells.parquet")
    assert cells["cell"].to_pylist() == list(day.cells.name)
    assert cells["layer"].to_pylist()[-1] == day.cells.layers[day.cells.layer[-1]]

    table = parquet.read_table(folder / "cell_periods.parquet")
    count = len(day.cells.name)
    assert table.num_rows == day.asleep.size
    assert table["cell"].to_pylist()[:count] == list(day.cells.name)
    asleep = np.array(table["asleep"]).reshape(day.asleep.shape)
    assert (asleep == day.asleep).all()

    lines = (folder / "journal.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert entries == list(day.journal)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary == {"schema_version": 1, **as_json(day)}


def test_two_targets_of_one_name_keep_their_columns(day, tmp_path, monkeypatch):
    monkeypatch.setitem(results_folder.WRITERS, "report.html", touch)
    twice = dataclasses.replace(day, targets=(day.targets[0], day.targets[0]))
    write_results(twice, tmp_path)
    names = parquet.read_table(tmp_path / "periods.parquet").column_names
    assert {"AveDLRANUEThpt.baseline", "AveDLRANUEThpt#2.baseline"} <= set(names)
    assert len(set(names)) == len(names)


def test_default_folder_is_always_a_fresh_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    claimed = [claim_folder(None, "munich") for _ in range(3)]
    assert list(map(str, claimed)) == [
        "gemel-munich",
        "gemel-munich-2",
        "gemel-munich-3",
    ]
    # A file given as the scenario must not choose where the folder goes.
    assert str(claim_folder(None, "my/own: sites.csv")) == "gemel-own-sites"


def one_line(error: pytest.ExceptionInfo[InterfaceError]) -> str:
    said = str(error.value)
    assert "\n" not in said
    assert "--out" in said  # the next move
    return said


def test_occupied_folder_is_refused(day, tmp_path, monkeypatch):
    monkeypatch.setitem(results_folder.WRITERS, "report.html", touch)
    write_results(day, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InterfaceError) as error:
        claim_folder(tmp_path, "munich")
    assert "already holds report.html" in one_line(error)
    with pytest.raises(InterfaceError):
        write_results(day, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    for out in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(InterfaceError) as error:
            claim_folder(out, "munich")
        assert str(out) in one_line(error)
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_folder_that_nobody_may_make_is_refused():
    with pytest.raises(InterfaceError) as error:  # not even root writes there
        claim_folder(Path("/proc/out"), "munich")
    assert "cannot write results to /proc/out" in one_line(error)


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_is_noticed_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(results_folder.tempfile, "TemporaryFile", full_disk)
    with pytest.raises(InterfaceError) as error:
        claim_folder(tmp_path / "a" / "b", "munich")
    assert "No space left" in one_line(error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", results_folder.WRITERS)
def test_full_disk_leaves_nothing_behind(day, tmp_path, monkeypatch, name):
    def half_written(result, path):
        path.write_bytes(b"half")
        full_disk()

    folder = claim_folder(tmp_path / "out", "munich")
    monkeypatch.setitem(results_folder.WRITERS, "report.html", touch)
    monkeypatch.setitem(results_folder.WRITERS, name, half_written)
    with pytest.raises(InterfaceError) as error:
        write_results(day, folder)
    assert "No space left" in one_line(error)
    assert list(tmp_path.iterdir()) == []


def test_disk_that_fills_up_during_the_work_leaves_nothing(day, tmp_path, monkeypatch):
    folder = claim_folder(tmp_path / "a" / "b", "munich")
    monkeypatch.setattr(results_folder.tempfile, "TemporaryFile", full_disk)
    with pytest.raises(InterfaceError) as error:
        write_results(day, folder)
    assert "No space left" in one_line(error)
    assert list(tmp_path.iterdir()) == []


def touch(_: DayResult, path: Path) -> None:
    path.touch()


def test_failing_move_takes_back_what_was_moved(day, tmp_path, monkeypatch):
    move = Path.rename

    def last_move_fails(path: Path, target: Path) -> Path:
        return full_disk() if path.name == "summary.json" else move(path, target)

    monkeypatch.setitem(results_folder.WRITERS, "report.html", touch)
    (tmp_path / "diary.txt").write_text("mine")
    monkeypatch.setattr(Path, "rename", last_move_fails)
    with pytest.raises(InterfaceError):
        write_results(day, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_released_folder_is_gone_only_if_we_made_it(tmp_path):
    (tmp_path / "theirs").mkdir()
    for out in (tmp_path / "theirs", tmp_path / "ours" / "deep"):
        release_folder(claim_folder(out, "munich"))
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]
    assert list((tmp_path / "theirs").iterdir()) == []
