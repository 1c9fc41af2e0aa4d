"""Are the names in our JSON those of TS28561_NdtNrm.yaml 19.3.0?"""

import re
from pathlib import Path
from typing import Any

import pytest

from gemel.interfaces.standards.ts28561 import encode
from gemel.interfaces.standards.ts28561_nrm import (
    NDTCapability,
    NDTFunction,
    NDTInputDescription,
    NDTJob,
    NDTOutputDataPoint,
    NDTOutputDescription,
    NDTReport,
    PerformanceData,
    ScopeDefinition,
    SimulationData,
    SimulationDataDescriptor,
)

DN = ScopeDefinition(entities=("SubNetwork=1",))
AREA = ScopeDefinition(areas=(((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)),))
DATA = SimulationData((PerformanceData("a", 1, 1),), ({"b": 1},), ({"c": 1},))
ASKED = NDTInputDescription("i", (SimulationDataDescriptor((DATA,), "d"),), "e")
TOLD = (NDTOutputDescription("o", "d", ({"a": 1},)),)
CAPABILITY = NDTCapability.NETWORK_ISSUE_INDUCEMENT
FULL = (
    NDTFunction("1", "f", (CAPABILITY,), DN, AREA, ("g",)),
    NDTJob("1", "j", CAPABILITY, AREA, ASKED, 60, ("r",), ("j",)),
    NDTReport("1", "r", (NDTOutputDataPoint(TOLD, TOLD, TOLD),), "j"),
)
OTHERS = {"id", "objectClass", "objectInstance"}  # of Top
OURS = {"a", "b", "c"}  # in sets of names and values
GEO = {"geoPolygon", "latitude", "longitude"}  # of TS28623_ComDefs


@pytest.fixture(scope="module")
def schema(reference_dir: Path) -> str:
    text = (reference_dir / "standards.md").read_text("utf-8")
    found = re.search(r"^## C1\. TS28561_NdtNrm$(.*?)^## ", text, re.M | re.S)
    assert found is not None
    return found[1]


def names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    return set()


def test_every_name_that_we_write_is_in_the_schema_and_none_is_missing(schema):
    known = set(re.findall(r"^ +(\w+) +\S", schema, re.M))
    known |= set(re.findall(r"^ +(\w+)$", schema, re.M))
    known -= {"oneOf", "allOf", *re.findall(r"^ +(NDT\w+)", schema, re.M)}
    written = set().union(*(names_in(encode(one)) for one in FULL))
    assert written - OTHERS - OURS - GEO <= known
    assert known - {"objectInstance"} <= written


def test_the_capabilities_are_those_of_the_enumeration(reference_dir):
    text = (reference_dir / "standards.md").read_text("utf-8")
    line = re.search(r"^`NDTCapability` enum.*$", text, re.M)
    assert line is not None
    assert list(NDTCapability) == re.findall(r"`([A-Z_]+)`", line[0])


def test_the_classes_are_those_of_the_resources(schema):
    for one in FULL:
        assert f"oneOf   {type(one).__name__}-Single" in schema
        assert encode(one)["objectClass"] == type(one).__name__
