"""How good is the forecast of measured load, for the next hour and for the next day?

Learned from the first 96 hours of 1,020 real base stations; every later hour is
forecast from what was known before it. Needs `GEMEL_DATA`, with
`base_station_energy/CLdata.csv.gz`. Targets: 15 % below the same hour of yesterday,
10 % below no change, and 85 to 95 % of the values in the 90 % interval. Time is
processor time: it minds neighbours less.
"""

import argparse
import functools
import json
import os
import sys
import time
from pathlib import Path

from machine import busy

from gemel.interfaces.learning.boosting import grow
from gemel.interfaces.tables.load_table import read_load
from gemel.twin.season.learning import fit
from gemel.twin.season.rolling import roll, standing

LEARN_H = 96


def main() -> None:
    """Print the table, or one JSON object."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    if "GEMEL_DATA" not in os.environ:
        sys.exit(
            "GEMEL_DATA is not set. Give the folder that holds base_station_energy."
        )
    table = read_load(
        Path(os.environ["GEMEL_DATA"]) / "base_station_energy" / "CLdata.csv.gz"
    )
    if not options.json:
        print(busy())
    found = []
    for trees in (False, True):
        began_s = time.process_time()
        model = fit(
            table.load[:LEARN_H],
            3_600.0,
            starts_s=table.starts_s,
            most=1.0,
            grow=functools.partial(grow, threads=1) if trees else None,
        )
        learned_s = time.process_time() - began_s
        for periods in (1, 24):
            rolled = roll(model, table.load, LEARN_H, periods, table.starts_s)
            stood = standing(rolled, table.load, model.slots)
            found.append(
                {
                    "horizon_h": periods,
                    "ends_by_trees": trees,
                    "values": stood.of_values,
                    "compared": stood.compared,
                    "error": stood.error,
                    "persistence": stood.persistence,
                    "yesterday": stood.yesterday,
                    "below_persistence_percent": 100 * stood.below_persistence,
                    "below_yesterday_percent": 100 * stood.below_yesterday,
                    "covered_percent": 100 * stood.covered,
                    "mean_width": float((rolled.high - rolled.low).mean()),
                    "learning_processor_s": learned_s,
                }
            )
    if options.json:
        print(json.dumps(found))
        return
    print("horizon  trees  error   no change  yesterday  covered  width  learning s")
    for one in found:
        print(
            f"{one['horizon_h']:5} h  {'yes' if one['ends_by_trees'] else 'no':>5}  "
            f"{one['error']:.4f}  {-one['below_persistence_percent']:+7.1f} %  "
            f"{-one['below_yesterday_percent']:+7.1f} %  "
            f"{one['covered_percent']:5.1f} %  "
            f"{one['mean_width']:.3f}  {one['learning_processor_s']:10.1f}"
        )


if __name__ == "__main__":
    main()
