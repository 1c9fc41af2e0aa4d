"""Which attributes do the managed objects of an NR network have, and what may they be?

The part of TS28541_NrNrm.yaml 19.6.0 (Rel-19) that gemel serves, with ranges and
enumerations as there; nrPci goes to 1007, its maximum of 503 in the YAML is a mistake.
`VsDataContainer` (TS 28.622 clause 4.3.9) of type `gemelHandover` holds what the
standard has no attribute for: event A3's offset and the hysteresis in halves of a dB
and the time to trigger in ms, each with the values of TS 38.331 clause 6.3.2
(ReportConfigNR), and whether handovers are prepared ahead (clause 5.3.5.13).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gemel.interfaces.standards.problem import (
    BAD_NAME,
    BAD_VALUE,
    NOT_ALLOWED,
    SCHEMA,
    TREE,
    ErrorDetail,
)

Q_OFFSET_DB = (
    *range(-24, -6, 2), -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, *range(8, 26, 2),
)  # fmt: skip
TIMES_TO_TRIGGER_MS = (
    0, 40, 64, 80, 100, 128, 160, 256, 320, 480, 512, 640, 1024, 1280, 2560, 5120,
)  # fmt: skip
HANDOVER = "gemelHandover"  # our vsDataType


@dataclasses.dataclass(frozen=True)
class Attribute:
    """What a value may be.

    kind:     of JSON: int, float, str, bool, list or dict
    low, high, among:  the range or the values that a schema lists
    length:   of a list, whose items follow the range or values
    fields:   of an object
    writable: by a consumer
    """

    kind: type
    writable: bool = False
    low: int | None = None
    high: int | None = None
    among: tuple[Any, ...] = ()
    length: int | None = None
    fields: Mapping[str, "Attribute"] | None = None

    def wrong(self, value: Any) -> str | None:
        """Why the schema forbids this value; None if it does not."""
        if self.kind is list:
            return self._wrong_list(value)
        if self.fields is not None:
            return self._wrong_object(value)
        exact = type(value) is self.kind  # True is no integer here
        if not (exact or (self.kind is float and type(value) is int)):
            return f"is {value!r}; it must be of type {JSON_NAME[self.kind]}"
        if self.among and value not in self.among:
            return f"is {value!r}; it may be {', '.join(map(str, self.among))}"
        if self.low is not None and not value >= self.low:
            return f"is {value}; it must be from {self.low:g} to {self.high:g}"
        if self.high is not None and not value <= self.high:
            return f"is {value}; it must be from {self.low:g} to {self.high:g}"
        return None

    def _wrong_list(self, value: Any) -> str | None:
        if type(value) is not list:
            return f"is {value!r}; it must be of type array"
        if self.length is not None and len(value) != self.length:
            return f"has {len(value)} items; it must have {self.length}"
        one = dataclasses.replace(self, kind=int, length=None)
        return next((why for why in map(one.wrong, value) if why), None)

    def _wrong_object(self, value: Any) -> str | None:
        assert self.fields is not None
        if type(value) is not dict:
            return f"is {value!r}; it must be of type object"
        for name, item in value.items():
            if name not in self.fields:
                return f"has {name!r}; it may have {', '.join(self.fields)}"
            if why := self.fields[name].wrong(item):
                return f"has a {name} that {why}"
        return None


JSON_NAME = {int: "integer", float: "number", str: "string", bool: "boolean"}


def _percent() -> Attribute:
    return Attribute(int, True, 0, 100)


_TEXT, _WHOLE, _OBJECT, _LIST = (Attribute(kind) for kind in (str, int, dict, list))
_FUNCTION = {"userLabel": _TEXT}
# class -> attribute -> what it may be
CLASSES: dict[str, dict[str, Attribute]] = {
    "SubNetwork": {"userLabel": _TEXT},
    "ManagedElement": {"userLabel": _TEXT, "peeParametersList": _LIST},
    "GNBDUFunction": {"gnbDuId": _WHOLE, "gnbId": _WHOLE, "gnbIdLength": _WHOLE},
    "GNBCUCPFunction": {"gnbId": _WHOLE, "gnbIdLength": _WHOLE, "gnbCuName": _TEXT},
    "NRCellDU": {
        **_FUNCTION,
        "administrativeState": Attribute(str, True, among=("LOCKED", "UNLOCKED")),
        "operationalState": _TEXT,
        "cellState": _TEXT,
        "cellLocalId": Attribute(int, low=0, high=16_383),
        "nrPci": Attribute(int, low=0, high=1_007),
        "arfcnDL": _WHOLE,
        "bSChannelBwDL": _WHOLE,
        "ssbPeriodicity": _WHOLE,
        "ssbSubCarrierSpacing": _WHOLE,
        "nRSectorCarrierRef": _LIST,
        "peeParametersList": _LIST,
    },
    "RRMPolicyRatio": {
        "resourceType": _TEXT,
        "rRMPolicyMemberList": _LIST,
        "rRMPolicyMaxRatio": _percent(),
        "rRMPolicyMinRatio": _percent(),
        "rRMPolicyDedicatedRatio": Attribute(int, low=0, high=100),
    },
    "NRSectorCarrier": {
        "txDirection": _TEXT,
        "configuredMaxTxPower": Attribute(int, True, 1, 2**31 - 1),
        "arfcnDL": _WHOLE,
        "bSChannelBwDL": _WHOLE,
    },
    "CommonBeamformingFunction": {
        "coverageShape": Attribute(int, low=0, high=65_535),
        "digitalAzimuth": Attribute(int, True, -1_800, 1_800),
        "digitalTilt": Attribute(int, True, -900, 900),
    },
    "Beam": {"beamIndex": _WHOLE, "beamType": _TEXT},
    "NRCellCU": {**_FUNCTION, "cellLocalId": Attribute(int, low=0, high=16_383)},
    "NRCellRelation": {
        "nRTCI": _WHOLE,
        "cellIndividualOffset": Attribute(list, True, among=Q_OFFSET_DB, length=6),
        "adjacentNRCellRef": _TEXT,
        "isHOAllowed": Attribute(bool, True),
        "isRemoveAllowed": Attribute(bool),
    },
    "CESManagementFunction": {
        "cesSwitch": Attribute(bool),
        "energySavingControl": Attribute(
            str, True, among=("TO_BE_ENERGY_SAVING", "TO_BE_NOT_ENERGY_SAVING")
        ),
        "energySavingState": _TEXT,
    },
    "VsDataContainer": {
        "vsDataType": _TEXT,
        "vsDataFormatVersion": _TEXT,
        "vsData": Attribute(
            dict,
            True,
            fields={
                "a3Offset": Attribute(int, True, -30, 30),
                "hysteresis": Attribute(int, True, 0, 30),
                "timeToTrigger": Attribute(int, True, among=TIMES_TO_TRIGGER_MS),
                "conditionalHandover": Attribute(bool, True),
            },
        ),
    },
    "AlarmList": {
        "administrativeState": _TEXT,
        "operationalState": _TEXT,
        "numOfAlarmRecords": _WHOLE,
        "lastModification": _TEXT,
        "alarmRecords": _OBJECT,
    },
    "PerfMetricJob": {
        "administrativeState": _TEXT,
        "operationalState": _TEXT,
        "jobId": _TEXT,
        "performanceMetrics": _LIST,
        "granularityPeriod": _WHOLE,
        "rootObjectInstances": _LIST,
        "reportingCtrl": _OBJECT,
    },
}


def mistake(dn: str, kind: str, name: str, value: Any) -> ErrorDetail | None:
    """What is wrong with writing that value to an attribute of a class, if anything."""
    known, node = CLASSES[kind], f"{dn}/attributes/{name}"
    if name not in known:
        return ErrorDetail(
            TREE,
            node,
            f"{kind} has no attribute {name!r}; it has {', '.join(known)}. "
            "Change one of these.",
            BAD_NAME,
        )
    if not known[name].writable:
        writable = [each for each, spec in known.items() if spec.writable]
        may = ", ".join(writable) or "none"
        return ErrorDetail(
            NOT_ALLOWED,
            node,
            f"{name} of {kind} is only read; what may be changed here: {may}.",
        )
    if why := known[name].wrong(value):
        return ErrorDetail(
            SCHEMA, node, f"{name} of {dn} {why}. Give such a value.", BAD_VALUE
        )
    return None
