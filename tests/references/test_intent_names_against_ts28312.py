"""Do we spell intents exactly as 3GPP TS 28.312 does, misspellings included?

Every string below is quoted from the Rel-19 solution set: TS28312_IntentNrm.yaml,
version 19.5.0, and TS28312_IntentExpectations.yaml, version 19.3.0. The schema named in
a comment is the one that has it.
"""

import datetime

import pytest

from gemel.autonomy.intents import CONDITIONS, TARGETS, Intent, Target, TargetResult
from gemel.interfaces.standards.ts28312 import decode, encode
from gemel.interfaces.standards.ts28312_report import encode_fulfilment_report

# schema -> (targetName, targetCondition), each an enumeration of one word
TARGET_SCHEMAS = {
    "AveDLRANUEThptTarget": ("AveDLRANUEThpt", "IS_GREATER_THAN"),
    "LowDLRANUEThptRatioTarget": ("LowDLRANUEThptRatio", "IS_LESS_THAN"),
    "HighDLPrbLoadRatioTarget": ("HighDLPrbLoadRatio", "IS_LESS_THAN"),
    "AveDLPrbLoadTarget": ("AveDLPrbLoad", "IS_LESS_THAN"),
    "RANEnergyConsumptionTarget": ("RANEnergyConsumption", "IS_LESS_THAN"),
}
# targetName -> (contextAttribute, contextCondition)
CONTEXT_SCHEMAS = {
    # LowDLRANUEThptContext
    "LowDLRANUEThptRatio": ("LowDLRANUEThptThreshold", "IS_LESS_THAN"),
    # HighDLPrbLoadContext
    "HighDLPrbLoadRatio": ("HighDLPrbLoadThreshold", "IS_LESS_THAN"),
}
# minimum=0 maximum=100 of targetValueRange
PERCENT = {"LowDLRANUEThptRatio", "HighDLPrbLoadRatio", "AveDLPrbLoad"}
# Condition
CONDITION_WORDS = {
    "IS_EQUAL_TO",
    "IS_LESS_THAN",
    "IS_GREATER_THAN",
    "IS_WITHIN_RANGE",
    "IS_OUTSIDE_RANGE",
    "IS_ONE_OF",
    "IS_NOT_ONE_OF",
    "IS_EQUAL_TO_OR_LESS_THAN",
    "IS_EQUAL_TO_OR_GREATER_THAN",
    "IS_ALL_OF",
}
# Intent-Single, required; `id` is required by Top of TS 28.623
REQUIRED = {
    "id",
    "userLabel",
    "intentExpectations",
    "intentMgmtPurpose",
    "intentReportControl",
    "intentReportReference",
}
# IntentExpectation, required
EXPECTATION_REQUIRED = {"expectationId", "expectationObject", "expectationTargets"}

# An intent as another vendor's tool may write it: the threshold's context is a single
# object, as LowDLRANUEThptRatioTarget has it, and the area is said to be NR.
FOREIGN = {
    "id": "es-1",
    "objectClass": "Intent",
    "objectInstance": "SubNetwork=1,IntentHandlingFunction=1,Intent=es-1",
    "userLabel": "save energy, keep throughput",
    "intentMgmtPurpose": "FULFILMENT_WITHOUT_NEGOTIATION",
    "intentAdminState": "ACTIVATED",
    "intentPriority": 10,
    "intentExpectations": [
        {
            "expectationId": "e1",
            "expectationVerb": "ENSURE",
            "expectationObject": {
                "objectType": "RAN_SUBNETWORK",
                "objectContexts": [
                    {
                        "contextAttribute": "RAT",
                        "contextCondition": "IS_ALL_OF",
                        "contextValueRange": ["NR"],
                    }
                ],
            },
            "expectationTargets": [
                {
                    "targetName": "RANEnergyConsumption",
                    "targetCondition": "IS_LESS_THAN",
                    "targetValueRange": 400,
                },
                {
                    "targetName": "LowDLRANUEThptRatio",
                    "targetCondition": "IS_LESS_THAN",
                    "targetValueRange": 5,
                    "targetContexts": {
                        "contextAttribute": "LowDLRANUEThptThreshold",
                        "contextCondition": "IS_LESS_THAN",
                        "contextValueRange": 3000,
                    },
                },
            ],
        }
    ],
    "intentReportControl": [
        {
            "observationPeriod": 900,
            "expectedReportTypes": ["INTENT_FULFILMENT_REPORT"],
        }
    ],
    "intentReportReference": "SubNetwork=1,IntentHandlingFunction=1,IntentReport=es-1",
}


