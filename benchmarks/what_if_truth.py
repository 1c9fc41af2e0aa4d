"""Are what-ifs true? A hundred random changes, really made in ten worlds.

    python benchmarks/what_if_truth.py             changes lived by flows, an hour each
    python benchmarks/what_if_truth.py --slot      five bold ones, slot by slot

Prints, for energy, the load of the cell and its six neighbours, and the throughput that
5 % of people stay below: how many changes moved it by more than twice sigma over the
worlds, how often the sign was right there, and the correlation of ranks; then how often
the change really lived lay within the limits that were said, in each world alone.
"""

import argparse
import dataclasses
import json
import time

from machine import busy

from gemel.emulator.secrets import Secrets
from gemel.scenarios.what_if_truth import Score, Truth, TruthOptions, try_out
from gemel.scenarios.what_if_truth_intervals import INSIDE

# A second of slots costs a third of one: a smaller world, watched for 40 s, and of
# the hundred changes those that are likely to stand out of so short a noise.
SLOT = {"rings": 1, "users": 420, "lived_s": 40.0, "settling_s": 10.0, "step_s": 10.0}
SLOT |= {"tempo": "slot"}
SLOT |= {"boldest": ("awake", "awake", "power_dbm", "individual_offset_db", "tilt_deg")}
EXACT = Secrets(azimuth_deg=0.0, tilt_deg=0.0, gain_db=0.0)


def rows_of(truth: Truth) -> dict[str, tuple[Score, ...]]:
    return {
        "sigma of a world": truth.scores(),
        "sigma of the mean": truth.scores(of_mean=True),
        "each world alone": truth.each_world(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--slot", action="store_true")
    parser.add_argument("--changes", type=int)
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--exact", action="store_true", help="No errors of rigging.")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    wanted = dict(SLOT) if chosen.slot else {}
    if chosen.changes:
        wanted["changes"] = chosen.changes
    if chosen.seeds:
        wanted["seeds"] = tuple(chosen.seeds)
    if chosen.exact:
        wanted["secrets"] = EXACT
    options = TruthOptions(**wanted)
    state, begun = busy(), time.process_time()
    truth = try_out(options)
    spent_s = time.process_time() - begun
    rows = rows_of(truth)
    if chosen.json:
        said = {
            name: [dataclasses.asdict(s) for s in each] for name, each in rows.items()
        }
        inside = [dataclasses.asdict(one) for one in truth.inside()]
        told = {"machine": state, "processor_s": spent_s, "scores": said}
        print(json.dumps(told | {"inside": inside}))
        return
    print(state)
    errors = options.secrets
    print(
        f"{len(truth.trials)} changes, {len(truth.worlds)} worlds, "
        f"{truth.felt.shape[1]} cells, {options.users} people, lived by "
        f"{options.tempo} for {options.lived_s:g} s; secrets: azimuth "
        f"{errors.azimuth_deg:g} deg, tilt {errors.tilt_deg:g} deg, gain "
        f"{errors.gain_db:g} dB; {spent_s:.0f} s of processor"
    )
    for name, scores in rows.items():
        print(name)
        for one in scores:
            print(
                f"  {one.kind:8}{one.judged:6} of {one.asked:<6}"
                f"sign right {one.sign_right:6.1%}   rank {one.rank:6.3f}"
            )
    print(f"inside the limits of {INSIDE:.0%}")
    for one in truth.inside():
        print(f"  {one.kind:8}{one.asked:6}   {one.inside:6.1%}   {one.wide:.4g} wide")


if __name__ == "__main__":
    main()
