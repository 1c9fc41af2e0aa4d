"""How well does the twin know the next minute of 57 cells, after two hours?

    python benchmarks/twin_accuracy.py [--tempo slot] [--loads 0.2,0.5,0.7]
        [--periods 180] [--seed 0]

Lives each network once, then lets a twin read all of its reports, and again with 30 %
of them lost. Prints one row a load and measurement; nothing is asserted here.
"""

import argparse
import time

from gemel.scenarios.twin_accuracy import (
    LEARNING,
    Accuracy,
    Errors,
    accuracy,
    arrived,
    lived_reports,
)
from gemel.scenarios.twin_accuracy_world import accuracy_world, losing

LOST = 0.3
HEAD = (
    "load | lost | measurement | twin: mean typical median | persistence | season | "
    "below persistence, season | on average | in interval"
)


def row(load: float, lost: float, told: Accuracy) -> str:
    def three(errors: Errors) -> str:
        return f"{errors.mean:.2f} {errors.typical:.2f} {errors.median:.2f}"

    return (
        f"{load:.1f} | {lost:.0%} | {told.name} | {three(told.twin)} | "
        f"{three(told.persistence)} | {three(told.season)} | "
        f"{told.less_than_persistence:.0%} {told.less_than_season:.0%} | "
        f"{told.on_average:.2f} | {told.held:.1%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tempo", default="slot", choices=("flow", "tick", "slot"))
    parser.add_argument("--loads", default="0.2,0.5,0.7")
    parser.add_argument("--periods", type=int, default=LEARNING + 60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(HEAD)
    for load in map(float, asked.loads.split(",")):
        world = accuracy_world(load, asked.seed, tempo=asked.tempo)
        began_s = time.process_time()
        sent = lived_reports(world, asked.periods)
        lived_s = time.process_time() - began_s
        for lost in (0.0, LOST):
            came = arrived(sent, losing(world.facts, lost, asked.seed))
            began_s = time.process_time()
            told = accuracy(world.facts, sent, came, asked.seed)
            read_s = time.process_time() - began_s
            for each in told.values():
                print(row(load, lost, each), flush=True)
        print(f"processor: {lived_s:.0f} s living, {read_s:.0f} s reading")


if __name__ == "__main__":
    main()
