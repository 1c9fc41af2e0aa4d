"""What does one day, lived twice with the same luck, leave behind to be shown?"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class CellRows:
    """The cells as the inventory knows them; every array is [cell].

    layer: index into `layers`, the carriers' labels, e.g. "700 MHz"
    """

    name: tuple[str, ...]
    x_m: Numbers
    y_m: Numbers
    azimuth_deg: Numbers
    layer: NDArray[np.int64]
    layers: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Raster:
    """Values on a grid, [row, column]; row 0 is the southernmost, NaN where unknown."""

    x0_m: float
    y0_m: float
    step_m: float
    value: NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class TargetOutcome:
    """One intent target over the day; every array is [period], NaN where unknown.

    condition:     the standard's word, e.g. IS_GREATER_THAN
    unit:          of threshold and values, e.g. "kbit/s"
    baseline:      measured in the life without autonomy
    achieved:      measured in the life with autonomy
    forecast_*:    what the twin said before each period of the life with autonomy
    per_day:       judged once on the day's sum instead of every period
    day_baseline, day_achieved: the number of the whole day
    """

    name: str
    condition: str
    threshold: float
    unit: str
    fulfilled: bool
    violation_minutes: float
    day_baseline: float
    day_achieved: float
    baseline: Numbers
    achieved: Numbers
    forecast_low: Numbers
    forecast_mean: Numbers
    forecast_high: Numbers
    per_day: bool = False


@dataclasses.dataclass(frozen=True)
class Throughput:
    """User throughput over one life, users without coverage counted as zero."""

    mean_mbps: float
    p5_mbps: float


@dataclasses.dataclass(frozen=True)
class Actions:
    """How many proposals met which fate, and the commonest reasons for refusing."""

    proposed: int
    approved: int
    refused: int
    rolled_back: int
    refusal_reasons: tuple[tuple[str, int], ...] = ()


@dataclasses.dataclass(frozen=True)
class DayResult:
    """Both lives of one day. Arrays are [period] or [period, cell].

    command:             what to type to see the same again
    energy_kwh:          of the radio units, per period
    overhead_kwh:        of the sites besides the radios, per period, alike in both
    oracle_*:            None without --oracle
    load:                PRB usage, 0..1
    twin_prb_points_median, twin_throughput_percent_median: forecast against report
    journal:             one dict a decision, as written to journal.jsonl
    attribution:         one line a data source
    notes:               what a reader must know, one line each
    one_life:            of a live network: the baseline is a forecast
    """

    scenario: str
    command: str
    seed: int
    users: int
    hours: float
    period_s: float
    cells: CellRows
    energy_baseline_kwh: Numbers
    energy_autonomous_kwh: Numbers
    overhead_kwh: Numbers
    saving_percent: float
    saving_with_overhead_percent: float
    oracle_saving_percent: float | None
    load_baseline: Numbers
    load_autonomous: Numbers
    load_forecast: Numbers
    asleep: NDArray[np.bool_]
    targets: tuple[TargetOutcome, ...]
    throughput_baseline: Throughput
    throughput_autonomous: Throughput
    actions: Actions
    twin_prb_points_median: float
    twin_throughput_percent_median: float
    journal: tuple[dict, ...]
    coverage_dbm: Raster
    buildings_m: Raster | None
    attribution: tuple[str, ...]
    notes: tuple[str, ...]
    wall_s: float
    interrupted: bool = False
    one_life: bool = False

    @property
    def fulfilled(self) -> bool:
        """Every target of the intent was met."""
        return all(target.fulfilled for target in self.targets)
