"""What do the two lives amount to, in the numbers that are shown?"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gemel.autonomy.intents import CONDITIONS, TARGETS, Target, met
from gemel.emulator.tempos.seconds import Tempo
from gemel.network.coverage import coverage_dbm
from gemel.network.energy import SITE_OVERHEAD_W
from gemel.report.results import (
    Actions,
    CellRows,
    DayResult,
    Raster,
    TargetOutcome,
    Throughput,
)
from gemel.scenarios.record import LifeRecord, twin_errors
from gemel.scenarios.worlds import PublicFacts

if TYPE_CHECKING:
    from gemel.scenarios.trial import Day, DayOptions, Prepared

PIXELS = 120  # of the coverage map, on its longer side


def day_result(
    ready: "Prepared",
    options: "DayOptions",
    day: "Day",
    oracle: LifeRecord | None,
    interrupted: bool,
    clock: Callable[[], float],
) -> DayResult:
    """Everything that is shown and written."""
    base, auto = day.lives
    facts, plan = ready.facts, ready.facts.plan
    periods = len(base.load)
    hours = periods * options.period_s / 3_600.0
    energy = base.of("RANEnergyConsumption"), auto.of("RANEnergyConsumption")
    overhead_kwh = facts.cells.sites * SITE_OVERHEAD_W * options.period_s / 3.6e6
    saved_kwh = float(energy[0].sum() - energy[1].sum())
    whole_kwh = float(energy[0].sum()) + overhead_kwh * periods
    points, percent = twin_errors(day.said, auto)
    return DayResult(
        scenario=plan.name,
        command=options.command or f"gemel run {plan.name} --seed {options.seed}",
        seed=options.seed,
        users=plan.people,
        hours=hours,
        period_s=options.period_s,
        cells=cell_rows(facts),
        energy_baseline_kwh=energy[0],
        energy_autonomous_kwh=energy[1],
        overhead_kwh=np.full(periods, overhead_kwh),
        saving_percent=100.0 * saved_kwh / float(energy[0].sum()),
        saving_with_overhead_percent=100.0 * saved_kwh / whole_kwh,
        oracle_saving_percent=_oracle_saving(base, oracle),
        load_baseline=_stack(base.load),
        load_autonomous=_stack(auto.load),
        load_forecast=_stack(day.said.load[:periods]),
        asleep=~np.stack(auto.awake),
        targets=tuple(
            target_outcome(target, day, options.period_s)
            for target in ready.intent.targets
        ),
        throughput_baseline=_throughput(base, options.tempo),
        throughput_autonomous=_throughput(auto, options.tempo),
        actions=Actions(
            proposed=day.fates["proposed"],
            approved=day.fates["approved"],
            refused=day.fates["refused"],
            rolled_back=day.fates["rolled_back"],
            refusal_reasons=tuple(day.reasons.most_common()),
        ),
        twin_prb_points_median=points,
        twin_throughput_percent_median=percent,
        journal=tuple(
            _since_midnight(story, options.today_s) for story in day.journal.stories()
        ),
        coverage_dbm=ready.coverage,
        buildings_m=buildings_of(facts),
        attribution=plan.attribution,
        notes=plan.notes + energy_notes(facts) + _lived_notes(options),
        wall_s=clock(),
        interrupted=interrupted,
    )


def _since_midnight(story: dict[str, Any], today_s: float) -> dict[str, Any]:
    """The stand-in's clock began days earlier, with what the twin remembers."""
    return {
        key: value - today_s
        if key.endswith("elapsed_s") and value is not None
        else value
        for key, value in story.items()
    }


def _oracle_saving(base: LifeRecord, oracle: LifeRecord | None) -> float | None:
    if oracle is None:
        return None
    usual, least = (life.of("RANEnergyConsumption").sum() for life in (base, oracle))
    return 100.0 * float(usual - least) / float(usual)


def _stack(rows: list[np.ndarray]) -> np.ndarray:
    return np.stack(rows).astype(np.float64)


def _throughput(life: LifeRecord, tempo: Tempo) -> Throughput:
    users_bps = np.stack(life.users_bps)
    if tempo != "flow":  # with queues, who got nothing mostly wanted nothing
        users_bps = users_bps[users_bps > 0.0]
    if not users_bps.size:
        return Throughput(np.nan, np.nan)
    return Throughput(
        mean_mbps=float(users_bps.mean(dtype=np.float64)) / 1e6,
        p5_mbps=float(np.percentile(users_bps, 5)) / 1e6,
    )


