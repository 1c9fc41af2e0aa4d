"""What do forecasts and reports look like, one drawn over the other?"""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from gemel.report.fidelity import AHEAD, about, fine, place_of, unit_of
from gemel.report.look import (
    AUTONOMOUS,
    BASELINE,
    FONT_PT,
    FORECAST,
    HOUR_STEPS,
    INK,
    LAYERS,
    Picture,
    blank,
    drawable,
    legend,
    name_axes,
    png,
)
from gemel.report.wording import percent
from gemel.twin.fidelity.fidelity import Alarm, CellFidelity, Fidelity, cell_number
from gemel.twin.fidelity.grades import LIMITS
from gemel.twin.fidelity.scores import HORIZONS, PERIOD, horizon_of
from gemel.twin.history import NETWORK
from gemel.world.demand import HOUR_S

DRIFT = "#d55e00"
EARNS_A = "#d8eee4"
HALF = 0.27  # width of a bar; three stand side by side
LINES = 6  # cells that are drawn


def coverage_bars(told: Fidelity) -> Picture:
    """How many of the reports lie in the interval that should hold nine of ten."""
    names = list(dict.fromkeys(kpi.name for kpi in told.kpis))
    figure, axes = blank(5.2, 0.9 + 0.62 * max(len(names), 1))
    low, high = LIMITS["A"].covered
    axes.axvspan(100 * low, 100 * high, color=EARNS_A, linewidth=0)
    axes.axvline(90.0, color=INK, linewidth=1, linestyle=(0, (5, 3)))
    ahead = [h for h in HORIZONS if any(kpi.horizon == h for kpi in told.kpis)]
    for number, horizon in enumerate(ahead):
        found = {
            kpi.name: 100 * kpi.score.coverage
            for kpi in reversed(told.kpis)
            if kpi.horizon == horizon
        }
        at = np.arange(len(names)) + HALF * (number - (len(ahead) - 1) / 2)
        axes.barh(
            at,
            [found.get(name, np.nan) for name in names],
            HALF * 0.9,
            color=LAYERS[number],
            label=AHEAD[horizon],
        )
    axes.set_yticks(range(len(names)), [drawable(name) for name in names])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.grid(axis="y", visible=False)
    name_axes(axes, "reports inside the interval (%)", "")
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=3,
        frameon=False,
        fontsize=FONT_PT - 1.5,
        labelcolor=INK,
        handlelength=1.2,
        columnspacing=1.0,
    )
    said = "; ".join(
        f"{kpi.name} {AHEAD[kpi.horizon]} {percent(100 * kpi.score.coverage)}"
        for kpi in told.kpis
    )
    return Picture(
        title="Do the intervals hold?",
        caption="Each interval should hold 90 of 100 reports; shaded is what earns an "
        "A. Left of it the twin is too sure, right of it too careful.",
        alt=f"Share of reports inside the forecast interval: {said}.",
        png=png(figure),
    )


def error_over_time(told: Fidelity, name: str) -> Picture:
    """The mean error of all cells, period by period, the twin's and the naive's."""
    pairs = told.pairs
    number = pairs.names.index(name)
    network = cell_number(pairs, NETWORK)
    due = (horizon_of(pairs) == 0) & (pairs.name == number) & (pairs.cell != network)
    times_s, at = np.unique(pairs.elapsed_s[due], return_inverse=True)

    def mean_error(said: Float[np.ndarray, " pair"]) -> Float[np.ndarray, " time"]:
        error = np.abs(said - pairs.value)[due]
        known = np.isfinite(error)
        many = np.bincount(at[known], minlength=len(times_s))
        total = np.bincount(at[known], error[known], len(times_s))
        return np.where(many > 0, total / np.maximum(many, 1), np.nan)

    figure, axes = blank()
    hours = _hours(told, times_s)
    for said, colour, label in (
        (pairs.seasonal, FORECAST, "seasonal"),
        (pairs.persistence, BASELINE, "persistence"),
        (pairs.mean, AUTONOMOUS, "twin"),
    ):
        error = mean_error(said)
        if np.isfinite(error).any():
            _line(axes, hours, error, colour, label)
    # Of single cells there may be many, one shade above the other.
    _marks(axes, told, [a for a in told.alarms if (a.name, a.cell) == (name, NETWORK)])
    axes.set_ylim(bottom=0)
    _across(axes, told, f"mean error ({unit_of(name)})")
    legend(axes)
    ours = fine(float(np.nanmean(mean_error(pairs.mean))), unit_of(name))
    return Picture(
        title=name,
        caption="Mean error of the next period over all cells. Shaded, if at all: all "
        "cells drift together; dashed where it was noticed.",
        alt=f"Error of next-period forecasts of {name} over time; on average {ours}.",
        png=png(figure),
    )


