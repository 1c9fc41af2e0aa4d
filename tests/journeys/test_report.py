"""Can people and programs read what a day left behind, and is it whole or absent?"""

import dataclasses
import errno
import html.parser
import io
import json
import math
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from rich.console import Console

from gemel.errors import InterfaceError
from gemel.report import folder as results_folder
from gemel.report.charts import charts
from gemel.report.folder import claim_folder, release_folder, write_results
from gemel.report.maps import maps, round_length_m, wedges
from gemel.report.page import render_page
from gemel.report.results import (
    Actions,
    CellRows,
    DayResult,
    Raster,
    TargetOutcome,
    Throughput,
)
from gemel.report.story import story, told
from gemel.report.summary import as_json, print_table, sparkline

HOSTILE = "<script>alert('x')</script> & \"[red]\" $\\frac$ 基站"
PERIODS = 96
LAYERS = ("700 MHz", "2100 MHz", "3500 MHz")


def some_cells(sites: int, rng: np.random.Generator, first: str) -> CellRows:
    place_m = rng.uniform(-3_000, 3_000, (sites, 2))
    turn_deg = rng.uniform(0, 120, sites)
    rows = [
        (f"site{site:03d}-{layer}-{sector}", site, layer, sector)
        for site in range(sites)
        for layer in range(1 + site % 3)
        for sector in range(3)
    ]
    site = np.array([row[1] for row in rows])
    sector = np.array([row[3] for row in rows], dtype=float)
    return CellRows(
        name=(first, *(row[0] for row in rows[1:])),
        x_m=place_m[site, 0],
        y_m=place_m[site, 1],
        azimuth_deg=(turn_deg[site] + 120.0 * sector) % 360.0,
        layer=np.array([row[2] for row in rows]),
        layers=LAYERS,
    )


def some_coverage(cells: CellRows, step_m: float) -> Raster:
    axis_m = np.arange(-3_500.0, 3_500.0, step_m)
    east_m, north_m = np.meshgrid(axis_m, axis_m)
    best_dbm = np.full(east_m.shape, -np.inf)
    for x_m, y_m, azimuth_deg in zip(
        cells.x_m, cells.y_m, cells.azimuth_deg, strict=True
    ):
        away_m = np.hypot(east_m - x_m, north_m - y_m) + 20.0
        bearing_deg = np.degrees(np.arctan2(east_m - x_m, north_m - y_m))
        off_deg = (bearing_deg - azimuth_deg + 180.0) % 360.0 - 180.0
        pattern_db = np.minimum(12.0 * (off_deg / 65.0) ** 2, 25.0)
        best_dbm = np.maximum(best_dbm, -20.0 - 35.0 * np.log10(away_m) - pattern_db)
    best_dbm += 4.0 * np.sin(east_m / 90.0) * np.sin(north_m / 130.0)
    best_dbm[:4, :4] = np.nan
    return Raster(-3_500.0, -3_500.0, step_m, best_dbm.astype(np.float32))


def some_target(name: str, level: float, rng: np.random.Generator, **more):
    hour = np.arange(PERIODS) / 4.0
    course = level * (1.0 + 0.15 * np.cos((hour - 4.0) / 24.0 * 2 * np.pi))
    achieved = course * rng.normal(0.97, 0.01, PERIODS)
    mean = np.append(np.nan, achieved[1:] * rng.normal(1.0, 0.015, PERIODS - 1))
    fields = {
        "condition": "IS_GREATER_THAN",
        "threshold": 0.75 * level,
        "unit": "kbit/s",
        "fulfilled": True,
        "violation_minutes": 0.0,
        "day_baseline": float(course.mean()),
        "day_achieved": float(achieved.mean()),
        "baseline": course,
        "achieved": achieved,
        "forecast_low": 0.96 * mean,
        "forecast_mean": mean,
        "forecast_high": 1.04 * mean,
    }
    return TargetOutcome(name=name, **(fields | more))


def some_entry(decision: int, rng: np.random.Generator, names) -> dict:
    refused, undone = decision % 4 == 3, decision % 29 == 12
    low, high = sorted(rng.uniform(9_000.0, 12_000.0, 2).tolist())
    chosen = rng.choice(names[1:], int(rng.integers(1, 12)), replace=False).tolist()
    return {
        "schema_version": 1,
        "decision": decision,
        "elapsed_s": decision * 900.0,
        "aim": "energy",
        "authority": "act alone",
        "evidence": {
            "AveDLRANUEThpt": {"low": low, "mean": (low + high) / 2, "high": high},
            "saving_kwh_low": 0.5,
            "saving_kwh_mean": 0.81234,
            "saving_kwh_high": 1.1,
        },
        "action": {"sleep": [names[0], *chosen], "wake": chosen[:1]},
        "verdict": "refused" if refused else "approved",
        "reason": f"AveDLRANUEThpt could fall to {low:,.0f} kbit/s, below 9,500 kbit/s"
        if refused
        else "every target holds with 95 % sureness",
        "outcome": None if refused else {"AveDLRANUEThpt": high, "saved_kwh": 0.8},
        "abort": "AveDLRANUEThpt was 8,900 kbit/s in two reports" if undone else None,
    }


