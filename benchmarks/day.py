"""How long does a day take whoever has just installed gemel, and how much memory?

`python -m gemel run munich` as a fresh process with nothing compiled before, and the
same for paris where GEMEL_DATA names the folder with its data. What a first run costs
is all in: imports, compiling, two lives, the report.
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

TARGET_S, TARGET_GIB = 60.0, 3.0
DONE, THE_ANSWER_IS_NO = 0, 1  # a broken promise is an answer, too


def live(scenario: str) -> dict[str, float | str]:
    """One day, alone in a folder that is thrown away. Leaves if the run fails."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        # The data folder may lie in the cache that is now empty: say where it is.
        fresh = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
        fresh["XDG_CACHE_HOME"] = str(place / "cache")
        command = [sys.executable, "-m", "gemel", "run", scenario, "--json"]
        said, complained = place / "said", place / "complained"
        with said.open("w") as out, complained.open("w") as err:
            begun = time.perf_counter()
            started = subprocess.Popen(
                [*command, "--out", str(place / "results")],
                env=fresh,
                cwd=place,
                stdout=out,
                stderr=err,
            )
            # wait4 tells of this one process, not of all that ever ended.
            _, status, used = os.wait4(started.pid, 0)
            wall_s = time.perf_counter() - begun
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode not in (DONE, THE_ANSWER_IS_NO):
            sys.exit(
                f"{scenario}: exit code {started.returncode}\n"
                f"{complained.read_text('utf-8')}"
            )
        json.loads(said.read_text("utf-8"))  # one object, or the promise is broken
        return {
            "scenario": scenario,
            "wall_s": wall_s,
            "processor_s": used.ru_utime + used.ru_stime,
            "peak_gib": used.ru_maxrss / 2**20,
            "exit_code": started.returncode,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenario", nargs="*")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    real_data = ["paris"] if os.environ.get("GEMEL_DATA") else []
    scenarios = chosen.scenario or ["munich", *real_data]
    state = busy()
    days = [live(scenario) for scenario in scenarios]
    if chosen.json:
        targets = {"wall_s": TARGET_S, "peak_gib": TARGET_GIB}
        print(json.dumps({"machine": state, "targets": targets, "days": days}))
        return
    print(state)
    rows = [
        [
            str(day["scenario"]),
            f"{day['wall_s']:.1f}",
            f"{day['processor_s']:.1f}",
            f"{day['peak_gib']:.2f}",
            str(day["exit_code"]),
        ]
        for day in days
    ]
    heads = ["a day of", "wall s", "processor s", "peak GiB", "exit code"]
    print(
        table(
            [*heads], [["target", f"{TARGET_S:g}", "", f"{TARGET_GIB:g}", "0"], *rows]
        )
    )
    if not real_data and not chosen.scenario:
        print("paris was left out: GEMEL_DATA is not set")


if __name__ == "__main__":
    main()
