"""How is a change that people type, 'cell=NAME,tilt_deg=+2', applied to controls?"""

import dataclasses
import math

import equinox as eqx
import numpy as np

from gemel.errors import ScenarioError
from gemel.network.controls import Controls

# What people type -> field of Controls, lowest and highest value.
KNOBS = {
    "tilt_deg": ("tilt_deg", -90.0, 90.0),  # digitalTilt
    "azimuth_deg": ("azimuth_turn_deg", -180.0, 180.0),  # digitalAzimuth
    "power_dbm": ("power_dbm", 0.0, 60.0),  # configuredMaxTxPower
    "cio_db": ("individual_offset_db", -24.0, 24.0),  # cellIndividualOffset
    "margin_db": ("handover_margin_db", 0.0, 15.0),
    "awake": ("awake", 0.0, 1.0),
}
TRUTH = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}
EXAMPLE = "Give e.g. cell=NAME,tilt_deg=+2."


@dataclasses.dataclass(frozen=True)
class Turn:
    """One knob of one change; relative ones are added to what the knob stands at."""

    knob: str
    value: float
    relative: bool


@dataclasses.dataclass(frozen=True)
class Change:
    """What one --change asks for, read but not yet held against a network.

    text:  as it was typed, for messages
    """

    text: str
    cell: str
    turns: tuple[Turn, ...]


def read_change(text: str) -> Change:
    """`=+2` and `=-2` are relative, `=2` is absolute. A name of a cell with a comma in
    it is understood, for what follows a comma is a knob only if it has an `=`.

    Raises ScenarioError where no cell or no knob is named, or one twice, for an unknown
    knob and for a value that is no number.
    """
    parts: list[str] = []
    for part in text.split(","):
        if parts and "=" not in part and parts[-1].lstrip().startswith("cell"):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    pairs = [_pair(text, part) for part in parts]
    names = [name for name, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ScenarioError(
            f"change {text!r} names {twice[0]} twice. Repeat --change for a second one."
        )
    cell = dict(pairs).pop("cell", None)
    turns = tuple(_turn(text, knob, value) for knob, value in pairs if knob != "cell")
    if cell is None or not turns:
        missing = "cell" if cell is None else "knob"
        raise ScenarioError(f"change {text!r} names no {missing}. {EXAMPLE}")
    return Change(text, cell, turns)


def apply_changes(
    controls: Controls,
    names: tuple[str, ...],
    changes: list[str],
    only: frozenset[str] | None = None,
) -> Controls:
    """The controls after every change, in the order given.

    only:  the cells that may be named; None is all of them

    Raises ScenarioError as `read_change`, and for an unknown cell or a value beyond
    what the knob can do.
    """
    for change in changes:
        controls = _applied(controls, names, read_change(change), only)
    return controls


def _applied(
    controls: Controls,
    names: tuple[str, ...],
    change: Change,
    only: frozenset[str] | None,
) -> Controls:
    known = [name for name in names if only is None or name in only]
    if change.cell not in known:
        near = sorted(known, key=lambda name: _unlike(name, change.cell))[:5]
        raise ScenarioError(
            f"change {change.text!r}: there is no cell {change.cell!r}. Among the "
            f"{len(known)} there are {', '.join(near)}."
        )
    index = names.index(change.cell)
    for turn in change.turns:
        field, low, high = KNOBS[turn.knob]
        now = getattr(controls, field)
        value = turn.value + (float(now[index]) if turn.relative else 0.0)
        if not low <= value <= high:
            raise ScenarioError(
                f"change {change.text!r}: {turn.knob} would be {value:g}; "
                f"it goes from {low:g} to {high:g}. Give a value between."
            )
        values = np.array(now)
        values[index] = value
        controls = eqx.tree_at(
            lambda c, f=field: getattr(c, f), controls, now.at[:].set(values)
        )
    return controls


def _pair(text: str, part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ScenarioError(
            f"change {text!r}: {part!r} is not of the form name=value. {EXAMPLE}"
        )
    return name.strip(), value.strip()


def _turn(text: str, knob: str, said: str) -> Turn:
    if knob not in KNOBS:
        raise ScenarioError(
            f"change {text!r}: there is no knob {knob!r}. Known: {', '.join(KNOBS)}."
        )
    if knob == "awake":
        if said.lower() not in TRUTH:
            raise ScenarioError(
                f"change {text!r}: awake={said} is neither true nor false. "
                "Give awake=true or awake=false."
            )
        return Turn(knob, TRUTH[said.lower()], relative=False)
    try:
        value = float(said)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ScenarioError(
            f"change {text!r}: {knob}={said} is not a number. Give e.g. {knob}=+2."
        )
    return Turn(knob, value, relative=said.startswith(("+", "-")))


def _unlike(name: str, wanted: str) -> tuple[int, str]:
    """Names that begin alike come first."""
    same = next(
        (i for i, (a, b) in enumerate(zip(name, wanted, strict=False)) if a != b),
        min(len(name), len(wanted)),
    )
    return -same, name
