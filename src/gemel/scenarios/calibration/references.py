"""What did those who published a calibration case get?

`references.csv` holds, for cases published with numbers, the lowest and the highest of
the companies at a few percentiles, and their mean where a case is judged. A lone curve
has a mean alone.
"""

import csv
import dataclasses
import functools
import importlib.resources

PERCENTILES = (5, 10, 50, 90, 95)  # where a case is judged
DRAWN_PERCENTILES = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)
METRICS = ("coupling_gain_db", "geometry_sir_db", "geometry_sinr_db")
# What a curve without a range allows: about what companies differ by elsewhere.
LONE_CURVE_DB = 1.5


@dataclasses.dataclass(frozen=True)
class Range:
    """What is held against one percentile of one metric, dB."""

    low_db: float
    mean_db: float
    high_db: float
    source: str

    def holds(self, value_db: float) -> bool:
        """Inside, both ends included."""
        return self.low_db <= value_db <= self.high_db


def references_of(case: str) -> dict[str, dict[int, Range]]:
    """Ranges by metric and percentile; nothing where nothing was published here."""
    found = {
        metric: {
            percentile: held
            for percentile in PERCENTILES
            if (held := _range_of(case, metric, percentile)) is not None
        }
        for metric in METRICS
    }
    return {metric: ranges for metric, ranges in found.items() if ranges}


def band_of(case: str, metric: str) -> dict[int, tuple[float, float]]:
    """Lowest and highest by percentile, to be drawn; empty for a lone curve."""
    published = _published()
    band = {}
    for percentile in DRAWN_PERCENTILES:
        name = _name(case, metric, percentile)
        if f"{name}.min" in published:
            low_db, _ = published[f"{name}.min"]
            high_db, _ = published[f"{name}.max"]
            band[percentile] = (low_db, high_db)
    return band


def _name(case: str, metric: str, percentile: int) -> str:
    return f"{case}.{metric.removesuffix('_db')}.{percentile}"


def _range_of(case: str, metric: str, percentile: int) -> Range | None:
    published, name = _published(), _name(case, metric, percentile)
    if f"{name}.mean" not in published:
        return None
    mean_db, source = published[f"{name}.mean"]
    low_db, _ = published.get(f"{name}.min", (mean_db - LONE_CURVE_DB, ""))
    high_db, _ = published.get(f"{name}.max", (mean_db + LONE_CURVE_DB, ""))
    return Range(low_db, mean_db, high_db, source)


@functools.cache
def _published() -> dict[str, tuple[float, str]]:
    """Value and source by name."""
    folder = importlib.resources.files("gemel.scenarios.calibration")
    with (folder / "references.csv").open(encoding="utf-8") as lines:
        return {
            row["name"]: (float(row["value"]), row["source"])
            for row in csv.DictReader(lines)
        }
