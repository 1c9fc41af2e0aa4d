"""Which managed objects show a digital twin of a network to a management system?

NDTFunction, NDTJob and NDTReport of TS28561_NdtNrm.yaml 19.3.0 (Rel-19), as values.
Names of attributes stand beside the fields in `ts28561_read` and `ts28561_write`.
"""

import dataclasses
import enum
from typing import Any

from gemel.errors import InterfaceError
from gemel.interfaces.standards.naming import SUB_NETWORK

STANDARD = "TS 28.561"
FUNCTION = f"{SUB_NETWORK},NDTFunction=1"  # the YAML says nothing of jobs' parent

# AttributeNameValuePairSet of TS28623_ComDefs: name -> value
NameValues = dict[str, Any]


class NDTCapability(enum.StrEnum):
    """What a twin can be asked to do."""

    RISKY_ACTIONS_PREDICTION = "RISKY_ACTIONS_PREDICTION"
    EVENTS_IMPACTS_VERIFICATION = "EVENTS_IMPACTS_VERIFICATION"
    NETWORK_ISSUE_INDUCEMENT = "NETWORK_ISSUE_INDUCEMENT"
    NETWORK_EVENTS_VERIFICATION = "NETWORK_EVENTS_VERIFICATION"
    NETWORK_CONFIGURATIONS_VERIFICATION = "NETWORK_CONFIGURATIONS_VERIFICATION"
    AUTOMATION_CONFIGURATION_VERIFICATION = "AUTOMATION_CONFIGURATION_VERIFICATION"
    ML_TRAINING_DATA_GENERATION = "ML_TRAINING_DATA_GENERATION"
    USER_EXPERIENCE_DATA_GENERATION = "USER_EXPERIENCE_DATA_GENERATION"


@dataclasses.dataclass(frozen=True)
class ScopeDefinition:
    """Either managed objects by name, or areas on the map.

    entities:  distinguished names; an object stands for all below it
    areas:     polygons of (latitude, longitude), three corners or more each
    """

    entities: tuple[str, ...] = ()
    areas: tuple[tuple[tuple[float, float], ...], ...] = ()

    def __post_init__(self):
        if bool(self.entities) == bool(self.areas):
            raise InterfaceError(
                "a ScopeDefinition has either managedEntitiesScope or areaScope, and "
                "something in it. Give one of them."
            )


@dataclasses.dataclass(frozen=True)
class PerformanceData:
    """A measured number, as an integer and what it was multiplied by."""

    name: str
    value: int
    scaling_factor: int


@dataclasses.dataclass(frozen=True)
class SimulationData:
    """What a simulation begins with."""

    performance: tuple[PerformanceData, ...] = ()
    mdt: tuple[NameValues, ...] = ()
    configuration: tuple[NameValues, ...] = ()


@dataclasses.dataclass(frozen=True)
class SimulationDataDescriptor:
    """One thing to try, under a condition or none."""

    data: tuple[SimulationData, ...] = ()
    condition: str | None = None


@dataclasses.dataclass(frozen=True)
class NDTInputDescription:
    """nDTJobScenario: what to try, and what happens to the network meanwhile."""

    id: str
    descriptors: tuple[SimulationDataDescriptor, ...] = ()
    event: str = ""


@dataclasses.dataclass(frozen=True)
class NDTFunction:
    """A twin, and what it can do."""

    id: str
    instance: str
    capabilities: tuple[NDTCapability, ...]
    ran_scope: ScopeDefinition | None = None
    cn_scope: ScopeDefinition | None = None
    function_refs: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class NDTJob:
    """Something that a twin is asked.

    max_runtime:  nDTJobExecutionRequirements; seconds, None is as long as it takes
    """

    id: str
    instance: str
    capability: NDTCapability
    scope: ScopeDefinition | None = None
    scenario: NDTInputDescription | None = None
    max_runtime: int | None = None
    report_refs: tuple[str, ...] = ()
    job_refs: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class NDTOutputDescription:
    """Some attributes of one object."""

    id: str
    instance: str | None = None
    attributes: tuple[NameValues, ...] = ()


@dataclasses.dataclass(frozen=True)
class NDTOutputDataPoint:
    """What came of one thing tried."""

    state: tuple[NDTOutputDescription, ...] = ()
    configuration: tuple[NDTOutputDescription, ...] = ()
    observations: tuple[NDTOutputDescription, ...] = ()


@dataclasses.dataclass(frozen=True)
class NDTReport:
    """The answer to a job."""

    id: str
    instance: str
    output: tuple[NDTOutputDataPoint, ...]
    job_ref: str | None = None


NDTObject = NDTFunction | NDTJob | NDTReport
