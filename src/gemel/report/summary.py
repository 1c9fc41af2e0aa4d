"""What is the day in numbers: for a program as JSON, for a person as a table?"""

from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemel.report.plain import plain
from gemel.report.results import Actions, DayResult, Throughput
from gemel.report.wording import (
    demand,
    figures,
    headline,
    optimism,
    percent,
    shown_once,
    with_unit,
)

BARS = "▁▂▃▄▅▆▇█"
BARS_ASCII = "_.-=+*%#"
BARS_WIDE = 48  # fits beside a label on a terminal 80 columns wide


def as_json(result: DayResult) -> dict[str, Any]:
    """The day for a program: plain numbers, null for what is not known."""
    return plain(
        {
            "scenario": result.scenario,
            "cells": len(result.cells.name),
            "users": result.users,
            "hours": result.hours,
            "energy_kwh": {
                "baseline": result.energy_baseline_kwh.sum(),
                "autonomous": result.energy_autonomous_kwh.sum(),
            },
            "saving_percent": result.saving_percent,
            "oracle_saving_percent": result.oracle_saving_percent,
            "intent": {
                "fulfilled": result.fulfilled,
                "targets": [
                    {
                        "name": target.name,
                        "threshold": target.threshold,
                        "baseline": target.day_baseline,
                        "achieved": target.day_achieved,
                        "fulfilled": target.fulfilled,
                        "violation_minutes": target.violation_minutes,
                    }
                    for target in result.targets
                ],
            },
            "throughput_mbps": {
                "baseline": _throughput(result.throughput_baseline),
                "autonomous": _throughput(result.throughput_autonomous),
            },
            "actions": {
                "proposed": result.actions.proposed,
                "approved": result.actions.approved,
                "refused": result.actions.refused,
                "rolled_back": result.actions.rolled_back,
            },
            "twin_error": {
                "prb_points_median": result.twin_prb_points_median,
                "throughput_percent_median": result.twin_throughput_percent_median,
            },
            "wall_s": result.wall_s,
        }
    )


def _throughput(throughput: Throughput) -> dict[str, float]:
    return {"mean": throughput.mean_mbps, "p5": throughput.p5_mbps}


def sparkline(values: np.ndarray, top: float, bars: str = BARS) -> str:
    """Values from 0 to top as a row of bars, at most BARS_WIDE of them."""
    if len(values) == 0:
        return ""
    groups = np.array_split(values, min(len(values), BARS_WIDE))
    heights = np.array([group.mean() for group in groups]) / max(top, 1e-9)
    levels = np.clip(np.rint(heights * (len(bars) - 1)), 0, len(bars) - 1)
    return "".join(bars[int(level)] for level in levels)


def print_table(result: DayResult, console: Console) -> None:
    """The day for a person, in at least 80 columns, with or without colours."""

    def say(text: str = "", style: str = "") -> None:
        console.print(Text(text, style=style))

    facts = (
        f"{result.scenario}: {len(result.cells.name):,} cells, {result.users:,} users, "
        f"{figures(result.hours)} h, seed {result.seed}"
    )
    say(facts, "bold")
    say(" ".join(headline(result)), "green" if result.fulfilled else "yellow")
    say()
    for table in (_energy(result), _targets(result), _users(result)):
        if table.row_count:
            console.print(table)
            say()
    bars = BARS_ASCII if console.options.ascii_only else BARS
    asleep = result.asleep.sum(axis=1)
    if len(asleep):
        say(f"Cells asleep    {sparkline(asleep, float(asleep.max()), bars)}")
        say(
            f"                min {asleep.min():,}, mean {figures(asleep.mean())}, "
            f"max {asleep.max():,} of {len(result.cells.name):,}"
        )
    for line in _proposals(result.actions):
        say(line)
    say(
        "Twin's error    median "
        f"{figures(result.twin_prb_points_median)} points of PRB usage, "
        f"{percent(result.twin_throughput_percent_median)} of throughput"
    )
    say()
    for line in shown_once((*optimism(result), *result.notes, *result.attribution)):
        say(line, "dim")


def _ruled(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for index, column in enumerate(columns):
        side = "right" if index else "left"
        table.add_column(Text(column), justify=side, overflow="fold")
    return table


def _row(table: Table, *cells: str, style: str = "") -> None:
    # Text, because a name such as "[red]" is somebody's name and no markup.
    table.add_row(*(Text(cell) for cell in cells), style=style)


def _energy(result: DayResult) -> Table:
    table = _ruled("Energy of the day", "baseline", "autonomous", "saving")
    base_kwh = float(result.energy_baseline_kwh.sum())
    ours_kwh = float(result.energy_autonomous_kwh.sum())
    rest_kwh = float(result.overhead_kwh.sum())
    for name, extra_kwh, saving in (
        ("radio units", 0.0, result.saving_percent),
        ("with site overhead", rest_kwh, result.saving_with_overhead_percent),
    ):
        base = with_unit(base_kwh + extra_kwh, "kWh")
        ours = with_unit(ours_kwh + extra_kwh, "kWh")
        _row(table, name, base, ours, percent(saving))
    if result.oracle_saving_percent is not None:
        possible = percent(result.oracle_saving_percent)
        _row(table, "possible, radio units (oracle)", "", "", possible)
    return table


def _targets(result: DayResult) -> Table:
    table = _ruled("Intent", "wanted", "baseline", "achieved", "violated for")
    for target in result.targets:
        verdict = "met" if target.fulfilled else "MISSED"
        minutes = figures(target.violation_minutes)
        _row(
            table,
            target.name,
            demand(target),
            figures(target.day_baseline),
            figures(target.day_achieved),
            verdict if target.per_day else f"{minutes} min, {verdict}",
            style="" if target.fulfilled else "yellow",
        )
    return table


def _users(result: DayResult) -> Table:
    table = _ruled("User throughput", "baseline", "autonomous")
    before, after = result.throughput_baseline, result.throughput_autonomous
    for name, base_mbps, ours_mbps in (
        ("mean", before.mean_mbps, after.mean_mbps),
        ("5th percentile", before.p5_mbps, after.p5_mbps),
    ):
        base, ours = with_unit(base_mbps, "Mbit/s"), with_unit(ours_mbps, "Mbit/s")
        _row(table, name, base, ours)
    return table


def _proposals(actions: Actions) -> list[str]:
    counts = (
        f"{actions.proposed:,} made, {actions.approved:,} approved, "
        f"{actions.refused:,} refused, {actions.rolled_back:,} rolled back"
    )
    reasons = [f"  refused {many:,} x: {why}" for why, many in actions.refusal_reasons]
    return [f"Proposals       {counts}", *reasons]
