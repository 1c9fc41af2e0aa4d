"""Which cells contradict their inventory, on one page with a picture of each?"""

from html import escape

from gemel.report.parts import figures_html, table_html, tiles_html
from gemel.report.sheet import again, page_of
from gemel.report.suspects import TABLE_HEADS, Findings, in_words, table_row
from gemel.report.suspects_rose import rose_picture
from gemel.twin.suspects.suspects import LEAST_GAIN, LEAST_TURN_DEG, Suspect

MOST_PICTURES = 60  # of the surest; a page must still open on a phone
MOST_ROWS = 20  # that are seen at once; the others unfold
TITLE = "Cells that contradict their inventory"


def render_page(findings: Findings, command: str) -> str:
    """One HTML page; names from the tables are text here, whatever they contain."""
    named = findings.suspects
    tiles = [
        (f"{len(named):,}", "cells look elsewhere than the inventory says"),
        (f"{findings.judged:,}", "cells heard at enough places to judge"),
        (f"{findings.measured:,} of {findings.cells:,}", "cells measured"),
        (f"{findings.points:,}", "points learned from"),
    ]
    skipped = f"<p>{escape(findings.skipped)}.</p>" if findings.skipped else ""
    return page_of(
        TITLE,
        f"""<header><h1>{TITLE}</h1>
<p class="lead">{escape(in_words(findings))}</p></header>
{tiles_html(tiles)}
<p>Gain: in natural log-likelihood over the inventory's azimuth, places near each other
counted as one. A cell is named from a gain of {LEAST_GAIN:g} and a turn of
{LEAST_TURN_DEG:g}° on. Go and look before you change anything: a wall that mirrors, or
a cell that was mistaken for another, looks the same from here.</p>
{skipped}
{_tables(named)}
{_evidence(named)}
{again(command)}""",
    )


def _tables(named: tuple[Suspect, ...]) -> str:
    if not named:
        return ""
    first, rest = named[:MOST_ROWS], named[MOST_ROWS:]
    unfolds = (
        f"<details><summary>{len(rest):,} more</summary>{_table(rest)}</details>"
        if rest
        else ""
    )
    return f'<div class="card">{_table(first)}{unfolds}</div>'


def _table(some: tuple[Suspect, ...]) -> str:
    heads = tuple(head.capitalize() for head in TABLE_HEADS)
    rows = [tuple(escape(text) for text in table_row(one)) for one in some]
    return table_html(heads, rows)


def _evidence(named: tuple[Suspect, ...]) -> str:
    if not named:
        return ""
    few = (
        f'<p class="soft">Pictures of the {MOST_PICTURES} surest.</p>'
        if len(named) > MOST_PICTURES
        else ""
    )
    pictures = figures_html(rose_picture(one) for one in named[:MOST_PICTURES])
    return f'<h2>Evidence</h2>{few}<div class="grid">{pictures}</div>'
