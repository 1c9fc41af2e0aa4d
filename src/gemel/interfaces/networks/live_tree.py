"""Which managed objects are the cells of our inventory, and what is set on them?

What a network shows is rounded as the standard wants it: milliwatts, tenths of a
degree, halves of a dB. Where the inventory's own value would look just the same, it is
taken for that.
"""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.standards.naming import SUB_NETWORK
from gemel.interfaces.standards.ts28541 import Q_OFFSET_DB
from gemel.network.controls import Controls

RSRP_SSB = 0  # the first of the six of cellIndividualOffset
CHILD_NOT = {"id", "objectClass", "objectInstance", "attributes", "_links"}

Tree = dict[str, dict[str, Any]]


def flattened(body: Any, where: str) -> Tree:
    """Distinguished name -> attributes, of a flat or a nested answer."""
    tree: Tree = {}
    waiting = [("", "", body)]
    while waiting:
        above, kind, node = waiting.pop()
        if isinstance(node, list):
            waiting.extend((above, kind, each) for each in reversed(node))
            continue
        if not isinstance(node, dict):
            raise InterfaceError(
                f"{where} has a {type(node).__name__} where a managed object should "
                "be. Give resources as TS 28.532 has them."
            )
        name = node.get("objectInstance")
        if not isinstance(name, str) or not name:
            kind = str(node.get("objectClass") or kind or SUB_NETWORK.partition("=")[0])
            own = f"{kind}={node.get('id', '')}"
            name = f"{above},{own}" if above else own
        attributes = node.get("attributes", {})
        if not isinstance(attributes, dict):
            raise InterfaceError(
                f"{where}: attributes of {name} are no object. Mend it."
            )
        tree.setdefault(name, {}).update(attributes)
        for key, inner in node.items():
            if key not in CHILD_NOT and isinstance(inner, list):
                waiting.append((name, key, inner))
    return tree


@dataclasses.dataclass(frozen=True)
class CellObjects:
    """The names of every cell's objects, in the inventory's order.

    offsets_to:  the NRCellRelations that lead to each cell
    """

    label: tuple[str, ...]
    cell_du: tuple[str, ...]
    cell_cu: tuple[str, ...]
    carrier: tuple[str, ...]
    beams: tuple[str, ...]
    energy_saving: tuple[str, ...]
    handover: tuple[str, ...]
    offsets_to: tuple[tuple[str, ...], ...]


def cell_objects(tree: Tree, labels: tuple[str, ...], where: str) -> CellObjects:
    """Find the inventory's cells by their userLabel.

    Raises InterfaceError where a cell is missing, unknown, or there twice.
    """
    du = _by_label(tree, "NRCellDU", labels, where)
    cu = _by_label(tree, "NRCellCU", labels, where)
    cell_of = {dn: number for number, dn in enumerate(cu)}
    towards: list[list[str]] = [[] for _ in labels]
    for dn in _of_class(tree, "NRCellRelation"):
        target = cell_of.get(str(tree[dn].get("adjacentNRCellRef")))
        if target is not None:  # else it leads out of our inventory
            towards[target].append(dn)
    carriers = [_carrier_of(tree, dn) for dn in du]
    return CellObjects(
        label=labels,
        cell_du=du,
        cell_cu=cu,
        carrier=tuple(_there(tree, dn, where) for dn in carriers),
        beams=tuple(
            _below(tree, dn, "CommonBeamformingFunction", where) for dn in carriers
        ),
        energy_saving=tuple(
            _below(tree, dn, "CESManagementFunction", where) for dn in cu
        ),
        handover=tuple(_below(tree, dn, "VsDataContainer", where) for dn in cu),
        offsets_to=tuple(map(tuple, towards)),
    )


@dataclasses.dataclass(frozen=True)
class Knobs:
    """What is set on every cell, in the standard's integers; [cell]."""

    power_mw: np.ndarray
    tilt_tenths: np.ndarray
    azimuth_tenths: np.ndarray
    awake: np.ndarray
    offset_db: np.ndarray
    margin_halves: np.ndarray


