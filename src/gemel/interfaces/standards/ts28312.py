"""How does an intent travel as JSON of 3GPP TS 28.312?

Attribute names and spelling, misspellings included, are those of the Rel-19 solution
set: TS28312_IntentNrm.yaml 19.5.0 and TS28312_IntentExpectations.yaml 19.3.0.
"""

import json
import logging
from itertools import groupby
from pathlib import Path
from typing import Any

from gemel.autonomy.intents import CONDITIONS, TARGETS, Intent, Target
from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.standards.attributes import Attributes

logger = logging.getLogger(__name__)

STANDARD = "TS 28.312"
PURPOSE = "FULFILMENT_WITHOUT_NEGOTIATION"
VERBS = ("DELIVER", "ENSURE", "MAINTAIN")
OBJECTS = ("RAN_SUBNETWORK", "SUBNETWORK")


def read_intent(path: Path | str) -> Intent:
    """The intent in a JSON file.

    Raises InterfaceError where the file is missing, unreadable, empty or not JSON, and
    whatever `decode` raises.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. "
            f"Give a JSON file with one Intent of {STANDARD}."
        ) from error
    except UnicodeDecodeError as error:
        raise InterfaceError(
            f"{path} is not text: byte {error.start} is not UTF-8. "
            f"Give a JSON file with one Intent of {STANDARD}."
        ) from error
    if not text.strip():
        raise InterfaceError(
            f"{path} is empty. Write one Intent of {STANDARD} into it."
        )
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InterfaceError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON: "
            f"{error.msg}. Mend that place."
        ) from error
    except (ValueError, RecursionError) as error:  # a number or nesting without end
        raise InterfaceError(
            f"{path}: not JSON that can be read: {error}. Mend the file."
        ) from error
    return decode(document, str(path))


def decode(document: Any, where: str = "the intent") -> Intent:
    """The intent in parsed JSON; `where` names its origin in messages.

    Raises InterfaceError where a required attribute is missing or of the wrong type,
    where a word is unknown, and where the intent asks for what gemel cannot keep: then
    it is refused rather than kept by half.
    """
    if not isinstance(document, dict):
        raise InterfaceError(
            f"{where} holds {type(document).__name__}, not an object. "
            f"Write one Intent of {STANDARD}, in braces."
        )
    intent = Attributes(document, where, STANDARD)
    intent.choice("objectClass", ("Intent",), default="Intent")
    user_label = intent.text("userLabel")
    intent.choice("intentMgmtPurpose", (PURPOSE,))
    intent.choice("intentAdminState", ("ACTIVATED",), default="ACTIVATED")
    intent.choice("expectationSelectivity", ("ALL_OF",), default="ALL_OF")
    _whole_network(intent, "intentContexts")
    intent.required("intentExpectations")
    expectations = intent.children("intentExpectations")
    identifiers = [each.text("expectationId") for each in expectations]
    if len(set(identifiers)) < len(identifiers):
        raise InterfaceError(
            f"{where}: two expectations share an expectationId: {identifiers}. "
            "Give each its own."
        )
    targets = tuple(t for each in expectations for t in _decode_expectation(each))
    intent.required("intentReportControl")
    controls = intent.children("intentReportControl")
    if len(controls) != 1:
        raise InterfaceError(
            f"{where}: intentReportControl has {len(controls)} entries, and gemel "
            "reports to one. Keep one."
        )
    made = _refused_as_interface(
        where,
        Intent,
        id=intent.text("id"),
        user_label=user_label,
        targets=targets,
        priority=intent.whole("intentPriority", default=1),
        observation_period_s=controls[0].whole("observationPeriod"),
        report_reference=intent.text("intentReportReference"),
        object_instance=(
            intent.text("objectInstance") if "objectInstance" in document else None
        ),
    )
    _tell_overlooked(intent, *controls)
    return made


def _decode_expectation(expectation: Attributes) -> tuple[Target, ...]:
    expectation.choice("expectationVerb", VERBS, default="ENSURE")
    about = expectation.child("expectationObject")
    about.choice("objectType", OBJECTS, default="RAN_SUBNETWORK")
    _whole_network(about, "objectContexts")
    _whole_network(expectation, "expectationContexts")
    if not expectation.required("expectationTargets"):
        raise expectation.wrong("expectationTargets", "at least one target")
    identifier = expectation.text("expectationId")
    targets = expectation.children("expectationTargets")
    _tell_overlooked(expectation, about)
    return tuple(_decode_target(target, identifier) for target in targets)


def _decode_target(target: Attributes, expectation: str) -> Target:
    name = target.choice("targetName", TARGETS)
    condition = target.choice("targetCondition", CONDITIONS)
    threshold = target.number("targetValueRange")
    kind = TARGETS[name]
    # The schema of the single target has one object here, the general one a list.
    contexts = target.children("targetContexts", single=True)
    own = [c for c in contexts if c.text("contextAttribute") == kind.context]
    if len(own) > 1:
        raise InterfaceError(
            f"{target.where}: targetContexts has {kind.context} twice. Keep one."
        )
    if own and kind.context_condition:
        own[0].choice("contextCondition", (kind.context_condition,))
    for context in contexts:
        if context not in own:
            _refuse_narrowing(context)
    made = _refused_as_interface(
        target.where,
        Target,
        name=name,
        condition=condition,
        threshold=threshold,
        weight=float(target.whole("preferenceWeight", default=1)),
        context_threshold=own[0].number("contextValueRange") if own else None,
        expectation=expectation,
    )
    _tell_overlooked(target)
    return made


def _tell_overlooked(*objects: Attributes) -> None:
    """Vendors and later releases add attributes: not an error, but not kept quiet."""
    for one in objects:
        for name in one.overlooked():
            logger.warning("%s: %s is not acted upon", one.where, name)


def _whole_network(owner: Attributes, name: str) -> None:
    for context in owner.children(name):
        _refuse_narrowing(context)


def _refuse_narrowing(context: Attributes) -> None:
    """A context restricts the intent to a part of the network or of the day."""
    attribute = context.text("contextAttribute")
    if attribute == "RAT" and context.body.get("contextValueRange") == ["NR"]:
        return  # all that gemel has
    raise InterfaceError(
        f"{context.where}: the context {attribute} is not supported here: gemel keeps "
        "an intent for the whole NR network, all day. Leave the context out."
    )


def _refused_as_interface(where: str, make: Any, **fields: Any) -> Any:
    try:
        return make(**fields)
    except ScenarioError as error:
        raise InterfaceError(f"{where}: {error}") from error


def _plain_number(value: float) -> float | int:
    """Whole numbers as the schema's integers."""
    return int(value) if value == int(value) else value


