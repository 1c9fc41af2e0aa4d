"""How do protocol stacks compare on one flow, in a table and in a picture?"""

import dataclasses
import math
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemel.report.beside import Beside
from gemel.report.look import (
    BASELINE,
    FAINT,
    FONT_PT,
    INK,
    LAYERS,
    Picture,
    name_axes,
    png,
)
from gemel.report.results import Numbers

FILES = Beside("stack")
DRAWN = 4_000  # points of a curve; more are not seen
LABELS = {
    "header": "headers (byte, share)",
    "mean": "mean delay (ms)",
    "tail": "99.999 % within (ms)",
    "failed": "not within the budget",
    "lost": "never arrived",
    "spent": "resources (groups)",
}


@dataclasses.dataclass(frozen=True)
class Interval:
    """A number and its 95 % limits; None is beyond everything that was seen."""

    value: float | None
    low: float | None
    high: float | None


@dataclasses.dataclass(frozen=True)
class StackResult:
    """One stack.

    overhead:     headers over all that is sent, 0..1
    mean_ms, tail_ms:  of the delay, and what no stack could do better
    failed:       share of packets beyond the budget or lost
    lost:         packets that never arrived
    groups:       resource-element groups a packet: data, kept unused, control
    delay_ms, exceeding:  the share of packets later than each delay
    """

    name: str
    functions: tuple[str, ...]
    packets: int
    header_byte: float
    overhead: float
    mean_ms: Interval
    least_mean_ms: float
    tail_ms: Interval
    least_tail_ms: float | None
    failed: Interval
    least_failed: float
    lost: int
    groups: dict[str, float]
    delay_ms: Numbers
    exceeding: Numbers

    def as_json(self) -> dict[str, Any]:
        """All but the curve; null is never, or beyond everything that was seen."""
        return {
            "profile": self.name,
            "functions": list(self.functions),
            "packets": self.packets,
            "header_byte": self.header_byte,
            "header_overhead": self.overhead,
            "delay_mean_ms": dataclasses.asdict(self.mean_ms),
            "delay_mean_bound_ms": self.least_mean_ms,
            "delay_p99999_ms": dataclasses.asdict(self.tail_ms),
            "delay_p99999_bound_ms": self.least_tail_ms,
            "not_in_time": dataclasses.asdict(self.failed),
            "not_in_time_bound": self.least_failed,
            "reliability": 1.0 - (self.failed.value or 0.0),
            "lost": self.lost,
            "resource_element_groups": self.groups,
        }


def _delay(value: float | None) -> str:
    return "never" if value is None else f"{value:.3f}"


def _sure(interval: Interval, form: str, beyond: str) -> str:
    if interval.low is None and interval.high is None:
        return ""
    said = (
        beyond if limit is None else format(limit, form)
        for limit in (interval.low, interval.high)
    )
    return " … ".join(said)


def print_stacks(results: tuple[StackResult, ...], console: Console) -> None:
    """One column a stack; under each number its 95 % interval and its bound."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("")
    for result in results:
        table.add_column(Text(result.name), justify="right")

    def row(label: str, said: list[str], faint: bool = False) -> None:
        style = "dim" if faint else ""
        table.add_row(Text(label), *(Text(cell) for cell in said), style=style)

    row(
        LABELS["header"],
        [f"{one.header_byte:.0f}  {one.overhead:.1%}" for one in results],
    )
    row(LABELS["mean"], [_delay(one.mean_ms.value) for one in results])
    row("  95 % sure", [_sure(one.mean_ms, ".3f", "?") for one in results], True)
    row("  at best", [_delay(one.least_mean_ms) for one in results], True)
    row(LABELS["tail"], [_delay(one.tail_ms.value) for one in results])
    row("  95 % sure", [_sure(one.tail_ms, ".3f", "?") for one in results], True)
    row("  at best", [_delay(one.least_tail_ms) for one in results], True)
    row(LABELS["failed"], [f"{one.failed.value or 0.0:.2g}" for one in results])
    row("  95 % sure", [_sure(one.failed, ".2g", "?") for one in results], True)
    row("  at best", [f"{one.least_failed:.2g}" for one in results], True)
    row(LABELS["lost"], [f"{one.lost:,}" for one in results])
    row(LABELS["spent"], [f"{sum(one.groups.values()):,.0f}" for one in results])
    for part in results[0].groups:
        row(f"  {part}", [f"{one.groups[part]:,.0f}" for one in results], True)
    console.print(table)


def stack_picture(
    title: str, budget_ms: float, results: tuple[StackResult, ...]
) -> Picture:
    """The share of packets later than each delay, one curve a stack."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    figure.set_facecolor("white")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(BASELINE)
    axes.tick_params(colors=INK, labelsize=FONT_PT, length=3, color=BASELINE)
    axes.grid(color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_xscale("log")
    axes.set_yscale("log")
    first_ms = min(
        float(one.delay_ms[one.exceeding < 1.0].min(initial=budget_ms))
        for one in results
    )
    last_ms = max(float(one.delay_ms.max()) for one in results)
    axes.set_xlim(0.5 * min(first_ms, budget_ms), 2.0 * max(last_ms, budget_ms))
    for number, one in enumerate(results):
        seen = (one.delay_ms > 0.0) & (one.exceeding > 0.5 / one.packets)
        every = max(1, math.ceil(int(seen.sum()) / DRAWN))
        # What is lost is later than any delay: the curve goes on to the edge.
        beyond = one.lost / one.packets if one.lost else 0.1 / one.packets
        axes.step(
            [*one.delay_ms[seen][::every], one.delay_ms[-1], 4.0 * last_ms],
            [*one.exceeding[seen][::every], beyond, beyond],
            where="post",
            color=LAYERS[number % len(LAYERS)],
            linewidth=1.8,
            label=one.name,
        )
    axes.axvline(
        budget_ms, color=BASELINE, linewidth=1.2, linestyle="--", label="budget"
    )
    axes.axhline(1e-5, color=BASELINE, linewidth=1.2, linestyle=":", label="1e-5")
    axes.set_ylim(0.5 / max(one.packets for one in results), 2.0)
    name_axes(axes, "delay (ms)", "share of packets later, or lost")
    figure.legend(
        loc="outside upper left",
        ncols=len(results) + 2,
        frameon=False,
        labelcolor=INK,
        fontsize=FONT_PT,
    )
    return Picture(
        title=title,
        caption="A curve that ends level is what never arrived.",
        alt="; ".join(_in_words(one) for one in results) + ".",
        png=png(figure),
    )


def _in_words(result: StackResult) -> str:
    tail = result.tail_ms.value
    late = "never comes" if tail is None else f"is {tail:.2f} ms"
    mean = result.mean_ms.value
    said = "nothing arrives" if mean is None else f"mean delay {mean:.2f} ms"
    return f"{result.name}: {said}, the 99.999th percentile {late}"


def refuse_overwriting(folder: Path) -> None:
    """InterfaceError if the folder holds a comparison already."""
    FILES.refuse_overwriting(folder)


def write_comparison(folder: Path, picture: Picture, answer: dict[str, Any]) -> Path:
    """Write picture and numbers into the folder; the way to the picture.

    Raises InterfaceError if it holds a comparison already.
    """
    return FILES.write(folder, picture.png, answer)
