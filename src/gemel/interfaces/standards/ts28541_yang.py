"""How does the YANG of the NR network resource model spell what its OpenAPI spells?

Only where they differ and gemel serves it (TS 28.541, both solution sets, Rel-19).
"""

from typing import Any

from gemel.interfaces.standards.problem import BAD_NAME, TREE, refusal

# YANG name -> OpenAPI name
ATTRIBUTES = {
    "gNBId": "gnbId",
    "gNBIdLength": "gnbIdLength",
    "gNBDUId": "gnbDuId",
    "nRPCI": "nrPci",
}
# YANG leaf of NRCellRelation -> place in the array cellIndividualOffset
OFFSETS = {
    "rsrpOffsetSsb": 0,
    "rsrqOffsetSsb": 1,
    "sinrOffsetSsb": 2,
    "rsrpOffsetCsiRs": 3,
    "rsrqOffsetCsiRs": 4,
    "sinrOffsetCsiRs": 5,
}
# attribute -> YANG value -> OpenAPI value
VALUES = {
    "energySavingControl": {
        "toBeEnergySaving": "TO_BE_ENERGY_SAVING",
        "toBeNotEnergySaving": "TO_BE_NOT_ENERGY_SAVING",
    },
    "energySavingState": {
        "isEnergySaving": "IS_ENERGY_SAVING",
        "isNotEnergySaving": "IS_NOT_ENERGY_SAVING",
    },
}


def from_yang(node: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """The same attributes in OpenAPI's spelling; names may carry a module before ':'.

    Refusal: a leaf of cellIndividualOffset that does not exist.
    """
    turned: dict[str, Any] = {}
    for qualified, value in attributes.items():
        spelled = qualified.rpartition(":")[2]
        name = ATTRIBUTES.get(spelled, spelled)
        if name == "cellIndividualOffset" and isinstance(value, dict):
            value = _offsets(node, value)
        elif name in VALUES and isinstance(value, str):
            value = VALUES[name].get(value, value)
        turned[name] = value
    return turned


def _offsets(node: str, leaves: dict[str, Any]) -> list[Any]:
    """The array; leaves that are not given are zero, their default."""
    array: list[Any] = [0] * len(OFFSETS)
    for leaf, value in leaves.items():
        if leaf not in OFFSETS:
            raise refusal(
                TREE,
                f"{node}/attributes/cellIndividualOffset/{leaf}",
                f"cellIndividualOffset has no leaf {leaf!r}; it has "
                f"{', '.join(OFFSETS)}. Take one of these.",
                BAD_NAME,
            )
        array[OFFSETS[leaf]] = value
    return array