def knobs_read(tree: Tree, objects: CellObjects, where: str) -> Knobs:
    """What the tree says. A locked cell is off air and counts as asleep.

    A cell's own offset is what all relations that lead to it agree upon.
    """

    def whole(dn: str, name: str, inside: str = "") -> int:
        value = tree.get(dn, {}).get(inside or name)
        if inside:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, bool) or not isinstance(value, int):
            raise InterfaceError(
                f"{where}: {name} of {dn} is {value!r}. Give a whole number."
            )
        return value

    def awake(cell: int) -> bool:
        saving = tree.get(objects.energy_saving[cell], {}).get("energySavingState")
        locked = tree.get(objects.cell_du[cell], {}).get("administrativeState")
        return saving != "IS_ENERGY_SAVING" and locked != "LOCKED"

    def offset(cell: int) -> int:
        found = {_offset_of(tree, dn, where) for dn in objects.offsets_to[cell]}
        return found.pop() if len(found) == 1 else 0

    cells = range(len(objects.label))
    power = [whole(dn, "configuredMaxTxPower") for dn in objects.carrier]
    if min(power) < 1:
        at = objects.carrier[int(np.argmin(power))]
        raise InterfaceError(f"{where}: {at} sends {min(power)} mW. Give 1 or more.")
    return Knobs(
        power_mw=np.array(power),
        tilt_tenths=np.array([whole(dn, "digitalTilt") for dn in objects.beams]),
        azimuth_tenths=np.array([whole(dn, "digitalAzimuth") for dn in objects.beams]),
        awake=np.array([awake(cell) for cell in cells]),
        offset_db=np.array([offset(cell) for cell in cells]),
        margin_halves=np.array(
            [whole(dn, "a3Offset", "vsData") for dn in objects.handover]
        ),
    )


def knobs_of(controls: Controls) -> Knobs:
    """The same controls as the standard's integers."""
    power_dbm = np.asarray(controls.power_dbm, np.float64)
    offset_db = np.asarray(controls.individual_offset_db, np.float64)
    nearest = np.abs(offset_db[:, None] - np.array(Q_OFFSET_DB)).argmin(1)
    return Knobs(
        power_mw=np.rint(10.0 ** (power_dbm / 10.0)).astype(np.int64),
        tilt_tenths=_times(controls.tilt_deg, 10.0),
        azimuth_tenths=_times(controls.azimuth_turn_deg, 10.0),
        awake=np.asarray(controls.awake),
        offset_db=np.array(Q_OFFSET_DB)[nearest],
        margin_halves=_times(controls.handover_margin_db, 2.0),
    )


def controls_read(knobs: Knobs, usual: Controls) -> Controls:
    """What is set, in our units.

    usual:  what the inventory says; its own values where they would look the same
    """
    same = knobs_of(usual)

    def told(name: str, value: np.ndarray, ours: Any) -> jnp.ndarray:
        alike = getattr(knobs, name) == getattr(same, name)
        return jnp.asarray(np.where(alike, np.asarray(ours), value), jnp.float32)

    return Controls(
        power_dbm=told("power_mw", 10.0 * np.log10(knobs.power_mw), usual.power_dbm),
        tilt_deg=told("tilt_tenths", knobs.tilt_tenths / 10.0, usual.tilt_deg),
        azimuth_turn_deg=told(
            "azimuth_tenths", knobs.azimuth_tenths / 10.0, usual.azimuth_turn_deg
        ),
        awake=jnp.asarray(knobs.awake),
        individual_offset_db=jnp.asarray(knobs.offset_db, jnp.float32),
        handover_margin_db=told(
            "margin_halves", knobs.margin_halves / 2.0, usual.handover_margin_db
        ),
    )


