"""What does a planned configuration (TS 28.572) ask for, and how is its fate told?

Descriptors, changes and details of TS28572_PlanManagement.yaml 19.2.0, Rel-19.
"""

import dataclasses
from typing import Any

from gemel.interfaces.standards.problem import SCHEMA, ErrorDetail, Refusal

ATOMIC, BEST_EFFORT, STOP_ON_ERROR = "ATOMIC", "BEST_EFFORT", "STOP_ON_ERROR"
ACTIVATION_MODES = (ATOMIC, BEST_EFFORT, STOP_ON_ERROR)
VALIDATION_MODES = ("CONTINUE_ON_ERROR", STOP_ON_ERROR)
CONTENT_TYPES = ("YANG_BASED", "OPENAPI_BASED")
OPERATORS = ("create", "merge", "merge-create", "delete")
SERVICE_IMPACTS = ("LEAST_SERVICE_IMPACT", "SHORTEST_TIME")

# jobState
NOT_STARTED, QUEUED, RUNNING = "NOT_STARTED", "QUEUED", "RUNNING"
CANCELLED, COMPLETED, FAILED = "CANCELLED", "COMPLETED", "FAILED"
OVER = (CANCELLED, COMPLETED, FAILED)

TEXTS = {"name": str, "version": str, "description": str, "customProperties": dict}


@dataclasses.dataclass(frozen=True)
class ConfigChange:
    """One change of a plan, as it was sent, and its place in it.

    target:  the path of one object, e.g. /SubNetwork=1/ManagedElement=gnb1
    """

    index: int
    operator: str
    target: str
    attributes: dict[str, Any]
    change_id: str | None = None

    @property
    def dn(self) -> str:
        """The target with commas."""
        return ",".join(self.target.strip("/").split("/"))

    def result(self, state: str, errors: tuple[ErrorDetail, ...] = ()) -> dict:
        """What became of it: a Result of ExecutionDetails."""
        who = (
            {"changeIndex": self.index}
            if self.change_id is None
            else {"changeId": self.change_id}
        )
        told = {**who, "target": self.target, "state": state}
        return told | ({"errors": [e.as_json() for e in errors]} if errors else {})


@dataclasses.dataclass(frozen=True)
class ConfigPlan:
    """What a descriptor asks for.

    yang:  its values are spelled as YANG has them
    """

    changes: tuple[ConfigChange, ...]
    mode: str = BEST_EFFORT
    yang: bool = True


def config_plan(body: Any, where: str) -> ConfigPlan:
    """A PlanConfigurationDescriptorRequest. Raises Refusal with every mistake."""
    errors = Mistakes(where)
    known = {
        **TEXTS,
        "configChangesContentType": CONTENT_TYPES,
        "activationMode": ACTIVATION_MODES,
        "configChanges": list,
    }
    errors.check(body, known, required=("configChanges",))
    errors.refuse()
    changes = []
    for index, item in enumerate(body["configChanges"]):
        here = errors.below(f"configChanges/{index}")
        spec = {
            "modifyOperator": OPERATORS,
            "changeId": (str, int),
            "description": str,
            "target": str,
            "value": dict,
        }
        if not here.check(item, spec, required=("modifyOperator", "target")):
            continue
        value = item.get("value", {})
        here.check(
            value, {"attributes": dict, "id": str, "objectClass": str}, inside="value"
        )
        identity = item.get("changeId")
        changes.append(
            ConfigChange(
                index,
                item["modifyOperator"],
                item["target"],
                value.get("attributes", {}),
                None if identity is None else str(identity),
            )
        )
    if not body["configChanges"]:
        errors.add("configChanges", "is empty; a plan has at least one change")
    named = [change.change_id for change in changes if change.change_id is not None]
    if len(set(named)) < len(named):
        errors.add("configChanges", "has one changeId twice; give each its own")
    errors.refuse()
    return ConfigPlan(
        tuple(changes),
        body.get("activationMode", BEST_EFFORT),
        body.get("configChangesContentType", CONTENT_TYPES[0]) == CONTENT_TYPES[0],
    )


