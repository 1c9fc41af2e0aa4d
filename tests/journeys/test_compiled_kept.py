"""Is what a killed process left half compiled forgotten, and the rest kept?"""

import os
import zlib

from gemel.cli.compiled import CHECKED, drop_spoilt

PROGRAM = zlib.compress(bytes(range(256)) * 50)


def entries(folder):
    return {path.name for path in folder.iterdir()} - {CHECKED}


def test_only_what_was_not_written_to_its_end_is_forgotten(tmp_path):
    for name, content in {
        "whole-cache": PROGRAM,
        "cut-cache": PROGRAM[:-9],
        "empty-cache": b"",
        "spoilt-cache": PROGRAM[:20] + b"?" + PROGRAM[21:],
        "packed-otherwise-cache": b"\x28\xb5\x2f\xfd and so on",
        "cut-atime": PROGRAM[:-9],  # none of the programs
    }.items():
        (tmp_path / name).write_bytes(content)
    drop_spoilt(tmp_path)
    assert entries(tmp_path) == {"whole-cache", "packed-otherwise-cache", "cut-atime"}


def test_what_was_looked_at_once_is_not_looked_at_again(tmp_path):
    drop_spoilt(tmp_path)
    old, new = tmp_path / "old-cache", tmp_path / "new-cache"
    for path in (old, new):
        path.write_bytes(PROGRAM[:-9])
    looked_s = (tmp_path / CHECKED).stat().st_mtime
    os.utime(old, (looked_s - 60.0, looked_s - 60.0))
    os.utime(new, (looked_s + 1.0, looked_s + 1.0))
    drop_spoilt(tmp_path)
    assert entries(tmp_path) == {"old-cache"}


def test_a_folder_that_is_gone_stops_nobody(tmp_path):
    drop_spoilt(tmp_path / "gone")
