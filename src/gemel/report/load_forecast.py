"""How do forecasts of load lie beside the load that came, to be seen?"""

import numpy as np

from gemel.report.look import (
    AUTONOMOUS,
    BASELINE,
    FORECAST,
    Picture,
    blank,
    drawable,
    legend,
    mean_where_known,
    name_axes,
    png,
)
from gemel.report.parts import figures_html, tiles_html
from gemel.report.sheet import again, page_of
from gemel.report.wording import figures, percent
from gemel.twin.season.rolling import Rolled, Standing

AHEAD = {"1h": "one hour", "24h": "one day"}
SHOWN_BEFORE_H = 24  # of one cell: a day that was learned from, then the forecasts


def load_page(
    load: np.ndarray,
    station: tuple[str, ...],
    rolled: Rolled,
    stood: Standing | None,
    horizon: str,
    learned_h: int,
    command: str,
) -> str:
    """One HTML page; names from the table are text here, whatever they contain."""
    tiles = []
    if stood is not None and stood.compared:
        tiles = [
            (figures(100 * stood.error), "points of load, mean absolute error"),
            (percent(100 * stood.below_persistence), "below no change"),
            (percent(100 * stood.below_yesterday), "below as yesterday"),
            (percent(100 * stood.covered), "in the 90 % interval"),
        ]
    pictures = [network(load, rolled), *busiest(load, station, rolled)]
    if stood is not None and stood.compared:
        pictures.insert(1, by_hour(load, rolled))
    title = f"Load, forecast {AHEAD[horizon]} ahead"
    lead = (
        f"{load.shape[1]:,} cells; learned from the first {learned_h:,} hours, every "
        "later one forecast from what was known before it."
    )
    return page_of(
        title,
        f'<header><h1>{title}</h1><p class="lead">{lead}</p></header>'
        f"{tiles_html(tiles)}"
        f'<div class="grid" style="margin-top:1rem">{figures_html(pictures)}</div>'
        f"{again(command)}",
    )


def network(load: np.ndarray, rolled: Rolled) -> Picture:
    """The mean over cells, of what was measured and of the same cells' forecasts."""
    figure, axes = blank()
    hours = np.arange(len(load))
    axes.plot(hours, 100 * mean_where_known(load), color=BASELINE, label="measured")
    true = load[rolled.first :]
    said = np.where(np.isfinite(true), rolled.mean[: len(true)], np.nan)
    beyond = rolled.mean[len(true) :]
    line = np.append(mean_where_known(said), beyond.mean(1))
    axes.plot(
        rolled.first + np.arange(len(line)),
        100 * line,
        color=FORECAST,
        label="forecast",
    )
    axes.set_ylim(bottom=0)
    legend(axes)
    name_axes(axes, "hours of the table", "load, mean over cells (%)")
    return Picture(
        title="All cells",
        caption="Over the cells that reported in each hour; beyond the end, over all.",
        alt="Mean load over the hours, measured and forecast.",
        png=png(figure),
    )


def by_hour(load: np.ndarray, rolled: Rolled) -> Picture:
    """The error of every hour, beside that of no change and of as yesterday."""
    times = np.arange(rolled.first, len(load))
    true = load[times]
    figure, axes = blank()
    yesterday = np.where(
        (times >= 24)[:, None], load[np.maximum(times - 24, 0)], np.nan
    )
    latest = np.maximum(rolled.made[: len(times)] - 1, 0)
    for said, colour, name in (
        (load[latest], BASELINE, "no change"),
        (yesterday, FORECAST, "as yesterday"),
        (rolled.mean[: len(times)], AUTONOMOUS, "forecast"),
    ):
        off = 100 * mean_where_known(np.abs(said - true))
        axes.plot(times, off, color=colour, label=name)
    axes.set_ylim(bottom=0)
    legend(axes)
    name_axes(axes, "hours of the table", "mean absolute error (points)")
    return Picture(
        title="Error, hour by hour",
        caption="Of the cells that reported then.",
        alt="Mean absolute error over the hours: no change, as yesterday, forecast.",
        png=png(figure),
    )


def busiest(
    load: np.ndarray, station: tuple[str, ...], rolled: Rolled
) -> list[Picture]:
    """A busy cell and one in the middle, with the interval."""
    level = mean_where_known(load.T)
    reported = np.isfinite(load[rolled.first :]).sum(0)
    usable = np.flatnonzero(reported >= np.median(reported))
    order = usable[np.argsort(level[usable])]
    found = [("A busy cell", order[int(0.95 * (len(order) - 1))])]
    found.append(("A cell in the middle", order[len(order) // 2]))
    return [_one(title, int(cell), load, station, rolled) for title, cell in found]


def _one(
    title: str, cell: int, load: np.ndarray, station: tuple[str, ...], rolled: Rolled
) -> Picture:
    figure, axes = blank()
    hours = rolled.first + np.arange(len(rolled.mean))
    low, high = 100 * rolled.low[:, cell], 100 * rolled.high[:, cell]
    axes.fill_between(hours, low, high, color=FORECAST, alpha=0.25, linewidth=0,
                      label="90 % interval")  # fmt: skip
    axes.plot(hours, 100 * rolled.mean[:, cell], color=FORECAST, label="forecast")
    axes.plot(
        np.arange(len(load)),
        100 * load[:, cell],
        ".-",
        color=BASELINE,
        markersize=3,
        linewidth=1,
        label="measured",
    )
    axes.set_xlim(left=max(rolled.first - SHOWN_BEFORE_H, 0))
    legend(axes)
    name_axes(axes, "hours of the table", "load (%)")
    return Picture(
        title=f"{title}: {drawable(station[cell])}",
        caption="Gaps are hours that the table does not have.",
        alt="Load of one cell, measured, and forecast with its interval.",
        png=png(figure),
    )
