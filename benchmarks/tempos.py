"""How far are flows, ticks and slots apart on one world, and what does each cost?

    python benchmarks/tempos.py [seconds of slots, 60 by default]

Prints one row for each mean load and pair of tempos; nothing is asserted here.
"""

import sys
import time

from gemel.scenarios.tempos_compared import (
    difference,
    said_by_flow,
    said_by_seconds,
    same_world,
)

LOADS, WARM_S = (0.2, 0.5, 0.7), 15


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print("mean load | tempos | load points: mean median p90 | throughput: all quiet |"
          " energy | volume | links lost a minute | wall s")  # fmt: skip
    for load in LOADS:
        world = same_world(load)
        flow = said_by_flow(world)
        for tempo in ("tick", "slot"):
            began_s = time.perf_counter()
            other = said_by_seconds(world, tempo, WARM_S, seconds)
            wall_s = time.perf_counter() - began_s
            found = difference(flow, other)
            points = (found.load_mean, found.load_median, found.load_p90)
            print(
                f"{load:.1f} | flow, {tempo} | "
                + " ".join(f"{100 * value:+.1f}" for value in points)
                + f" | {found.throughput:.2f} {found.quiet_throughput:.2f}"
                + f" | {found.energy:.2f} | {found.volume:.2f}"
                + f" | {60 * other.lost_links:.0f} | {wall_s:.0f}"
            )


if __name__ == "__main__":
    main()