def changes(now: Knobs, wish: Knobs, objects: CellObjects, tree: Tree) -> list[dict]:
    """The configChanges of TS 28.572 that lead from one to the other."""
    found: list[tuple[str, dict[str, Any]]] = []
    for cell in np.flatnonzero(now.awake != wish.awake):
        control = (
            "TO_BE_NOT_ENERGY_SAVING" if wish.awake[cell] else "TO_BE_ENERGY_SAVING"
        )
        found.append((objects.energy_saving[cell], {"energySavingControl": control}))
    for name, attribute, where in (
        ("power_mw", "configuredMaxTxPower", objects.carrier),
        ("tilt_tenths", "digitalTilt", objects.beams),
        ("azimuth_tenths", "digitalAzimuth", objects.beams),
    ):
        before, after = getattr(now, name), getattr(wish, name)
        for cell in np.flatnonzero(before != after):
            found.append((where[cell], {attribute: int(after[cell])}))
    for cell in np.flatnonzero(now.margin_halves != wish.margin_halves):
        margin = {"a3Offset": int(wish.margin_halves[cell])}
        found.append((objects.handover[cell], {"vsData": margin}))
    for cell in np.flatnonzero(now.offset_db != wish.offset_db):
        for dn in objects.offsets_to[cell]:
            offsets = list(tree[dn]["cellIndividualOffset"])
            offsets[RSRP_SSB] = int(wish.offset_db[cell])
            found.append((dn, {"cellIndividualOffset": offsets}))
    return [
        {
            "modifyOperator": "merge",
            "changeId": str(number),
            "target": "/" + dn.replace(",", "/"),
            "value": {"attributes": attributes},
        }
        for number, (dn, attributes) in enumerate(found, start=1)
    ]


def _times(value: Any, factor: float) -> np.ndarray:
    return np.rint(np.asarray(value, np.float64) * factor).astype(np.int64)


def _of_class(tree: Tree, kind: str) -> Iterator[str]:
    return (dn for dn in tree if dn.rpartition(",")[2].startswith(f"{kind}="))


def _by_label(
    tree: Tree, kind: str, labels: tuple[str, ...], where: str
) -> tuple[str, ...]:
    named: dict[str, str] = {}
    for dn in _of_class(tree, kind):
        label = str(tree[dn].get("userLabel"))
        if label in named:
            raise InterfaceError(
                f"{where}: {named[label]} and {dn} have the userLabel {label!r}. "
                "Give every cell its own."
            )
        named[label] = dn
    if missing := [label for label in labels if label not in named]:
        raise InterfaceError(
            f"{where} has no {kind} for {_some(missing)} of the inventory; it has "
            f"{_some(list(named))}. Name the scenario that the network was made from."
        )
    if extra := sorted(named.keys() - set(labels)):
        raise InterfaceError(
            f"{where} has {kind} {_some(extra)}, not in the inventory. "
            "Name the scenario that the network was made from."
        )
    return tuple(named[label] for label in labels)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:5]) or "none"
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown


def _carrier_of(tree: Tree, cell_du: str) -> str:
    told = tree[cell_du].get("nRSectorCarrierRef")
    if isinstance(told, list) and told:
        return str(told[0])
    above, _, own = cell_du.rpartition(",")  # by number, where no reference is told
    return f"{above},NRSectorCarrier={own.partition('=')[2]}"


def _there(tree: Tree, dn: str, where: str) -> str:
    if dn not in tree:
        raise InterfaceError(f"{where} has no {dn}. Add it to the tree.")
    return dn


def _below(tree: Tree, parent: str, kind: str, where: str) -> str:
    return _there(tree, f"{parent},{kind}=1", where)


def _offset_of(tree: Tree, dn: str, where: str) -> int:
    told = tree.get(dn, {}).get("cellIndividualOffset")
    if not isinstance(told, list) or not told or not math.isfinite(_number(told[0])):
        raise InterfaceError(
            f"{where}: cellIndividualOffset of {dn} is {told!r}. "
            "Give six offsets in dB."
        )
    return round(_number(told[RSRP_SSB]))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