def worst_cells(told: Fidelity) -> list[Picture]:
    """The cells that surprise the twin most, each by what surprises most."""
    drifting = {alarm.cell for alarm in told.standing}
    first = sorted(told.cells, key=lambda cell: cell.cell not in drifting)
    return [_cell_line(told, cell) for cell in first[:LINES]]


def _cell_line(told: Fidelity, cell: CellFidelity) -> Picture:
    mine = [a for a in told.alarms if a.cell == cell.cell]
    # What drifts is shown; else what surprises most.
    shown = [a.name for a in mine if a.over_s is None] or sorted(
        cell.scores, key=lambda name: -np.nan_to_num(cell.scores[name].surprise)
    )
    name, pairs = shown[0], told.pairs
    due = (horizon_of(pairs) == 0) & (pairs.name == pairs.names.index(name))
    rows = np.flatnonzero(due & (pairs.cell == cell_number(pairs, cell.cell)))
    rows = rows[np.lexsort((pairs.made_s[rows], pairs.elapsed_s[rows]))]
    hours = _hours(told, pairs.elapsed_s[rows])
    figure, axes = blank()
    band = axes.fill_between(
        hours, pairs.low[rows], pairs.high[rows], color=FORECAST, alpha=0.3, linewidth=0
    )
    band.set_label("90 % interval")
    _line(axes, hours, pairs.mean[rows], FORECAST, "forecast", 1.2)
    _line(axes, hours, pairs.value[rows], AUTONOMOUS, "reported", 1.5)
    _marks(axes, told, [alarm for alarm in mine if alarm.name == name])
    _across(axes, told, f"{name} ({unit_of(name)})")
    legend(axes)
    score = cell.scores[name]
    inside = percent(100 * score.coverage)
    drift = "".join(f" Drift: {about(a)}." for a in mine if a.name == name)
    return Picture(
        title=f"{place_of(cell.cell)}: {name}",
        caption=f"{inside} of the reports lie in the interval; the mean error is "
        f"{fine(score.mean_absolute, unit_of(name))}.{drift}",
        alt=f"Reported and forecast {name} of cell {cell.cell} over time; {inside} of "
        "the reports lie inside the interval.",
        png=png(figure),
    )


def _hours(told: Fidelity, elapsed_s: np.ndarray) -> Float[np.ndarray, " time"]:
    """Before now, in hours; the middle of each period."""
    return (elapsed_s + 0.5 * told.pairs.period_s - told.now_s) / HOUR_S


def _line(
    axes: Axes,
    hours: np.ndarray,
    values: np.ndarray,
    colour: str,
    label: str,
    width: float = 1.5,
) -> None:
    alone = "o" if np.isfinite(values).sum() < 3 else None
    axes.plot(
        hours,
        values,
        color=colour,
        linewidth=width,
        label=label,
        marker=alone,
        markersize=4,
    )


def _marks(axes: Axes, told: Fidelity, alarms: list[Alarm]) -> None:
    """A shade from the likely onset to the end, a line where it was noticed."""
    for alarm in alarms:
        over_s = told.now_s if alarm.over_s is None else alarm.over_s
        since_h, found_h, over_h = (
            (s - told.now_s) / HOUR_S for s in (alarm.since_s, alarm.found_s, over_s)
        )
        axes.axvspan(since_h, over_h, color=DRIFT, alpha=0.08, linewidth=0)
        axes.axvline(found_h, color=DRIFT, linewidth=1.2, linestyle=(0, (4, 3)))


def _across(axes: Axes, told: Fidelity, upwards: str) -> None:
    lived_s = told.pairs.elapsed_s.min(initial=told.now_s)
    span_h = min(told.window_s, max(told.now_s - lived_s, 1.0)) / HOUR_S
    step = next((step for up_to, step in HOUR_STEPS if span_h <= up_to), 24)
    axes.set_xlim(-span_h, 0)
    axes.xaxis.set_major_locator(MultipleLocator(step))
    name_axes(axes, "hours before the newest report", drawable(upwards))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))


def _short(value: float, at: int | None = None) -> str:
    """1,500,000 as 1.5 M: an axis is no table."""
    size = abs(value)
    for least, sign in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if size >= least:
            scale = 1e3 if least == 1e4 else least
            return f"{value / scale:,.4g}{sign}"
    return f"{value:,.6g}"


def pictures(told: Fidelity) -> tuple[list[Picture], list[Picture]]:
    """Of all cells, and of the worst."""
    names = dict.fromkeys(
        kpi.name for kpi in told.kpis if kpi.horizon == PERIOD and not kpi.whole
    )
    every = [coverage_bars(told), *(error_over_time(told, name) for name in names)]
    return every, worst_cells(told)
