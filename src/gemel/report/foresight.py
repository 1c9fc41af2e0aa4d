"""Were the targets met, and did the twin see it coming?"""

import math
from textwrap import fill

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from gemel.report.look import (
    AUTONOMOUS,
    BASELINE,
    FONT_PT,
    FORECAST,
    INK,
    LINE_NAMES,
    UNDER_PT,
    Picture,
    blank,
    draw_line,
    drawable,
    legend,
    middles_h,
    name_axes,
    over_the_day,
    png,
)
from gemel.report.results import DayResult, Numbers, TargetOutcome
from gemel.report.wording import demand, figures, with_unit

LABEL = 34  # signs that fit along the upright axis


def target_over_day(result: DayResult, target: TargetOutcome) -> Picture:
    """One target: both lives, the twin's interval, and the line not to be crossed."""
    # Only a day's number that is the sum of its periods may be drawn as a sum.
    total = float(np.nansum(target.achieved))
    adds_up = target.per_day and math.isclose(total, target.day_achieved, rel_tol=1e-3)
    figure, axes = blank()

    def shown(values: Numbers) -> Numbers:
        return np.nancumsum(values) if adds_up else values

    width = UNDER_PT if adds_up else 1.2
    said = draw_line(axes, result, shown(target.forecast_mean), FORECAST, width)
    base = draw_line(axes, result, shown(target.baseline), BASELINE)
    ours = draw_line(axes, result, shown(target.achieved), AUTONOMOUS)
    twin: tuple[Artist, ...] = (said,)
    if not adds_up:  # an interval of a sum is not the sum of intervals
        low, high = target.forecast_low, target.forecast_high
        band = axes.fill_between(
            middles_h(result), low, high, color=FORECAST, alpha=0.3, linewidth=0
        )
        twin = (band, said)
    if adds_up or not target.per_day:
        _threshold(axes, target, where="left" if adds_up else "right")
    axes.margins(y=0.12)
    upwards = "the day so far" if adds_up else target.name
    over_the_day(axes, result, drawable(fill(f"{upwards} ({target.unit})", LABEL)))
    legend(axes, [base, ours, twin], LINE_NAMES)
    verdict = "fulfilled" if target.fulfilled else "not fulfilled"
    minutes = figures(target.violation_minutes)
    judged = (
        "judged on the whole day" if target.per_day else f"violated for {minutes} min"
    )
    achieved = with_unit(target.day_achieved, target.unit)
    return Picture(
        title=target.name,
        caption=f"Wanted: {demand(target)}. {verdict.capitalize()}, {judged}.",
        alt=f"{target.name} over the day with the twin's forecast. The day's "
        f"number is {achieved}; wanted is {demand(target)}; {verdict}.",
        png=png(figure),
    )


def _threshold(axes: Axes, target: TargetOutcome, where: str) -> None:
    axes.axhline(target.threshold, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.annotate(
        drawable(demand(target)),
        (0.01 if where == "left" else 0.99, target.threshold),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        ha=where,
        fontsize=FONT_PT - 1,
        color=INK,
        bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.6},
    )


def twin_against_network(result: DayResult) -> Picture:
    """PRB usage the twin forecast, against what the network then reported."""
    figure, axes = blank(5.2, 4.0)
    said, seen = 100 * result.load_forecast, 100 * result.load_autonomous
    both = np.isfinite(said) & np.isfinite(seen)
    said, seen = said[both], seen[both]
    top = max(5.0, 1.03 * max(said.max(initial=0), seen.max(initial=0)))
    if said.size:
        drawn = axes.hexbin(
            said,
            seen,
            gridsize=55,
            extent=(0, top, 0, top),
            bins="log",
            mincnt=1,
            cmap="viridis_r",
            linewidths=0.2,
        )
        bar = figure.colorbar(drawn, ax=axes, pad=0.02, aspect=28, format="{x:,.0f}")
        bar.set_label("cell periods", fontsize=FONT_PT, color=INK)
        bar.ax.tick_params(labelsize=FONT_PT, colors=INK, length=3)
        bar.outline.set_visible(False)  # type: ignore[operator]
    axes.plot([0, top], [0, top], color=INK, linewidth=1, linestyle=(0, (5, 3)))
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.set_aspect("equal")
    name_axes(axes, "PRB usage forecast (%)", "PRB usage reported (%)")
    error = figures(result.twin_prb_points_median)
    return Picture(
        title="Twin against network",
        caption="Every cell in every period; on the dashed line the twin was right.",
        alt=f"Forecast against reported PRB usage of {said.size:,} cell periods; "
        f"the median error is {error} percentage points.",
        png=png(figure),
    )