def encode(intent: Intent) -> dict[str, Any]:
    """The intent as JSON-ready dictionaries; `decode` of it gives the same intent."""
    instance = {"objectInstance": intent.object_instance}
    return {
        "id": intent.id,
        "objectClass": "Intent",
        **(instance if intent.object_instance is not None else {}),
        "userLabel": intent.user_label,
        "intentMgmtPurpose": PURPOSE,
        "intentAdminState": "ACTIVATED",
        "intentPriority": intent.priority,
        "intentExpectations": [
            {
                "expectationId": identifier,
                "expectationVerb": "ENSURE",
                "expectationObject": {"objectType": "RAN_SUBNETWORK"},
                "expectationTargets": [_encode_target(target) for target in targets],
            }
            for identifier, targets in groupby(
                intent.targets, lambda target: target.expectation
            )
        ],
        "intentReportControl": [
            {
                "observationPeriod": intent.observation_period_s,
                "expectedReportTypes": ["INTENT_FULFILMENT_REPORT"],
            }
        ],
        "intentReportReference": intent.report_reference,
    }


def _encode_target(target: Target) -> dict[str, Any]:
    body = {
        "targetName": target.name,
        "targetCondition": target.condition,
        "targetValueRange": _plain_number(target.threshold),
        "preferenceWeight": int(target.weight),
    }
    if target.context_threshold is None:
        return body
    kind = TARGETS[target.name]
    context = {
        "contextAttribute": kind.context,
        "contextCondition": kind.context_condition,
        "contextValueRange": _plain_number(target.context_threshold),
    }
    return body | {"targetContexts": [context]}
