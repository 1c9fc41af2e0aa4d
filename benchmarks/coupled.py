"""What does a coupled state cost as a network grows, and how far is it from the limit?

The network of `gemel bench coupled`, physics full. Every size runs in a process of its
own. Beside the whole way: a tenth of the users has moved, and loads that settle again
after everybody's demand has changed by 15 %.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

# Only what is light is imported at the top: a process starts with the peak of the one
# that started it.
from machine import (
    busy,
    copy_gb_per_s,
    logarithm_ns,
    multiply_add_ns,
    seconds_each,
    table,
)

SIZES = ((1_000, 10_000), (10_000, 100_000), (10_000, 1_000_000))
MOVED = 10  # one user of so many
MINUTE = 0.15  # of ln(demand) from step to step, as the stand-in has it
# A mast read and its two looks into the texture of shadows are shared by three cells:
# (4 + 2) numbers of four bytes; a level is written, and read by every choice.
LEAST_BYTES_A_LINK = 4.0 * ((4 + 2) / 3.0 + 2)


def measure(cell_count: int, user_count: int, repeats: int) -> dict[str, float]:
    """One size, in this process."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import numpy as np

    from gemel.network.candidates import refresh
    from gemel.scenarios import coupled as c

    ready = jax.block_until_ready
    layout = c.layout_of(cell_count, user_count, "full", 0)
    cells, controls = c.equipment_of(layout)
    places = c.places_in(layout)
    c.propagation_of(layout, cells, controls, 0)  # compiles the index
    index_s = min(
        seconds_each(lambda: c.propagation_of(layout, cells, controls, 0), repeats)
    )
    propagation = c.propagation_of(layout, cells, controls, 0)
    candidates = ready(c.found(propagation, cells, controls, places))
    candidates_s = min(
        seconds_each(
            lambda: ready(c.found(propagation, cells, controls, places)), repeats
        )
    )
    nothing = jnp.zeros(cell_count)
    state = ready(c.settled(cells, controls, candidates, nothing, False))
    cold_s = min(
        seconds_each(
            lambda: ready(c.settled(cells, controls, candidates, nothing, False)),
            repeats,
        )
    )
    rng = np.random.default_rng(1)
    luck = jnp.asarray(MINUTE * rng.normal(size=cell_count), jnp.float32)
    nearly = state.load * jnp.exp(luck)
    warm_s = min(
        seconds_each(
            lambda: ready(c.settled(cells, controls, candidates, nearly, False)),
            repeats,
        )
    )
    # Everybody may move, a tenth of them does, by a street or two.
    who = rng.choice(user_count, user_count // MOVED, replace=False)
    by_m = np.zeros((user_count, 3), np.float32)
    by_m[who, :2] = rng.normal(scale=50.0, size=(len(who), 2))
    walked = eqx.tree_at(lambda p: p.position_m, places, places.position_m + by_m)
    again = eqx.filter_jit(refresh)
    asked = propagation, cells, controls, walked, candidates, user_count, len(who)
    ready(again(*asked))
    refresh_s = min(seconds_each(lambda: ready(again(*asked)), repeats))
    heads = propagation.bins.head.shape[1]
    cost = one_batch_cost(propagation, cells, controls, places)
    return {
        "cells": cell_count,
        "users": user_count,
        "index_s": index_s,
        "candidates_s": candidates_s,
        "cold_s": cold_s,
        "warm_s": warm_s,
        "refresh_s": refresh_s,
        "links": user_count * heads * 3,
        "operations_a_link": cost["flops"],
        "transcendentals_a_link": cost["transcendentals"],
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def one_batch_cost(propagation, cells, controls, places) -> dict[str, float]:
    """Operations a link as XLA counts them, of one batch (it counts a loop once)."""
    import jax

    from gemel.network import candidates as found_by

    few = jax.tree.map(lambda leaf: leaf[:512], places)

    def batch(places):
        return found_by._of_one_layer(propagation, cells, controls, places, 0)

    cost = jax.jit(batch).lower(few).compile().cost_analysis()
    heads = propagation.bins.head.shape[1]
    # The loop over three sectors is counted once, as if there were one.
    links = 512 * heads
    return {name: cost[name] / links for name in ("flops", "transcendentals")}


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


def report(sizes: list[dict[str, float]], limits: dict[str, float]) -> str:
    def column(key: str, form: str) -> list[str]:
        return [format(size[key], form) for size in sizes]

    def derived(compute, form: str) -> list[str]:
        return [format(compute(size), form) for size in sizes]

    rows = [
        ["users", *column("users", ",.0f")],
        ["index, s", *column("index_s", ".3f")],
        ["candidates, s", *column("candidates_s", ".3f")],
        ["coupling, cold start, s", *column("cold_s", ".4f")],
        ["coupling, warm start, s", *column("warm_s", ".4f")],
        ["a tenth moved, s", *column("refresh_s", ".3f")],
        [
            "  share of all candidates",
            *derived(lambda s: s["refresh_s"] / s["candidates_s"], ".1%"),
        ],
        ["peak memory, GiB", *column("peak_gib", ".2f")],
        ["ns a link tried", *derived(ns_a_link, ".2f")],
        ["operations a mast tried", *column("operations_a_link", ".0f")],
        ["  and exp, log, sqrt", *column("transcendentals_a_link", ".1f")],
        ["ns a link at the limit", *derived(lambda s: limit_ns(s, limits), ".2f")],
        [
            "times the limit",
            *derived(lambda s: ns_a_link(s) / limit_ns(s, limits), ".1f"),
        ],
    ]
    heads = ["cells", *column("cells", ",.0f")]
    return "\n".join(
        [
            table(heads, rows),
            "limits: "
            + ", ".join(f"{name} {value:.3g}" for name, value in limits.items()),
        ]
    )


def ns_a_link(size: dict[str, float]) -> float:
    return 1e9 * size["candidates_s"] / size["links"]


def limit_ns(size: dict[str, float], limits: dict[str, float]) -> float:
    """The slowest of arithmetic and memory, were each at its ceiling.

    XLA's count is of a mast with one of its three sectors; a mast has three links.
    """
    adds = size["operations_a_link"] / 2.0 * limits["multiply_add_ns"]
    logs = size["transcendentals_a_link"] * limits["logarithm_ns"]
    moved = LEAST_BYTES_A_LINK / limits["copy_gb_per_s"]
    return max((adds + logs) / 3.0, moved)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, nargs="+")
    parser.add_argument("--users", type=int, nargs="+")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--here", action="store_true", help="In this process, as JSON.")
    parser.add_argument("--limits", action="store_true", help="The ceilings alone.")
    chosen = parser.parse_args()
    chosen_sizes = SIZES
    if chosen.cells and chosen.users:
        chosen_sizes = tuple(zip(chosen.cells, chosen.users, strict=True))
    if chosen.here:
        print(json.dumps(measure(*chosen_sizes[0], chosen.repeats)))
        return
    if chosen.limits:
        found = copy_gb_per_s(), logarithm_ns(), multiply_add_ns()
        names = "copy_gb_per_s", "logarithm_ns", "multiply_add_ns"
        print(json.dumps(dict(zip(names, found, strict=True))))
        return
    state, limits = busy(), in_a_process(["--limits"])
    sizes = [
        in_a_process(
            ["--here", "--cells", str(cells), "--users", str(users)]
            + ["--repeats", str(chosen.repeats)]
        )
        for cells, users in chosen_sizes
    ]
    if chosen.json:
        print(json.dumps({"machine": state, "limits": limits, "sizes": sizes}))
        return
    print(state)
    print(report(sizes, limits))


if __name__ == "__main__":
    main()
