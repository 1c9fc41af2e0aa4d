"""What does it cost to keep a network's history, and to read it back?

Quarters of an hour of five measurements a cell. An append is timed until it is safe on
the disk; tidying, which some appends bring along, is in the slowest.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import busy, table

from gemel.interfaces.stores.history_duckdb import DuckHistory
from gemel.network.counters import MEASUREMENTS

PERIOD_S = 900.0


def period(number: int, cells: np.ndarray, luck: np.random.Generator) -> dict:
    """A report of every cell."""
    many = len(cells) * len(MEASUREMENTS)
    return {
        "elapsed_s": np.full(many, number * PERIOD_S),
        "period_s": np.full(many, PERIOD_S),
        "cell": np.tile(cells, len(MEASUREMENTS)),
        "name": np.repeat(np.array(list(MEASUREMENTS)), len(cells)),
        "value": luck.gamma(2.0, 20.0, many).astype(np.float32).astype(np.float64),
        "present": np.ones(many, bool),
        "age_s": np.zeros(many),
    }


def kept(cells: int, periods: int, where: Path) -> dict[str, float]:
    """Numbers of one history."""
    names = np.array([f"site-{n // 3}/{n % 3}" for n in range(cells)])
    luck = np.random.default_rng(0)
    wall_s, own_s = [], []
    with DuckHistory(where) as history:
        for number in range(periods):
            rows = period(number, names, luck)
            begun, own = time.perf_counter(), time.process_time()
            history.append("reports", rows)
            wall_s.append(time.perf_counter() - begun)
            own_s.append(time.process_time() - own)
        files = history.files("reports")
    opened = time.perf_counter()
    history = DuckHistory(where, writing=False)
    opened_s = time.perf_counter() - opened
    spent = {}
    for what, since_s in (("all", None), ("hour", (periods - 4) * PERIOD_S)):
        begun = time.perf_counter()
        rows = history.read("reports", since_s)
        spent[what] = (len(rows["cell"]), time.perf_counter() - begun)
    return {
        "cells": cells,
        "periods": periods,
        "rows": spent["all"][0],
        "append_s": float(np.median(wall_s)),
        "append_own_s": float(np.median(own_s)),
        "slowest_s": max(wall_s),
        "slowest_own_s": max(own_s),
        "files": len(files),
        "bytes_a_row": sum(each.size for each in files) / spent["all"][0],
        "open_s": opened_s,
        "read_all_s": spent["all"][1],
        "read_hour_s": spent["hour"][1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, nargs="+", default=[57, 570, 6_000])
    parser.add_argument("--periods", type=int, default=96)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    state = busy()
    answers = []
    for cells in chosen.cells:
        with tempfile.TemporaryDirectory() as folder:
            answers.append(kept(cells, chosen.periods, Path(folder)))
    if chosen.json:
        print(json.dumps({"machine": state, "histories": answers}))
        return
    print(state)
    titles = list(answers[0])
    print(table(titles, [[f"{each[t]:.4g}" for t in titles] for each in answers]))


if __name__ == "__main__":
    main()
