"""How does our distribution lie inside the companies' band, to be seen?"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gemel.report.beside import Beside
from gemel.report.compared import Compared
from gemel.report.look import (
    AUTONOMOUS,
    BASELINE,
    FAINT,
    INK,
    LAYERS,
    Picture,
    dress,
    name_axes,
    png,
)

FILES = Beside("calibration")
OUTSIDE = LAYERS[5]
DRAWN = 2_000  # points of a curve; more are not seen
CUT_PERCENT = 0.2  # of each tail is not shown: a lone user would stretch the axis


def calibration_picture(title: str, metrics: tuple[Compared, ...]) -> Picture:
    """One panel a metric: the band of the companies, and our curve."""
    figure = Figure(figsize=(3.6 * len(metrics), 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.set_facecolor("white")
    panels = np.atleast_1d(figure.subplots(1, len(metrics), sharey=True))
    for axes, metric in zip(panels, metrics, strict=True):
        _draw(axes, metric)
        name_axes(axes, f"{metric.title} (dB)", "")
    panels[0].set_ylabel("users with less (%)", color=INK)
    entries: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    figure.legend(
        list(entries.values()),
        list(entries),
        loc="outside upper left",
        ncols=len(entries),
        frameon=False,
        labelcolor=INK,
        title=title,
        alignment="left",
    )
    return Picture(
        title=title,
        caption="Shaded: from the lowest to the highest company at each percentile.",
        alt=". ".join(_in_words(metric) for metric in metrics) + ".",
        png=png(figure),
    )


def _draw(axes: Axes, metric: Compared) -> None:
    dress(axes)
    axes.grid(color=FAINT, linewidth=0.7)
    share = np.linspace(CUT_PERCENT, 100.0 - CUT_PERCENT, DRAWN)
    known = metric.published
    at = np.asarray(metric.percentiles, np.float64)
    if metric.band_db:
        low_db, high_db = np.array(list(metric.band_db.values())).T
        axes.fill_betweenx(
            list(metric.band_db),
            low_db,
            high_db,
            color=BASELINE,
            alpha=0.35,
            linewidth=0,
            label="all companies",
        )
    if known.any():
        axes.hlines(
            at[known],
            metric.low_db[known],
            metric.high_db[known],
            color=INK,
            linewidth=1.6,
            label="range that counts",
            zorder=3,
        )
    axes.plot(
        np.percentile(metric.samples_db, share),
        share,
        color=AUTONOMOUS,
        linewidth=1.8,
        label="gemel",
    )
    missed = known & ~metric.inside
    if missed.any():
        axes.plot(
            metric.ours_db[missed],
            at[missed],
            "x",
            color=OUTSIDE,
            markersize=8,
            markeredgewidth=2.0,
            label="outside",
        )
    axes.set_ylim(0, 100)


def _in_words(metric: Compared) -> str:
    median_db = float(np.median(metric.samples_db))
    known = metric.published
    if not known.any():
        return f"{metric.title}: median {median_db:.1f} dB, nothing to compare with"
    return (
        f"{metric.title}: median {median_db:.1f} dB; inside the published range at "
        f"{int(metric.inside[known].sum())} of {int(known.sum())} percentiles"
    )


def refuse_overwriting(folder: Path) -> None:
    """InterfaceError if the folder holds a calibration already."""
    FILES.refuse_overwriting(folder)


def write_calibration(folder: Path, picture: Picture, answer: dict[str, Any]) -> Path:
    """Write picture and numbers into the folder; the way to the picture.

    Raises InterfaceError if it holds a calibration already.
    """
    return FILES.write(folder, picture.png, answer)
