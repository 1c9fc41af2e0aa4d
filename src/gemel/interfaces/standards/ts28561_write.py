"""How do NDTFunction, NDTJob and NDTReport of TS 28.561 become JSON?

In the schema's own form: attributes flat beside `id`, what is empty left out.
"""

from typing import Any

from gemel.interfaces.standards.ts28561_nrm import (
    NDTFunction,
    NDTInputDescription,
    NDTJob,
    NDTObject,
    NDTOutputDescription,
    NDTReport,
    ScopeDefinition,
    SimulationData,
    SimulationDataDescriptor,
)


def encode(one: NDTObject) -> dict[str, Any]:
    """JSON-ready dictionaries; `decode` of them gives the same object."""
    top = {
        "id": one.id,
        "objectClass": type(one).__name__,
        "objectInstance": one.instance,
    }
    if isinstance(one, NDTJob):
        return top | _job(one)
    return top | (_function(one) if isinstance(one, NDTFunction) else _report(one))


def _job(job: NDTJob) -> dict[str, Any]:
    limits = None if job.max_runtime is None else {"maxRuntime": job.max_runtime}
    return _filled(
        nDTCapability=str(job.capability),
        nDTJobSynchScope=_scope(job.scope),
        nDTJobScenario=None if job.scenario is None else _input(job.scenario),
        nDTJobExecutionRequirements=limits,
        nDTReportRefList=list(job.report_refs),
        nDTJobRefList=list(job.job_refs),
    )


def _function(function: NDTFunction) -> dict[str, Any]:
    scope = _filled(
        nDTRANScope=_scope(function.ran_scope), nDTCNScope=_scope(function.cn_scope)
    )
    return _filled(
        supportedNDTCapabilities=[str(each) for each in function.capabilities],
        nDTFunctionScope=scope or None,
        nDTFunctionRefList=list(function.function_refs),
    )


def _report(report: NDTReport) -> dict[str, Any]:
    points = [
        _filled(
            networkState=[_described(each) for each in point.state],
            networkConfiguration=[_described(each) for each in point.configuration],
            observations=[_described(each) for each in point.observations],
        )
        for point in report.output
    ]
    return _filled(nDTJobOutputData=points, nDTJobRef=report.job_ref)


def _described(one: NDTOutputDescription) -> dict[str, Any]:
    return _filled(
        nDTOutputDescriptionId=one.id,
        objectInstance=one.instance,
        objectAttributeList=list(one.attributes),
    )


def _input(scenario: NDTInputDescription) -> dict[str, Any]:
    return _filled(
        nDTInputDescriptionId=scenario.id,
        simulationDataDescriptor=[_descriptor(each) for each in scenario.descriptors],
        networkEventInfo=scenario.event or None,
    )


def _descriptor(one: SimulationDataDescriptor) -> dict[str, Any]:
    return _filled(
        simulationData=[_data(each) for each in one.data], condition=one.condition
    )


def _data(data: SimulationData) -> dict[str, Any]:
    performance = [
        {
            "performanceDataName": each.name,
            "performanceDataValue": each.value,
            "performanceDataScalingFactor": each.scaling_factor,
        }
        for each in data.performance
    ]
    return _filled(
        performanceData=performance,
        mDTData=list(data.mdt),
        configurationData=list(data.configuration),
    )


def _scope(scope: ScopeDefinition | None) -> dict[str, Any] | None:
    if scope is None:
        return None
    if scope.entities:
        return {"managedEntitiesScope": list(scope.entities)}
    return {
        "areaScope": [
            {
                "geoPolygon": [
                    {"latitude": latitude_deg, "longitude": longitude_deg}
                    for latitude_deg, longitude_deg in area
                ]
            }
            for area in scope.areas
        ]
    }


def _filled(**attributes: Any) -> dict[str, Any]:
    """Without what is absent or empty."""
    return {k: v for k, v in attributes.items() if v is not None and v != []}
