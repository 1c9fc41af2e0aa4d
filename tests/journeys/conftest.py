"""What would a day of the closed loop leave behind, odd names included?"""

import math

import numpy as np
import pytest

from gemel.report.results import (
    Actions,
    CellRows,
    DayResult,
    Raster,
    TargetOutcome,
    Throughput,
)

HOSTILE = "<script>alert('x')</script> & \"[red]\" $\\frac$ 基站"
PERIODS = 96
LAYERS = ("700 MHz", "2100 MHz", "3500 MHz")


def some_cells(sites: int, rng: np.random.Generator, first: str) -> CellRows:
    place_m = rng.uniform(-3_000, 3_000, (sites, 2))
    turn_deg = rng.uniform(0, 120, sites)
    rows = [
        (f"site{site:03d}-{layer}-{sector}", site, layer, sector)
        for site in range(sites)
        for layer in range(1 + site % 3)
        for sector in range(3)
    ]
    site = np.array([row[1] for row in rows])
    sector = np.array([row[3] for row in rows], dtype=float)
    return CellRows(
        name=(first, *(row[0] for row in rows[1:])),
        x_m=place_m[site, 0],
        y_m=place_m[site, 1],
        azimuth_deg=(turn_deg[site] + 120.0 * sector) % 360.0,
        layer=np.array([row[2] for row in rows]),
        layers=LAYERS,
    )


def some_coverage(cells: CellRows, step_m: float) -> Raster:
    axis_m = np.arange(-3_500.0, 3_500.0, step_m)
    east_m, north_m = np.meshgrid(axis_m, axis_m)
    best_dbm = np.full(east_m.shape, -np.inf)
    for x_m, y_m, azimuth_deg in zip(
        cells.x_m, cells.y_m, cells.azimuth_deg, strict=True
    ):
        away_m = np.hypot(east_m - x_m, north_m - y_m) + 20.0
        bearing_deg = np.degrees(np.arctan2(east_m - x_m, north_m - y_m))
        off_deg = (bearing_deg - azimuth_deg + 180.0) % 360.0 - 180.0
        pattern_db = np.minimum(12.0 * (off_deg / 65.0) ** 2, 25.0)
        best_dbm = np.maximum(best_dbm, -20.0 - 35.0 * np.log10(away_m) - pattern_db)
    best_dbm += 4.0 * np.sin(east_m / 90.0) * np.sin(north_m / 130.0)
    best_dbm[:4, :4] = np.nan
    return Raster(-3_500.0, -3_500.0, step_m, best_dbm.astype(np.float32))


def some_target(name: str, level: float, rng: np.random.Generator, **more):
    hour = np.arange(PERIODS) / 4.0
    course = level * (1.0 + 0.15 * np.cos((hour - 4.0) / 24.0 * 2 * np.pi))
    achieved = course * rng.normal(0.97, 0.01, PERIODS)
    mean = np.append(np.nan, achieved[1:] * rng.normal(1.0, 0.015, PERIODS - 1))
    fields = {
        "condition": "IS_GREATER_THAN",
        "threshold": 0.75 * level,
        "unit": "kbit/s",
        "fulfilled": True,
        "violation_minutes": 0.0,
        "day_baseline": float(course.mean()),
        "day_achieved": float(achieved.mean()),
        "baseline": course,
        "achieved": achieved,
        "forecast_low": 0.96 * mean,
        "forecast_mean": mean,
        "forecast_high": 1.04 * mean,
    }
    return TargetOutcome(name=name, **(fields | more))


def some_entry(decision: int, rng: np.random.Generator, names) -> dict:
    refused, undone = decision % 4 == 3, decision % 29 == 12
    low, high = sorted(rng.uniform(9_000.0, 12_000.0, 2).tolist())
    chosen = rng.choice(names[1:], int(rng.integers(1, 12)), replace=False).tolist()
    return {
        "schema_version": 1,
        "decision": decision,
        "elapsed_s": decision * 900.0,
        "aim": "energy",
        "authority": "act alone",
        "evidence": {
            "AveDLRANUEThpt": {"low": low, "mean": (low + high) / 2, "high": high},
            "saving_kwh_low": 0.5,
            "saving_kwh_mean": 0.81234,
            "saving_kwh_high": 1.1,
        },
        "action": {"sleep": [names[0], *chosen], "wake": chosen[:1]},
        "verdict": "refused" if refused else "approved",
        "reason": f"AveDLRANUEThpt could fall to {low:,.0f} kbit/s, below 9,500 kbit/s"
        if refused
        else "every target holds with 95 % sureness",
        "outcome": None if refused else {"AveDLRANUEThpt": high, "saved_kwh": 0.8},
        "abort": "AveDLRANUEThpt was 8,900 kbit/s in two reports" if undone else None,
    }


