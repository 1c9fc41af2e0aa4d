"""How do all pictures of a report come to look alike?"""

import dataclasses
import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator, StrMethodFormatter

from gemel.report.results import DayResult, Numbers

# Colours that stay apart for the colour-blind: Okabe and Ito, Color Universal Design.
BASELINE = "#858a93"
AUTONOMOUS = "#0072b2"
FORECAST = "#e69f00"
INK = "#2b2f36"
FAINT = "#d9dce1"
LAYERS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
)

LINE_NAMES = ["baseline", "autonomous", "twin's forecast"]
UNDER_PT = 4.5  # so wide that a forecast is seen below the line it foretold
FONT_PT = 10.5  # a picture this narrow is shrunk little on a phone: still readable
DOTS_PER_INCH = 220  # twice the pixels of the widest place it is shown in
HOUR_STEPS = ((2, 0.25), (6, 1), (12, 2), (36, 4), (72, 12))  # up to hours, step


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture with its words.

    alt:  what a reader who cannot see it must know
    png:  the bytes of the image
    """

    title: str
    caption: str
    alt: str
    png: bytes


def drawable(text: str) -> str:
    """Somebody's name as plain text: no formula, no sign that the font lacks."""
    plain = "".join(sign if ord(sign) < 0x250 else "?" for sign in text)
    return plain.replace("\\", "/").replace("$", r"\$")


def blank(width_in: float = 5.2, height_in: float = 3.0) -> tuple[Figure, Axes]:
    """An empty picture of the given size, in inches."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    figure.set_facecolor("white")
    axes = figure.add_subplot()
    dress(axes)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.6g}"))
    return figure, axes


def dress(axes: Axes) -> None:
    """Two quiet axes, and a grid behind what is drawn."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(BASELINE)
    axes.tick_params(colors=INK, labelsize=FONT_PT, length=3, color=BASELINE)
    axes.grid(axis="y", color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)


def name_axes(axes: Axes, across: str, upwards: str) -> None:
    """Say what the axes show, units included."""
    axes.set_xlabel(across, fontsize=FONT_PT, color=INK)
    axes.set_ylabel(upwards, fontsize=FONT_PT, color=INK)


def over_the_day(axes: Axes, result: DayResult, upwards: str) -> None:
    """The hours of the day across, and what is shown upwards."""
    hours = max(edges_h(result)[-1], result.period_s / 3600)
    step = next((step for up_to, step in HOUR_STEPS if hours <= up_to), 24)
    axes.set_xlim(0, hours)
    axes.xaxis.set_major_locator(MultipleLocator(step))
    name_axes(axes, "time since the start (h)", upwards)


def edges_h(result: DayResult) -> Numbers:
    """Where periods begin and end, in hours; one more than there are periods."""
    periods = len(result.energy_autonomous_kwh)
    return np.arange(periods + 1, dtype=np.float64) * (result.period_s / 3600)


def middles_h(result: DayResult) -> Numbers:
    """The middle of every period, in hours; [period]."""
    edges = edges_h(result)
    return (edges[1:] + edges[:-1]) / 2


def draw_line(
    axes: Axes, result: DayResult, values: Numbers, colour: str, width: float = 1.8
) -> Line2D:
    """One value a period, from middle to middle."""
    # A single period has no line to draw; a dot shows it.
    marker = "o" if np.isfinite(values).sum() < 3 else None
    (line,) = axes.plot(
        middles_h(result),
        values,
        color=colour,
        linewidth=width,
        alpha=0.55 if width == UNDER_PT else 1.0,
        marker=marker,
        markersize=4,
        solid_capstyle="round",
    )
    return line


def legend(axes: Axes, *entries: Any, columns: int = 3) -> None:
    """The legend above the picture, where it can hide nothing.

    entries: the handles and their labels, if not all that is drawn
    """
    axes.legend(
        *entries,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        frameon=False,
        fontsize=FONT_PT,
        labelcolor=INK,
        handlelength=1.6,
        columnspacing=1.2,
        borderaxespad=0.2,
    )


def png(figure: Figure) -> bytes:
    """The finished picture as PNG, the same bytes for the same picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def mean_where_known(values: Numbers) -> Numbers:
    """The mean over the last axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
