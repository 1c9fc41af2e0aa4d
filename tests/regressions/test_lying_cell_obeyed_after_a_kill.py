"""A network that was killed gave its lying cells everything back as the defaults:
what had been set before they began to lie was ordered anew, and ignored."""

import dataclasses
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from gemel.emulator.faults import LyingActuator
from gemel.emulator.faults.schedule import Fault, FaultSchedule
from gemel.interfaces.management.door import Door
from gemel.scenarios.emulation import EmulationOptions, door_of
from gemel.scenarios.hexagons import hexagons


def opened(folder: Path) -> Door:
    """All cells lie from a third of the first period on."""
    plan = dataclasses.replace(hexagons(0, rings=1), users=60)
    lies = Fault(LyingActuator(), ("everywhere",), begins_s=300.0)
    options = EmulationOptions(
        speed="max", history=0, state=folder, faults=FaultSchedule((lies,))
    )
    door = door_of(plan, options, folder, lambda what, share: None)
    door.open()
    return door


def test_a_lying_cell_stays_as_it_was(tmp_path):
    killed = opened(tmp_path)
    equipment = killed.desk.equipment
    knobs = equipment.knobs()
    cells = len(knobs.unlocked)
    settings = eqx.tree_at(
        lambda s: s.hysteresis_db, knobs.settings, jnp.full(cells, 3.5)
    )
    locked = np.arange(cells) > 0
    wanted = dataclasses.replace(knobs, settings=settings, unlocked=locked)
    equipment.turn(wanted.settled())
    killed.living.chunk()
    turned = equipment.knobs()
    assert not turned.unlocked[0] and float(turned.settings.hysteresis_db[0]) == 3.5
    equipment.turn(knobs)  # now they lie
    assert eqx.tree_equal(equipment.knobs().settings, turned.settings)
    killed.keep()

    again = opened(tmp_path).desk.equipment.knobs()
    assert eqx.tree_equal(
        (again.controls, again.settings), (turned.controls, turned.settings)
    )
    assert np.array_equal(again.unlocked, turned.unlocked)
    assert np.array_equal(again.offset_db, turned.offset_db)
