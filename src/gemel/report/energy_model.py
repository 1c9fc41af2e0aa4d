"""How good is an energy model at base stations it never saw, to be seen?"""

import dataclasses
from html import escape

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gemel.report.look import (
    AUTONOMOUS,
    BASELINE,
    FAINT,
    FONT_PT,
    FORECAST,
    INK,
    Picture,
    blank,
    drawable,
    dress,
    legend,
    name_axes,
    png,
)
from gemel.report.parts import figures_html, table_html, tiles_html
from gemel.report.sheet import again, page_of
from gemel.report.wording import figures, percent
from gemel.twin.energy_model.unseen import Unseen

DRAWN_ROWS = 6_000  # points of the scatter; more are not seen
EXAMPLES = 4
TITLE = "Energy of base stations"


def energy_page(
    unseen: Unseen,
    types: tuple[str, ...],
    stations: tuple[str, ...],
    ahead: int,
    command: str,
) -> str:
    """One HTML page; names from the tables are text here, whatever they contain."""
    heads = ("Radio type", "Stations", "Error", "Formula alone", "In the interval")
    rows = [
        (
            escape(row.name),
            f"{row.stations:,}",
            percent(row.error_percent),
            percent(row.formula_percent),
            percent(row.inside_percent),
        )
        for row in by_type(unseen, types)
    ]
    seen = len(np.unique(unseen.station))
    tiles = (
        (percent(unseen.mape_percent()), "mean absolute error at stations never seen"),
        (percent(unseen.mape_percent(unseen.formula)), "by the formula alone"),
        (percent(100 * float(unseen.inside.mean())), "in the 90 % interval"),
        (f"{seen:,}", "base stations measured"),
    )
    pictures = [scatter(unseen), examples(unseen, stations), bars(unseen, types)]
    lead = (
        f"{len(unseen.energy):,} measured hours. {stamps(ahead)} Every number is of a "
        "model that never saw the station."
    )
    return page_of(
        TITLE,
        f'<header><h1>{TITLE}</h1><p class="lead">{escape(lead)}</p></header>'
        f"{tiles_html(tiles)}"
        f'<div class="grid" style="margin-top:1rem">{figures_html(pictures)}</div>'
        f'<h2>By radio type</h2><div class="card">{table_html(heads, rows)}</div>'
        f"{again(command)}",
    )


def stamps(ahead: int) -> str:
    """What the clocks of the two tables were found to mean, in words."""
    if ahead == 0:
        return "Load and energy of an hour carry the same time."
    later = "later" if ahead > 0 else "earlier"
    hours = f"{abs(ahead)} hour" + ("s" if abs(ahead) > 1 else "")
    return f"The energy of an hour is that of the load stamped {hours} {later}."


@dataclasses.dataclass(frozen=True)
class TypeRow:
    """One radio type, in numbers; errors are mean absolute ones."""

    name: str
    stations: int
    error_percent: float
    formula_percent: float
    inside_percent: float


def by_type(unseen: Unseen, types: tuple[str, ...]) -> list[TypeRow]:
    """Every type that was measured, those with most stations first."""
    wrong, plain = (
        100 * np.abs(said - unseen.energy) / unseen.energy
        for said in (unseen.predicted, unseen.formula)
    )
    found = []
    for number, name in enumerate(types):
        rows = unseen.radio_type == number
        if rows.any():
            found.append(
                TypeRow(
                    name,
                    len(np.unique(unseen.station[rows])),
                    float(wrong[rows].mean()),
                    float(plain[rows].mean()),
                    float(100 * unseen.inside[rows].mean()),
                )
            )
    return sorted(found, key=lambda row: -row.stations)


def scatter(unseen: Unseen) -> Picture:
    """What was said beside what was measured."""
    figure, axes = blank(5.2, 4.2)
    step = max(len(unseen.energy) // DRAWN_ROWS, 1)
    true, said = unseen.energy[::step], unseen.predicted[::step]
    axes.plot(true, said, ".", color=AUTONOMOUS, markersize=2, alpha=0.25)
    ends = [float(min(true.min(), said.min())), float(max(true.max(), said.max()))]
    axes.plot(ends, ends, color=INK, linewidth=1)
    name_axes(
        axes, "energy measured (unit of the table)", "energy predicted (same unit)"
    )
    error = unseen.mape_percent()
    return Picture(
        title="Predicted and measured",
        caption="One point an hour of a station that the model never saw.",
        alt=f"Predicted against measured energy; the mean error is {figures(error)} %.",
        png=png(figure),
    )


def examples(unseen: Unseen, stations: tuple[str, ...]) -> Picture:
    """Some stations hour by hour: a good one, two in the middle, a bad one."""
    names, which = np.unique(unseen.station, return_inverse=True)
    wrong = np.abs(unseen.predicted - unseen.energy) / unseen.energy
    many = np.bincount(which)
    error = np.bincount(which, wrong) / many
    order = np.flatnonzero(many >= np.median(many))
    order = order[np.argsort(error[order])]
    shares = np.linspace(0.1, 0.9, EXAMPLES) * (len(order) - 1)
    figure = Figure(figsize=(5.2, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.set_facecolor("white")
    panels = figure.subplots(EXAMPLES, 1, sharex=True)
    for axes, at in zip(panels, order[shares.astype(int)], strict=True):
        rows = np.flatnonzero(which == at)
        rows = rows[np.argsort(unseen.hour[rows])]
        hour = unseen.hour[rows] - unseen.hour.min()
        dress(axes)
        for values, colour, width, label in (
            (unseen.energy[rows], BASELINE, 2.2, "measured"),
            (unseen.predicted[rows], FORECAST, 1.3, "predicted"),
        ):
            axes.plot(hour, values, color=colour, linewidth=width, label=label)
        axes.set_title(
            f"{drawable(stations[names[at]])}: {percent(100 * float(error[at]))}",
            loc="right",
            fontsize=FONT_PT,
            color=INK,
        )
    legend(panels[0])
    name_axes(panels[-1], "hours of the table", "")
    figure.supylabel("energy (unit of the table)", fontsize=FONT_PT, color=INK)
    return Picture(
        title="Four stations, hour by hour",
        caption="From the best tenth to the worst, with the mean error of each.",
        alt="Energy measured and predicted over the hours at four stations.",
        png=png(figure),
    )


def bars(unseen: Unseen, types: tuple[str, ...]) -> Picture:
    """The error of every radio type, with trees and by the formula alone."""
    rows = by_type(unseen, types)
    figure, axes = blank(5.2, 1.2 + 0.32 * len(rows))
    at = np.arange(len(rows))
    axes.barh(at - 0.2, [r.error_percent for r in rows], 0.36, color=AUTONOMOUS,
              label="with trees")  # fmt: skip
    axes.barh(at + 0.2, [r.formula_percent for r in rows], 0.36, color=BASELINE,
              label="formula alone")  # fmt: skip
    words = [f"{drawable(row.name)} ({row.stations:,})" for row in rows]
    axes.set_yticks(at, words)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=FAINT, linewidth=0.7)
    legend(axes)
    name_axes(axes, "mean absolute error (%)", "")
    return Picture(
        title="Error by radio type",
        caption="In brackets how many stations of the type were measured.",
        alt=". ".join(f"{row.name}: {percent(row.error_percent)}" for row in rows),
        png=png(figure),
    )
