"""How does a world come to life behind the standard management interfaces?"""

import dataclasses
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import equinox as eqx
import jax
import numpy as np

from gemel.emulator.faults.fate import fate_of
from gemel.emulator.faults.schedule import FaultSchedule
from gemel.emulator.secrets import Secrets
from gemel.emulator.tempos.life import CHUNK_S
from gemel.emulator.tempos.pace import Pace
from gemel.emulator.tempos.seconds import Tempo
from gemel.errors import ScenarioError
from gemel.interfaces.management.door import Door, DoorOptions
from gemel.interfaces.management.equipment_stand_in import StandInEquipment
from gemel.interfaces.management.facts import facts_of
from gemel.interfaces.management.knobs import knobs_of
from gemel.interfaces.management.living import Speed
from gemel.interfaces.management.memory import Memory
from gemel.interfaces.management.misfortune import Misfortune
from gemel.interfaces.management.serving import listening, serve
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.worlds import public_facts, stand_in_for
from gemel.world.demand import DAY_S

TODAY_S = DAY_S  # Tuesday; Monday is what there are reports of
LONGEST_STEP_S = 60.0
STEPS_A_PERIOD = 15
CHUNKS_A_PERIOD = 3
Progress = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class EmulationOptions:
    """How to serve a world.

    port:      of this machine; 0 takes one that is free
    history:   periods before the start with reports; None is a day
    wait_for:  subscribers before the clock starts
    state:     folder in which it survives; None is nowhere
    faults:    what goes wrong, counted from the start
    tempo, duty: how it is lived from the start on, see `emulator.tempos.pace`
    """

    port: int = 8081
    speed: Speed = "real"
    period_s: float = 900.0
    history: int | None = None
    wait_for: int = 0
    seed: int = 0
    state: Path | None = None
    secrets: Secrets = Secrets()
    faults: FaultSchedule | None = None
    tempo: Tempo = "flow"
    duty: float = 1.0

    def door(self) -> DoorOptions:
        """How the network lives and reports. Raises ScenarioError."""
        day = round(DAY_S / self.period_s) if self.period_s > 0 else 0
        history = day if self.history is None else self.history
        if history * self.period_s > TODAY_S:
            raise ScenarioError(
                f"--history {history} periods of {self.period_s:g} s are more than the "
                f"day before the start. Give at most {day}."
            )
        Pace(self.tempo, self.duty, self.period_s)  # refuses what cannot be lived
        steps = STEPS_A_PERIOD * max(
            1, -(-self.period_s // (STEPS_A_PERIOD * LONGEST_STEP_S))
        )
        step_s, chunk = self.period_s / steps, STEPS_A_PERIOD // CHUNKS_A_PERIOD
        if self.tempo != "flow":  # whole minutes are whole chunks
            step_s, chunk = float(CHUNK_S), 1
        return DoorOptions(
            period_s=self.period_s,
            step_s=step_s,
            chunk=chunk,
            speed=self.speed,
            history=history,
            wait_for=self.wait_for,
            seed=self.seed,
        )


def door_of(
    plan: WorldPlan, options: EmulationOptions, folder: Path, progress: Progress
) -> Door:
    """The network of a plan with everything that manages it, not yet living."""
    settings = options.door()
    progress("building the network", 0.0)
    facts = public_facts(plan, options.seed, progress)
    names = facts.cells.name
    sites = tuple(cell.site for cell in plan.inventory.cells)
    schedule = options.faults or FaultSchedule()
    fate = fate_of(schedule, facts.cells, sites, options.seed, TODAY_S)
    stand_in = stand_in_for(
        facts,
        options.seed,
        TODAY_S,
        1,
        options.secrets,
        fate,
        options.tempo,
        options.duty,
        options.period_s,
    )
    memory = None
    if options.state is not None:
        world = {
            "scenario": plan.name,
            "seed": options.seed,
            "cells": len(facts.cells.name),
            "users": plan.people,
            "period_s": options.period_s,
            "secrets": dataclasses.asdict(options.secrets),
            "tempo": f"{options.tempo} {options.duty:g}",
            "faults": f"{zlib.crc32(repr(options.faults).encode()):08x}",
            "model": _marked(plan.calibrated),
        }
        memory = Memory(options.state, world)
    # One schedule: the stand-in falls ill by it, and what it tells is spoilt by it.
    misfortune = Misfortune(fate.schedule, names, options.seed)
    return Door(
        StandInEquipment(stand_in, knobs_of(facts.cells, facts.controls), misfortune),
        facts_of(plan.inventory, facts.cells),
        settings,
        folder,
        memory,
        deliver=misfortune.deliver,
        skew=misfortune.skew,
    )


def _marked(model: eqx.Module | None) -> str:
    """Another mark for another model."""
    leaves = [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(model)]
    return f"{zlib.crc32(b''.join(leaves)):08x}" if leaves else "none"


def emulate(
    plan: WorldPlan,
    options: EmulationOptions,
    ready: Callable[[str], None],
    progress: Progress | None = None,
) -> None:
    """Serve until KeyboardInterrupt.

    ready:  is told the address once it can be asked
    """
    tell: Progress = progress or (lambda what, share: None)
    options.door()
    bound = listening(options.port)  # first: a used port costs no minute of building
    try:
        with tempfile.TemporaryDirectory(prefix="gemel-files-") as passing:
            folder = Path(passing)
            if options.state is not None:
                folder = options.state / "files"
                folder.mkdir(parents=True, exist_ok=True)
            door = door_of(plan, options, folder, tell)
            tell("remembering yesterday", 0.0)
            door.open()
            door.warm_up()
            tell("living", 1.0)
            serve(door, bound, ready)
    finally:
        bound.close()
