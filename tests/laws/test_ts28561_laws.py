"""Does a twin as TS 28.561 has it survive JSON, and is everything else refused?"""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.errors import InterfaceError
from gemel.interfaces.standards.ts28561 import decode, encode, read_job
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

WORDS = st.text(string.ascii_letters + "=,ä ", min_size=1).filter(str.strip)
MAYBE = st.none() | WORDS
SETS = st.lists(
    st.dictionaries(
        WORDS, st.none() | st.integers() | WORDS | st.booleans(), min_size=1, max_size=3
    ),
    max_size=2,
).map(tuple)
REFS = st.lists(WORDS, max_size=2).map(tuple)
CAPABILITIES = st.sampled_from(NDTCapability)
CORNERS = st.tuples(st.floats(-90.0, 90.0), st.floats(-180.0, 180.0))
AREAS = st.lists(CORNERS, min_size=3, max_size=4).map(tuple)
SCOPES = st.one_of(
    st.builds(
        lambda dns: ScopeDefinition(entities=tuple(dns)),
        st.lists(WORDS, min_size=1, max_size=3),
    ),
    st.builds(
        lambda areas: ScopeDefinition(areas=tuple(areas)),
        st.lists(AREAS, min_size=1, max_size=2),
    ),
)
DATA = st.builds(
    SimulationData,
    st.lists(
        st.builds(PerformanceData, WORDS, st.integers(), st.integers()), max_size=2
    ).map(tuple),
    SETS,
    SETS,
)
DESCRIPTORS = st.builds(
    SimulationDataDescriptor, st.lists(DATA, max_size=2).map(tuple), MAYBE
)
INPUTS = st.builds(
    NDTInputDescription,
    WORDS,
    st.lists(DESCRIPTORS, max_size=2).map(tuple),
    st.just("") | WORDS,
)
JOBS = st.builds(
    NDTJob,
    WORDS,
    WORDS,
    CAPABILITIES,
    st.none() | SCOPES,
    st.none() | INPUTS,
    st.none() | st.integers(1, 10**9),
    REFS,
    REFS,
)
FUNCTIONS = st.builds(
    NDTFunction,
    WORDS,
    WORDS,
    st.lists(CAPABILITIES, min_size=1, max_size=3).map(tuple),
    st.none() | SCOPES,
    st.none() | SCOPES,
    REFS,
)
OUTPUTS = st.lists(st.builds(NDTOutputDescription, WORDS, MAYBE, SETS), max_size=2)
POINTS = st.builds(
    NDTOutputDataPoint, OUTPUTS.map(tuple), OUTPUTS.map(tuple), OUTPUTS.map(tuple)
)
REPORTS = st.builds(
    NDTReport, WORDS, WORDS, st.lists(POINTS, min_size=1, max_size=2).map(tuple), MAYBE
)


@given(JOBS | FUNCTIONS | REPORTS)
def test_decode_after_encode_is_the_identity(one):
    document = encode(one)
    assert decode(json.loads(json.dumps(document, allow_nan=False))) == one


@given(JOBS)
def test_attributes_may_also_be_wrapped(job):
    flat = encode(job)
    top = {k: flat.pop(k) for k in ("id", "objectClass", "objectInstance")}
    assert decode({**top, "attributes": flat}) == job


def a_job() -> dict:
    return {
        "id": "17",
        "objectClass": "NDTJob",
        "nDTCapability": "NETWORK_CONFIGURATIONS_VERIFICATION",
        "nDTJobSynchScope": {"managedEntitiesScope": ["SubNetwork=1"]},
        "nDTJobScenario": {
            "nDTInputDescriptionId": "steeper",
            "simulationDataDescriptor": [
                {
                    "simulationData": [
                        {
                            "performanceData": [
                                {
                                    "performanceDataName": "DRB.PdcpSduVolumeDL",
                                    "performanceDataValue": 120,
                                    "performanceDataScalingFactor": 100,
                                }
                            ],
                            "mDTData": [],
                            "configurationData": [
                                {"userLabel": "a", "digitalTilt": 20}
                            ],
                        }
                    ]
                }
            ],
            "networkEventInfo": "",
        },
        "nDTJobExecutionRequirements": {"maxRuntime": 60},
    }


def test_a_job_as_one_would_write_it():
    job = decode(a_job())
    assert isinstance(job, NDTJob)
    assert job.instance == "SubNetwork=1,NDTFunction=1,NDTJob=17"
    assert job.max_runtime == 60
    assert job.scope == ScopeDefinition(entities=("SubNetwork=1",))
    assert job.scenario is not None and job.scenario.event == ""
    (data,) = job.scenario.descriptors[0].data
    assert data.performance == (PerformanceData("DRB.PdcpSduVolumeDL", 120, 100),)
    assert data.configuration == ({"userLabel": "a", "digitalTilt": 20},)


def changed(*path, to=None, without=False) -> dict:
    job = a_job()
    inside = job
    for step in path[:-1]:
        inside = inside[step]
    if without:
        del inside[path[-1]]
    else:
        inside[path[-1]] = to
    return job


