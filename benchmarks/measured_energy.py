"""How good is the energy model at base stations that it never saw?

Real base stations, split by station into five folds; how large trees may be is decided
on inner folds alone. Needs `GEMEL_DATA`, with the three tables in
`base_station_energy`. Target: a mean absolute percentage error of at most 11 %. Time is
processor time: it minds neighbours less.
"""

import argparse
import functools
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from machine import busy

from gemel.interfaces.learning.boosting import grow
from gemel.interfaces.tables.load_table import read_load
from gemel.interfaces.tables.stations import join, read_stations
from gemel.interfaces.tables.stations_energy import read_energy
from gemel.twin.energy_model.learning import learn_energy


def main() -> None:
    """Print one line a seed, or one JSON object."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--json", action="store_true")
    asked.add_argument(
        "--seeds", type=int, default=1, help="ways to split the stations"
    )
    options = asked.parse_args()
    if "GEMEL_DATA" not in os.environ:
        sys.exit(
            "GEMEL_DATA is not set. Give the folder that holds base_station_energy."
        )
    folder = Path(os.environ["GEMEL_DATA"]) / "base_station_energy"
    load = read_load(folder / "CLdata.csv.gz")
    joined = join(read_stations(folder / "BSinfo.csv"), load)
    energy = read_energy(folder / "ECdata.csv.gz", load, joined.stations).energy
    if not options.json:
        print(busy())
    found = []
    for seed in range(options.seeds):
        began_s = time.process_time()
        model, unseen = learn_energy(
            joined.equipment,
            joined.activity,
            energy,
            grow=functools.partial(grow, threads=1),
            seed=seed,
        )
        wrong = np.abs(unseen.predicted - unseen.energy) / unseen.energy
        own = [wrong[unseen.station == one].mean() for one in np.unique(unseen.station)]
        found.append(
            {
                "seed": seed,
                "stations": len(own),
                "hours": len(wrong),
                "error_percent": unseen.mape_percent(),
                "formula_error_percent": unseen.mape_percent(unseen.formula),
                "median_station_percent": float(100 * np.median(own)),
                "covered_percent": float(100 * unseen.inside.mean()),
                "load_stamped_later_h": model.ahead,
                "processor_s": time.process_time() - began_s,
            }
        )
    if options.json:
        print(json.dumps(found))
        return
    for one in found:
        print(
            f"seed {one['seed']}: error {one['error_percent']:.2f} % "
            f"(formula {one['formula_error_percent']:.2f} %, median station "
            f"{one['median_station_percent']:.2f} %), "
            f"{one['covered_percent']:.1f} % in the interval; "
            f"{one['hours']:,} hours of {one['stations']:,} stations, "
            f"{one['processor_s']:.0f} s"
        )


if __name__ == "__main__":
    main()
