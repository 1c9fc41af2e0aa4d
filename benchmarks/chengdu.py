"""How well does a calibration predict levels that it never saw, in a real city?

    GEMEL_DATA=… python benchmarks/chengdu.py [--seeds 3] [--masts] [--json]

Real reference-signal levels of 1,024 cells. For every seed a fifth of the 100 m blocks
(of all cells) and 64 whole cells are kept out, with --masts all cells of so many masts
that 64 cells are out; the calibration is told nothing of them, not even how many there
are, and chooses whatever it chooses on what it is told. Points from 20 to 1,500 m of
their cell count. Printed are root mean square error, F1 of weak coverage (below
-103 dBm, by the mean alone), the share of points within the 10 % and 90 % points, what
training took, and what predicting 450,000 points took.
"""

import argparse
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from gemel.interfaces.learning.boosting import grow
from gemel.interfaces.tables.measurements import read_points
from gemel.interfaces.tables.measurements_cells import read_cells
from gemel.interfaces.tables.terrain import read_terrain
from gemel.twin.calibration.calibrate import calibrate
from gemel.twin.calibration.calibrated import Calibrated
from gemel.twin.calibration.features import site_of
from gemel.twin.calibration.measured import Points, SiteTable, Terrain
from gemel.twin.calibration.places import square_of

BLOCK_M, BLOCKS_OUT, CELLS_OUT = 100.0, 0.2, 64
NEAR_M, FAR_M = 20.0, 1_500.0
WEAK_DBM = -103.0
MANY = 450_000


def kept_out(
    sites: SiteTable, points: Points, seed: int, masts: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Which points lie in blocks that are kept out, and which are of cells that are."""
    lot = np.random.default_rng(seed)
    block = square_of(points.x_m, points.y_m, BLOCK_M)
    blocks = np.unique(block)
    out = lot.permutation(blocks)[: round(BLOCKS_OUT * len(blocks))]
    cells = lot.permutation(np.unique(points.cell))
    if masts:
        mast = site_of(sites)
        order = lot.permutation(np.unique(mast[cells]))
        cells = np.concatenate([cells[mast[cells] == one] for one in order])
    return np.isin(block, out), np.isin(points.cell, cells[:CELLS_OUT])


def judged(
    model: Calibrated, sites: SiteTable, points: Points, terrain: Terrain
) -> dict[str, float]:
    """The numbers of one kind of point."""
    said = model.predict(sites, points, terrain)
    assert points.rsrp_dbm is not None
    level_dbm = points.rsrp_dbm
    inside = (said.p10_dbm <= level_dbm) & (level_dbm <= said.p90_dbm)
    weak, called = level_dbm < WEAK_DBM, said.mean_dbm < WEAK_DBM
    return {
        "points": len(points),
        "rmse_db": float(np.sqrt(np.mean((level_dbm - said.mean_dbm) ** 2))),
        "bias_db": float(np.mean(said.mean_dbm - level_dbm)),
        "f1_weak": float(2.0 * (weak & called).sum() / (weak.sum() + called.sum())),
        "inside": float(inside.mean()),
        "below": float((level_dbm < said.p10_dbm).mean()),
        "width_db": float((said.p90_dbm - said.p10_dbm).mean()),
    }


def one_seed(
    sites: SiteTable, points: Points, terrain: Terrain, seed: int, masts: bool
) -> dict[str, Any]:
    """Train without what is kept out, and ask for it."""
    block_out, cell_out = kept_out(sites, points, seed, masts)
    away_m = np.hypot(
        points.x_m - sites.x_m[points.cell], points.y_m - sites.y_m[points.cell]
    )
    counts = (NEAR_M <= away_m) & (away_m <= FAR_M)
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    told = points.chosen(~block_out & ~cell_out)
    model = calibrate(sites, told, terrain, grow=grow, seed=seed)
    found: dict[str, Any] = {
        "seed": seed,
        "train_s": time.perf_counter() - begun_s,
        "train_cpu_s": time.process_time() - begun_cpu_s,
    }
    kinds = {
        "blocks": block_out & ~cell_out,
        "cells": cell_out,
        "cells_in_new_blocks": cell_out & block_out,
    }
    for kind, which in kinds.items():
        found[kind] = judged(model, sites, points.chosen(which & counts), terrain)
    many = points.chosen(np.resize(np.flatnonzero(block_out), MANY))
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    model.predict(sites, many, terrain)
    found["predict_s"] = time.perf_counter() - begun_s
    found["predict_cpu_s"] = time.process_time() - begun_cpu_s
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--masts", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    folder = Path(os.environ["GEMEL_DATA"]) / "chengdu"
    sites, frame = read_cells(folder / "cells.csv")
    places_m = np.stack([sites.x_m, sites.y_m], -1)
    terrain = read_terrain(folder / "map_core_5m.npz", frame, places_m)
    table = read_points(
        folder / "measurements.parquet", sites, frame, terrain, measured=True
    )
    load = os.getloadavg()[0]
    results = []
    if not asked.json:
        print(f"load average {load:.1f}; {len(table.points):,} points")
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        found = one_seed(sites, table.points, terrain, seed, asked.masts)
        results.append(found)
        if asked.json:
            continue
        print(
            f"seed {seed}: trained in {found['train_s']:.0f} s "
            f"({found['train_cpu_s']:.0f} s of processors), 450,000 points in "
            f"{found['predict_s']:.1f} s ({found['predict_cpu_s']:.1f} s)"
        )
        for kind in ("blocks", "cells", "cells_in_new_blocks"):
            one = found[kind]
            print(
                f"  {kind:20} {one['points']:8,} points  rmse {one['rmse_db']:5.2f} dB"
                f"  F1 {one['f1_weak']:.3f}  inside {one['inside']:.3f}"
                f"  below {one['below']:.3f}  width {one['width_db']:.1f} dB"
                f"  bias {one['bias_db']:+.2f} dB",
                flush=True,
            )
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if asked.json:
        said = {"load_average": load, "peak_gib": peak_gib, "seeds": results}
        print(json.dumps(said))
    else:
        print(f"most memory ever: {peak_gib:.2f} GiB")


if __name__ == "__main__":
    main()
