"""Does the journal of a night survive being told late, cut short and filled up?"""

import contextlib
import errno
import json
import os
import resource

import jax.numpy as jnp
import numpy as np
import pytest

from gemel.autonomy.journal import Journal, plain, stories
from gemel.errors import InterfaceError
from gemel.interfaces.stores.jsonl import JsonLinesJournal, read_records


def decision(**changes):
    return {
        "elapsed_s": 900.0,
        "aim": "save energy",
        "authority": "act",
        "evidence": {"load_high": np.float32(0.25), "margin": jnp.float32(1.5)},
        "action": {"sleep": ["a-3500-1"], "wake": []},
        "verdict": "approved",
        "reason": "all targets keep their headroom",
        "outcome": None,
        "abort": None,
    } | changes


OUTCOME = {
    "kind": "outcome",
    "decision": 0,
    "elapsed_s": 1800.0,
    "outcome": {"energy_kwh": 3.5},
}
ABORT = {
    "kind": "abort",
    "decision": 0,
    "elapsed_s": 2700.0,
    "abort": "AveDLRANUEThpt fell to 4100 kbit/s",
}


@pytest.fixture(params=["memory", "file"])
def journal(request, tmp_path):
    if request.param == "memory":
        yield Journal()
    else:
        with JsonLinesJournal(tmp_path / "journal.jsonl") as kept:
            yield kept


def test_a_night_is_written_and_told(journal):
    assert journal.append(decision()) == 0
    assert journal.append(decision(verdict="refused", reason="31 % above 20 %")) == 1
    assert journal.append(OUTCOME) == 0
    assert journal.append(ABORT) == 0
    first, second = journal.stories()
    assert first["outcome"] == {"energy_kwh": 3.5}
    assert first["outcome_elapsed_s"] == 1800.0
    assert first["abort"] == "AveDLRANUEThpt fell to 4100 kbit/s"
    assert first["evidence"] == {"load_high": 0.25, "margin": 1.5}
    assert first["action"] == {"sleep": ["a-3500-1"], "wake": []}
    assert (second["outcome"], second["abort"]) == (None, None)
    assert [story["decision"] for story in (first, second)] == [0, 1]
    assert all(story["schema_version"] == 1 for story in (first, second))


def test_later_facts_leave_earlier_records_alone(journal):
    journal.append(decision())
    before = journal.records()
    journal.append(OUTCOME)
    assert journal.records()[:1] == before
    assert len(journal.records()) == 2


def test_who_reads_cannot_write(journal):
    entry = decision()
    journal.append(entry)
    entry["action"]["sleep"].append("b")
    journal.records()[0]["reason"] = "forged"
    journal.stories()[0]["action"]["sleep"].clear()
    [record] = journal.records()
    assert record["reason"] == "all targets keep their headroom"
    assert record["action"]["sleep"] == ["a-3500-1"]


REFUSED = {
    "half a decision": ({"aim": "save energy"}, "lacks"),
    "unknown kind": ({"kind": "rumour"}, "decision, outcome, abort"),
    "third verdict": (decision(verdict="maybe"), "maybe"),
    "outcome of nothing": (OUTCOME | {"decision": 7}, "never made"),
    "decision again": (decision(decision=0), "written already"),
    "outcome again": (OUTCOME, "written already"),
    "clairvoyant": (decision(outcome={"energy_kwh": 1.0}), "cannot know"),
    "number": (decision(decision="seven"), "whole number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_unsound_record_is_refused_and_leaves_no_trace(journal, name):
    journal.append(decision())
    journal.append(OUTCOME)
    before = journal.records()
    entry, words = REFUSED[name]
    with pytest.raises(ValueError, match=words):
        journal.append(entry)
    assert journal.records() == before


def test_what_json_cannot_hold_becomes_what_it_can():
    given = {"a": np.array([1.0, np.nan]), "b": (jnp.int32(2), True), "c": np.inf}
    assert plain(given) == {"a": [1.0, None], "b": [2, True], "c": None}
    with pytest.raises(TypeError, match="object"):
        plain(object())


def test_the_file_is_complete_after_every_record(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JsonLinesJournal(path) as journal:
        for count in range(1, 4):
            journal.append(decision())
            lines = path.read_text("utf-8").splitlines()
            assert len(lines) == count
            assert json.loads(lines[-1])["decision"] == count - 1
        assert stories(read_records(path)[0]) == journal.stories()


def test_a_journal_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JsonLinesJournal(path) as journal:
        journal.append(decision())
    with JsonLinesJournal(path) as journal:
        journal.append(OUTCOME)
        assert journal.append(decision()) == 1
        assert journal.torn_lines == 0
    with pytest.raises(InterfaceError, match="cannot"):
        JsonLinesJournal(tmp_path / "nowhere" / "journal.jsonl")
    assert len(read_records(path)[0]) == 3


def test_a_last_line_cut_anywhere_costs_that_record_only(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JsonLinesJournal(path) as journal:
        journal.append(decision(aim="bewahre die Nächte"))
        journal.append(decision(aim="Größe"))
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first + 1, len(whole) - 1):
        path.write_bytes(whole[:cut])
        records, torn = read_records(path)
        assert (len(records), torn) == (1, 1)
    with JsonLinesJournal(path) as journal:
        assert journal.torn_lines == 1
        assert journal.append(decision()) == 1
    assert read_records(path)[1] == 0
    assert len(read_records(path)[0]) == 2


def test_a_lost_line_end_costs_nothing(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JsonLinesJournal(path) as journal:
        journal.append(decision())
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    with JsonLinesJournal(path) as journal:
        assert journal.torn_lines == 0
        journal.append(OUTCOME)
    assert len(read_records(path)[0]) == 2


STRANGERS = {
    "another file": b'{"scenario": "munich"}',
    "cut elsewhere": b'{"scenario": "mun',
    "text": b"Dear diary,\ntoday",
    "broken in the middle": b'{"schema_version": 1\n{"schema_version": 1}\n',
    "of tomorrow": b'{"schema_version": 99}\n',
    "half a record": b'{"schema_version": 1, "kind": "decision"}\n',
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path, name):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(STRANGERS[name])
    with pytest.raises(InterfaceError) as refused:
        JsonLinesJournal(path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    assert path.read_bytes() == STRANGERS[name]


def test_a_folder_or_device_is_no_journal(tmp_path):
    for path in (tmp_path, "/dev/null"):
        with pytest.raises(InterfaceError, match="not a regular file"):
            JsonLinesJournal(path)


@contextlib.contextmanager
def room_for(bytes_in_a_file):
    """The operating system refuses to let any file of ours grow beyond."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_in_a_file, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_one_line_and_keeps_what_was_written(tmp_path):
    path = tmp_path / "journal.jsonl"
    with JsonLinesJournal(path) as journal:
        journal.append(decision())
        size = os.path.getsize(path)
        # Room for half of the next line: the write begins and cannot end.
        with (
            room_for(size + size // 2),
            pytest.raises(InterfaceError, match="cannot take another") as full,
        ):
            journal.append(decision())
        assert os.strerror(errno.EFBIG) in str(full.value)
        assert "\n" not in str(full.value)
        assert os.path.getsize(path) == size
        assert len(journal.records()) == 1
        assert journal.append(decision()) == 1  # room again: it goes on
    assert read_records(path)[1] == 0
