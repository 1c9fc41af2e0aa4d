"""How is the twin's fidelity said in a terminal, and in JSON?"""

import math
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemel.autonomy.intents import TARGETS
from gemel.network.counters import MEASUREMENTS
from gemel.report.plain import plain
from gemel.report.wording import figures, percent, with_unit
from gemel.twin.fidelity.fidelity import Alarm, CellFidelity, Fidelity, KpiFidelity
from gemel.twin.fidelity.grades import RUNGS
from gemel.twin.fidelity.scores import IN_POINTS, PERIOD, Score
from gemel.twin.history import NETWORK

SCHEMA_VERSION = 1
AHEAD = {"period": "next period", "hour": "in an hour", "day": "in a day"}
COUNTED = {"RRC.ConnMean": "users"}  # what a unit of 1 counts
WORST = 20  # cells that are listed; JSON has all of them


def unit_of(name: str) -> str:
    """Of a measurement or target; nothing where nobody knows it."""
    if name in MEASUREMENTS:
        unit = MEASUREMENTS[name][0]
        return COUNTED.get(name, "") if unit == "1" else unit
    return TARGETS[name].unit if name in TARGETS else ""


def fine(value: float, unit: str = "") -> str:
    """A number with its unit; a small one keeps two figures."""
    if value == 0.0 or not abs(value) < 0.1:  # NaN too
        return with_unit(value, unit)
    return f"{value:.2g} {unit}".strip()


def place_of(cell: str) -> str:
    """A cell's name, or that it is all of them."""
    return "all cells" if cell == NETWORK else cell


def when(elapsed_s: float) -> str:
    """Day and time of day, days counted from 0."""
    days, rest_s = divmod(round(elapsed_s), 86_400)
    return f"day {days} {rest_s // 3_600:02d}:{rest_s % 3_600 // 60:02d}"


def typical_of(kpi: KpiFidelity) -> str:
    """The error of a cell in the middle, in words."""
    if kpi.name in IN_POINTS:
        return fine(kpi.typical, "points")
    return percent(100.0 * kpi.typical)


def about(alarm: Alarm) -> str:
    """One alarm in a sentence."""
    side = "above" if alarm.above else "below"
    unit = "points" if alarm.name in IN_POINTS else unit_of(alarm.name)
    off = fine(abs(alarm.mean_error), unit)
    over = "" if alarm.over_s is None else f", over at {when(alarm.over_s)}"
    return (
        f"{alarm.name} of {place_of(alarm.cell)} is {off} {side} its forecasts since "
        f"about {when(alarm.since_s)}, noticed {when(alarm.found_s)}{over}"
    )


def headline(told: Fidelity) -> str:
    """What the twin may be trusted with, and whether anything drifts."""
    rungs: dict[str, list[str]] = {}
    for name in dict.fromkeys(kpi.name for kpi in told.kpis if kpi.horizon == PERIOD):
        rungs.setdefault(RUNGS[told.grade(name)], []).append(name)
    parts = [
        f"{rung} on {', '.join(rungs[rung])}"
        for rung in RUNGS.values()
        if rung in rungs
    ]
    may = f"With this twin: {'; '.join(parts)}." if parts else "Nothing was checked."
    many = len(told.standing)
    drift = (
        "No drift alarm stands."
        if not many
        else f"{many} drift alarm{'s stand' if many > 1 else ' stands'}."
    )
    return f"{may} {drift}"