def some_day(sites: int = 25, decisions: int = 60, first: str = HOSTILE) -> DayResult:
    """A day as the closed loop would leave it, with odd names and missing values."""
    rng = np.random.default_rng(7)
    cells = some_cells(sites, rng, first)
    count = len(cells.name)
    hour = np.arange(PERIODS) / 4.0
    busy = 0.08 + 0.32 * np.exp(-(((hour - 19.0 + 12) % 24 - 12) ** 2) / 30.0)
    busy += 0.15 * np.exp(-((hour - 11.0) ** 2) / 14.0)
    base = np.clip(busy[:, None] * rng.lognormal(0.0, 0.5, (PERIODS, count)), 0, 1)
    sleepy = rng.lognormal(0.0, 0.4, count) * np.where(cells.layer > 0, 0.16, 0.0)
    asleep = busy[:, None] < sleepy
    ours = np.where(asleep, 0.0, np.clip(1.15 * base, 0, 1))
    said = np.clip(ours + rng.normal(0.0, 0.015, ours.shape), 0, 1)
    said[0] = np.nan
    base_kwh = 0.12 * count / 4 + 0.3 * base.sum(axis=1) / 4
    ours_kwh = 0.12 * (~asleep).sum(axis=1) / 4 + 0.3 * ours.sum(axis=1) / 4
    rest_kwh = np.full(PERIODS, 0.05 * count)
    saved_kwh = base_kwh.sum() - ours_kwh.sum()
    sum_kwh = ours_kwh.sum()
    energy = some_target(
        "RANEnergyConsumption",
        1.0,
        rng,
        condition="IS_LESS_THAN",
        unit="kWh",
        threshold=float(0.9 * sum_kwh),
        fulfilled=False,
        per_day=True,
        day_baseline=float(base_kwh.sum()),
        day_achieved=float(sum_kwh),
        baseline=base_kwh,
        achieved=ours_kwh,
        forecast_mean=1.01 * ours_kwh,
    )
    low = some_target(
        "LowDLRANUEThptRatio",
        4.0,
        rng,
        condition="IS_LESS_THAN",
        threshold=4.3,
        unit="%",
        fulfilled=False,
        violation_minutes=45.0,
    )
    blocks = rng.uniform(-20, 20, (70, 70)) * (rng.uniform(size=(70, 1)) < 0.7)
    buildings = np.kron(blocks, np.ones((2, 2))).astype(np.float32)
    buildings[0, :] = np.nan
    journal = [some_entry(number, rng, cells.name) for number in range(decisions)]
    return DayResult(
        scenario="munich",
        seed=7,
        users=10 * count,
        hours=24.0,
        period_s=900.0,
        cells=cells,
        energy_baseline_kwh=base_kwh,
        energy_autonomous_kwh=ours_kwh,
        overhead_kwh=rest_kwh,
        saving_percent=float(100 * saved_kwh / base_kwh.sum()),
        saving_with_overhead_percent=float(
            100 * saved_kwh / (base_kwh.sum() + rest_kwh.sum())
        ),
        oracle_saving_percent=31.4,
        load_baseline=base,
        load_autonomous=ours,
        load_forecast=said,
        asleep=asleep,
        targets=(some_target("AveDLRANUEThpt", 12_000.0, rng), low, energy),
        throughput_baseline=Throughput(21.4, 3.21),
        throughput_autonomous=Throughput(20.7, math.nan),
        actions=Actions(
            96, 71, 25, 2, (("the forecast violates a target", 21), ("stale", 4))
        ),
        twin_prb_points_median=1.31,
        twin_throughput_percent_median=4.2,
        journal=tuple(journal),
        coverage_dbm=some_coverage(cells, 50.0),
        buildings_m=Raster(-3_500.0, -3_500.0, 50.0, buildings),
        attribution=("Antennas: somebody, https://data.example/a?b=1&c=2 (licence).",),
        notes=("Azimuths were not in the table; they were drawn at random.",),
        wall_s=31.2,
    )


@pytest.fixture(scope="module")
def day() -> DayResult:
    return some_day()


@pytest.fixture(scope="module")
def page(day) -> str:
    return render_page(day)


