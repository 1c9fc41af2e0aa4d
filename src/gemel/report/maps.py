"""Where are the cells, what do they cover, and which of them sleep?"""

import math

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from gemel.report.look import FAINT, FONT_PT, INK, Picture, blank, png
from gemel.report.results import CellRows, DayResult, Numbers, Raster
from gemel.report.wording import figures, percent

WEDGE_DEG = 64.0  # half a three-sector cell's beam: neighbours stay apart
WEDGE_CORNERS = 7  # a wedge is a polygon; this many points look round
WEDGE_OF_SPACING = 0.42  # a wedge this long leaves air to the next site
NEVER = 1e-6  # below any share of a day that a cell can sleep, in percent
SLEEP = colormaps["viridis_r"].with_extremes(under="white")
BUILDINGS = ListedColormap(["#c9cdd4"])


def maps(result: DayResult) -> list[Picture]:
    """Every map of the day, in the order in which they are read."""
    return [coverage_map(result), sleep_map(result)]


def site_spacing_m(cells: CellRows) -> float:
    """A typical distance between neighbouring sites, also when they stand in line."""
    sites = np.unique(np.stack([cells.x_m, cells.y_m], axis=1), axis=0)
    width_m, height_m = np.ptp(sites, axis=0)
    by_area_m = math.sqrt(width_m * height_m / len(sites))
    return max(by_area_m, max(width_m, height_m) / len(sites)) or 100.0


def wedges(cells: CellRows) -> Numbers:
    """One wedge a cell, in metres; layers of one site are rings, the first inmost.

    Returns [cell, corner, 2].
    """
    rings = max(len(cells.layers), 1)
    radius_m = WEDGE_OF_SPACING * site_spacing_m(cells)
    inner_m = radius_m * np.sqrt(cells.layer / rings)  # rings of one area
    outer_m = radius_m * np.sqrt((cells.layer + 1) / rings)
    turn = np.linspace(-WEDGE_DEG / 2, WEDGE_DEG / 2, WEDGE_CORNERS)
    bearing = np.radians(cells.azimuth_deg[:, None] + turn)  # clockwise from north
    ray = np.stack([np.sin(bearing), np.cos(bearing)], axis=-1)
    arc = [outer_m[:, None, None] * ray, inner_m[:, None, None] * ray[:, ::-1]]
    place_m = np.stack([cells.x_m, cells.y_m], axis=-1)[:, None]
    return place_m + np.concatenate(arc, axis=1)


def _extent_m(raster: Raster) -> tuple[float, float, float, float]:
    rows, columns = raster.value.shape
    east_m = raster.x0_m + columns * raster.step_m
    north_m = raster.y0_m + rows * raster.step_m
    return (raster.x0_m, east_m, raster.y0_m, north_m)


def _sheet(cells: CellRows) -> tuple[Figure, Axes]:
    figure, axes = blank(5.4, 4.9)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    margin_m = 0.7 * site_spacing_m(cells)
    axes.set_xlim(cells.x_m.min() - margin_m, cells.x_m.max() + margin_m)
    axes.set_ylim(cells.y_m.min() - margin_m, cells.y_m.max() + margin_m)
    axes.set_aspect("equal")
    return figure, axes


def round_length_m(width_m: float) -> float:
    """The longest of 1, 2, 5, 10, 20 ... metres within a quarter of the width."""
    decade = 10.0 ** math.floor(math.log10(width_m / 4))
    return max(step * decade for step in (1, 2, 5) if step * decade <= width_m / 4)


def _scale_bar(axes: Axes) -> None:
    west_m, east_m = axes.get_xlim()
    bar_m = round_length_m(east_m - west_m)
    share = bar_m / (east_m - west_m)
    axes.plot(
        [0, share],
        [-0.025] * 2,
        transform=axes.transAxes,
        color=INK,
        linewidth=2.5,
        clip_on=False,
        solid_capstyle="butt",
    )
    said = f"{bar_m / 1000:g} km" if bar_m >= 1000 else f"{bar_m:g} m"
    axes.text(
        share + 0.015,
        -0.025,
        f"{said}, north is up",
        transform=axes.transAxes,
        va="center",
        fontsize=FONT_PT,
        color=INK,
    )