def test_targets_and_their_conditions_are_spelt_as_in_the_schemas():
    ours = {(name, kind.condition) for name, kind in TARGETS.items()}
    assert ours == set(TARGET_SCHEMAS.values())


def test_contexts_are_spelt_as_in_the_schemas():
    ours = {
        name: (kind.context, kind.context_condition)
        for name, kind in TARGETS.items()
        if kind.context
    }
    assert ours == CONTEXT_SCHEMAS


def test_percentages_are_those_that_the_schemas_bound():
    assert {name for name, kind in TARGETS.items() if kind.ratio} == PERCENT


def test_conditions_are_words_of_the_standard():
    assert set(CONDITIONS) < CONDITION_WORDS


def test_an_intent_from_elsewhere_is_read():
    intent = decode(FOREIGN)
    assert intent == Intent(
        id="es-1",
        user_label="save energy, keep throughput",
        targets=(
            Target("RANEnergyConsumption", "IS_LESS_THAN", 400.0, expectation="e1"),
            Target(
                "LowDLRANUEThptRatio",
                "IS_LESS_THAN",
                5.0,
                context_threshold=3_000.0,
                expectation="e1",
            ),
        ),
        priority=10,
        observation_period_s=900,
        report_reference="SubNetwork=1,IntentHandlingFunction=1,IntentReport=es-1",
        object_instance="SubNetwork=1,IntentHandlingFunction=1,Intent=es-1",
    )


def test_what_we_write_has_what_the_schema_requires():
    document = encode(decode(FOREIGN))
    assert set(document) >= REQUIRED
    [expectation] = document["intentExpectations"]
    assert set(expectation) >= EXPECTATION_REQUIRED
    assert document["intentMgmtPurpose"] == "FULFILMENT_WITHOUT_NEGOTIATION"
    energy, ratio = expectation["expectationTargets"]
    assert energy["targetValueRange"] == 400
    # RANEnergyConsumptionTarget has `integer` here, and 400.0 is none to a validator
    # that looks at the text.
    assert isinstance(energy["targetValueRange"], int)
    # ExpectationTarget has an array here.
    assert ratio["targetContexts"] == [
        {
            "contextAttribute": "LowDLRANUEThptThreshold",
            "contextCondition": "IS_LESS_THAN",
            "contextValueRange": 3000,
        }
    ]


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_what_the_schema_requires_we_require(name):
    document = {key: value for key, value in FOREIGN.items() if key != name}
    with pytest.raises(Exception, match=f"has no {name}, which TS 28.312 requires"):
        decode(document)


def test_the_report_keeps_the_misspellings_of_the_standard():
    intent = decode(FOREIGN)
    results = {"RANEnergyConsumption": TargetResult(False, 412.0)}
    when = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    report = encode_fulfilment_report(intent, results, when)
    # IntentReport-Single, required
    assert report["intentReference"] == FOREIGN["objectInstance"]
    assert report["lastUpdatedTime"].startswith("2026-03-01T00:00:00")
    assert report["objectInstance"] == FOREIGN["intentReportReference"]
    whole = report["intentFulfilmentReport"]
    # FulfilmentInfo
    assert whole["intentFulfilmentInfo"]["fulfilmentStatus"] == "NOT_FULFILLED"
    assert whole["intentFulfilmentInfo"]["notFullfilledState"] == "DEGRADED"
    # ExpectationFulfilmentResult, required
    [result] = whole["expectationFulfilmentResult"]
    assert result["expectaitonId"] == "e1"
    assert result["expectationFulfilmentInfo"]["fulfilmentStatus"] == "NOT_FULFILLED"
    # TargetFulfilmentResult
    energy, _ = result["targetFulfilmentResults"]
    assert energy["targetName"] == "RANEnergyConsumption"
    assert energy["targetAchievedValue"] == 412.0
