"""Where around its mast is a cell loud, and where should it be?"""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes

from gemel.report.look import (
    AUTONOMOUS,
    BASELINE,
    FAINT,
    FONT_PT,
    INK,
    LAYERS,
    Picture,
    drawable,
    png,
)
from gemel.twin.suspects.suspects import Suspect

SIZE_IN = 3.6
RING_DB = 10.0
SEEMS = LAYERS[5]
LEAST_ROOM_DB = 6.0  # so that a round rose does not look like a sharp one


def rose_picture(one: Suspect) -> Picture:
    """Petals: what was heard around the mast. Line: what the inventory foretells."""
    figure = Figure(figsize=(SIZE_IN, SIZE_IN), layout="constrained")
    FigureCanvasAgg(figure)
    figure.set_facecolor("white")
    axes = figure.add_subplot(projection="polar")
    assert isinstance(axes, PolarAxes)
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    rose = one.rose
    known = np.isfinite(rose.heard_db)
    low_db = float(min(rose.heard_db[known].min(), rose.told_db.min()))
    high_db = float(max(rose.heard_db[known].max(), rose.told_db.max()))
    floor_db = min(low_db - 1.0, high_db - LEAST_ROOM_DB)
    # The more places, the fuller the colour.
    sureness = np.clip(0.25 + rose.places[known] / 20.0, 0.25, 0.85)
    axes.bar(
        np.radians(rose.bearing_deg[known]),
        rose.heard_db[known] - floor_db,
        width=np.radians(360.0 / len(rose.bearing_deg)),
        color=[to_rgba(AUTONOMOUS, float(alpha)) for alpha in sureness],
        edgecolor="white",
        linewidth=0.6,
        label="heard",
    )
    around = np.append(np.arange(len(rose.bearing_deg)), 0)
    axes.plot(
        np.radians(rose.bearing_deg[around]),
        rose.told_db[around] - floor_db,
        color=INK,
        linewidth=1.4,
        label="foretold",
    )
    top = high_db - floor_db
    for bearing_deg, colour, style, label in (
        (one.azimuth_deg, INK, "--", "inventory"),
        (one.seems_deg, SEEMS, "-", "seems"),
    ):
        at = np.radians(bearing_deg)
        axes.plot([at, at], [0.0, 1.1 * top], style, color=colour, lw=1.8, label=label)
    axes.set_ylim(0.0, 1.12 * top)
    rings = np.arange(np.ceil(low_db / RING_DB) * RING_DB, high_db, RING_DB)
    rings = rings[rings - floor_db > 0.25 * (high_db - floor_db)]  # no crowd inside
    axes.set_yticks(rings - floor_db, [f"{ring_db or 0.0:.0f} dB" for ring_db in rings])
    axes.set_rlabel_position(_quiet_deg(one))
    for label in axes.get_yticklabels():
        label.set(fontsize=0.75 * FONT_PT, color=INK, ha="center", va="center")
        label.set_bbox({"facecolor": "white", "alpha": 0.75, "edgecolor": "none",
                        "pad": 0.6})  # fmt: skip
        label.set_zorder(5)
    axes.set_xticks(np.radians([0, 90, 180, 270]), ["N", "E", "S", "W"])
    axes.tick_params(axis="x", colors=INK, labelsize=FONT_PT)
    axes.grid(color=FAINT, linewidth=0.7)
    axes.spines["polar"].set_color(BASELINE)
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, -0.2),
        ncols=4,
        frameon=False,
        fontsize=0.8 * FONT_PT,
        labelcolor=INK,
        handlelength=1.2,
        columnspacing=0.8,
    )
    what = "swapped sectors" if one.kind == "swapped" else "wrong azimuth"
    return Picture(
        title=f"{drawable(one.cell)}: {what}",
        caption="Levels without what distance takes, in dB beside the usual, from "
        f" {one.places:,} places "
        f"({one.points:,} points); the inventory says {one.azimuth_deg:.0f}°, it seems "
        f"{one.seems_deg:.0f}°.",
        alt=f"Rose of levels around the mast: turned by {one.turn_deg:+.0f} degrees, "
        f"with a gain of {one.gain:.0f} in log-likelihood.",
        png=png(figure),
    )


def _quiet_deg(one: Suspect) -> float:
    """A bearing for the numbers of the rings, away from what is drawn as a line."""
    candidates = np.arange(22.5, 360.0, 45.0)
    lines = np.array([one.azimuth_deg, one.seems_deg])
    apart = np.abs((candidates[:, None] - lines[None] + 180.0) % 360.0 - 180.0)
    return float(candidates[apart.min(1).argmax()])
