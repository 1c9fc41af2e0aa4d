"""How fast does the stand-in network live, at each tempo, and how does that grow?

`gemel bench emulator` at 57, 171, 513 and 1,539 cells with ten users each, TDD, and
FDD for the smallest: cell-slots a second should stay what they are. Then the days: by
ticks from ten minutes of one, times 144; by flows a whole day of `paris` where
GEMEL_DATA is set, one life of the stand-in alone, without compiling. Everything runs in
a process of its own.

`--scale` is for machines with a GPU: 4,096 cells with a hundred users each. Nothing
here asks which device it is on; JAX takes what it finds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import busy, table

CELLS, USERS_A_CELL = (57, 171, 513, 1_539), 10
SCALE_CELLS, SCALE_USERS_A_CELL, SCALE_GOAL = 4_096, 100, 5e6
TARGET_SLOTS_PER_S = {"tdd": 2_000.0, "fdd": 1_000.0}
TARGET_GIB, TICK_DAY_S, FLOW_DAY_S = 2.0, 480.0, 30.0
DAY_S, TICK_SAMPLE_S, STEP_S, PERIOD_S = 86_400, 600, 60.0, 900.0


def in_a_process(arguments: list[str]) -> dict:
    """The one JSON object that a fresh interpreter prints, with nothing compiled
    before. Leaves if it fails."""
    fresh = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, *arguments],
            env=fresh | {"XDG_CACHE_HOME": folder},
            stdout=subprocess.PIPE,
            check=False,
            text=True,
        )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}: exit code {done.returncode}")
    return json.loads(done.stdout)


def bench(cells: int, users: int, seconds: int, duplex: str, tempo: str) -> dict:
    """What `gemel bench emulator` says."""
    words = ["--cells", cells, "--users", users, "--seconds", seconds]
    words += ["--duplex", duplex, "--tempo", tempo, "--json"]
    return in_a_process(["-m", "gemel", "bench", "emulator", *map(str, words)])


def flow_day(scenario: str) -> dict[str, float | str | int]:
    """A day of one life by flows, in this process, after a first period."""
    from gemel.emulator.secrets import Secrets
    from gemel.scenarios import SCENARIOS
    from gemel.scenarios.worlds import public_facts, stand_in_for

    data = os.environ.get("GEMEL_DATA")
    plan = SCENARIOS[scenario].build(0, Path(data) if data else None)
    facts = public_facts(plan, 0)
    stand_in = stand_in_for(facts, 0, 0.0, 1, Secrets())
    steps = round(PERIOD_S / STEP_S)
    begun = time.perf_counter()
    stand_in.advance(steps, STEP_S)  # compiles
    compiled = time.perf_counter()
    for _ in range(round(DAY_S / PERIOD_S)):
        stand_in.advance(steps, STEP_S)
        float(stand_in.state(0).load.sum())
    return {
        "scenario": scenario,
        "cells": len(facts.cells.name),
        "users": plan.people,
        "first_period_s": compiled - begun,
        "wall_s": time.perf_counter() - compiled,
    }


def sizes(cells: list[int], seconds: int) -> list[dict]:
    """TDD at every size, and FDD at the first."""
    tried = [(count, "tdd") for count in cells] + [(cells[0], "fdd")]
    return [
        bench(count, USERS_A_CELL * count, seconds, duplex, "slot")
        for count, duplex in tried
    ]


def tick_day(seconds: int) -> dict:
    """Some minutes of 57 cells by ticks, and what a day of them would take."""
    found = bench(CELLS[0], USERS_A_CELL * CELLS[0], seconds, "tdd", "tick")
    return found | {"day_s": found["wall_s"] * DAY_S / seconds}


def report(answer: dict) -> str:
    """Tables for people."""
    rows = [
        [
            f"{row['cells']} {row['duplex']}",
            f"{row['users']}",
            f"{row['slots_per_s']:,.0f}",
            f"{row['cell_slots_per_s'] / 1e3:,.0f}",
            f"{1e3 * row['wall_s'] / row['simulated_s'] / row['users']:.2f}",
            f"{row['peak_memory_gib']:.2f}",
            f"{row['compile_s']:.0f}",
        ]
        for row in answer.get("sizes", [])
    ]
    heads = ["cells", "users", "slots/s", "thousand cell-slots/s"]
    heads += ["ms a user and second", "peak GiB", "compiling, s"]
    parts = []
    if rows:
        parts += [table(heads, rows)]
        parts += [
            f"targets for 57 cells: {TARGET_SLOTS_PER_S['tdd']:,.0f} slots/s TDD, "
            f"{TARGET_SLOTS_PER_S['fdd']:,.0f} FDD, {TARGET_GIB:g} GiB"
        ]
    if day := answer.get("tick_day"):
        parts.append(
            f"a day of 57 cells by ticks: {day['day_s']:.0f} s, scaled from "
            f"{day['simulated_s']:.0f} s lived in {day['wall_s']:.2f} s; "
            f"target {TICK_DAY_S:.0f} s"
        )
    if day := answer.get("flow_day"):
        parts.append(
            f"a day of {day['scenario']} by flows: {day['wall_s']:.1f} s for one life "
            f"of the stand-in alone ({day['cells']} cells, {day['users']} users; "
            f"compiling and a first period took {day['first_period_s']:.1f} s before); "
            f"target {FLOW_DAY_S:.0f} s"
        )
    elif "flow_day" in answer:
        parts.append("a day of paris was left out: GEMEL_DATA is not set")
    if row := answer.get("scale"):
        parts.append(
            f"{row['cells']} cells x {row['users'] // row['cells']} users: "
            f"{row['cell_slots_per_s'] / 1e6:.3f} million cell-slots/s, compiling "
            f"{row['compile_s']:.0f} s, {row['peak_memory_gib']:.1f} GiB of the host; "
            f"the goal on an H200 is {SCALE_GOAL / 1e6:g}"
        )
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, nargs="+", default=list(CELLS))
    parser.add_argument("--seconds", type=int, default=5, help="lived slot by slot")
    parser.add_argument("--tick-seconds", type=int, default=TICK_SAMPLE_S)
    parser.add_argument("--scale", action="store_true", help="4,096 cells, alone")
    parser.add_argument("--scale-cells", type=int, default=SCALE_CELLS)
    parser.add_argument("--scale-users", type=int, help="a hundred a cell by default")
    parser.add_argument("--flow-here", metavar="SCENARIO", help="as JSON, alone")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.flow_here:
        print(json.dumps(flow_day(chosen.flow_here)))
        return
    answer: dict = {"machine": busy()}
    if chosen.scale:
        users = chosen.scale_users or SCALE_USERS_A_CELL * chosen.scale_cells
        answer["scale"] = bench(
            chosen.scale_cells, users, chosen.seconds, "tdd", "slot"
        )
    else:
        answer["sizes"] = sizes(chosen.cells, chosen.seconds)
        answer["tick_day"] = tick_day(chosen.tick_seconds)
        here = [str(Path(__file__).resolve()), "--flow-here", "paris"]
        known = bool(os.environ.get("GEMEL_DATA"))
        answer["flow_day"] = in_a_process(here) if known else None
    if chosen.json:
        print(json.dumps(answer))
        return
    print(answer["machine"])
    print(report(answer))


if __name__ == "__main__":
    main()
