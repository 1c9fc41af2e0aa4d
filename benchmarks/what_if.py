"""What does a what-if cost, and how far is that from the machine's limit?

    python benchmarks/what_if.py

64 changes on 32 samples of a belief, 500 cells, 10,000 users, in a process of its own.
The least that an answer must do is to look once at the load of every cell that every
user hears on its layer; the limit is that look-up alone, measured here and now.
"""

import argparse
import json
import subprocess
import sys
import time

from machine import busy, table

HEARD = 12  # cells of a layer that a user keeps
TARGET_S, TARGET_GIB = 10.0, 3.0


def look_up_ns(cells: int = 500, users: int = 10_000, times: int = 64) -> float:
    """One look at a cell's load, weighed and summed, in processor time."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    rng = np.random.default_rng(0)
    cell = jnp.asarray(rng.integers(0, cells, (users, HEARD)), jnp.int32)
    power = jnp.asarray(rng.random((users, HEARD)), jnp.float32)
    load = jnp.asarray(rng.random(cells), jnp.float32)

    @jax.jit
    def many(load, cell, power):
        def one(more):
            return ((load + more)[cell] * power).sum()

        return jax.lax.map(one, jnp.arange(times, dtype=jnp.float32))

    many(load, cell, power).block_until_ready()
    begun = time.process_time()
    many(load, cell, power).block_until_ready()
    return 1e9 * (time.process_time() - begun) / (times * users * HEARD)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    state = busy()
    command = [sys.executable, "-m", "gemel", "bench", "what-if", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    timing = json.loads(done.stdout)
    answers = timing["candidates"] * timing["samples"]
    looks = answers * timing["users"] * HEARD
    limit_s = 1e-9 * look_up_ns() * looks
    if chosen.json:
        print(json.dumps({"machine": state, "limit_s": limit_s} | timing))
        return
    print(state)
    rows = [
        ["seconds", f"{timing['seconds']:.2f}", f"{TARGET_S:g}"],
        ["ms an answer", f"{1e3 * timing['seconds'] / answers:.2f}", ""],
        ["one look at every load, s", f"{limit_s:.2f}", ""],
        ["times that", f"{timing['seconds'] / limit_s:.1f}", ""],
        ["residual", f"{timing['residual']:.1e}", "1e-3"],
        ["peak memory, GiB", f"{timing['peak_memory_gib']:.2f}", f"{TARGET_GIB:g}"],
        ["compiling, s", f"{timing['compile_s']:.1f}", ""],
    ]
    print(table(["what-if", "here", "target"], rows))


if __name__ == "__main__":
    main()
