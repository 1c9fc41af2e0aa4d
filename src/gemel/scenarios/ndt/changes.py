"""Which controls does the configurationData of an NDTJob set?

TS 28.561 leaves it open to which object such a set of names and values belongs. Here
one of the names is `objectInstance`, a distinguished name, or `userLabel`, what the
operator calls a cell; the others are attributes of TS 28.541, in its units.
"""

import dataclasses
from typing import Any

import equinox as eqx
import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.standards.naming import LocalNames
from gemel.interfaces.standards.ts28541 import CLASSES, HANDOVER, mistake
from gemel.interfaces.standards.ts28561_nrm import NameValues
from gemel.network.controls import Controls

INSTANCE, LABEL = "objectInstance", "userLabel"
# Attribute of TS 28.541 -> the class that has it; all that a cell's controls hold.
SERVED = {
    "administrativeState": "NRCellDU",
    "configuredMaxTxPower": "NRSectorCarrier",
    "digitalTilt": "CommonBeamformingFunction",
    "digitalAzimuth": "CommonBeamformingFunction",
    "energySavingControl": "CESManagementFunction",
    "vsData": "VsDataContainer",
}
MARGIN = "a3Offset"  # of vsData, in halves of a dB


@dataclasses.dataclass(frozen=True)
class Setting:
    """One attribute of one cell, as it was given."""

    cell: int
    instance: str
    name: str
    value: Any


def settings_of(sets: list[NameValues], names: LocalNames) -> list[Setting]:
    """Every attribute to be set, in the order given.

    Raises InterfaceError for an object or attribute that is not served, and for a value
    that TS 28.541 does not allow.
    """
    found = []
    for number, body in enumerate(sets):
        where = f"configurationData[{number}]"
        given = [name for name in (INSTANCE, LABEL) if name in body]
        attributes = {k: v for k, v in body.items() if k not in given}
        if len(given) != 1 or not isinstance(body[given[0]], str):
            raise InterfaceError(
                f"{where} does not say whose attributes these are: give one text, "
                f"{INSTANCE} or {LABEL}, beside {', '.join(attributes) or 'them'}."
            )
        if not attributes:
            raise InterfaceError(
                f"{where} sets nothing of {body[given[0]]!r}. Give one of "
                f"{', '.join(SERVED)}."
            )
        for name, value in attributes.items():
            found.append(_setting(where, given[0], body[given[0]], name, value, names))
    return found


def _setting(
    where: str, by: str, whose: str, name: str, value: Any, names: LocalNames
) -> Setting:
    if name not in SERVED:
        raise InterfaceError(
            f"{where}: {name!r} is nothing that this twin can try. It knows "
            f"{', '.join(SERVED)}."
        )
    kind = SERVED[name]
    objects = _objects(names)[kind]
    if by == LABEL:
        if whose not in names.label:
            raise InterfaceError(
                f"{where}: there is no cell with the userLabel {whose!r}. Among the "
                f"{len(names.label)} there are {', '.join(names.label[:3])}."
            )
        cell = names.label.index(whose)
    else:
        if whose not in objects:
            raise InterfaceError(
                f"{where}: there is no {kind} {whose!r}, which {name} belongs to. "
                f"Give e.g. {objects[0]}."
            )
        cell = objects.index(whose)
    if wrong := mistake(objects[cell], kind, name, value):
        raise InterfaceError(f"{where}: {wrong.detail}")
    if name == "vsData" and set(value) != {MARGIN}:
        raise InterfaceError(
            f"{where}: of vsData of type {HANDOVER} this twin can try {MARGIN} alone, "
            f"not {', '.join(value) or 'nothing'}. Give only that."
        )
    return Setting(cell, objects[cell], name, value)


def applied(controls: Controls, settings: list[Setting]) -> Controls:
    """The controls after every setting."""
    for one in settings:
        field, value = _as_control(one)
        values = np.array(getattr(controls, field))
        values[one.cell] = value
        controls = eqx.tree_at(
            lambda c, f=field: getattr(c, f),
            controls,
            getattr(controls, field).at[:].set(values),
        )
    return controls


def _as_control(one: Setting) -> tuple[str, float | bool]:
    """Field of Controls and its value, in our units."""
    match one.name:
        case "administrativeState":
            return "awake", one.value == "UNLOCKED"
        case "energySavingControl":
            return "awake", one.value == "TO_BE_NOT_ENERGY_SAVING"
        case "configuredMaxTxPower":
            return "power_dbm", 10.0 * float(np.log10(one.value))
        case "digitalTilt":
            return "tilt_deg", one.value / 10.0
        case "digitalAzimuth":
            return "azimuth_turn_deg", one.value / 10.0
        case _:
            return "handover_margin_db", one.value[MARGIN] / 2.0


def _objects(names: LocalNames) -> dict[str, tuple[str, ...]]:
    objects = {
        "NRCellDU": names.cell_du,
        "NRSectorCarrier": names.sector_carrier,
        "CommonBeamformingFunction": names.beamforming,
        "CESManagementFunction": names.energy_saving,
        "VsDataContainer": names.vendor_data,
    }
    assert objects.keys() <= CLASSES.keys()
    return objects
