"""How does a coupled state compare with CRRM 2.0.2, in one run, on one layout?

CRRM gets the sites and users of `gemel bench coupled --physics crrm` and computes
everything it has (gains, SINR, throughput), once and once more to take the better. Ours
is timed with the same physics, and with all of TR 38.901.
"""

import argparse
import dataclasses
import json
import time

import numpy as np
from machine import busy, table


def crrm_seconds(layout, repeats: int) -> tuple[float, np.ndarray]:
    """The fastest of some runs, and SINR in dB."""
    from CRRM import Parameters, Simulator

    spent_s, sinr = [], np.zeros(0)
    for _ in range(repeats):
        parameters = Parameters(
            cell_locations=layout.site_m.copy(),
            ue_initial_locations=layout.user_m.copy(),
            n_sectors=3,
            h_UT_default=float(layout.user_m[0, 2]),
            h_BS_default=float(layout.site_m[0, 2]),
        )
        begun = time.perf_counter()
        simulator = Simulator(parameters)
        simulator.update()
        spent_s.append(time.perf_counter() - begun)
        sinr = np.asarray(simulator.sinr.data)[:, 0]
    return min(spent_s), 10.0 * np.log10(sinr)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cells", type=int, default=1_002)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()

    from gemel.scenarios.coupled import coupled_state, layout_of, time_coupled

    state = busy()
    layout = layout_of(chosen.cells, chosen.users, "crrm", 0)
    crrm_s, crrm_db = crrm_seconds(layout, chosen.repeats)
    ours_db = 10.0 * np.log10(np.asarray(coupled_state(layout, 0).sinr))
    apart_db = np.abs(ours_db - crrm_db)
    answer = {
        "machine": state,
        "crrm_s": crrm_s,
        "sinr_apart_db": dict(
            zip(
                ("50", "99", "100"), np.percentile(apart_db, [50, 99, 100]), strict=True
            )
        ),
    }
    for physics in ("crrm", "full"):
        runs = [
            time_coupled(chosen.cells, chosen.users, physics, 0)
            for _ in range(chosen.repeats)
        ]
        best = min(runs, key=lambda run: run.seconds)
        answer[physics] = dataclasses.asdict(best) | {"faster": crrm_s / best.seconds}
    if chosen.json:
        print(json.dumps(answer))
        return
    print(state)
    rows = [
        [
            physics,
            *(f"{answer[physics][k]:.3f}" for k in ("candidates_s", "coupling_s")),
        ]
        + [f"{answer[physics]['seconds']:.3f}", f"{answer[physics]['faster']:.0f} x"]
        for physics in ("crrm", "full")
    ]
    heads = ["physics", "candidates, s", "coupling, s", "together, s", "CRRM / ours"]
    print(f"CRRM 2.0.2: {crrm_s:.2f} s for {chosen.cells} x {chosen.users}")
    print(table(heads, rows))
    print("SINR apart, dB (median, 99 %, most):", *answer["sinr_apart_db"].values())


if __name__ == "__main__":
    main()