GROUP = {
    **TEXTS,
    "isOrdered": bool,
    "isFailOnMemberConflicts": bool,
    "activationMode": ACTIVATION_MODES,
    "members": list,
}
TRIGGER = {
    **TEXTS,
    "conditionExpression": str,
    "activationJobs": list,
    "startEvaluationAt": str,
    "stopEvaluationAt": str,
    "isTriggerOnce": bool,
    "evaluationPeriod": int,
    "hysteresis": dict,
}
# Of which a job's body has exactly one.
PLANS = {
    "planConfigDescrId": str,
    "planConfigGroupDescrId": str,
    "planConfigDescr": dict,
    "planConfigGroupDescr": dict,
    "fallbackConfigDescrId": str,
}
_JOB = {"name": str, "description": str, "mnsConsumerId": list, **PLANS}
ACTIVATION_JOB = {
    **_JOB,
    "isFallbackEnabled": bool,
    "serviceImpact": SERVICE_IMPACTS,
    "isImmediateActivation": bool,
}
VALIDATION_JOB = {**_JOB, "validationMode": VALIDATION_MODES}


def job_body(body: Any, known: dict[str, Any], where: str) -> str:
    """Check the body of a job and say which kind of plan it names. Raises Refusal."""
    errors = Mistakes(where)
    errors.check(body, known)
    errors.refuse()
    named = [name for name in PLANS if name in body]
    if len(named) != 1:
        errors.add("", f"must have exactly one of {', '.join(PLANS)}")
    errors.refuse()
    return named[0]


def summary(
    results: list[dict[str, Any]], undone: int = 0, not_undone: int = 0
) -> dict[str, int]:
    """The SummaryStatus of these results."""
    states = [result["state"] for result in results]
    return {
        "notFinished": sum(s in (NOT_STARTED, "PROCESSING") for s in states),
        "succeeded": states.count("SUCCEEDED"),
        "failed": states.count(FAILED),
        "rollbackSucceeded": undone,
        "rollbackFailed": not_undone,
        "conflicting": 0,
    }


class Mistakes:
    """What is wrong with a body, collected, so that all of it is told at once."""

    def __init__(self, where: str):
        self._where = where
        self._found: list[ErrorDetail] = []

    def below(self, part: str) -> "Mistakes":
        """The same list, for what lies further inside."""
        inner = Mistakes(f"{self._where}/{part}")
        inner._found = self._found
        return inner

    def add(self, name: str, why: str) -> None:
        """One more."""
        node = "/".join(part for part in (self._where, name) if part)
        self._found.append(ErrorDetail(SCHEMA, node, f"{node} {why}."))

    def check(
        self,
        body: Any,
        known: dict[str, Any],
        required: tuple[str, ...] = (),
        inside: str = "",
    ) -> bool:
        """Whether it is an object with these members: types, or the values allowed."""
        before = len(self._found)
        if not isinstance(body, dict):
            self.add(inside, "is no object; give a JSON object")
            return False
        for name in required:
            if name not in body:
                self.add(inside, f"has no {name}; give one")
        for name, value in body.items():
            spec = known.get(name)
            place = "/".join(part for part in (inside, name) if part)
            if spec is None:
                self.add(place, f"is unknown; known are {', '.join(known)}")
            elif isinstance(spec, tuple) and isinstance(spec[0], str):
                if value not in spec:
                    self.add(place, f"is {value!r}; it may be {', '.join(spec)}")
            elif type(value) not in (spec if isinstance(spec, tuple) else (spec,)):
                self.add(place, f"is {value!r}, which is of another type")
        return len(self._found) == before

    def refuse(self) -> None:
        """Raise Refusal if anything was found."""
        if self._found:
            raise Refusal(*self._found)
