"""What do the hours of a live network amount to, without a second life beside them?"""

import dataclasses
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gemel.autonomy.intents import Target
from gemel.autonomy.odds import BAD_SIDE
from gemel.errors import InterfaceError
from gemel.network.energy import SITE_OVERHEAD_W
from gemel.report.results import Actions, DayResult, TargetOutcome, Throughput
from gemel.scenarios.outcome import (
    buildings_of,
    cell_rows,
    coverage_raster,
    energy_notes,
    target_outcome,
)
from gemel.scenarios.promise import DAY_SHARE
from gemel.scenarios.record import ForecastRecord, LifeRecord, twin_errors
from gemel.scenarios.worlds import PublicFacts

if TYPE_CHECKING:
    from gemel.scenarios.live_day import LiveOptions

ENERGY = "RANEnergyConsumption"


@dataclasses.dataclass
class LiveRecord:
    """What is kept while a network is run.

    usual:          the forecast of the hours with nothing done, a period an entry
    lived:          what was reported
    yesterday_kwh:  what was reported of the same hours a day before
    began_s:        on the network's clock
    silent:         periods of which no report came
    ended:          why before its time; empty where it was not
    """

    usual: LifeRecord = dataclasses.field(default_factory=LifeRecord)
    lived: LifeRecord = dataclasses.field(default_factory=LifeRecord)
    yesterday_kwh: list[float] = dataclasses.field(default_factory=list)
    said: ForecastRecord = dataclasses.field(default_factory=ForecastRecord)
    fates: Counter[str] = dataclasses.field(default_factory=Counter)
    reasons: Counter[str] = dataclasses.field(default_factory=Counter)
    began_s: float = 0.0
    silent: int = 0
    ended: str = ""

    @property
    def periods(self) -> int:
        """How many were lived."""
        return len(self.lived.load)


def live_result(
    facts: PublicFacts,
    record: LiveRecord,
    targets: tuple[Target, ...],
    journal: tuple[dict[str, Any], ...],
    energy_doubt: float,
    period_s: float,
    options: "LiveOptions",
    clock: Callable[[], float],
) -> DayResult:
    """Everything that is shown and written.

    energy_doubt:  relative, of the forecast of energy
    Raises InterfaceError where no report could be read at all.
    """
    count, lived, plan = record.periods, record.lived, facts.plan
    usual_kwh, ours_kwh = record.usual.of(ENERGY)[:count], lived.of(ENERGY)
    told = np.isfinite(ours_kwh)
    if not told.any():
        raise InterfaceError(
            f"none of the {count} periods had a report that can be read; nothing is "
            "known of them. Mend the network's reports and run again."
        )
    expected_kwh, spent_kwh = float(usual_kwh[told].sum()), float(ours_kwh[told].sum())
    overhead_kwh = facts.cells.sites * SITE_OVERHEAD_W * period_s / 3.6e6
    with_overhead_kwh = expected_kwh + overhead_kwh * float(told.sum())
    saved_kwh = expected_kwh - spent_kwh
    points, percent = twin_errors(record.said, _heard(lived))
    return DayResult(
        scenario=plan.name,
        command=options.command or f"gemel run {plan.name} --network URL",
        seed=options.seed,
        users=plan.people,
        hours=count * period_s / 3_600.0,
        period_s=period_s,
        cells=cell_rows(facts),
        energy_baseline_kwh=usual_kwh,
        energy_autonomous_kwh=ours_kwh,
        overhead_kwh=np.full(count, overhead_kwh),
        saving_percent=100.0 * saved_kwh / expected_kwh,
        saving_with_overhead_percent=100.0 * saved_kwh / with_overhead_kwh,
        oracle_saving_percent=None,
        load_baseline=_stack(record.usual.load[:count]),
        load_autonomous=_stack(lived.load),
        load_forecast=_stack(record.said.load[:count]),
        asleep=~np.stack(lived.awake),
        targets=tuple(outcome_of(target, record, period_s) for target in targets),
        # What single users get stands in no report.
        throughput_baseline=Throughput(np.nan, np.nan),
        throughput_autonomous=Throughput(np.nan, np.nan),
        actions=Actions(
            proposed=record.fates["proposed"],
            approved=record.fates["approved"],
            refused=record.fates["refused"],
            rolled_back=record.fates["rolled_back"],
            refusal_reasons=tuple(record.reasons.most_common()),
        ),
        twin_prb_points_median=points,
        twin_throughput_percent_median=percent,
        journal=tuple(_since(record.began_s, story) for story in journal),
        coverage_dbm=coverage_raster(facts),
        buildings_m=buildings_of(facts),
        attribution=plan.attribution,
        notes=(
            *_one_life(record, expected_kwh, spent_kwh, energy_doubt),
            *plan.notes,
            *energy_notes(facts),
        ),
        wall_s=clock(),
        interrupted=bool(record.ended),
        one_life=True,
    )


