"""Can people and programs read what a day left behind?"""

import dataclasses
import html.parser
import io
import json
import math

import numpy as np
import pytest
from rich.console import Console

from gemel.report.charts import charts
from gemel.report.folder import write_results
from gemel.report.maps import maps, round_length_m, wedges
from gemel.report.page import render_page
from gemel.report.results import (
    CellRows,
    DayResult,
    Raster,
    TargetOutcome,
)
from gemel.report.story import story, told
from gemel.report.summary import as_json, print_table, sparkline


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


def test_page_shows_a_hostile_name_as_text(day, page, loads):
    hostile = day.cells.name[0]
    assert "<script>" in hostile
    assert "<script>" not in page
    assert hostile in loads.text


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
    whole, count = day.asleep.shape
    changes = {
        field.name: getattr(day, field.name)[:periods]
        for field in dataclasses.fields(DayResult)
        if getattr(getattr(day, field.name), "shape", (0,))[0] == whole
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
                day,
                targets=(dataclasses.replace(day.targets[0], name=day.cells.name[0]),),
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


def test_journal_entries_may_lack_anything(day):
    entry = day.journal[0]
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
        (
            {"forecast": 6.5, "low": 6.25, "high": 7.0, "without_change": 8.0},
            "6.50 (6.25 to 7); without change 8",
        ),
        (
            {"measured": 3.5, "forecast": 0.25, "low": 0.0, "high": 1.5},
            "3.50, forecast 0.25 (0 to 1.50)",
        ),
        ({"forecast": 0.0, "without_change": 0.0}, "0; without change 0"),
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
