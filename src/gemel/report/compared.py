"""What did we get and what did others, at a few percentiles?"""

import dataclasses

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gemel.report.results import Numbers


@dataclasses.dataclass(frozen=True)
class Compared:
    """One metric: ours and, where published, theirs.

    samples_db:                  of every user
    percentiles:                 where values are compared
    low_db, mean_db, high_db:    theirs there, NaN where nothing was published
    band_db:                     lowest and highest by percentile, to be drawn; may be
                                 empty
    """

    title: str
    samples_db: Numbers
    percentiles: tuple[int, ...]
    low_db: Numbers
    mean_db: Numbers
    high_db: Numbers
    band_db: dict[int, tuple[float, float]]

    @property
    def ours_db(self) -> Numbers:
        """Our values at the percentiles."""
        return np.percentile(self.samples_db, self.percentiles)

    @property
    def published(self) -> NDArray[np.bool_]:
        """Which percentiles have a range."""
        return np.isfinite(self.mean_db)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Whether ours is in the range; false where there is none."""
        return (self.low_db <= self.ours_db) & (self.ours_db <= self.high_db)


def print_calibration(metrics: tuple[Compared, ...], console: Console) -> None:
    """Every percentile of every metric beside its range."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for column in ("dB", "%", "gemel", "mean", "range", ""):
        side = "left" if column in ("dB", "") else "right"
        table.add_column(Text(column), justify=side)
    for metric in metrics:
        rows = zip(
            metric.percentiles,
            metric.ours_db,
            metric.low_db,
            metric.mean_db,
            metric.high_db,
            metric.inside,
            strict=True,
        )
        name = metric.title
        for at, ours_db, low_db, mean_db, high_db, held in rows:
            cells, style = [name, f"{at}", f"{ours_db:.2f}"], ""
            if np.isfinite(mean_db):
                cells += [f"{mean_db:.2f}", f"{low_db:.2f} … {high_db:.2f}"]
                cells += ["  inside" if held else "  OUTSIDE"]
                style = "" if held else "yellow"
            table.add_row(*(Text(cell) for cell in cells), style=style)
            name = ""
    console.print(table)