def as_json(told: Fidelity) -> dict[str, Any]:
    """Everything but the pairs themselves, ready for JSON."""
    return plain(
        {
            "schema_version": SCHEMA_VERSION,
            "now_s": told.now_s,
            "window_s": told.window_s,
            "period_s": told.pairs.period_s,
            "pairs": len(told.pairs),
            "reports_present_share": told.pairs.heard,
            "forecasts_without_report": told.pairs.unheard,
            "forecasts_without_number": told.pairs.unsaid,
            "kpis": [
                {
                    "name": kpi.name,
                    "unit": unit_of(kpi.name),
                    "horizon": kpi.horizon,
                    "of": "network" if kpi.whole else "cells",
                    "grade": kpi.verdict.grade,
                    "reason": kpi.verdict.reason,
                    "typical_error": kpi.typical,
                    "typical_error_unit": (
                        "points" if kpi.name in IN_POINTS else "share"
                    ),
                    **_score(kpi.score),
                }
                for kpi in told.kpis
            ],
            "cells": [_cell(cell) for cell in told.cells],
            "false_alarms_per_window": told.rule.false_alarms,
            "alarms": [
                {
                    "name": alarm.name,
                    "cell": alarm.cell,
                    "reports": "above" if alarm.above else "below",
                    "since_s": alarm.since_s,
                    "found_s": alarm.found_s,
                    "over_s": alarm.over_s,
                    "stands": alarm.over_s is None,
                    "mean_error": alarm.mean_error,
                }
                for alarm in told.alarms
            ],
            "drift": bool(told.standing),
        }
    )


def _score(score: Score) -> dict[str, Any]:
    return {
        "pairs": score.pairs,
        "bias": score.bias,
        "mean_absolute_error": score.mean_absolute,
        "relative_error": score.relative,
        "coverage": score.coverage,
        "interval_width": score.width,
        "surprise": score.surprise,
        "skill_over_persistence": score.persistence,
        "skill_over_seasonal": score.seasonal,
    }


def _cell(cell: CellFidelity) -> dict[str, Any]:
    kpis = {name: _score(score) for name, score in cell.scores.items()}
    return {"cell": cell.cell, "surprise": cell.surprise, "kpis": kpis}


def print_fidelity(told: Fidelity, console: Console) -> None:
    """Grades, errors and alarms, in 80 columns."""
    heard = percent(100.0 * told.pairs.heard)
    console.print(Text(headline(told), style="bold"))
    console.print(
        f"{len(told.pairs):,} forecasts held against reports of "
        f"{figures(told.window_s / 3_600)} h until {when(told.now_s)}; "
        f"{heard} of the values came.\n",
        style="dim",
    )
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for title in ("", "grade", "error", "in 90 %", "persistence", "seasonal"):
        table.add_column(title, justify="left" if not title else "right")
    ahead = ""
    for kpi in told.kpis:
        if kpi.horizon != ahead:
            ahead = kpi.horizon
            table.add_row(Text(AHEAD[ahead], style="bold"))
        name = f" {kpi.name}{' (all)' if kpi.whole else ''}"
        table.add_row(
            Text(name),
            kpi.verdict.grade,
            typical_of(kpi),
            percent(100.0 * kpi.score.coverage),
            signed_skill(kpi.score.persistence),
            signed_skill(kpi.score.seasonal),
        )
    console.print(table)
    console.print(
        "\nError: of the cell in the middle. In 90 %: reports inside the interval that "
        "should hold 90 %. The rest: error beside that of the naive forecast, less of "
        "it at −30 %, more at +30 %. "
        "(all): of all cells together, not cell by cell.",
        style="dim",
    )
    for line in drift_lines(told):
        console.print(Text(f"drift: {line}", style="yellow"), soft_wrap=True)
    worst = [f"{c.cell} ({figures(c.surprise)})" for c in told.cells[:5]]
    if worst:
        console.print(
            Text(f"Worst cells, in stated spreads: {', '.join(worst)}"), soft_wrap=True
        )


def drift_lines(told: Fidelity) -> list[str]:
    """A line a measurement: the plainest alarm that stands, and how many more."""
    lines = []
    for name in dict.fromkeys(alarm.name for alarm in told.standing):
        mine = [alarm for alarm in told.standing if alarm.name == name]
        first = min(mine, key=lambda a: (a.cell != NETWORK, a.found_s, a.cell))
        more = len({alarm.cell for alarm in mine} - {first.cell, NETWORK})
        also = f"; {more:,} cells drift too" if more > 1 else ""
        lines.append(f"{about(first)}{also if more != 1 else '; one cell drifts too'}")
    return lines


def signed_skill(skill: float) -> str:
    """Percent less error than the naive; what is not known is n/a."""
    return f"{-100.0 * skill:+.0f} %" if math.isfinite(skill) else "n/a"