DESCRIPTOR = ("nDTJobScenario", "simulationDataDescriptor", 0)
NUMBER = (*DESCRIPTOR, "simulationData", 0, "performanceData", 0)
# what -> (the job, what the one line must name)
BAD = {
    "no object": ([], ["list", "NDTJob"]),
    "another class": (changed("objectClass", to="Intent"), ["'Intent'", "NDTFunction"]),
    "no class": (changed("objectClass", without=True), ["objectClass"]),
    "no id": (changed("id", without=True), ["has no id"]),
    "unknown capability": (
        changed("nDTCapability", to="TELL_FORTUNES"),
        ["TELL_FORTUNES", "RISKY_ACTIONS_PREDICTION"],
    ),
    "a capability in a list": (
        changed("nDTCapability", to=["RISKY_ACTIONS_PREDICTION"]),
        ["nDTCapability"],
    ),
    "unknown attribute": (changed("nDTJobPriority", to=3), ["'nDTJobPriority'"]),
    "wrong capitals": (changed("ndtCapability", to="X"), ["'ndtCapability'"]),
    "unknown inside": (
        changed(*DESCRIPTOR, "weather", to="rain"),
        ["simulationDataDescriptor[0]", "'weather'"],
    ),
    "text as runtime": (
        changed("nDTJobExecutionRequirements", "maxRuntime", to="60"),
        ["maxRuntime", "'60'"],
    ),
    "no time at all": (
        changed("nDTJobExecutionRequirements", "maxRuntime", to=0),
        ["maxRuntime", "1 or more"],
    ),
    "both scopes": (
        changed("nDTJobSynchScope", "areaScope", to=[{"geoPolygon": [
            {"latitude": 1, "longitude": 1}, {"latitude": 2, "longitude": 1},
            {"latitude": 2, "longitude": 2}]}]),
        ["both", "managedEntitiesScope"],
    ),
    "empty scope": (
        changed("nDTJobSynchScope", to={"managedEntitiesScope": []}),
        ["neither", "areaScope"],
    ),
    "two corners": (
        changed("nDTJobSynchScope", to={"areaScope": [{"geoPolygon": [
            {"latitude": 1, "longitude": 1}, {"latitude": 2, "longitude": 1}]}]}),
        ["geoPolygon", "three corners"],
    ),
    "a circle": (
        changed("nDTJobSynchScope", to={"areaScope": [{"geoCircle": {}}]}),
        ["geoCircle", "geoPolygon"],
    ),
    "beyond the pole": (
        changed("nDTJobSynchScope", to={"areaScope": [{"geoPolygon": [
            {"latitude": 91, "longitude": 1}, {"latitude": 2, "longitude": 1},
            {"latitude": 2, "longitude": 2}]}]}),
        ["latitude", "91"],
    ),
    "a fraction": (
        changed(*NUMBER, "performanceDataValue", to=1.5),
        ["performanceDataValue", "whole number"],
    ),
    "true is no number": (
        changed(*NUMBER, "performanceDataValue", to=True),
        ["performanceDataValue"],
    ),
    "no scaling": (
        changed(*NUMBER, "performanceDataScalingFactor", without=True),
        ["performanceDataScalingFactor"],
    ),
    "an empty set": (
        changed(*DESCRIPTOR, "simulationData", 0, "configurationData", to=[{}]),
        ["configurationData"],
    ),
    "an event in a list": (
        changed("nDTJobScenario", "networkEventInfo", to=["fire"]),
        ["networkEventInfo", "a text"],
    ),
    "twice": (
        changed("attributes", to={"nDTCapability": "NETWORK_ISSUE_INDUCEMENT"}),
        ["nDTCapability", "inside"],
    ),
    "no data": (
        {"id": "1", "objectClass": "NDTReport", "nDTJobOutputData": []},
        ["nDTJobOutputData"],
    ),
    "can do nothing": (
        {"id": "1", "objectClass": "NDTFunction", "supportedNDTCapabilities": []},
        ["supportedNDTCapabilities", "at least one"],
    ),
    "can do magic": (
        {"id": "1", "objectClass": "NDTFunction", "supportedNDTCapabilities": ["X"]},
        ["supportedNDTCapabilities", "'X'"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_the_standard_does_not_know_is_refused_in_one_line(what):
    document, named = BAD[what]
    with pytest.raises(InterfaceError) as error:
        decode(document, "job.json")
    said = str(error.value)
    assert said.startswith("job.json") and "\n" not in said
    for part in named:
        assert part in said, said


TORN = json.dumps(a_job())[:200]
# what -> (bytes of the file, what the one line must name)
FILES = {
    "empty": (b"", ["is empty"]),
    "truncated": (TORN.encode(), ["line 1, column", "not JSON"]),
    "not text": (b"\xff\xfe{", ["byte 0", "UTF-8"]),
    "NaN": (b'{"id": NaN}', ["NaN"]),
    "infinite": (b'{"id": -Infinity}', ["-Infinity"]),
    "one name twice": (b'{"id": "1", "id": "2"}', ["'id' stands twice"]),
    "endless brackets": (b"[" * 100_000, ["not JSON that can be read"]),
    "a number without end": (b'{"id": ' + b"9" * 10_000 + b"}", ["not JSON"]),
    "a report": (
        json.dumps(
            {"id": "1", "objectClass": "NDTReport", "nDTJobOutputData": [{}]}
        ).encode(),
        ["NDTReport", "NDTJob"],
    ),
    "huge": (b" " * 10_000_001, ["more than 10 MB"]),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_job_is_refused_in_one_line(what, tmp_path):
    content, named = FILES[what]
    path = tmp_path / "job.json"
    path.write_bytes(content)
    with pytest.raises(InterfaceError) as error:
        read_job(path)
    said = str(error.value)
    assert str(path) in said and "\n" not in said
    for part in named:
        assert part in said, said


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InterfaceError, match="cannot be read"):
        read_job(tmp_path / "none.json")
    with pytest.raises(InterfaceError, match="cannot be read"):
        read_job(tmp_path)