class Loads(html.parser.HTMLParser):
    """Collects what a browser would fetch, and which elements there are."""

    FETCHING = frozenset({"src", "srcset", "data", "poster", "action", "background"})

    def __init__(self):
        super().__init__()
        self.fetched: list[str | None] = []
        self.elements: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        for name, value in attrs:
            if name in self.FETCHING or (name == "href" and tag != "a"):
                self.fetched.append(value)

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def loads(page) -> Loads:
    parsed = Loads()
    parsed.feed(page)
    return parsed


def test_page_fetches_nothing(page, loads):
    assert loads.fetched
    assert all(
        (what or "").startswith("data:image/png;base64,") for what in loads.fetched
    )
    assert not loads.elements & {"script", "link", "iframe", "object", "base"}
    assert "@import" not in page
    assert "url(" not in page
    assert "https://data.example/a?b=1&amp;c=2" in page  # may be followed, once


def test_page_shows_a_hostile_name_as_text(page, loads):
    assert "<script>" not in page
    assert HOSTILE in loads.text


def test_page_says_what_happened(day, loads):
    for said in (
        f"saved {day.saving_percent:.1f} %",
        "not fulfilled: LowDLRANUEThptRatio was violated for 45 min",
        "RANEnergyConsumption was",
        "the forecast violates a target",
        "rolled back",
        "All 60 decisions",
        "This is optimistic",
        "gemel run munich --seed 7",
        *day.notes,
    ):
        assert said in loads.text


def test_page_is_the_same_twice(page, day):
    assert render_page(day) == page


@pytest.mark.parametrize("draw", [charts, maps])
def test_pictures_have_words_for_those_who_cannot_see_them(day, draw):
    pictures = draw(day)
    assert len({picture.title for picture in pictures}) == len(pictures)
    for picture in pictures:
        assert picture.png.startswith(b"\x89PNG")
        assert len(picture.alt) > 40
        assert picture.caption


def shortened(day: DayResult, periods: int) -> DayResult:
    """The same day, stopped after some periods."""
    count = len(day.cells.name)
    changes = {
        field.name: getattr(day, field.name)[:periods]
        for field in dataclasses.fields(DayResult)
        if getattr(getattr(day, field.name), "shape", (0,))[0] == PERIODS
    }
    targets = tuple(
        dataclasses.replace(
            target,
            **{
                field.name: getattr(target, field.name)[:periods]
                for field in dataclasses.fields(TargetOutcome)
                if isinstance(getattr(target, field.name), np.ndarray)
            },
        )
        for target in day.targets
    )
    assert changes["asleep"].shape == (periods, count)
    return dataclasses.replace(day, **changes, targets=targets)


def printed(day: DayResult, width: int) -> str:
    pipe = io.StringIO()
    print_table(day, Console(file=pipe, width=width))
    return pipe.getvalue()


def bare(day: DayResult) -> DayResult:
    """A day without anything that may be left out."""
    nothing = np.full_like(day.load_forecast, np.nan)
    one_place = dataclasses.replace(
        day.cells,
        x_m=np.zeros_like(day.cells.x_m),
        y_m=np.zeros_like(day.cells.y_m),
        layer=np.zeros_like(day.cells.layer),
        layers=("one $ 基站",),
    )
    return dataclasses.replace(
        day,
        cells=one_place,
        oracle_saving_percent=None,
        saving_percent=math.nan,
        load_forecast=nothing,
        targets=(),
        journal=(),
        attribution=(),
        notes=(),
        buildings_m=None,
        coverage_dbm=Raster(0.0, 0.0, 10.0, np.full((3, 3), np.nan, np.float32)),
        twin_prb_points_median=math.nan,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda day: shortened(day, 0), "saved"),
        (lambda day: shortened(day, 1), "saved"),
        (bare, "No intent was given"),
        (lambda day: dataclasses.replace(day, interrupted=True), "until interrupted"),
        (lambda day: dataclasses.replace(day, saving_percent=-2.0), "used 2.0 % more"),
        (
            lambda day: dataclasses.replace(
                day, targets=(dataclasses.replace(day.targets[0], name=HOSTILE),)
            ),
            "The intent was fulfilled",
        ),
    ],
)
def test_odd_days_are_shown_too(day, tmp_path, change, said):
    odd = change(day)
    write_results(odd, tmp_path)
    assert said in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "summary.json").read_text())
    assert said in printed(odd, width=200)


