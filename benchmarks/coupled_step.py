"""What does one coupled step cost as a network grows, in seconds and in memory?

A hexagonal network, two layers, sixteen candidates a layer. Sites grow with users, at
about a hundred users a cell, so ten times the users are also ten times the cells: what
grew with users x cells would grow a hundredfold. Every size runs in a process of its
own, and its peak is counted from what the imports alone had taken.
"""

import argparse
import dataclasses
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

# Only what is light is imported at the top: a process starts with the peak of the one
# that started it.
from machine import busy, copy_gb_per_s, seconds_each, table

SIZES = (10_000, 100_000, 1_000_000)
CANDIDATES = 16
USERS_PER_CELL = 100
INTER_SITE_M = 500.0
CELLS_PER_SITE = 6  # three sectors, two layers
DEMAND_BPS = 0.5e6  # of a user on average: cells are 15 % loaded, as at a busy hour
MINUTE = 0.15  # of ln(demand) from step to step, as the stand-in has it
STEP_S = 60.0


def rings_for(users: int) -> int:
    """So many rings have about USERS_PER_CELL users in every cell."""
    sites = users / USERS_PER_CELL / CELLS_PER_SITE
    # 3 r (r + 1) + 1 sites in r rings.
    return max(1, round((max(12.0 * sites - 3.0, 0.0) ** 0.5 - 3.0) / 6.0))


def uniform_m(site_m, count, rng):
    """Places [user, 2] all over the hexagons of these sites, and not beyond."""
    # A hexagon's neighbours are at 30 and 90 degrees: the diamond between them has its
    # area, and diamonds tile the plane as well.
    east, north = INTER_SITE_M * rng.uniform(-0.5, 0.5, (2, count))
    place_m = site_m[rng.integers(len(site_m), size=count)]
    place_m[:, 0] += 0.75**0.5 * east
    place_m[:, 1] += north + 0.5 * east
    return place_m


