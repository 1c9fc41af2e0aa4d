"""How did the day go, hour by hour?"""

import math
from typing import Any

import numpy as np

from gemel.report.foresight import target_over_day, twin_against_network
from gemel.report.look import (
    AUTONOMOUS,
    BASELINE,
    FORECAST,
    LAYERS,
    LINE_NAMES,
    UNDER_PT,
    Picture,
    blank,
    draw_line,
    drawable,
    edges_h,
    legend,
    mean_where_known,
    over_the_day,
    png,
)
from gemel.report.results import DayResult, Numbers
from gemel.report.wording import figures, percent


def charts(result: DayResult) -> list[Picture]:
    """Every chart of the day, in the order in which they are read.

    None if the day was interrupted before its first period ended.
    """
    if len(result.asleep) == 0:
        return []
    return [
        energy_over_day(result),
        asleep_over_day(result),
        *(target_over_day(result, target) for target in result.targets),
        load_over_day(result),
        twin_against_network(result),
    ]


def energy_over_day(result: DayResult) -> Picture:
    """Energy of the radio units in every period, both lives."""
    figure, axes = blank()
    edges = edges_h(result)
    base, ours = result.energy_baseline_kwh, result.energy_autonomous_kwh
    line: dict[str, Any] = {"linewidth": 1.8, "baseline": None}
    axes.stairs(base, edges, color=BASELINE, label="baseline", **line)
    axes.stairs(ours, edges, color=AUTONOMOUS, label="autonomous", **line)
    axes.stairs(
        base,
        edges,
        baseline=np.fmin(base, ours),
        fill=True,
        color=AUTONOMOUS,
        alpha=0.15,
        linewidth=0,
    )
    axes.set_ylim(bottom=0)
    over_the_day(axes, result, f"energy (kWh in {figures(result.period_s / 60)} min)")
    legend(axes)
    before, after = float(np.nansum(base)), float(np.nansum(ours))
    return Picture(
        title="Energy of the radio units",
        caption="Shaded: where the autonomous life used less.",
        alt=f"Energy per period over the day. The day used {figures(before)} kWh in "
        f"the baseline life and {figures(after)} kWh in the autonomous one.",
        png=png(figure),
    )


def asleep_over_day(result: DayResult) -> Picture:
    """How many cells of each layer sleep, stacked."""
    figure, axes = blank()
    edges = edges_h(result)
    below = np.zeros(len(result.asleep))
    for index, name in enumerate(result.cells.layers):
        above = below + result.asleep[:, result.cells.layer == index].sum(axis=1)
        colour = LAYERS[index % len(LAYERS)]
        axes.stairs(
            above,
            edges,
            baseline=below,
            fill=True,
            color=colour,
            linewidth=0,
            label=drawable(name),
        )
        below = above
    cells = len(result.cells.name)
    most = int(below.max(initial=0))
    axes.set_ylim(0, max(1.05 * most, 1))
    over_the_day(axes, result, f"cells asleep (of {cells:,})")
    legend(axes, columns=4)
    return Picture(
        title="Cells asleep",
        caption="Layers are stacked: the upper edge is all cells that sleep.",
        alt=f"Cells asleep over the day by layer; at most {most:,} of {cells:,}.",
        png=png(figure),
    )


def load_over_day(result: DayResult) -> Picture:
    """Mean load of all cells: both lives, and the twin's forecast of ours."""
    figure, axes = blank()
    base, ours, twin = (
        100 * mean_where_known(load)
        for load in (result.load_baseline, result.load_autonomous, result.load_forecast)
    )
    said = draw_line(axes, result, twin, FORECAST, width=UNDER_PT)
    before = draw_line(axes, result, base, BASELINE)
    after = draw_line(axes, result, ours, AUTONOMOUS)
    axes.set_ylim(bottom=0)
    over_the_day(axes, result, "PRB usage, mean over cells (%)")
    legend(axes, [before, after, said], LINE_NAMES)
    low, high = _span(ours)
    return Picture(
        title="Load",
        caption="Forecast is what the twin said before each period began.",
        alt=f"Mean PRB usage over the day; the autonomous life runs from "
        f"{percent(low)} to {percent(high)}.",
        png=png(figure),
    )


def _span(values: Numbers) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if known.size == 0:
        return math.nan, math.nan
    return float(known.min()), float(known.max())