def _lived_notes(options: "DayOptions") -> tuple[str, ...]:
    """What is not as usual about how the day was lived."""
    notes = []
    if options.tempo != "flow":
        how = "by ticks"
        if options.tempo == "slot":
            how = "slot by slot"
            if options.duty < 1.0:
                how += (
                    f" for {100.0 * options.duty:g} % of every report period, the "
                    "rest by ticks"
                )
        notes.append(
            f"The day was lived {how}; yesterday, which the twin remembers, by flows. "
            "User throughput is that of periods in which a user got anything."
        )
    if options.faults is not None:
        count = len(options.faults.faults)
        notes.append(
            f"{count} faults of a schedule struck both lives alike. The twin saw the "
            "reports that were left; the numbers here are what was lived."
        )
    return tuple(notes)


def target_outcome(target: Target, day: "Day", period_s: float) -> TargetOutcome:
    base, auto = (life.of(target.name) for life in day.lives)
    kind = TARGETS[target.name]
    low, mean, high = np.array(
        [band[target.name] for band in day.said.bands[: len(base)]]
    ).T
    if kind.per_day:
        day_base, day_auto = float(base.sum()), float(auto.sum())
        fulfilled = met(target, day_auto)
        missed_s = 0.0 if fulfilled else period_s * len(auto)
    else:
        # A day's number: the worst period, since every one of them is judged.
        worst = np.min if CONDITIONS[target.condition][0] else np.max
        day_base, day_auto = float(worst(base)), float(worst(auto))
        misses = sum(not met(target, float(value)) for value in auto)
        fulfilled, missed_s = misses == 0, period_s * misses
    return TargetOutcome(
        name=target.name,
        condition=target.condition,
        threshold=target.threshold,
        unit=kind.unit,
        fulfilled=fulfilled,
        violation_minutes=missed_s / 60.0,
        day_baseline=day_base,
        day_achieved=day_auto,
        baseline=base,
        achieved=auto,
        forecast_low=low,
        forecast_mean=mean,
        forecast_high=high,
        per_day=kind.per_day,
    )


def cell_rows(facts: PublicFacts) -> CellRows:
    cells = facts.cells
    position_m = np.asarray(cells.position_m, np.float64)
    return CellRows(
        name=cells.name,
        x_m=position_m[:, 0],
        y_m=position_m[:, 1],
        azimuth_deg=np.asarray(cells.azimuth_deg, np.float64),
        layer=np.asarray(cells.layer, np.int64),
        layers=cells.carriers.label,
    )


def coverage_raster(facts: PublicFacts) -> Raster:
    """The map by the twin's own idea of propagation, every cell awake."""
    position_m = np.asarray(facts.cells.position_m)[:, :2]
    margin_m = 300.0
    low, high = position_m.min(0) - margin_m, position_m.max(0) + margin_m
    step_m = float((high - low).max()) / PIXELS
    east_m = np.arange(low[0] + step_m / 2, high[0], step_m)
    north_m = np.arange(low[1] + step_m / 2, high[1], step_m)
    level = coverage_dbm(
        facts.propagation, facts.cells, facts.controls, east_m, north_m
    )
    buildings = facts.plan.buildings
    if buildings is not None:
        level = np.where(_built(facts, east_m, north_m), np.nan, level)
    return Raster(float(low[0]), float(low[1]), step_m, level.astype(np.float32))


def _built(facts: PublicFacts, east_m: np.ndarray, north_m: np.ndarray) -> np.ndarray:
    """Where a pixel of the map lies under a roof: streets alone are drawn there."""
    raster = facts.plan.buildings
    assert raster is not None
    height_m = np.asarray(raster.height_m)
    column = ((east_m - float(raster.x0_m)) / float(raster.step_m)).astype(int)
    row = ((north_m - float(raster.y0_m)) / float(raster.step_m)).astype(int)
    inside_x = (column >= 0) & (column < height_m.shape[1])
    inside_y = (row >= 0) & (row < height_m.shape[0])
    found = height_m[np.ix_(row.clip(0, height_m.shape[0] - 1),
                            column.clip(0, height_m.shape[1] - 1))]  # fmt: skip
    return (found > 2.0) & inside_y[:, None] & inside_x[None, :]


def buildings_of(facts: PublicFacts) -> Raster | None:
    raster = facts.plan.buildings
    if raster is None:
        return None
    return Raster(
        float(raster.x0_m),
        float(raster.y0_m),
        float(raster.step_m),
        np.asarray(raster.height_m, np.float32),
    )


def energy_notes(facts: PublicFacts) -> tuple[str, ...]:
    carriers = facts.cells.carriers
    units = ", ".join(
        f"{label} {float(watts):g} W"
        for label, watts in zip(carriers.label, carriers.watts_per_unit, strict=True)
    )
    return (
        f"Power follows TR 38.864, category 1; one relative unit is {units}; "
        f"every site draws {SITE_OVERHEAD_W:g} W besides its radios.",
    )
