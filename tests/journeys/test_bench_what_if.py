"""Does `gemel bench what-if` tell its numbers, and refuse what cannot be timed?"""

import json

from gemel.cli import app
from gemel.cli.frame import run

SMALL = ["--candidates", "4", "--samples", "2", "--cells", "40", "--users", "400"]


def test_it_tells_its_numbers_as_json(capsys):
    assert run(app, ["bench", "what-if", *SMALL, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["candidates"], said["samples"], said["cells"]) == (4, 2, 40)
    assert said["users"] >= 400
    assert 0.0 < said["residual"] <= 1e-3
    assert said["seconds"] > 0.0 and said["compile_s"] >= 0.0
    assert said["peak_memory_gib"] > 0.0
    assert 0.05 < said["mean_load"] < 1.0


def test_too_few_users_are_refused_in_one_line(capsys):
    assert run(app, ["bench", "what-if", "--cells", "60", "--users", "60"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "two users a cell" in err
