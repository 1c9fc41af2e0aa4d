"""What does a recording amount to, whatever files it came in?"""

import dataclasses
from datetime import datetime

import numpy as np

from gemel.interfaces.networks.arrivals import Arrivals
from gemel.twin.history import joined

Key = tuple[float, str, str]  # when, cell, name
Rows = dict[str, np.ndarray]


def _none(kind: str) -> Rows:
    return joined(kind, [])


@dataclasses.dataclass(frozen=True)
class Recording:
    """Rows of a history.

    monday:    from whose midnight its seconds count; None where no date is known
    arrivals:  what became of the reports
    samples:   levels measured on the road
    """

    monday: datetime | None
    arrivals: Arrivals
    reports: Rows = dataclasses.field(default_factory=lambda: _none("reports"))
    samples: Rows = dataclasses.field(default_factory=lambda: _none("samples"))

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.reports["elapsed_s"]) + len(self.samples["elapsed_s"])


def rows_of(values: dict[Key, float], period_s: float) -> Rows:
    """Reports in the order of time; NaN is absent."""
    keys = sorted(values)
    value = np.array([values[key] for key in keys], np.float64)
    count = len(keys)
    return {
        "elapsed_s": np.array([key[0] for key in keys], np.float64),
        "period_s": np.full(count, period_s),
        "cell": np.array([key[1] for key in keys], np.str_),
        "name": np.array([key[2] for key in keys], np.str_),
        "value": value,
        "present": np.isfinite(value),
        "age_s": np.zeros(count),
    }


def together(recordings: list[Recording]) -> Recording:
    """All of them on one clock: the earliest Monday's."""
    known = [each.monday for each in recordings if each.monday is not None]
    monday = min(known, default=None, key=_by_the_wall)
    arrivals = Arrivals()
    parts: dict[str, list[Rows]] = {"reports": [], "samples": []}
    for each in recordings:
        arrivals.add(each.arrivals)
        later_s = 0.0
        if each.monday is not None and monday is not None:
            apart = _by_the_wall(each.monday) - _by_the_wall(monday)
            later_s = apart.total_seconds()
        for kind, rows in (("reports", each.reports), ("samples", each.samples)):
            parts[kind].append(rows | {"elapsed_s": rows["elapsed_s"] + later_s})
    return Recording(
        monday,
        arrivals,
        joined("reports", parts["reports"]),
        joined("samples", parts["samples"]),
    )


def _by_the_wall(when: datetime) -> datetime:
    """What the clock shows: a day's demand follows that, not the instant."""
    return when.replace(tzinfo=None)
