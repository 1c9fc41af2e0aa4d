"""How is a change that people type, 'cell=NAME,tilt_deg=+2', applied to controls?"""

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


def apply_changes(
    controls: Controls, names: tuple[str, ...], changes: list[str]
) -> Controls:
    """The controls after every change, in the order given.

    `=+2` and `=-2` are relative, `=2` is absolute. Raises ScenarioError for an unknown
    cell or knob, or a value beyond what the knob can do.
    """
    for change in changes:
        controls = _one_change(controls, names, change)
    return controls


def _one_change(controls: Controls, names: tuple[str, ...], change: str) -> Controls:
    pairs = dict(_pair(change, part) for part in change.split(","))
    cell = pairs.pop("cell", None)
    if cell is None or not pairs:
        raise ScenarioError(
            f"change {change!r} names no cell or no knob. "
            "Give e.g. cell=NAME,tilt_deg=+2."
        )
    if cell not in names:
        near = ", ".join(sorted(names, key=lambda name: _unlike(name, cell))[:5])
        raise ScenarioError(
            f"change {change!r}: there is no cell {cell!r}. Among the {len(names)} "
            f"there are {near}."
        )
    index = names.index(cell)
    for knob, text in pairs.items():
        if knob not in KNOBS:
            raise ScenarioError(
                f"change {change!r}: there is no knob {knob!r}. "
                f"Known: {', '.join(KNOBS)}."
            )
        field, low, high = KNOBS[knob]
        values = np.array(getattr(controls, field))
        value = _value(change, knob, text)
        if text.startswith(("+", "-")) and knob != "awake":
            value += float(values[index])
        if not low <= value <= high:
            raise ScenarioError(
                f"change {change!r}: {knob} would be {value:g}; "
                f"it goes from {low:g} to {high:g}."
            )
        values[index] = bool(value) if knob == "awake" else value
        model = getattr(controls, field)
        controls = eqx.tree_at(
            lambda c, f=field: getattr(c, f), controls, model.at[:].set(values)
        )
    return controls


def _pair(change: str, part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ScenarioError(
            f"change {change!r}: {part!r} is not of the form name=value. "
            "Give e.g. cell=NAME,tilt_deg=+2."
        )
    return name.strip(), value.strip()


def _value(change: str, knob: str, text: str) -> float:
    if knob == "awake" and text.lower() in TRUTH:
        return TRUTH[text.lower()]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise ScenarioError(
            f"change {change!r}: {knob}={text} is not a number. Give e.g. {knob}=+2."
        )
    return value


def _unlike(name: str, wanted: str) -> tuple[int, str]:
    """Names that begin alike come first."""
    same = next(
        (i for i, (a, b) in enumerate(zip(name, wanted, strict=False)) if a != b),
        min(len(name), len(wanted)),
    )
    return -same, name
