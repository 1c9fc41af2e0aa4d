"""Does `gemel bench emulator` say what it measured, and refuse what cannot be?"""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.cli import app
from gemel.cli.frame import BAD_INPUT, DONE, run
from gemel.emulator.tempos.sums import Sums
from gemel.scenarios.slot_bench import BEGIN_S, lived, plan_of, stage_of

KEYS = [
    "cells",
    "users",
    "duplex",
    "simulated_s",
    "wall_s",
    "real_time_factor",
    "slots_per_s",
    "cell_slots_per_s",
    "peak_memory_gib",
    "compile_s",
]


def said(capfd, *words: str) -> dict:
    assert run(app, ["bench", "emulator", *words, "--json"]) == DONE
    out, _ = capfd.readouterr()
    return json.loads(out)


@pytest.mark.parametrize("tempo", ["flow", "tick"])
def test_one_object_with_every_number(capfd, tempo):
    words = ["--cells", "4", "--users", "30", "--seconds", "2", "--tempo", tempo]
    answer = said(capfd, *words)
    assert list(answer) == KEYS
    assert (answer["cells"], answer["users"], answer["duplex"]) == (4, 30, "tdd")
    assert answer["simulated_s"] == 2.0
    assert answer["real_time_factor"] == pytest.approx(2.0 / answer["wall_s"])
    # 30 kHz: two slots a millisecond.
    assert answer["slots_per_s"] == pytest.approx(2_000 * answer["real_time_factor"])
    assert answer["cell_slots_per_s"] == pytest.approx(4 * answer["slots_per_s"])
    assert answer["compile_s"] > 0.0
    assert 0.05 < answer["peak_memory_gib"] < 16.0


@pytest.mark.slow
@pytest.mark.parametrize("duplex", ["tdd", "fdd"])
def test_slot_by_slot(capfd, duplex):
    words = ["--cells", "3", "--seconds", "1", "--duplex", duplex]
    answer = said(capfd, *words)
    assert list(answer) == KEYS
    assert (answer["cells"], answer["users"], answer["duplex"]) == (3, 30, duplex)
    assert answer["slots_per_s"] == pytest.approx(2_000 / answer["wall_s"])


@pytest.mark.slow
def test_what_is_timed_carries_traffic_both_ways():
    stage, moved = stage_of(3, 30, "tdd", "slot", 0)
    layer = stage.engine.layers[0]
    assert (layer.plan.prb, layer.plan.groups) == (273, 18)
    assert layer.plan.group_sizes == (16,) * 17 + (1,)
    after, sums = lived(
        stage, moved, jax.random.key(0), jnp.asarray(BEGIN_S), 2, "slot"
    )
    assert isinstance(sums, Sums) and after.moment is not None
    for way in (sums.down, sums.up):
        assert int(way.delivered_byte.sum()) > 0
        assert (np.asarray(way.prb).sum(0) > 0).any()
    assert (np.asarray(sums.flow.energy_j) > 0).all()
    assert int(after.moment.now) == 2_000 * 64


@pytest.mark.parametrize("cells", [3, 7, 57])
def test_the_world_grows_by_sites_of_three_at_the_same_density(cells):
    plan = plan_of(cells, 10 * cells, 0)
    assert len(plan.inventory.cells) == cells
    assert len({cell.site for cell in plan.inventory.cells}) == -(-cells // 3)
    assert {cell.bandwidth_mhz for cell in plan.inventory.cells} == {100.0}
    inside = (plan.density.indoor_weight > 0).sum() * plan.density.step_m**2
    site_m2 = 3.0**0.5 / 2.0 * 500.0**2  # of a hexagon
    # Circles around hexagons: 21 % more where nobody is next door, less otherwise.
    assert 1.0 <= inside / (site_m2 * -(-cells // 3)) < 1.25


def test_people_can_read_it(capfd):
    words = ["--cells", "4", "--users", "30", "--seconds", "1", "--tempo", "flow"]
    assert run(app, ["bench", "emulator", *words]) == DONE
    out, _ = capfd.readouterr()
    assert "4 cells, 30 users, tdd, tempo flow" in out and "GiB" in out


@pytest.mark.parametrize(
    "wrong",
    [
        ["--cells", "1"],
        ["--users", "0"],
        ["--seconds", "0"],
        ["--duplex", "half"],
        ["--tempo", "slow"],
    ],
)
def test_nonsense_is_one_line(capfd, wrong):
    assert run(app, ["bench", "emulator", *wrong]) == BAD_INPUT
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1 and wrong[0] in err
