"""Does `gemel forecast` say what it did, and refuse in one line what it cannot read?"""

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from gemel.cli import app
from gemel.cli.frame import BAD_INPUT, DONE, run

HEADER = "Time,BS,CellName,load,ESMode1"


def some_rows(days: int = 5, stations: int = 6) -> list[str]:
    luck = np.random.default_rng(0)
    rows = []
    for hour in range(24 * days):
        for station in range(stations):
            load = 0.4 + 0.3 * np.sin(hour / 24 * 6.28) + 0.03 * luck.standard_normal()
            time = f"1/{1 + hour // 24}/2023 {hour % 24}:00"
            rows.append(f"{time},S{station},Cell0,{min(max(load, 0), 1):.4f},0")
    return rows


def written(path: Path, rows: list[str], header: str = HEADER) -> Path:
    text = "\n".join([header, *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()))
    return path


def forecast(*arguments: object) -> int:
    return run(app, ["forecast", *map(str, arguments)])


def test_it_forecasts_beyond_the_end_and_stands_its_ground(tmp_path, capsys):
    table = written(tmp_path / "load.csv.gz", some_rows())
    out, page = tmp_path / "f.parquet", tmp_path / "f.html"
    assert forecast("--load", table, "--out", out, "--report", page, "--json") == DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["below_persistence_percent"] > 10
    assert answer["rows"] == 6 * (5 * 24 - 96 + 1)
    rows = pq.read_table(out)
    assert rows.num_rows == answer["rows"]
    assert rows["load"].null_count == 6  # the hour beyond the end
    assert b"schema_version" in (rows.schema.metadata or {})
    assert "data:image/png" in page.read_text()


def test_a_day_ahead_as_csv(tmp_path):
    table = written(tmp_path / "load.csv.gz", some_rows())
    out = tmp_path / "f.csv"
    assert forecast("--load", table, "--out", out, "--horizon", "24h") == DONE
    assert len(out.read_text().splitlines()) == 1 + 6 * 48


def test_dirty_rows_are_counted_and_skipped(tmp_path, capsys):
    dirty = ["noon,S0,Cell0,0.5,0", "1/2/2023 4:00,S0,Cell0,1.7,0"]
    dirty += ["1/2/2023 5:00,S0,Cell0,nan,0", "1/2/2023 6:00,,Cell0,0.5,0"]
    table = written(tmp_path / "load.csv.gz", [*dirty, *some_rows(), some_rows()[0]])
    out = tmp_path / "f.parquet"
    assert forecast("--load", table, "--out", out, "--json") == DONE
    said = capsys.readouterr()
    assert json.loads(said.out)["skipped"] == {
        "time not readable": 1,
        "no station or cell named": 1,
        "load not a number": 1,
        "load outside 0 to 1": 1,
        "hour said before": 1,
    }
    assert len(said.err.splitlines()) == 1


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


BAD = {
    "no column": lambda path: written(path, some_rows(), "Time,BS,Cell,load,ESMode1"),
    "has no row of use": lambda path: written(path, ["noon,S0,Cell0,0.5,0"]),
    "has no rows": lambda path: written(path, []),
    "is empty": lambda path: path.write_bytes(b""),
    "cut short or spoilt": lambda path: cut_short(written(path, some_rows())),
    "no table of text": lambda path: path.write_bytes(bytes(range(1, 256)) * 9),
    "there is no file": lambda path: None,
    "more than 400 days": lambda path: written(
        path, ["1/1/1023 1:00,S0,Cell0,0.5,0", "1/1/2023 1:00,S0,Cell0,0.5,0"]
    ),
}


@pytest.mark.parametrize("complaint", BAD)
def test_bad_input_is_refused_in_one_line(complaint, tmp_path, capsys):
    table, out = tmp_path / "load.csv.gz", tmp_path / "f.parquet"
    BAD[complaint](table)
    assert forecast("--load", table, "--out", out) == BAD_INPUT
    said = capsys.readouterr()
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1 and said.out == ""
    assert {path.name for path in tmp_path.iterdir()} <= {table.name}


def test_nothing_is_overwritten(tmp_path, capsys):
    table = written(tmp_path / "load.csv.gz", some_rows())
    out = tmp_path / "f.parquet"
    out.write_text("mine")
    assert forecast("--load", table, "--out", out) == BAD_INPUT
    assert out.read_text() == "mine"
    assert "nothing is overwritten" in capsys.readouterr().err