def some_day(sites: int = 25, decisions: int = 60, first: str = HOSTILE) -> DayResult:
    """A day as the closed loop would leave it, with odd names and missing values."""
    rng = np.random.default_rng(7)
    cells = some_cells(sites, rng, first)
    count = len(cells.name)
    hour = np.arange(PERIODS) / 4.0
    busy = 0.08 + 0.32 * np.exp(-(((hour - 19.0 + 12) % 24 - 12) ** 2) / 30.0)
    busy += 0.15 * np.exp(-((hour - 11.0) ** 2) / 14.0)
    base = np.clip(busy[:, None] * rng.lognormal(0.0, 0.5, (PERIODS, count)), 0, 1)
    sleepy = rng.lognormal(0.0, 0.4, count) * np.where(cells.layer > 0, 0.16, 0.0)
    asleep = busy[:, None] < sleepy
    ours = np.where(asleep, 0.0, np.clip(1.15 * base, 0, 1))
    said = np.clip(ours + rng.normal(0.0, 0.015, ours.shape), 0, 1)
    said[0] = np.nan
    base_kwh = 0.12 * count / 4 + 0.3 * base.sum(axis=1) / 4
    ours_kwh = 0.12 * (~asleep).sum(axis=1) / 4 + 0.3 * ours.sum(axis=1) / 4
    rest_kwh = np.full(PERIODS, 0.05 * count)
    saved_kwh = base_kwh.sum() - ours_kwh.sum()
    sum_kwh = ours_kwh.sum()
    energy = some_target(
        "RANEnergyConsumption",
        1.0,
        rng,
        condition="IS_LESS_THAN",
        unit="kWh",
        threshold=float(0.9 * sum_kwh),
        fulfilled=False,
        per_day=True,
        day_baseline=float(base_kwh.sum()),
        day_achieved=float(sum_kwh),
        baseline=base_kwh,
        achieved=ours_kwh,
        forecast_mean=1.01 * ours_kwh,
    )
    low = some_target(
        "LowDLRANUEThptRatio",
        4.0,
        rng,
        condition="IS_LESS_THAN",
        threshold=4.3,
        unit="%",
        fulfilled=False,
        violation_minutes=45.0,
    )
    blocks = rng.uniform(-20, 20, (70, 70)) * (rng.uniform(size=(70, 1)) < 0.7)
    buildings = np.kron(blocks, np.ones((2, 2))).astype(np.float32)
    buildings[0, :] = np.nan
    journal = [some_entry(number, rng, cells.name) for number in range(decisions)]
    return DayResult(
        scenario="munich",
        command="gemel run munich --seed 7",
        seed=7,
        users=10 * count,
        hours=24.0,
        period_s=900.0,
        cells=cells,
        energy_baseline_kwh=base_kwh,
        energy_autonomous_kwh=ours_kwh,
        overhead_kwh=rest_kwh,
        saving_percent=float(100 * saved_kwh / base_kwh.sum()),
        saving_with_overhead_percent=float(
            100 * saved_kwh / (base_kwh.sum() + rest_kwh.sum())
        ),
        oracle_saving_percent=31.4,
        load_baseline=base,
        load_autonomous=ours,
        load_forecast=said,
        asleep=asleep,
        targets=(some_target("AveDLRANUEThpt", 12_000.0, rng), low, energy),
        throughput_baseline=Throughput(21.4, 3.21),
        throughput_autonomous=Throughput(20.7, math.nan),
        actions=Actions(
            96, 71, 25, 2, (("the forecast violates a target", 21), ("stale", 4))
        ),
        twin_prb_points_median=1.31,
        twin_throughput_percent_median=4.2,
        journal=tuple(journal),
        coverage_dbm=some_coverage(cells, 50.0),
        buildings_m=Raster(-3_500.0, -3_500.0, 50.0, buildings),
        attribution=("Antennas: somebody, https://data.example/a?b=1&c=2 (licence).",),
        notes=("Azimuths were not in the table; they were drawn at random.",),
        wall_s=31.2,
    )


@pytest.fixture(scope="session")
def day() -> DayResult:
    return some_day()
