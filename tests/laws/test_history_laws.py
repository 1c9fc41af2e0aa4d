"""Is what a history was told kept, once each, in order, and found again by anybody?"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import duckdb
import hypothesis.strategies as st
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from gemel.errors import InterfaceError
from gemel.interfaces.stores.history_contents import contents_of, names_of
from gemel.interfaces.stores.history_duckdb import DuckHistory
from gemel.interfaces.stores.history_parquet import VERSION_KEY
from gemel.twin.history import COLUMNS, KINDS, TRUTH, WORD, MemoryHistory

HOUR_S = 3_600.0
HISTORIES = ("memory", "folder", "fsspec")


@contextlib.contextmanager
def opened(name: str, tmp_path):
    """A new history of this make."""
    if name == "memory":
        yield MemoryHistory()
        return
    where = f"memory://{uuid.uuid4().hex}/history"
    with DuckHistory(tmp_path / "history" if name == "folder" else where) as history:
        yield history


def reports(began_s: float, cells: int = 3, value: float = 1.0) -> dict:
    return {
        "elapsed_s": np.full(cells, began_s),
        "period_s": np.full(cells, 900.0),
        "cell": np.array([f"cell-{n}" for n in range(cells)]),
        "name": np.full(cells, "RRU.PrbTotDl"),
        "value": value + np.arange(cells),
        "present": np.ones(cells, bool),
        "age_s": np.zeros(cells),
    }


def some_rows(kind: str, seed: int, count: int = 20) -> dict:
    luck = np.random.default_rng(seed)
    rows = {}
    for name, column in COLUMNS[kind].items():
        number = luck.integers(0, 5, count)
        if column == WORD:
            rows[name] = np.array([f"{name} é {n}" for n in number])
        elif column == TRUTH:
            rows[name] = number > 2
        else:
            rows[name] = np.where(number == 4, np.nan, number * 0.1)
    rows["elapsed_s"] = luck.integers(0, 4, count) * 900.0
    return rows


def same(one: dict, other: dict) -> bool:
    return list(one) == list(other) and all(
        np.array_equal(one[n], other[n], equal_nan=one[n].dtype.kind == "f")
        for n in one
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HISTORIES)
def test_a_new_history_has_no_rows_and_every_column(name, kind, tmp_path):
    with opened(name, tmp_path) as history:
        found = history.read(kind)
    assert {n: c.dtype.kind for n, c in found.items()} == {
        n: c.kind for n, c in COLUMNS[kind].items()
    }
    assert all(len(column) == 0 for column in found.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["folder", "fsspec"])
def test_a_store_says_what_memory_says(name, kind, tmp_path):
    theirs = MemoryHistory()
    windows = ((None, None), (900.0, None), (None, 900.0), (900.0, 2_000.0))
    with opened(name, tmp_path) as ours:
        for seed in range(6):
            rows = some_rows(kind, seed)
            ours.append(kind, rows)
            theirs.append(kind, rows)
        for since_s, until_s in windows:
            found = ours.read(kind, since_s, until_s)
            assert same(found, theirs.read(kind, since_s, until_s))
            assert len(found["elapsed_s"])


@pytest.mark.parametrize("name", HISTORIES)
def test_of_what_is_told_twice_the_later_counts(name, tmp_path):
    with opened(name, tmp_path) as history:
        history.append("reports", reports(900.0, value=1.0))
        history.append("reports", reports(0.0, value=5.0))
        assert history.last_s("reports") == 900.0
        history.append("reports", reports(900.0, cells=1, value=9.0))
        found = history.read("reports")
        assert history.last_s("forecasts") is None
    assert found["elapsed_s"].tolist() == [0.0] * 3 + [900.0] * 3
    assert found["cell"].tolist() == ["cell-0", "cell-1", "cell-2"] + [
        "cell-1",
        "cell-2",
        "cell-0",
    ]
    assert found["value"].tolist() == [5.0, 6.0, 7.0, 2.0, 3.0, 9.0]


@pytest.mark.parametrize("name", HISTORIES)
def test_rows_that_are_none_are_refused_and_change_nothing(name, tmp_path):
    good = reports(900.0)
    bads = (
        {n: c for n, c in good.items() if n != "age_s"},
        good | {"more": np.zeros(3)},
        good | {"value": np.zeros(2)},
        good | {"elapsed_s": np.full(3, np.nan)},
    )
    with opened(name, tmp_path) as history:
        history.append("reports", reports(0.0))
        for bad in bads:
            with pytest.raises(ValueError):
                history.append("reports", bad)
        with pytest.raises(ValueError):
            history.append("rumours", good)
        with pytest.raises(ValueError):
            history.read("rumours")
        assert len(history.read("reports")["cell"]) == 3


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=70))
def test_tidying_changes_nothing_that_is_told(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("tidied")
    ours, theirs = DuckHistory(folder), MemoryHistory()
    with ours:
        for number, slot in enumerate(order):
            for history in (ours, theirs):
                history.append("reports", reports(900.0 * slot, 2, float(number)))
        assert len(ours.files("reports")) < max(32, len(order))
        found = ours.read("reports")
    assert same(found, theirs.read("reports"))
    with DuckHistory(folder) as again:
        assert same(again.read("reports"), found)


def test_anybody_with_duckdb_reads_it(tmp_path):
    with DuckHistory(tmp_path / "h") as history:
        for number in range(40):  # some of it tidied
            history.append("reports", reports(900.0 * number))
        ours = history.read("reports")
    line = json.loads((tmp_path / "h" / "about.json").read_text())["read_with_duckdb"]
    line = line.replace("'kind=", f"'{tmp_path}/h/kind=") + " ORDER BY elapsed_s, cell"
    theirs = duckdb.execute(line).fetchall()
    assert len(theirs) == len(ours["cell"]) == 120
    assert [row[4] for row in theirs] == ours["value"].tolist()
    one = next((tmp_path / "h" / "kind=reports").glob("*.parquet"))
    assert pq.read_metadata(one).metadata[VERSION_KEY] == b"1"


def test_what_is_older_than_the_retention_is_let_go(tmp_path):
    day = 24 * HOUR_S
    with DuckHistory(tmp_path, retention_s=day) as history:
        for number in range(4 * 24):
            history.append("reports", reports(HOUR_S * number, 1))
            if number % 20 == 0:
                knob = "tilt_deg" if number else "power_dbm"
                row = {"elapsed_s": [HOUR_S * number], "cell": ["a"], "name": [knob]}
                row |= {"value": [float(number)]}
                history.append("inventory", {n: np.array(v) for n, v in row.items()})
        oldest_s = history.read("reports")["elapsed_s"].min()
        newest_s = HOUR_S * (4 * 24 - 1)
        # Whole files go: what stays too long is no more than one of them.
        assert newest_s - 1.125 * day - HOUR_S <= oldest_s <= newest_s - day
        assert "power_dbm" in history.read("inventory")["name"]  # still set
    assert DuckHistory(tmp_path, writing=False).retention_s == day  # remembered
    files = list((tmp_path / "kind=reports").glob("*.parquet"))
    assert len(files) <= 27


def test_one_writes_and_many_read(tmp_path):
    with DuckHistory(tmp_path) as writer:
        writer.append("reports", reports(0.0))
        with pytest.raises(InterfaceError, match="another process is writing"):
            DuckHistory(tmp_path)
        reader = DuckHistory(tmp_path, writing=False)
        for number in range(1, 40):  # tidied while the reader looks on
            writer.append("reports", reports(900.0 * number))
            assert len(reader.read("reports")["cell"]) == 3 * (number + 1)
        with pytest.raises(RuntimeError):
            reader.append("reports", reports(0.0))
    DuckHistory(tmp_path).close()


def spoil(path, how: str) -> None:
    content = path.read_bytes()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "noise":
        path.write_bytes(bytes(range(256)) * 8)
    else:  # the pages, and not the footer
        third = len(content) // 3
        path.write_bytes(content[:8] + bytes(third) + content[8 + third :])


@pytest.mark.parametrize("how", ["cut", "empty", "noise", "pages"])
def test_a_spoilt_file_is_counted_told_and_left_alone(how, tmp_path):
    with DuckHistory(tmp_path) as history:
        for number in range(5):
            history.append("reports", reports(900.0 * number, 200))
    spoilt = sorted((tmp_path / "kind=reports").glob("*.parquet"))[2]
    spoil(spoilt, how)
    before = spoilt.read_bytes()
    with DuckHistory(tmp_path) as history:
        for number in range(5, 60):  # tidied around it
            history.append("reports", reports(900.0 * number, 200))
        found = history.read("reports")
        slots = np.unique(found["elapsed_s"]) / 900.0
        assert slots.tolist() == [n for n in range(60) if n != 2]
        (name,) = history.unreadable
        assert name.endswith(spoilt.name) and history.unreadable[name]
    assert spoilt.read_bytes() == before


def test_what_a_history_says_of_itself_may_be_lost(tmp_path):
    with DuckHistory(tmp_path) as history:
        history.append("reports", reports(0.0))
    (tmp_path / "about.json").write_text('{"schema_')
    with DuckHistory(tmp_path, writing=False) as history:
        assert "about.json" in history.unreadable
        assert len(history.read("reports")["cell"]) == 3


@pytest.mark.parametrize("where", ["about", "file"])
def test_another_version_is_refused_and_nothing_touched(where, tmp_path):
    with DuckHistory(tmp_path) as history:
        history.append("reports", reports(0.0))
    if where == "about":
        path = tmp_path / "about.json"
        path.write_text(path.read_text().replace('version": 1', 'version": 2'))
    else:
        path = next((tmp_path / "kind=reports").glob("*.parquet"))
        table = pq.read_table(path).replace_schema_metadata({VERSION_KEY: b"2"})
        pq.write_table(table, path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    for writing in (True, False):
        with pytest.raises(InterfaceError, match="schema_version") as refused:
            DuckHistory(tmp_path, writing=writing)
        assert "\n" not in str(refused.value)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_store_that_vanished_is_no_new_store(tmp_path):
    with DuckHistory(tmp_path / "h") as history:
        history.append("reports", reports(0.0))
        shutil.rmtree(tmp_path / "h")
        with pytest.raises(InterfaceError, match="has vanished"):
            history.append("reports", reports(900.0))
        with pytest.raises(InterfaceError):
            history.read("reports")
    assert not (tmp_path / "h").exists()


def test_what_is_no_place_for_a_history_is_refused(tmp_path):
    (tmp_path / "file").write_text("a letter")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("a letter")
    for where, said in (
        ("file", "is a file"),
        ("file/below", "cannot be made"),
        ("letters", "is no history"),
    ):
        with pytest.raises(InterfaceError, match=said):
            DuckHistory(tmp_path / where)
    with pytest.raises(InterfaceError, match="there is no history"):
        DuckHistory(tmp_path / "none", writing=False)
    with pytest.raises(InterfaceError, match="no place for a history"):
        DuckHistory("nonsense://bucket/h")
    with pytest.raises(InterfaceError, match="more than 0"):
        DuckHistory(tmp_path / "h", retention_s=0.0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "letters"]


FULL = """
import resource, signal, sys
import numpy as np
sys.path.insert(0, sys.argv[2])
from gemel.errors import InterfaceError
from gemel.interfaces.stores.history_duckdb import DuckHistory
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
count = 200_000
def rows(count):
    number = np.arange(count)
    return dict(elapsed_s=number * 1.0, cell=np.full(count, "a"), name=np.full(count,
        "b"), value=np.random.default_rng(1).normal(size=count))