def saving_between(
    expected_kwh: float, spent_kwh: float, doubt: float
) -> tuple[float, float]:
    """Percent, at the two ends of the forecast that it is told against."""
    low, high = (
        100.0 * (1.0 - spent_kwh / (expected_kwh * (1.0 + side * BAD_SIDE * doubt)))
        for side in (-1.0, 1.0)
    )
    return low, high


def _one_life(
    record: LiveRecord, expected_kwh: float, spent_kwh: float, doubt: float
) -> list[str]:
    low, high = saving_between(expected_kwh, spent_kwh, max(DAY_SHARE, doubt))
    heard = np.isfinite(record.lived.of(ENERGY))
    yesterday_kwh = float(np.array(record.yesterday_kwh)[: len(heard)][heard].sum())
    told = [
        "There is one life only: 'baseline' is the twin's forecast of these hours with "
        "nothing done, from yesterday's reports; no second network was lived beside "
        "this one.",
        f"By that forecast's own doubt the saving is between {low:.1f} and {high:.1f} "
        "% (98 in 100); against the same hours of yesterday as reported it is "
        f"{100.0 * (1.0 - spent_kwh / yesterday_kwh):.1f} %.",
        "What single users get stands in no report, so it is not shown.",
    ]
    if record.silent:
        told.append(f"No report came of {record.silent} periods; they do not count.")
    if record.ended:
        told.append(f"It ended before its time: {record.ended}")
    return told


def outcome_of(target: Target, record: LiveRecord, period_s: float) -> TargetOutcome:
    """Judged where there was a report; NaN elsewhere."""
    count = record.periods
    usual, ours = record.usual.of(target.name)[:count], record.lived.of(target.name)
    bands = record.said.bands[:count]
    rows = [int(row) for row in np.flatnonzero(np.isfinite(ours))]
    lives = [
        LifeRecord(kpis=[life.kpis[row] for row in rows])
        for life in (record.usual, record.lived)
    ]
    said = ForecastRecord(bands=[bands[row] for row in rows])
    seen = cast(Any, SimpleNamespace(lives=lives, said=said))
    low, mean, high = np.array([band[target.name] for band in bands]).T
    return dataclasses.replace(
        target_outcome(target, seen, period_s),
        baseline=usual,
        achieved=ours,
        forecast_low=low,
        forecast_mean=mean,
        forecast_high=high,
    )


def _heard(life: LifeRecord) -> LifeRecord:
    """The same, where a cell of which nothing was heard counts as not on air."""
    return LifeRecord(
        load=[np.nan_to_num(load) for load in life.load],
        throughput_kbps=life.throughput_kbps,
        awake=[
            awake & np.isfinite(load)
            for awake, load in zip(life.awake, life.load, strict=True)
        ],
    )


def _since(began_s: float, story: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value - began_s
        if key.endswith("elapsed_s") and value is not None
        else value
        for key, value in story.items()
    }


def _stack(rows: list[np.ndarray]) -> np.ndarray:
    return np.stack(rows).astype(np.float64)
