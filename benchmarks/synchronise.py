"""What does a period's report cost a twin of 6,000 cells?

    python benchmarks/synchronise.py [--rings 26] [--users 60000] [--members 8]

Textbook sites of three sectors. The twin reads made-up reports of cells that are two
fifths full; printed are wall-clock and processor seconds of a period after compilation,
the best and the median of several, and the most memory that the process ever held.
"""

import argparse
import resource
import time

import jax
import jax.numpy as jnp
import numpy as np

from gemel.network.controls import Controls
from gemel.network.rsrp_bins import BINS
from gemel.scenarios.twin_accuracy_world import STARTS_S, accuracy_plan
from gemel.scenarios.worlds import public_facts
from gemel.twin.belief import Belief
from gemel.twin.cell_forecast import cell_forecast
from gemel.twin.forecast import Thresholds
from gemel.twin.imagine import crowd_of, imagine
from gemel.twin.source import Measured, Observation
from gemel.twin.synchronise import Synchroniser, follow

PERIOD_S, NOISE, VOLUME_KBIT = 900.0, 0.1, 1.5e8
PHONES = 10.0  # of a cell, which tell how loudly they hear it


def made_up(
    cells: int, controls: Controls, elapsed_s: float, rng: np.random.Generator
) -> Observation:
    """Forty percent here and there."""
    usual = {
        "RRU.PrbTotDl": 40.0,
        "DRB.UEThpDl": 5e4,
        "DRB.PdcpSduVolumeDL": VOLUME_KBIT,
        "RRC.ConnMean": 10.0,
        "PEE.Energy": 0.2,
    }
    measured = {
        name: Measured(
            jnp.asarray(value * np.exp(rng.normal(0, NOISE, cells)), jnp.float32),
            jnp.ones(cells, bool),
            jnp.zeros(cells),
        )
        for name, value in usual.items()
    }
    when_s, period_s = jnp.float32(elapsed_s), jnp.float32(PERIOD_S)
    phones = rng.poisson(PHONES / 8.0, (cells, BINS)) * (abs(np.arange(BINS) - 16) < 4)
    told = jnp.asarray(phones, jnp.float32)
    return Observation(when_s, period_s, measured, controls, told)


def waited(belief: Belief) -> Belief:
    """When all of it is there."""
    return jax.block_until_ready(belief)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rings", type=int, default=26)
    parser.add_argument("--users", type=int, default=60_000)
    parser.add_argument("--members", type=int, default=8)
    parser.add_argument("--periods", type=int, default=9)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    plan = accuracy_plan(0.4, asked.rings)
    facts = public_facts(plan, 0)
    cells = len(facts.cells.name)
    crowd = crowd_of(
        facts.cells, facts.controls, facts.propagation, plan.density, 0,
        users=asked.users,
    )  # fmt: skip
    first = made_up(cells, facts.controls, STARTS_S, rng)
    belief = imagine(
        facts.cells, facts.controls, facts.propagation, crowd, [first], 0,
        members=asked.members, users=asked.users, people=plan.people,
    )  # fmt: skip
    members, users = belief.serving.shape
    print(f"{cells:,} cells, {members} members of {users:,} users")
    took_s, worked_s = [], []
    for number in range(asked.periods + 1):
        when_s = STARTS_S + number * PERIOD_S
        report = made_up(cells, facts.controls, when_s, rng)
        began_s, work_s = time.perf_counter(), time.process_time()
        key = jax.random.key(number)
        belief = waited(follow(Synchroniser(), belief, report, Thresholds(), key))
        took_s.append(time.perf_counter() - began_s)
        worked_s.append(time.process_time() - work_s)
    began_s = time.perf_counter()
    cell_forecast(belief, facts.controls, STARTS_S, PERIOD_S)
    first_s, began_s = time.perf_counter() - began_s, time.perf_counter()
    jax.block_until_ready(
        cell_forecast(belief, facts.controls, STARTS_S, PERIOD_S).mean
    )
    said_s = time.perf_counter() - began_s
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"compiling and the first period: {took_s[0]:.1f} s")
    print(
        f"one period: best {min(took_s[1:]):.2f} s, median "
        f"{np.median(took_s[1:]):.2f} s; of the processor best {min(worked_s[1:]):.2f} "
        f"s, median {np.median(worked_s[1:]):.2f} s"
    )
    print(f"mean load believed {float(belief.load.mean()):.2f}")
    print(f"one forecast of every cell: {said_s:.3f} s (the first {first_s:.1f} s)")
    print(f"peak memory {peak_gib:.2f} GiB")


if __name__ == "__main__":
    main()
