"""Does a report that was acknowledged survive a kill at any moment?"""

import contextlib
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gemel.interfaces.stores.history_duckdb import DuckHistory

SOURCE = Path(__file__).resolve().parents[2] / "src"
# Tells on stdout what append has acknowledged, and never ends by itself. A folder of
# its own for every kind would hide what tidying does, so all goes into one.
WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
import numpy as np
from gemel.interfaces.stores.history_duckdb import DuckHistory
history = DuckHistory(sys.argv[1])
told = history.read("reports")["elapsed_s"]
number = int(told.max()) + 1 if len(told) else 0
print("ready", flush=True)
while True:
    history.append("reports", dict(
        elapsed_s=np.full(50, float(number)), period_s=np.ones(50),
        cell=np.array([f"cell-{n}" for n in range(50)]), name=np.full(50, "load"),
        value=np.full(50, number * 2.0), present=np.ones(50, bool), age_s=np.zeros(50),
    ))
    print(number, flush=True)
    number += 1
"""
KILLS = 8


def killed_after(folder: Path, seconds: float) -> list[int]:
    """What it had acknowledged when it was killed."""
    words = [sys.executable, "-c", WRITER, str(folder), str(SOURCE)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(seconds)
        writer.kill()
        lines = writer.stdout.read().split("\n")
    # The last line may have been cut short by the kill itself.
    return [int(line) for line in lines[:-1] if line]


def test_nothing_acknowledged_is_lost_by_kills_at_any_moment(tmp_path):
    luck = random.Random(0)
    acknowledged: set[int] = set()
    rows: dict[str, np.ndarray] = {}
    for _ in range(KILLS):
        said = killed_after(tmp_path, luck.uniform(0.0, 0.7))
        assert not acknowledged & set(said)  # the next start went on after the last
        acknowledged |= set(said)
        with DuckHistory(tmp_path, writing=False) as history:
            rows = history.read("reports")
            assert not history.unreadable
        kept, count = np.unique(rows["elapsed_s"], return_counts=True)
        assert acknowledged <= set(kept.astype(int).tolist())
        assert (count == 50).all()  # whole, and once
        assert (rows["value"] == 2.0 * rows["elapsed_s"]).all()
    assert len(acknowledged) > 2 * KILLS
    with DuckHistory(tmp_path) as history:  # and what was left behind is cleared
        assert len(history.read("reports")["cell"]) == len(rows["cell"])
    names = [path.name for path in (tmp_path / "kind=reports").iterdir()]
    assert not any(name.startswith(".") for name in names)


@pytest.mark.parametrize("dies_after", range(3))
def test_a_kill_while_tidying_tells_nothing_twice(dies_after, tmp_path, monkeypatch):
    """Killed before the old files go, with one of them gone, with most of them gone."""
    one = {
        "period_s": np.ones(1),
        "cell": np.array(["a"]),
        "name": np.array(["load"]),
        "value": np.ones(1),
        "present": np.ones(1, bool),
        "age_s": np.zeros(1),
    }
    history = DuckHistory(tmp_path)
    left = [0, 1, 20][dies_after]
    removed = history._place.remove

    def killed(name: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        removed(name)

    monkeypatch.setattr(history._place, "remove", killed)
    with contextlib.suppress(KeyboardInterrupt):
        for number in range(40):
            history.append("reports", one | {"elapsed_s": np.array([float(number)])})
    history.close()
    files = list((tmp_path / "kind=reports").iterdir())
    assert len(files) == 33 - [0, 1, 20][dies_after]
    for writing in (False, True):
        with DuckHistory(tmp_path, writing=writing) as again:
            found = again.read("reports")["elapsed_s"]
            assert found.tolist() == [float(n) for n in range(32)]
    assert len(list((tmp_path / "kind=reports").iterdir())) == 1
