"""How do NDTFunction, NDTJob and NDTReport of TS 28.561 come out of JSON?

Strictly: what the standard does not know is refused, since a twin that overlooks half
of a question answers another one. Attributes lie flat beside `id`, as the schema has
them, or inside `attributes`, as other documents do; both are read.
"""

import json
from pathlib import Path
from typing import Any

from gemel.errors import InterfaceError
from gemel.interfaces.standards.attributes import Attributes
from gemel.interfaces.standards.naming import SUB_NETWORK
from gemel.interfaces.standards.ts28561_nrm import (
    FUNCTION,
    STANDARD,
    NameValues,
    NDTCapability,
    NDTFunction,
    NDTInputDescription,
    NDTJob,
    NDTObject,
    NDTOutputDataPoint,
    NDTOutputDescription,
    NDTReport,
    PerformanceData,
    ScopeDefinition,
    SimulationData,
    SimulationDataDescriptor,
)

LARGEST_BYTES = 10_000_000
CLASSES = ("NDTFunction", "NDTJob", "NDTReport")
EXAMPLE = f"Give a JSON file with one NDTJob of {STANDARD}."


def read_job(path: Path | str) -> NDTJob:
    """The job in a JSON file.

    Raises InterfaceError where the file is missing, unreadable, larger than 10 MB or
    not JSON, holds something else than a job, and whatever `decode` raises.
    """
    job = decode(read_document(path), str(path))
    if not isinstance(job, NDTJob):
        raise InterfaceError(f"{path} holds an {type(job).__name__}. {EXAMPLE}")
    return job


