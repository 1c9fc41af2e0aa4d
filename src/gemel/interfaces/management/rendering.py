"""Which attributes does a managed object have now, with which values?"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from gemel.emulator.settings import SLICES
from gemel.interfaces.management.facts import PCIS, Facts, mw_of_dbm
from gemel.interfaces.management.knobs import Knobs
from gemel.interfaces.standards.ts28541 import HANDOVER

PLMN = {"mcc": "001", "mnc": "01"}  # of test networks, ITU-T E.212


@dataclasses.dataclass(frozen=True)
class Status:
    """What the equipment shows of itself between two reports.

    users:    connected, mean of the last chunk
    working:  False where a cell is out of order and knows it
    """

    users: Float[np.ndarray, " cell"]
    working: Bool[np.ndarray, " cell"]


@dataclasses.dataclass(frozen=True)
class Now:
    """Everything that attributes are read from."""

    facts: Facts
    knobs: Knobs
    status: Status


@dataclasses.dataclass(frozen=True)
class Node:
    """One managed object of the network.

    cell:  whose it is, or whose site's it is
    part:  which relation or slice of the cell, from 0
    """

    dn: str
    kind: str
    id: str
    cell: int
    part: int = 0


def attributes(node: Node, now: Now) -> dict[str, Any]:
    """Of one object, in the order of the standard."""
    return _OF[node.kind](node, now)


def tenths(value_deg: Any) -> int:
    """Degrees as the standard has angles."""
    return round(10.0 * float(value_deg))


def halves(value_db: Any) -> int:
    """Decibels as TS 38.331 has offsets and hysteresis."""
    return round(2.0 * float(value_db))


def percent(share: Any) -> int:
    """A share as the standard has ratios."""
    return round(100.0 * float(share))


def _sub_network(node: Node, now: Now) -> dict[str, Any]:
    return {"userLabel": "gemel"}


def _element(node: Node, now: Now) -> dict[str, Any]:
    return {
        "userLabel": now.facts.planned[node.cell].site,
        "peeParametersList": now.facts.site_attributes(node.cell),
    }


def _gnb(node: Node, now: Now) -> dict[str, Any]:
    number = now.facts.names.element_of_cell[node.cell] + 1
    whose = {"gnbId": number, "gnbIdLength": 32}
    if node.kind == "GNBDUFunction":
        return {"gnbDuId": 1, **whose}
    return {**whose, "gnbCuName": f"gnb{number}"}


def _cell_du(node: Node, now: Now) -> dict[str, Any]:
    cell, facts = node.cell, now.facts
    on_air = bool(np.asarray(now.knobs.controls.awake)[cell] & now.status.working[cell])
    busy = on_air and now.status.users[cell] > 0
    return {
        "userLabel": facts.names.label[cell],
        "administrativeState": "UNLOCKED" if now.knobs.unlocked[cell] else "LOCKED",
        "operationalState": "ENABLED" if now.status.working[cell] else "DISABLED",
        "cellState": ("ACTIVE" if busy else "IDLE") if on_air else "INACTIVE",
        "cellLocalId": int(node.id),
        "nrPci": cell % PCIS,
        **facts.frequency_attributes(cell),
        "ssbPeriodicity": 20,
        "ssbSubCarrierSpacing": facts.subcarrier_khz(cell),
        "nRSectorCarrierRef": [facts.names.sector_carrier[cell]],
        "peeParametersList": facts.site_attributes(cell),
    }


def _slice(node: Node, now: Now) -> dict[str, Any]:
    settings = now.knobs.settings
    least = np.asarray(settings.slice_min_share)[node.cell, node.part]
    most = np.asarray(settings.slice_max_share)[node.cell, node.part]
    return {
        "resourceType": "PRB",
        "rRMPolicyMemberList": [{"plmnId": PLMN, "snssai": {"sst": node.part + 1}}],
        "rRMPolicyMaxRatio": percent(most),
        "rRMPolicyMinRatio": percent(least),
        "rRMPolicyDedicatedRatio": 0,
    }


def _carrier(node: Node, now: Now) -> dict[str, Any]:
    power_dbm = np.asarray(now.knobs.controls.power_dbm)[node.cell]
    return {
        "txDirection": "DL_AND_UL",
        "configuredMaxTxPower": mw_of_dbm(float(power_dbm)),
        **now.facts.frequency_attributes(node.cell),
    }


def _beams(node: Node, now: Now) -> dict[str, Any]:
    controls = now.knobs.controls
    return {
        "coverageShape": 0,
        "digitalAzimuth": tenths(np.asarray(controls.azimuth_turn_deg)[node.cell]),
        "digitalTilt": tenths(np.asarray(controls.tilt_deg)[node.cell]),
    }


def _beam(node: Node, now: Now) -> dict[str, Any]:
    return {"beamIndex": 0, "beamType": "SSB_BEAM"}


def _cell_cu(node: Node, now: Now) -> dict[str, Any]:
    label = now.facts.names.label[node.cell]
    return {"userLabel": label, "cellLocalId": int(node.id)}


def _relation(node: Node, now: Now) -> dict[str, Any]:
    knobs, place = now.knobs, (node.cell, node.part)
    target = int(knobs.neighbour[place])
    others = [int(value) for value in knobs.other_offset_db[place]]
    return {
        "nRTCI": target,
        "cellIndividualOffset": [round(float(knobs.offset_db[place])), *others],
        "adjacentNRCellRef": now.facts.names.cell_cu[target],
        "isHOAllowed": bool(knobs.allowed[place]),
        "isRemoveAllowed": False,
    }


def _energy(node: Node, now: Now) -> dict[str, Any]:
    saving = now.knobs.saving[node.cell]
    awake = np.asarray(now.knobs.controls.awake)[node.cell]
    return {
        "cesSwitch": True,
        "energySavingControl": "TO_BE_ENERGY_SAVING"
        if saving
        else "TO_BE_NOT_ENERGY_SAVING",
        # Off the air is off the air, locked or saving.
        "energySavingState": "IS_NOT_ENERGY_SAVING" if awake else "IS_ENERGY_SAVING",
    }


def _handover(node: Node, now: Now) -> dict[str, Any]:
    cell, settings = node.cell, now.knobs.settings
    margin_db = np.asarray(now.knobs.controls.handover_margin_db)[cell]
    return {
        "vsDataType": HANDOVER,
        "vsDataFormatVersion": "1",
        "vsData": {
            "a3Offset": halves(margin_db),
            "hysteresis": halves(np.asarray(settings.hysteresis_db)[cell]),
            "timeToTrigger": int(np.asarray(settings.time_to_trigger_ms)[cell]),
            "conditionalHandover": bool(np.asarray(settings.conditional)[cell]),
        },
    }


_OF: dict[str, Callable[[Node, Now], dict[str, Any]]] = {
    "SubNetwork": _sub_network,
    "ManagedElement": _element,
    "GNBDUFunction": _gnb,
    "GNBCUCPFunction": _gnb,
    "NRCellDU": _cell_du,
    "RRMPolicyRatio": _slice,
    "NRSectorCarrier": _carrier,
    "CommonBeamformingFunction": _beams,
    "Beam": _beam,
    "NRCellCU": _cell_cu,
    "NRCellRelation": _relation,
    "CESManagementFunction": _energy,
    "VsDataContainer": _handover,
}
SLICES_PER_CELL = len(SLICES)