def test_wedges_point_where_the_azimuth_says():
    cells = CellRows(
        name=("north", "east"),
        x_m=np.array([0.0, 1_000.0]),
        y_m=np.array([0.0, 0.0]),
        azimuth_deg=np.array([0.0, 90.0]),
        layer=np.array([0, 0]),
        layers=("one",),
    )
    north, east = wedges(cells).mean(axis=1) - [[0.0, 0.0], [1_000.0, 0.0]]
    # A wedge is symmetric about its azimuth up to rounding of float64.
    assert north == pytest.approx([0.0, np.hypot(*north)], abs=1e-9)
    assert east == pytest.approx([np.hypot(*east), 0.0], abs=1e-9)


@pytest.mark.parametrize(
    ("width_m", "bar_m"), [(4_000.0, 1_000.0), (3_999.0, 500.0), (90.0, 20.0)]
)
def test_scale_bar_is_a_round_number(width_m, bar_m):
    assert round_length_m(width_m) == bar_m


def test_journal_entries_may_lack_anything():
    entry = some_entry(0, np.random.default_rng(1), ("a", "b", "c") * 5)
    for key in entry:
        rest = {name: value for name, value in entry.items() if name != key}
        assert "<td" in story([rest])
    assert "<td" in story([{}])
    assert "No decision" in story([])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        (True, "yes"),
        (1234.5, "1,234"),
        (math.nan, "n/a"),
        ("<b>", "&lt;b&gt;"),
        ({"low": 1.0, "high": 2.0, "unit": "kWh"}, "1 to 2 kWh"),
        ({"low": 1.0, "mean": 1.5, "high": 2.0}, "1.50 (1 to 2)"),
        (
            {"load_low": 0.25, "load_high": 0.5},
            "<dl><dt>load</dt><dd>0.25 to 0.50</dd></dl>",
        ),
        ([1, 2], "1, 2"),
    ],
)
def test_evidence_is_told_in_words(value, said):
    assert told(value) == said


def test_summary_has_exactly_these_keys(day):
    summary = json.loads(json.dumps(as_json(day), allow_nan=False))
    assert list(summary) == [
        "scenario",
        "cells",
        "users",
        "hours",
        "energy_kwh",
        "saving_percent",
        "oracle_saving_percent",
        "intent",
        "throughput_mbps",
        "actions",
        "twin_error",
        "wall_s",
    ]
    lives = ["baseline", "autonomous"]
    assert list(summary["energy_kwh"]) == lives
    assert list(summary["intent"]) == ["fulfilled", "targets"]
    target = ["name", "threshold", "baseline", "achieved", "fulfilled"]
    for shown in summary["intent"]["targets"]:
        assert list(shown) == [*target, "violation_minutes"]
    assert list(summary["throughput_mbps"]) == lives
    assert summary["throughput_mbps"]["baseline"] == {"mean": 21.4, "p5": 3.21}
    assert summary["throughput_mbps"]["autonomous"]["p5"] is None  # was NaN
    actions = {"proposed": 96, "approved": 71, "refused": 25, "rolled_back": 2}
    assert summary["actions"] == actions
    error = {"prb_points_median": 1.31, "throughput_percent_median": 4.2}
    assert summary["twin_error"] == error
    assert summary["intent"]["fulfilled"] is False
    assert type(summary["cells"]) is int
    assert type(as_json(day)["energy_kwh"]["baseline"]) is float
    without = dataclasses.replace(day, oracle_saving_percent=None)
    assert as_json(without)["oracle_saving_percent"] is None


@pytest.mark.parametrize("width", [80, 120])
def test_table_fits_the_terminal(day, width):
    table = printed(day, width)
    assert max(map(len, table.splitlines())) <= width
    assert "\x1b" not in table  # a pipe gets no colours
    for said in (
        "LowDLRANUEThptRatio",
        "below 4.30 %",
        "45 min, MISSED",
        "with site overhead",
        "31.4 %",
        "refused 21 x: the forecast violates a target",
        "This is optimistic",
    ):
        assert said in table


def test_table_prints_where_only_ascii_can_be_written(day):
    plain_file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    print_table(day, Console(file=plain_file, width=80))
    plain_file.flush()
    assert b"Cells asleep" in plain_file.buffer.getvalue()


def test_sparkline_rises_with_its_values():
    assert sparkline(np.arange(8.0), top=7.0) == "▁▂▃▄▅▆▇█"
    assert sparkline(np.zeros(3), top=0.0) == "▁▁▁"
    assert len(sparkline(np.arange(1_000.0), top=999.0)) <= 48


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
    assert cells["layer"].to_pylist()[-1] == LAYERS[day.cells.layer[-1]]

    table = parquet.read_table(folder / "cell_periods.parquet")
    count = len(day.cells.name)
    assert table.num_rows == PERIODS * count
    assert table["cell"].to_pylist()[:count] == list(day.cells.name)
    asleep = np.array(table["asleep"]).reshape(PERIODS, count)
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
