"""Which forecast belongs to which report, and what would the naive have said?

A pair is one number that was forecast and then reported. Beside it stand the two
forecasts that cost nothing: the last value known when the forecast was made
(persistence), and the value of the same time on the last day that was over by then
(seasonal).
"""

import dataclasses

import numpy as np
from jaxtyping import Float, Int

from gemel.twin.fidelity.reports import Numbers, reports_of, series_of
from gemel.twin.history import AbstractHistory
from gemel.world.demand import DAY_S

SEASONS = 2  # days looked back: what is forecast a day ahead knows yesterday in part
BEFORE_S = 0.5  # clocks of reports are single precision


@dataclasses.dataclass(frozen=True)
class Pairs:
    """One row a number that was forecast and reported.

    name, cell:   number in `names` and `cells`
    persistence, seasonal: what the naive would have said, NaN where nothing was known
    unsaid, unheard: forecasts without a number, and those whose report never came
    period_s:     of the reports, the commonest
    heard:        share of the values of these periods that were there
    """

    names: tuple[str, ...]
    cells: tuple[str, ...]
    name: Int[np.ndarray, " pair"]
    cell: Int[np.ndarray, " pair"]
    made_s: Float[np.ndarray, " pair"]
    elapsed_s: Float[np.ndarray, " pair"]
    horizon_s: Float[np.ndarray, " pair"]
    mean: Float[np.ndarray, " pair"]
    low: Float[np.ndarray, " pair"]
    high: Float[np.ndarray, " pair"]
    value: Float[np.ndarray, " pair"]
    persistence: Float[np.ndarray, " pair"]
    seasonal: Float[np.ndarray, " pair"]
    unsaid: int
    unheard: int
    period_s: float
    heard: float

    def __len__(self) -> int:
        return len(self.value)


def pairs_of(history: AbstractHistory, since_s: float, until_s: float) -> Pairs:
    """Forecasts of periods that began from `since_s` to before `until_s`."""
    told = history.read("reports", since_s - SEASONS * DAY_S, until_s)
    said = history.read("forecasts", since_s, until_s)
    due = (since_s - BEFORE_S <= said["elapsed_s"]) & (
        said["elapsed_s"] < until_s - BEFORE_S
    )
    names, cells = Numbers(), Numbers()
    name, cell = names.of(said["name"][due]), cells.of(said["cell"][due])
    # What was set long ago may still be set.
    inventory = history.read("inventory", until_s=until_s)
    reports = reports_of(told, inventory, names, cells)
    made_s, elapsed_s, horizon_s, mean, low, high = (
        said[column][due].astype(np.float64)
        for column in ("made_s", "elapsed_s", "horizon_s", "mean", "low", "high")
    )
    series = series_of(name, cell)
    value = reports.at(series, elapsed_s)
    # A day ahead, the same time yesterday is not over when the forecast is made.
    ahead_s = elapsed_s + reports.period_s - made_s - BEFORE_S
    seasonal = reports.at(
        series, elapsed_s - DAY_S * np.maximum(np.ceil(ahead_s / DAY_S), 1.0)
    )
    was_said, was_heard = np.isfinite(mean), np.isfinite(value)
    keep = was_said & was_heard
    # Of what nobody ever reports no report is missing.
    ever = np.isin(series, np.unique(series[was_heard]))
    of_window = told["elapsed_s"] >= since_s - BEFORE_S
    present = told["present"][of_window].astype(bool)
    return Pairs(
        tuple(names.known),
        tuple(cells.known),
        name[keep],
        cell[keep],
        made_s[keep],
        elapsed_s[keep],
        horizon_s[keep],
        mean[keep],
        low[keep],
        high[keep],
        value[keep],
        reports.last(series, made_s + BEFORE_S)[keep],
        seasonal[keep],
        unsaid=int((~was_said).sum()),
        unheard=int((was_said & ~was_heard & ever).sum()),
        period_s=reports.period_s,
        heard=float(present.mean()) if present.size else float("nan"),
    )
