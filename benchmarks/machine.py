"""How fast is this machine at the two things that bound everything else here?

Copying memory, and taking a logarithm: the other benchmarks measure themselves against
the one or the other, in the same run. Nothing of gemel takes part.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

COPIED_MB = 512  # an array; beyond what most caches hold
LOGARITHMS = 1 << 22
MATRIX = 2_048


def seconds_each(work: Callable[[], object], repeats: int) -> list[float]:
    """How long `work` took, each time anew."""
    spent_s = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        spent_s.append(time.perf_counter() - begun)
    return spent_s


def copy_gb_per_s(repeats: int = 7) -> float:
    """Read and written bytes of NumPy's copy, all cores at once, at its fastest."""
    import numpy as np

    threads = cores()
    source = np.ones(COPIED_MB * 1_000_000 // 8)
    target = np.zeros_like(source)
    pairs = list(
        zip(
            np.array_split(source, threads),
            np.array_split(target, threads),
            strict=True,
        )
    )
    with ThreadPoolExecutor(threads) as pool:
        # NumPy lets go of the interpreter's lock while it copies.
        spent_s = seconds_each(
            lambda: list(pool.map(lambda pair: np.copyto(pair[1], pair[0]), pairs)),
            repeats,
        )
    return 2 * source.nbytes / min(spent_s) / 1e9


def logarithm_ns(repeats: int = 7) -> float:
    """One float32 logarithm in compiled code on all cores, at its fastest."""
    import jax
    import jax.numpy as jnp

    numbers = jnp.linspace(1.0, 1e4, LOGARITHMS)
    # Summed, so that memory has no part in it.
    many = jax.jit(lambda x: jnp.log(x).sum()).lower(numbers).compile()
    spent_s = seconds_each(lambda: many(numbers).block_until_ready(), repeats)
    return 1e9 * min(spent_s) / LOGARITHMS


def multiply_add_ns(repeats: int = 7) -> float:
    """One float32 multiply and add at the processor's ceiling: NumPy's matrix product
    on all cores, at its fastest."""
    import numpy as np

    left = np.ones((MATRIX, MATRIX), np.float32)
    spent_s = seconds_each(lambda: left @ left, repeats)
    return 1e9 * min(spent_s) / MATRIX**3


def cores() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0))


def busy() -> str:
    """What else is going on, as the system counts it, before we add to it."""
    return f"{cores()} cores; load average of the last minute {os.getloadavg()[0]:.1f}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, numbers to the right."""
    lines = [list(heads), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]

    def one(line: list[str]) -> str:
        numbers = (c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))
        return "  ".join([line[0].ljust(widths[0]), *numbers])

    return "\n".join(map(one, lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=7)
    chosen = parser.parse_args()
    state = busy()
    result = {
        "machine": state,
        "copy_gb_per_s": copy_gb_per_s(chosen.repeats),
        "logarithm_ns": logarithm_ns(chosen.repeats),
        "multiply_add_ns": multiply_add_ns(chosen.repeats),
    }
    if chosen.json:
        print(json.dumps(result))
    else:
        print(state)
        print(f"copying memory  {result['copy_gb_per_s']:8.1f} GB/s read and written")
        print(f"one logarithm   {result['logarithm_ns']:8.2f} ns")
        print(f"multiply, add   {result['multiply_add_ns']:8.4f} ns")


if __name__ == "__main__":
    main()