def read_document(path: Path | str) -> Any:
    """Parsed JSON of a file, with nothing in it that JSON does not know."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. {EXAMPLE}"
        ) from error
    if len(content) > LARGEST_BYTES:
        raise InterfaceError(
            f"{path} has more than {LARGEST_BYTES / 1e6:g} MB, which no job needs. "
            f"{EXAMPLE}"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InterfaceError(
            f"{path} is not text: byte {error.start} is not UTF-8. {EXAMPLE}"
        ) from error
    if not text.strip():
        raise InterfaceError(f"{path} is empty. {EXAMPLE}")
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_once
        )
    except json.JSONDecodeError as error:
        raise InterfaceError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON: "
            f"{error.msg}. Mend that place."
        ) from error
    except (ValueError, RecursionError) as error:  # a number or nesting without end
        raise InterfaceError(
            f"{path}: not JSON that can be read: {error}. Mend the file."
        ) from error


def decode(document: Any, where: str = "the object") -> NDTObject:
    """One of the three in parsed JSON; `where` names its origin in messages.

    Raises InterfaceError for an attribute that is missing, of the wrong type or unknown
    to the standard, and for a word that no enumeration has.
    """
    if not isinstance(document, dict):
        raise InterfaceError(
            f"{where} holds {type(document).__name__}, not an object. "
            f"Write one NDTJob of {STANDARD}, in braces."
        )
    wrapped = document.get("attributes")
    if isinstance(wrapped, dict):
        if twice := wrapped.keys() & document.keys():
            raise InterfaceError(
                f"{where}: {min(twice)} stands beside attributes and inside. Keep one."
            )
        document = {k: v for k, v in document.items() if k != "attributes"} | wrapped
    one = Attributes(document, where, STANDARD)
    kind = one.choice("objectClass", CLASSES)
    return {"NDTJob": _job, "NDTFunction": _function, "NDTReport": _report}[kind](one)


def _job(one: Attributes) -> NDTJob:
    number = one.text("id")
    limits = _child(one, "nDTJobExecutionRequirements")
    max_runtime = None
    if limits is not None:
        max_runtime = limits.whole("maxRuntime")
        if max_runtime < 1:
            raise limits.wrong("maxRuntime", "a whole number of seconds, 1 or more")
        _nothing_else(limits)
    scenario = _child(one, "nDTJobScenario")
    return _whole(
        one,
        NDTJob(
            id=number,
            instance=_text(one, "objectInstance") or f"{FUNCTION},NDTJob={number}",
            capability=NDTCapability(one.choice("nDTCapability", list(NDTCapability))),
            scope=_scope(one, "nDTJobSynchScope"),
            scenario=None if scenario is None else _input(scenario),
            max_runtime=max_runtime,
            report_refs=_texts(one, "nDTReportRefList"),
            job_refs=_texts(one, "nDTJobRefList"),
        ),
    )


def _function(one: Attributes) -> NDTFunction:
    number = one.text("id")
    words = _texts(one, "supportedNDTCapabilities")
    if not words:
        raise one.wrong("supportedNDTCapabilities", "at least one NDTCapability")
    if strange := [word for word in words if word not in list(NDTCapability)]:
        raise one.wrong(
            "supportedNDTCapabilities",
            f"words among {', '.join(NDTCapability)}, not {strange[0]!r}",
        )
    scope = _child(one, "nDTFunctionScope")
    made = NDTFunction(
        id=number,
        instance=_text(one, "objectInstance") or f"{SUB_NETWORK},NDTFunction={number}",
        capabilities=tuple(map(NDTCapability, words)),
        ran_scope=None if scope is None else _scope(scope, "nDTRANScope"),
        cn_scope=None if scope is None else _scope(scope, "nDTCNScope"),
        function_refs=_texts(one, "nDTFunctionRefList"),
    )
    if scope is not None:
        _nothing_else(scope)
    return _whole(one, made)


def _report(one: Attributes) -> NDTReport:
    number = one.text("id")
    points = one.children("nDTJobOutputData")
    if not points:
        raise one.wrong("nDTJobOutputData", "at least one NDTOutputDataPoint")
    made = NDTReport(
        id=number,
        instance=_text(one, "objectInstance") or f"{FUNCTION},NDTReport={number}",
        output=tuple(_point(point) for point in points),
        job_ref=_text(one, "nDTJobRef"),
    )
    return _whole(one, made)


def _point(point: Attributes) -> NDTOutputDataPoint:
    state, configuration, observations = (
        tuple(_described(each) for each in point.children(name))
        for name in ("networkState", "networkConfiguration", "observations")
    )
    _nothing_else(point)
    return NDTOutputDataPoint(state, configuration, observations)


def _described(one: Attributes) -> NDTOutputDescription:
    made = NDTOutputDescription(
        id=one.text("nDTOutputDescriptionId"),
        instance=_text(one, "objectInstance"),
        attributes=_name_values(one, "objectAttributeList"),
    )
    _nothing_else(one)
    return made


def _input(one: Attributes) -> NDTInputDescription:
    event = one.get("networkEventInfo")
    if event is not None and not isinstance(event, str):
        raise one.wrong("networkEventInfo", "a text")
    made = NDTInputDescription(
        id=one.text("nDTInputDescriptionId"),
        descriptors=tuple(
            _descriptor(each) for each in one.children("simulationDataDescriptor")
        ),
        event=event or "",
    )
    _nothing_else(one)
    return made


def _descriptor(one: Attributes) -> SimulationDataDescriptor:
    data = []
    for each in one.children("simulationData"):
        performance = []
        for number in each.children("performanceData"):
            performance.append(
                PerformanceData(
                    number.text("performanceDataName"),
                    number.whole("performanceDataValue"),
                    number.whole("performanceDataScalingFactor"),
                )
            )
            _nothing_else(number)
        mdt = _name_values(each, "mDTData")
        configuration = _name_values(each, "configurationData")
        data.append(SimulationData(tuple(performance), mdt, configuration))
        _nothing_else(each)
    made = SimulationDataDescriptor(tuple(data), _text(one, "condition"))
    _nothing_else(one)
    return made


def _scope(owner: Attributes, name: str) -> ScopeDefinition | None:
    scope = _child(owner, name)
    if scope is None:
        return None
    entities = _texts(scope, "managedEntitiesScope")
    areas = []
    for area in scope.children("areaScope"):
        if area.get("geoCircle") is not None:
            raise InterfaceError(
                f"{area.where}: geoCircle is not served. Give a geoPolygon."
            )
        corners = area.children("geoPolygon")
        if len(corners) < 3:
            raise area.wrong("geoPolygon", "three corners or more")
        areas.append(tuple(_corner(corner) for corner in corners))
        _nothing_else(area)
    _nothing_else(scope)
    if bool(entities) == bool(areas):
        both = "both" if entities else "neither"
        raise InterfaceError(
            f"{scope.where} names {both} of managedEntitiesScope and areaScope, and "
            f"{STANDARD} wants one. Give one of them, not empty."
        )
    return ScopeDefinition(entities, tuple(areas))


def _corner(corner: Attributes) -> tuple[float, float]:
    latitude_deg, longitude_deg = corner.number("latitude"), corner.number("longitude")
    if not -90.0 <= latitude_deg <= 90.0:
        raise corner.wrong("latitude", "degrees from -90 to 90")
    if not -180.0 <= longitude_deg <= 180.0:
        raise corner.wrong("longitude", "degrees from -180 to 180")
    corner.get("altitude")
    _nothing_else(corner)
    return latitude_deg, longitude_deg


def _child(owner: Attributes, name: str) -> Attributes | None:
    return None if owner.get(name) is None else owner.child(name)


def _text(owner: Attributes, name: str) -> str | None:
    return None if owner.get(name) is None else owner.text(name)


def _texts(owner: Attributes, name: str) -> tuple[str, ...]:
    value = owner.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise owner.wrong(name, "a list of texts")
    return tuple(value)


def _name_values(owner: Attributes, name: str) -> tuple[NameValues, ...]:
    sets = owner.children(name)
    for one in sets:
        if not one.body:
            raise owner.wrong(name, "objects with one attribute or more")
    return tuple(one.body for one in sets)


def _whole(one: Attributes, made: Any) -> Any:
    _nothing_else(one)
    return made


def _nothing_else(one: Attributes) -> None:
    if strange := one.overlooked():
        raise InterfaceError(
            f"{one.where}: {STANDARD} knows no {strange[0]!r} here. It knows "
            f"{', '.join(sorted(one.looked_at))}. Leave it out."
        )


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return made
