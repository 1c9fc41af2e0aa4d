"""Does `gemel bench coupled` say what it measured, and refuse what cannot be?"""

import json

import pytest

from gemel.cli import app
from gemel.cli.frame import BAD_INPUT, DONE, run

KEYS = [
    "cells",
    "users",
    "physics",
    "compile_s",
    "candidates_s",
    "coupling_s",
    "seconds",
    "links_per_s",
    "peak_memory_gib",
]


@pytest.mark.parametrize("physics", ["crrm", "full"])
def test_one_object_with_every_number(capfd, physics):
    words = ["bench", "coupled", "--cells", "22", "--users", "300"]
    assert run(app, [*words, "--physics", physics, "--json"]) == DONE
    out, _ = capfd.readouterr()
    answer = json.loads(out)
    assert list(answer) == KEYS
    assert (answer["cells"], answer["users"]) == (22, 300)
    assert answer["physics"] == physics
    parts_s = answer["candidates_s"] + answer["coupling_s"]
    assert answer["seconds"] == pytest.approx(parts_s)
    # 22 cells are eight sites, the last with one cell; all of them are tried.
    assert answer["links_per_s"] == pytest.approx(300 * 24 / answer["seconds"])
    assert 0.05 < answer["peak_memory_gib"] < 16.0


def test_people_can_read_it(capfd):
    assert run(app, ["bench", "coupled", "--cells", "22", "--users", "300"]) == DONE
    out, _ = capfd.readouterr()
    assert "22 cells, 300 users" in out and "GiB" in out


@pytest.mark.parametrize(
    "wrong",
    [["--cells", "1"], ["--users", "0"], ["--physics", "magic"], ["--cells", "many"]],
)
def test_nonsense_is_one_line(capfd, wrong):
    assert run(app, ["bench", "coupled", *wrong]) == BAD_INPUT
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1 and wrong[0] in err