history = DuckHistory(sys.argv[1])
history.append("inventory", rows(10))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    history.append("inventory", rows(count))
except InterfaceError as error:
    print(error)
history.append("inventory", {n: c[-1:] for n, c in rows(11).items()})
print(len(history.read("inventory")["cell"]))
"""


def test_a_full_disk_is_one_line_and_nothing_half_written(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path), "src"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    said, rows = ran.stdout.splitlines()
    assert "cannot be written" in said and "Make room" in said
    assert rows == "11"  # and it goes on once there is room
    files = [p.name for p in (tmp_path / "kind=inventory").iterdir()]
    assert len(files) == 2 and not any(name.startswith(".") for name in files)


def test_histories_of_two_weeks_share_a_clock(tmp_path):
    monday = datetime(2025, 1, 6, tzinfo=UTC)
    with DuckHistory(tmp_path) as history:
        assert history.since_monday(monday) == 0.0
    with DuckHistory(tmp_path) as history:
        assert history.monday == monday
        week = timedelta(days=7)
        assert history.since_monday(monday + week) == 7 * 24 * HOUR_S
        with pytest.raises(InterfaceError, match="another folder"):
            history.since_monday(monday + timedelta(hours=1))


def test_contents_tell_rows_times_and_names(tmp_path):
    with DuckHistory(tmp_path) as history:
        for number in range(4):
            rows = reports(900.0 * number)
            rows["present"] = np.array([True, True, number % 2 == 0])
            history.append("reports", rows)
        told = {each.name: each for each in contents_of(history)}
        (name,) = names_of(history, "reports")
    assert set(told) == set(KINDS)
    assert (told["reports"].rows, told["reports"].files) == (12, 4)
    assert (told["reports"].since_s, told["reports"].until_s) == (0.0, 2_700.0)
    assert told["beliefs"].rows == 0 and told["beliefs"].since_s is None
    assert (name.name, name.rows, name.cells) == ("RRU.PrbTotDl", 12, 3)
    assert name.present == pytest.approx(10 / 12)
