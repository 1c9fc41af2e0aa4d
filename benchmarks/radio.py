"""What does one radio link cost: its loss, its antenna, its shadow?

A million links, every one computed anew and summed, so that memory has no part in it;
beside them one logarithm, which is what most of their time goes into. Then candidates,
which put all of that together: a user tries the 32 nearest masts of each of two layers,
three sectors a mast, and keeps the sixteen strongest of each.
"""

import argparse
import json
import statistics

from machine import busy, logarithm_ns, seconds_each, table

USERS, HEADS = 4_096, 256
ASKING = 16_384  # users whose candidates are found: four batches
CANDIDATES, RINGS = 16, 7
SPREAD_M = 2_000.0


def measure(repeats: int) -> dict[str, dict[str, float]]:
    """Seconds of every part, and for how many links or users."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from gemel.network.bins import bins_of
    from gemel.network.candidates import find_candidates
    from gemel.network.cells import cells_of
    from gemel.network.controls import controls_of
    from gemel.network.line_of_sight import ByChance
    from gemel.network.path_gain import Propagation
    from gemel.network.people_on_air import places_of
    from gemel.radio.antenna import SECTOR_PATTERNS
    from gemel.radio.link import Link
    from gemel.radio.propagation import PATH_LOSSES
    from gemel.radio.shadowing import correlated_field
    from gemel.scenarios.hexagons import hexagons
    from gemel.world.people import draw_people

    rng = np.random.default_rng(0)
    user_m = rng.uniform(-SPREAD_M, SPREAD_M, (USERS, 3))
    user_m[:, 2] = 1.5
    head_m = rng.uniform(-SPREAD_M, SPREAD_M, (HEADS, 3))
    head_m[:, 2] = 25.0
    user_m, head_m = jnp.asarray(user_m, jnp.float32), jnp.asarray(head_m, jnp.float32)
    head = jnp.arange(HEADS, dtype=jnp.int32)
    field, carrier_ghz = correlated_field(0), jnp.float32(3.5)
    found = {}

    def timed(name, work, count, *given):
        ready = jax.jit(work).lower(*given).compile()
        jax.block_until_ready(ready(*given))
        spent_s = seconds_each(lambda: jax.block_until_ready(ready(*given)), repeats)
        found[name] = {
            "count": count,
            "median_s": statistics.median(spent_s),
            "fastest_s": min(spent_s),
        }

    def per_link(name, one):
        def total(user_m, head_m, head):
            one_user = jax.vmap(one, (None, 0, 0))
            return jax.vmap(one_user, (0, None, None))(user_m, head_m, head).sum(1)

        timed(name, total, USERS * HEADS, user_m, head_m, head)

    for name, kind in PATH_LOSSES.items():

        def loss_db(user_m, head_m, head, kind=kind):
            seen = head % 2 == 0
            return kind().loss_db(Link.between(user_m, head_m, carrier_ghz, seen))

        per_link(f"path loss {name}", loss_db)

    pattern = SECTOR_PATTERNS["macro_36814"]()
    per_link(
        "antenna",
        lambda user_m, head_m, head: pattern.gain_db(
            user_m - head_m, head.astype(jnp.float32), jnp.float32(6.0)
        ),
    )
    per_link(
        "shadow",
        lambda user_m, head_m, head: field.value(
            user_m[0], user_m[1], head, jnp.float32(37.0), 0
        ),
    )
    per_link(
        "line of sight by chance",
        lambda user_m, head_m, head: field.uniform(
            user_m[0], user_m[1], head, jnp.float32(50.0), 2
        ),
    )

    plan = hexagons(0, rings=RINGS)
    cells, controls = cells_of(plan.inventory), controls_of(plan.inventory)
    path_loss = PATH_LOSSES[plan.path_loss]()
    bins = bins_of(cells, path_loss, controls)
    propagation = Propagation(
        path_loss, ByChance(field, path_loss), field, bins, CANDIDATES
    )
    places = places_of(draw_people(plan.density, ASKING, rng), cells.carriers, rng)
    timed("candidates", find_candidates, ASKING, propagation, cells, controls, places)
    # What was tried for them: heads near by, their sectors, on every layer.
    layers, near, _ = bins.head.shape
    found["candidates"]["tried"] = layers * near * cells.head_cell.shape[1]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    state, one_ns = busy(), logarithm_ns()
    found = measure(chosen.repeats)
    if chosen.json:
        print(json.dumps({"machine": state, "logarithm_ns": one_ns, "parts": found}))
        return
    candidates = found.pop("candidates")
    rows = [
        [
            name,
            f"{1e9 * part['median_s'] / part['count']:.2f}",
            f"{1e9 * part['fastest_s'] / part['count']:.2f}",
            f"{1e9 * part['fastest_s'] / part['count'] / one_ns:.1f}",
        ]
        for name, part in found.items()
    ]
    print(state)
    print(table(["ns a link", "median", "fastest", "logarithms"], rows))
    print(f"one logarithm: {one_ns:.2f} ns")
    median_us = 1e6 * candidates["median_s"] / candidates["count"]
    fastest_us = 1e6 * candidates["fastest_s"] / candidates["count"]
    print(
        f"candidates: {median_us:.1f} µs a user (fastest {fastest_us:.1f}), "
        f"{1e3 * fastest_us / candidates['tried']:.1f} ns for each of "
        f"{candidates['tried']} cells tried"
    )


if __name__ == "__main__":
    main()
