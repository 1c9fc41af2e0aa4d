"""Which cells contradict their inventory, in words, in a table and in JSON?"""

import dataclasses
from typing import Any

from gemel.report.plain import plain
from gemel.twin.suspects.suspects import Suspect

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
