"""Which changes does one try on a network to learn whether its twin is right?

One to three cells, one knob each: tilt, azimuth, power, cell individual offset, and
sleep, or waking up where somebody sleeps. Large enough to be felt, small enough that an
engineer would dare.
"""

import dataclasses

import equinox as eqx
import numpy as np

from gemel.errors import ScenarioError
from gemel.network.cells import Cells
from gemel.network.controls import Controls

# Field of Controls -> least and largest step, either way.
STEPS = {
    "tilt_deg": (2.0, 5.0),
    "azimuth_turn_deg": (15.0, 45.0),
    "power_dbm": (2.0, 6.0),
    "individual_offset_db": (2.0, 6.0),
}
KINDS = (*STEPS, "awake")
SET_SHARE = 0.4  # of changes that are sets of two or three
NEIGHBOURS = 6  # of a sector among hexagons
LEAN_M = 1.0 / 3.0  # of the distance between sites: the middle of a sector


@dataclasses.dataclass(frozen=True)
class Trial:
    """One change: the cells, the field of each that is turned, and by how much; what
    sleeps is woken and the other way round, whatever the step says."""

    cells: tuple[int, ...]
    fields: tuple[str, ...]
    steps: tuple[float, ...]

    def applied(self, controls: Controls) -> Controls:
        """The controls after it."""
        for cell, field, step in zip(self.cells, self.fields, self.steps, strict=True):
            values = np.array(getattr(controls, field))
            values[cell] = not values[cell] if field == "awake" else values[cell] + step
            controls = eqx.tree_at(
                lambda c, f=field: getattr(c, f),
                controls,
                getattr(controls, field).at[:].set(values),
            )
        return controls


def random_trials(
    controls: Controls, able: np.ndarray, count: int, rng: np.random.Generator
) -> list[Trial]:
    """So many, every kind as often as any other for the first cell of each.

    able:  which cells may be turned at all
    """
    asleep = np.flatnonzero(~np.asarray(controls.awake))
    awake = np.flatnonzero(np.asarray(controls.awake) & able)
    trials = []
    for number in range(count):
        size = int(rng.integers(2, 4)) if rng.random() < SET_SHARE else 1
        cells = rng.choice(awake, size, replace=False)
        fields = [KINDS[number % len(KINDS)]]
        fields += [KINDS[int(k)] for k in rng.integers(len(KINDS), size=size - 1)]
        # Every other one of those is a waking, where there is somebody to wake.
        if fields[0] == "awake" and number // len(KINDS) % 2 and len(asleep):
            cells[0] = rng.choice(asleep)
        steps = [_step(field, rng) for field in fields]
        trials.append(Trial(tuple(map(int, cells)), tuple(fields), tuple(steps)))
    return trials


def boldest(trials: list[Trial], kinds: tuple[str, ...]) -> list[Trial]:
    """Of those of one cell alone, for every name the one of that kind with the largest
    step that is not taken yet; what sleeps or is woken, in the order it was drawn."""
    chosen: list[Trial] = []
    for kind in kinds:
        left = [t for t in trials if t.fields == (kind,) and t not in chosen]
        if not left:
            raise ScenarioError(
                f"none of {len(trials)} changes turns {kind} of one cell alone once "
                f"{len(chosen)} are taken. Draw more changes, e.g. 100."
            )
        chosen.append(max(left, key=lambda trial: abs(trial.steps[0])))
    return chosen


def _step(field: str, rng: np.random.Generator) -> float:
    if field == "awake":
        return 0.0
    low, high = STEPS[field]
    return float(np.round(rng.uniform(low, high), 1) * rng.choice([-1.0, 1.0]))


def neighbours_of(cells: Cells) -> np.ndarray:
    """For every cell the six of its layer whose sectors lie nearest; [cell, six]."""
    position_m = np.asarray(cells.position_m)[:, :2]
    azimuth = np.radians(np.asarray(cells.azimuth_deg))
    apart_m = np.linalg.norm(position_m[:, None] - position_m, axis=2)
    nearest_m = np.where(apart_m > 1.0, apart_m, np.inf).min(1, keepdims=True)
    ahead = np.stack([np.sin(azimuth), np.cos(azimuth)], 1)
    middle_m = position_m + LEAN_M * nearest_m * ahead
    away_m = np.linalg.norm(middle_m[:, None] - middle_m, axis=2)
    layer = np.asarray(cells.layer)
    away_m[layer[:, None] != layer] = np.inf
    np.fill_diagonal(away_m, np.inf)
    return np.argsort(away_m, 1, kind="stable")[:, :NEIGHBOURS]