def peak_bytes() -> int:
    """The most this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


def needed_bytes(compiled) -> int:
    """Arguments, results and what XLA needs in between."""
    size = compiled.memory_analysis()
    return (
        size.argument_size_in_bytes
        + size.output_size_in_bytes
        + size.temp_size_in_bytes
    )


def least_bytes(layers: int, rounds: float) -> float:
    """What a step must move at the very least, a user: every array it needs, once a
    pass, nothing kept from pass to pass and nothing moved in between.

    A candidate is a cell and a gain or a power, 8 bytes. Association reads those of all
    layers; those of the own layer are read and written once more; each round of the
    fixed point, and the rate at its end, reads them again. Beside them a round reads
    nine numbers of a user, association and the end write about ten.
    """
    passes = rounds + 1
    return 8.0 * CANDIDATES * (layers + 2 + passes) + 4.0 * (9 * passes + 20)


def measure(count: int, repeats: int) -> dict[str, float]:
    """One size, in this process."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from gemel.network.association import associate
    from gemel.network.candidates import Propagation, bins_of, find_candidates
    from gemel.network.cells import cells_of
    from gemel.network.controls import controls_of
    from gemel.network.coupling import rounds_to_settle
    from gemel.network.line_of_sight import ByChance
    from gemel.network.people_on_air import places_of
    from gemel.network.simulator import Network, State, Users, _link, settle
    from gemel.network.surroundings import Still
    from gemel.radio.propagation import PATH_LOSSES
    from gemel.radio.shadowing import correlated_field
    from gemel.scenarios.hexagons import hexagons
    from gemel.world.people import draw_people

    jnp.zeros(1).block_until_ready()  # the backend starts with the first array
    after_imports = peak_bytes()

    begun = time.perf_counter()
    plan = hexagons(0, rings=rings_for(count), inter_site_m=INTER_SITE_M)
    cells, controls = cells_of(plan.inventory), controls_of(plan.inventory)
    path_loss, field = PATH_LOSSES[plan.path_loss](), correlated_field(0)
    bins = bins_of(cells, path_loss, controls)
    propagation = Propagation(
        path_loss, ByChance(field, path_loss), field, bins, CANDIDATES
    )
    rng = np.random.default_rng(0)
    people = draw_people(plan.density, count, rng)
    place_m = np.array(people.position_m)
    place_m[:, :2] = uniform_m(np.asarray(cells.head_m)[:, :2], count, rng)
    people = dataclasses.replace(people, position_m=jnp.asarray(place_m))
    places = places_of(people, cells.carriers, rng)
    world_s = time.perf_counter() - begun

    begun = time.perf_counter()
    asked = propagation, cells, controls, places
    find = jax.jit(find_candidates).lower(*asked).compile()
    candidates_compile_s = time.perf_counter() - begun
    candidates = jax.block_until_ready(find(*asked))
    candidates_s = seconds_each(
        lambda: jax.block_until_ready(find(*asked)), min(repeats, 3)
    )

    as_modelled = jnp.ones(len(cells.name))
    network = Network(cells, propagation, Still(), as_modelled, as_modelled)
    nobody = jnp.full(count, -1, jnp.int32)
    demands = [
        jnp.asarray(DEMAND_BPS * rng.lognormal(0.0, MINUTE, count), jnp.float32)
        for _ in range(2)
    ]
    everyone = Users(places, candidates, demands[0], jnp.ones(count), nobody)

    def one_step(network, users, serving, load, controls, step_s):
        state = State(users, serving, load, controls.awake)
        after, counters, felt = settle(network, state, controls, step_s)
        # Users are not handed back: they would be copied, and stayed as they were.
        return after.serving, after.load, counters, felt

    def rounds(network, users, serving, load, controls, _):
        served = associate(network.cells, users.candidates, controls, serving)
        link = _link(network, users, served, controls)
        return rounds_to_settle(link.next_load, load)[1]

    def given(demand_bps, serving, load):
        users = Users(places, candidates, demand_bps, everyone.weight, nobody)
        return network, users, serving, load, controls, jnp.float32(STEP_S)

    cold = given(demands[0], nobody, jnp.zeros(len(cells.name)))
    begun = time.perf_counter()
    step = jax.jit(one_step).lower(*cold).compile()
    compile_s = time.perf_counter() - begun
    begun = time.perf_counter()
    serving, load, _, _ = jax.block_until_ready(step(*cold))
    cold_s = time.perf_counter() - begun

    warm_s, turn = [], 0
    for _ in range(repeats):
        turn = 1 - turn
        now = given(demands[turn], serving, load)
        begun = time.perf_counter()
        serving, load, _, _ = jax.block_until_ready(step(*now))
        warm_s.append(time.perf_counter() - begun)
    peak = peak_bytes()  # of what a day needs too; counting rounds is for us alone
    taken = int(jax.jit(rounds)(*given(demands[1 - turn], serving, load)))
    layers, k = candidates.cell.shape[1:]
    cost = step.cost_analysis() or {}
    return {
        "users": count,
        "cells": len(cells.name),
        "links": count * layers * k,
        "mean_load": float(load.mean()),
        "world_s": world_s,
        "candidates_compile_s": candidates_compile_s,
        "candidates_s": statistics.median(candidates_s),
        "step_compile_s": compile_s,
        "cold_step_s": cold_s,
        "step_s": statistics.median(warm_s),
        "fastest_step_s": min(warm_s),
        "rounds": taken,
        "after_imports_mib": after_imports / 2**20,
        "peak_mib": peak / 2**20,
        "bytes_per_user": (peak - after_imports) / count,
        "step_needs_bytes_per_user": needed_bytes(step) / count,
        "least_bytes_per_user": least_bytes(layers, taken),
        "operations_per_link": cost["flops"] / (count * layers * k),
        "transcendentals_per_link": cost["transcendentals"] / (count * layers * k),
    }


