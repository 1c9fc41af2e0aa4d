"""Do pages about the twin say all they should, on a phone too, and ask for nothing?"""

import re

import numpy as np
import pytest

from gemel.report.parts import table_html, tiles_html
from gemel.report.sheet import page_of
from gemel.report.suspects import Findings
from gemel.report.suspects_page import MOST_ROWS, render_page
from gemel.twin.suspects.suspects import Rose, Suspect

HOSTILE = "<script>alert('x')</script> & $\\frac$"


def suspect(name, number):
    bearing_deg = np.arange(7.5, 360.0, 15.0)
    away = np.radians(bearing_deg - 100.0)
    heard_db = 8.0 * np.cos(away) - 8.0
    heard_db[3] = np.nan
    told_db = 8.0 * np.cos(away + 1.5) - 8.0
    rose = Rose(bearing_deg, heard_db, told_db, np.full(24, 5))
    return Suspect(
        cell=name,
        kind="azimuth",
        azimuth_deg=14.0,
        turn_deg=86.0,
        low_deg=60.0,
        high_deg=110.0,
        gain=40.0 - number,
        places=120,
        points=300,
        looks_like=None,
        rose=rose,
    )


@pytest.fixture(scope="module")
def page():
    named = [suspect(HOSTILE if n == 0 else f"cell-{n}", n) for n in range(22)]
    found = Findings(60, 50, 40, 9_000, tuple(named), "3 rows skipped")
    return render_page(found, "gemel calibrate --out 'a b'")


def test_names_of_cells_are_text(page):
    assert "<script" not in page and "&lt;script&gt;" in page


def test_the_page_asks_nothing_of_the_net(page):
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)


def test_the_surest_are_seen_at_once_and_the_others_unfold(page):
    first, _, rest = page.partition("<details>")
    assert first.count("wrong azimuth") == MOST_ROWS
    assert "2 more" in rest and "cell-21" in rest
    assert page.count("<figure") == 22
    assert "gemel calibrate --out &#x27;a b&#x27;" in page


def test_where_nothing_is_doubted_there_is_no_table():
    page = render_page(Findings(60, 50, 40, 9_000, (), None), "gemel calibrate")
    assert "<table" not in page and "Evidence" not in page
    assert "0 look elsewhere" in page


def test_every_cell_of_a_wide_table_says_what_it_is():
    wide = table_html(("Type", "Stations", "Error", "Formula"), [("a", "1", "2", "3")])
    told = re.findall(r'<td[^>]*data-label="([^"]+)"', wide)
    assert told == ["Type", "Stations", "Error", "Formula"]
    assert "data-label" not in table_html(("Type", "Error"), [("a", "1")])


def test_titles_and_tiles_are_text():
    assert f"<title>{HOSTILE}" not in page_of(HOSTILE, "")
    assert "<script" not in tiles_html([(HOSTILE, HOSTILE)])