def _buildings(axes: Axes, result: DayResult, opacity: float) -> None:
    if result.buildings_m is None:
        return
    built = np.nan_to_num(result.buildings_m.value) > 0
    axes.imshow(
        np.ma.masked_where(~built, built),
        origin="lower",
        extent=_extent_m(result.buildings_m),
        cmap=BUILDINGS,
        interpolation="nearest",
        alpha=opacity,
        zorder=1.5,
    )


def _colour_bar(figure: Figure, axes: Axes, drawn, label: str, extend: str) -> None:
    bar = figure.colorbar(
        drawn, ax=axes, pad=0.02, shrink=0.8, aspect=28, extend=extend
    )
    bar.set_label(label, fontsize=FONT_PT, color=INK)
    bar.ax.tick_params(labelsize=FONT_PT, colors=INK, length=3)
    bar.outline.set_visible(False)  # type: ignore[operator]


def coverage_map(result: DayResult) -> Picture:
    """RSRP of the strongest cell everywhere, buildings, and where cells point."""
    figure, axes = _sheet(result.cells)
    view = axes.axis()
    known = result.coverage_dbm.value[np.isfinite(result.coverage_dbm.value)]
    # The colours spend themselves on nearly everything, not on a few odd pixels.
    low, high = np.percentile(known, [2, 98]) if known.size else (-120.0, -60.0)
    low_dbm, high_dbm = 5 * math.floor(low / 5), 5 * math.ceil(high / 5)
    axes.set_facecolor(FAINT)
    drawn = axes.imshow(
        result.coverage_dbm.value,
        origin="lower",
        extent=_extent_m(result.coverage_dbm),
        cmap="viridis",
        vmin=low_dbm,
        vmax=max(high_dbm, low_dbm + 5),
        interpolation="nearest",
    )
    _buildings(axes, result, opacity=0.35)
    axes.add_collection(
        PolyCollection(
            list(wedges(result.cells)),
            facecolors="#ffffff30",
            edgecolors="#ffffff",
            linewidths=0.5,
            zorder=3,
        )
    )
    axes.axis(view)
    _scale_bar(axes)
    _colour_bar(figure, axes, drawn, "RSRP of the strongest cell (dBm)", "both")
    middle = float(np.median(known)) if known.size else math.nan
    return Picture(
        title="Coverage",
        caption="Wedges are cells and point where the inventory says they point.",
        alt=f"Map of RSRP with {len(result.cells.name):,} cells; the median is "
        f"{figures(middle)} dBm.",
        png=png(figure),
    )


def sleep_map(result: DayResult) -> Picture:
    """The share of the day that every cell slept."""
    cells = result.cells
    figure, axes = _sheet(cells)
    view = axes.axis()
    _buildings(axes, result, opacity=0.35)
    periods = max(len(result.asleep), 1)
    asleep_percent = 100.0 * result.asleep.sum(axis=0) / periods
    drawn = PolyCollection(
        list(wedges(cells)),
        array=asleep_percent,
        cmap=SLEEP,
        edgecolors=INK,
        linewidths=0.2,
        zorder=3,
    )
    drawn.set_clim(NEVER, 100)
    axes.add_collection(drawn)
    axes.axis(view)
    _scale_bar(axes)
    _colour_bar(figure, axes, drawn, "share of the day asleep (%)", "neither")
    order = ", ".join(cells.layers)
    rings = f" Rings of a site are its layers, from inside out: {order}."
    caption = "Every wedge is a cell; white ones never slept."
    mean = percent(float(asleep_percent.mean()))
    return Picture(
        title="Who slept",
        caption=caption + (rings if len(cells.layers) > 1 else ""),
        alt=f"Map of the share of the day each cell slept; the mean is {mean}.",
        png=png(figure),
    )