def in_a_process(arguments: list[str]) -> dict[str, float]:
    """The one JSON object that this file prints for `arguments`, started anew."""
    alone = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), *arguments],
        env=alone,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def report(sizes: list[dict[str, float]], copy: float) -> str:
    def column(key: str, form: str) -> list[str]:
        return [format(size[key], form) for size in sizes]

    def derived(compute, form: str) -> list[str]:
        return [format(compute(size), form) for size in sizes]

    rows = [
        ["cells", *column("cells", ",.0f")],
        ["mean load", *column("mean_load", ".2f")],
        ["world, s", *column("world_s", ".2f")],
        ["candidates: compile, s", *column("candidates_compile_s", ".2f")],
        ["candidates: run, s", *column("candidates_s", ".3f")],
        ["step: compile, s", *column("step_compile_s", ".2f")],
        ["step: cold start, s", *column("cold_step_s", ".4f")],
        ["step: warm start, median s", *column("step_s", ".4f")],
        ["step: warm start, fastest s", *column("fastest_step_s", ".4f")],
        ["rounds of the fixed point, warm", *column("rounds", ".0f")],
        [
            "ns a link, median",
            *derived(lambda s: 1e9 * s["step_s"] / s["links"], ".2f"),
        ],
        ["peak above the imports, MiB", *derived(above_imports_mib, ",.0f")],
        ["peak in all, MiB", *column("peak_mib", ",.0f")],
        ["bytes a user, peak", *column("bytes_per_user", ",.0f")],
        ["bytes a user, step by XLA", *column("step_needs_bytes_per_user", ",.0f")],
        [
            "bytes a link, least to move",
            *derived(
                lambda s: s["users"] * s["least_bytes_per_user"] / s["links"], ".0f"
            ),
        ],
        ["operations a link, one round", *column("operations_per_link", ".0f")],
        ["  of them exp and log", *column("transcendentals_per_link", ".1f")],
        ["GB/s of what must move", *derived(moved_gb_per_s, ".1f")],
        [
            "share of the copy bandwidth",
            *derived(lambda s: moved_gb_per_s(s) / copy, ".1%"),
        ],
    ]
    heads = ["users", *derived(lambda s: s["users"], ",")]
    lines = [table(heads, rows), f"copy bandwidth, read and written: {copy:.1f} GB/s"]
    for small, large in itertools.pairwise(sizes):
        users = large["users"] / small["users"]
        memory = above_imports_mib(large) / above_imports_mib(small)
        slower = large["fastest_step_s"] / small["fastest_step_s"]
        lines.append(
            f"{small['users']:,} -> {large['users']:,} users: {users:.0f} x the users, "
            f"{memory:.1f} x the memory (each more takes "
            f"{bytes_each_more(small, large):,.0f} bytes), {slower:.1f} x the time"
        )
    return "\n".join(lines)


def above_imports_mib(size: dict[str, float]) -> float:
    return size["peak_mib"] - size["after_imports_mib"]


def bytes_each_more(small: dict[str, float], large: dict[str, float]) -> float:
    """What one more user took; what every size takes once drops out."""
    more = above_imports_mib(large) - above_imports_mib(small)
    return more * 2**20 / (large["users"] - small["users"])


def moved_gb_per_s(size: dict[str, float]) -> float:
    """Of what must move, at the fastest step."""
    return size["least_bytes_per_user"] * size["users"] / size["fastest_step_s"] / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--users", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--here", type=int, help="One size, in this process, as JSON.")
    parser.add_argument("--copy", action="store_true", help="The bandwidth alone.")
    chosen = parser.parse_args()
    if chosen.here:
        print(json.dumps(measure(chosen.here, chosen.repeats)))
        return
    if chosen.copy:
        print(json.dumps({"copy_gb_per_s": copy_gb_per_s()}))
        return
    state = busy()
    copies = [in_a_process(["--copy"])["copy_gb_per_s"]]
    sizes = [
        in_a_process(["--here", str(users), "--repeats", str(chosen.repeats)])
        for users in chosen.users
    ]
    # Before and after, and the better one: others may have been copying, too.
    copy = max(*copies, in_a_process(["--copy"])["copy_gb_per_s"])
    if chosen.json:
        print(json.dumps({"machine": state, "copy_gb_per_s": copy, "sizes": sizes}))
    else:
        print(state)
        print(report(sizes, copy))
    for small, large in itertools.pairwise(sizes):
        users = large["users"] / small["users"]
        if above_imports_mib(large) > users * above_imports_mib(small):
            sys.exit("memory grew faster than users: it must not")


if __name__ == "__main__":
    main()
