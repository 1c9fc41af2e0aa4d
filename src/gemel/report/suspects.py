"""Which cells contradict their inventory, on one page with a picture of each?"""

import base64
import dataclasses
from html import escape
from typing import Any

from gemel.report.plain import plain
from gemel.report.sheet import STYLE
from gemel.twin.suspects.suspects import LEAST_GAIN, LEAST_TURN_DEG, Suspect

MOST_PICTURES = 60  # of the surest; a page must still open on a phone
TABLE_HEADS = (
    "cell",
    "inventory",
    "seems",
    "turn, with 90 %",
    "gain",
    "places",
    "what",
)


@dataclasses.dataclass(frozen=True)
class Findings:
    """What a calibration says of the inventory.

    cells:     of the inventory
    measured:  with a useful point
    judged:    heard at enough places for their azimuth to be judged
    skipped:   in words, which rows were of no use; None where all were
    """

    cells: int
    measured: int
    judged: int
    points: int
    suspects: tuple[Suspect, ...]
    skipped: str | None


def in_words(findings: Findings) -> str:
    """The outcome in a sentence or two."""
    named = len(findings.suspects)
    swapped = sum(one.kind == "swapped" for one in findings.suspects)
    also = f", {swapped} of them as if sectors were swapped" if swapped else ""
    return (
        f"Learned from {findings.points:,} points of {findings.measured:,} of "
        f"{findings.cells:,} cells. Of {findings.judged:,} cells that were heard at "
        f"enough places, {named:,} look elsewhere than the inventory says{also}."
    )


def table_row(one: Suspect) -> tuple[str, ...]:
    """Of TABLE_HEADS, as text."""
    return (
        one.cell,
        f"{one.azimuth_deg:.0f}°",
        f"{one.seems_deg:.0f}°",
        f"{one.turn_deg:+.0f}° ({one.low_deg:+.0f} to {one.high_deg:+.0f})",
        f"{one.gain:.0f}",
        f"{one.places:,}",
        "wrong azimuth" if one.kind == "azimuth" else f"swapped with {one.looks_like}",
    )


def as_json(findings: Findings) -> dict[str, Any]:
    """All of it, for programs."""
    return plain(
        {
            "cells": findings.cells,
            "cells_measured": findings.measured,
            "cells_judged": findings.judged,
            "points": findings.points,
            "suspects": [
                {
                    "cell": one.cell,
                    "kind": one.kind,
                    "azimuth_deg": one.azimuth_deg,
                    "seems_deg": one.seems_deg,
                    "turn_deg": one.turn_deg,
                    "turn_low_deg": one.low_deg,
                    "turn_high_deg": one.high_deg,
                    "log_likelihood_gain": one.gain,
                    "places": one.places,
                    "points": one.points,
                    "looks_like": one.looks_like,
                    "rose": dataclasses.asdict(one.rose),
                }
                for one in findings.suspects
            ],
        }
    )


def render_page(findings: Findings) -> str:
    """One HTML page that asks nothing of the net; names are text there, whatever they
    contain."""
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(text)}</td>" for text in table_row(one))
        + "</tr>"
        for one in findings.suspects
    )
    heads = "".join(f"<th>{escape(head)}</th>" for head in TABLE_HEADS)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    pictures = "".join(_figure(one) for one in findings.suspects[:MOST_PICTURES])
    more = len(findings.suspects) - MOST_PICTURES
    rest = f"<p>Pictures of the {MOST_PICTURES} surest.</p>" if more > 0 else ""
    skipped = f"<p>{escape(findings.skipped)}.</p>" if findings.skipped else ""
    shown = f'<div class="card">{table}</div>' if findings.suspects else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="gemel">
<title>Cells that contradict their inventory</title>
<style>{STYLE}</style>
</head>
<body><main>
<header><h1>Cells that contradict their inventory</h1>
<p class="lead">{escape(in_words(findings))}</p></header>
<p>Gain: in natural log-likelihood over the inventory's azimuth, places near each other
counted as one. A cell is named from a gain of {LEAST_GAIN:g} and a turn of
{LEAST_TURN_DEG:g}° on. Go and look before you change anything: a wall that mirrors, or
a cell that was mistaken for another, looks the same from here.</p>
{skipped}
{shown}
<h2>Evidence</h2>
{rest}<div class="grid">{pictures}</div>
</main></body>
</html>
"""


def _figure(one: Suspect) -> str:
    # Plotting is heavy: who asks for no page never waits for it.
    from gemel.report.suspects_rose import rose_picture

    picture = rose_picture(one)
    data = base64.b64encode(picture.png).decode()
    return (
        f'<figure class="card"><h3>{escape(picture.title)}</h3>'
        f'<img alt="{escape(picture.alt)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )
