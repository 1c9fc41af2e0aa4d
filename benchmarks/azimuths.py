"""How many wrong azimuths are found by what phones tell, and how many wrongly named?

Ten textbook networks of 57 cells at each of three mean loads; a third of each
inventory is wrong. Prints one line a load and all of them pooled. How loudly a cell is
heard is a matter of ways and antennas, so all loads should say the same: here one sees
that they do.

    python benchmarks/azimuths.py [--seeds 10] [--loads 0.2,0.5,0.7]
"""

import argparse
import time

from gemel.scenarios.suspects_found import Found, found_in, score


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=10, help="networks a load")
    asked.add_argument("--hours", type=float, default=2.0, help="of records")
    asked.add_argument("--first", type=int, default=0, help="seed of the first network")
    asked.add_argument("--loads", default="0.2,0.5,0.7", help="mean, of all cells")
    wish = asked.parse_args()
    began_all = time.process_time()
    pooled: list[Found] = []
    for load in map(float, wish.loads.split(",")):
        began = time.process_time()
        some = [
            found_in(seed, load, wish.hours)
            for seed in range(wish.first, wish.first + wish.seeds)
        ]
        tell(f"load {load:.1f}", some, time.process_time() - began)
        pooled += some
    tell("all", pooled, time.process_time() - began_all)


def tell(name: str, found: list[Found], cpu_s: float) -> None:
    """One line."""
    said = score(found)
    large = sum(int(one.large.sum()) for one in found)
    named = sum(int(one.named.sum()) for one in found)
    print(
        f"{name:9}  precision {said.precision:.3f}  recall {said.recall:.3f}  "
        f"({large} errors of 50 degrees or more, {named} cells named)  "
        f"turn off by {said.median_off_deg:.1f} degrees in the median, "
        f"interval held {100 * said.held:.0f} %  [{cpu_s:.0f} s of CPU]",
        flush=True,
    )


if __name__ == "__main__":
    main()
