"""Does an intent mean the same on the wire, in memory and at the threshold?"""

import datetime
import json
import math

import jax.numpy as jnp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.autonomy.intents import (
    CONDITIONS,
    TARGETS,
    Intent,
    Target,
    TargetResult,
    headroom,
    met,
)
from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.standards import STANDARDS
from gemel.interfaces.standards.ts28312 import decode, encode, read_intent
from gemel.interfaces.standards.ts28312_report import encode_fulfilment_report

texts = st.text(min_size=1, max_size=12).filter(lambda text: text.strip())
values = st.floats(allow_nan=False, allow_infinity=False, min_value=0.0)
percents = st.floats(0.0, 100.0)


@st.composite
def target_strategy(draw, name=None):
    name = name or draw(st.sampled_from(sorted(TARGETS)))
    kind = TARGETS[name]
    context = st.one_of(st.none(), values) if kind.context else st.none()
    return Target(
        name,
        draw(st.sampled_from(sorted(CONDITIONS))),
        draw(percents if kind.ratio else values),
        weight=float(draw(st.integers(0, 10))),
        context_threshold=draw(context),
        expectation=draw(st.sampled_from(["a", "b"])),
    )


@st.composite
def fields_strategy(draw):
    """The fields of an intent, not yet made: the checker of types samples tuples at
    random, which hypothesis does not allow while it draws."""
    names = draw(st.lists(st.sampled_from(sorted(TARGETS)), min_size=1, unique=True))
    targets = [draw(target_strategy(name)) for name in names]
    return {
        "id": draw(texts),
        "user_label": draw(texts),
        "targets": tuple(sorted(targets, key=lambda target: target.expectation)),
        "priority": draw(st.integers(1, 100)),
        "observation_period_s": draw(st.integers(1, 10**6)),
        "report_reference": draw(texts),
        "object_instance": draw(st.one_of(st.none(), texts)),
    }


@given(fields_strategy())
def test_decode_after_encode_is_the_identity(fields):
    intent = Intent(**fields)
    assert decode(encode(intent)) == intent
    assert decode(json.loads(json.dumps(encode(intent)))) == intent


@given(fields_strategy())
def test_one_target_context_may_stand_outside_a_list(fields):
    intent = Intent(**fields)
    document = encode(intent)
    for expectation in document["intentExpectations"]:
        for target in expectation["expectationTargets"]:
            if "targetContexts" in target:
                [target["targetContexts"]] = target["targetContexts"]
    assert decode(document) == intent


@pytest.mark.parametrize("name", STANDARDS)
def test_every_standard_can_be_read_and_written(name):
    assert callable(STANDARDS[name].decode) and callable(STANDARDS[name].encode)


@given(target_strategy(), values)
def test_headroom_is_positive_when_met_and_negative_when_missed(target, value):
    spare = headroom(target, value)
    if spare > 0.0:
        assert met(target, value)
    if spare < 0.0:
        assert not met(target, value)
    assert (spare == 0.0) == (value == target.threshold)


@given(target_strategy())
def test_the_threshold_itself_counts_only_where_the_condition_says_equal(target):
    assert met(target, target.threshold) == ("EQUAL" in target.condition)


@given(target_strategy(), values)
def test_a_condition_and_its_opposite_never_agree(target, value):
    opposite = {
        "IS_LESS_THAN": "IS_EQUAL_TO_OR_GREATER_THAN",
        "IS_GREATER_THAN": "IS_EQUAL_TO_OR_LESS_THAN",
        "IS_EQUAL_TO_OR_LESS_THAN": "IS_GREATER_THAN",
        "IS_EQUAL_TO_OR_GREATER_THAN": "IS_LESS_THAN",
    }[target.condition]
    other = Target(target.name, opposite, target.threshold)
    assert met(target, value) != met(other, value)


@given(target_strategy())
def test_what_is_unknown_is_not_met(target):
    assert not met(target, math.nan)


def test_headroom_takes_a_whole_ensemble():
    target = Target("AveDLRANUEThpt", "IS_GREATER_THAN", 5_000.0)
    spare = headroom(target, jnp.array([4e3, 5e3, 7e3]))
    assert spare.tolist() == [-1e3, 0.0, 2e3]


def test_a_target_without_a_second_threshold_uses_our_default():
    plain = Target("LowDLRANUEThptRatio", "IS_LESS_THAN", 5.0)
    own = Target("LowDLRANUEThptRatio", "IS_LESS_THAN", 5.0, context_threshold=3e3)
    none = Target("RANEnergyConsumption", "IS_LESS_THAN", 400.0)
    assert plain.counted_against == 5_000.0
    assert own.counted_against == 3e3
    assert none.counted_against is None


ENERGY = Target("RANEnergyConsumption", "IS_LESS_THAN", 400.0, expectation="b")
SPEED = Target("AveDLRANUEThpt", "IS_GREATER_THAN", 5_000.0)
RATIO = Target("LowDLRANUEThptRatio", "IS_LESS_THAN", 5.0)

NONSENSE = {
    "unknown target": lambda: Target("Happiness", "IS_LESS_THAN", 1.0),
    "condition": lambda: Target("AveDLPrbLoad", "IS_WITHIN_RANGE", 1.0),
    "nan": lambda: Target("AveDLPrbLoad", "IS_LESS_THAN", math.nan),
    "infinite": lambda: Target("AveDLRANUEThpt", "IS_GREATER_THAN", math.inf),
    "negative": lambda: Target("AveDLRANUEThpt", "IS_GREATER_THAN", -1.0),
    "above all": lambda: Target("AveDLPrbLoad", "IS_LESS_THAN", 100.5),
    "weight": lambda: Target("AveDLPrbLoad", "IS_LESS_THAN", 1.0, weight=11.0),
    "half": lambda: Target("AveDLPrbLoad", "IS_LESS_THAN", 1.0, weight=0.5),
    "no context": lambda: Target(
        "AveDLPrbLoad", "IS_LESS_THAN", 1.0, context_threshold=2.0
    ),
    "bad context": lambda: Target(
        "LowDLRANUEThptRatio", "IS_LESS_THAN", 1.0, context_threshold=-2.0
    ),
    "nameless": lambda: Target("AveDLPrbLoad", "IS_LESS_THAN", 1.0, expectation=" "),
    "no target": lambda: Intent("i", "label", ()),
    "twice": lambda: Intent("i", "label", (SPEED, SPEED)),
    "mixed": lambda: Intent("i", "label", (SPEED, ENERGY, RATIO)),
    "priority": lambda: Intent("i", "label", (SPEED,), priority=0),
    "period": lambda: Intent("i", "label", (SPEED,), observation_period_s=0),
    "label": lambda: Intent("i", " ", (SPEED,)),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused_in_one_line(name):
    with pytest.raises(ScenarioError) as refused:
        NONSENSE[name]()
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


def changed(path, value):
    """A sound intent with one thing replaced, or left out where the value is None."""
    document = encode(Intent("night", "save", (SPEED, RATIO)))
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


FIRST = ("intentExpectations", 0)
TARGET = (*FIRST, "expectationTargets", 0)
RAT_NR = {
    "contextAttribute": "RAT",
    "contextCondition": "IS_ALL_OF",
    "contextValueRange": ["NR"],
}
SOME_CELLS = RAT_NR | {"contextAttribute": "Cell", "contextValueRange": ["1"]}
# what is wrong -> (where, what stands there, what the message must name)
REFUSED = {
    "no label": (("userLabel",), None, ["userLabel", "requires"]),
    "no purpose": (("intentMgmtPurpose",), None, ["intentMgmtPurpose"]),
    "no expectation": (("intentExpectations",), None, ["intentExpectations"]),
    "no report control": (("intentReportControl",), None, ["intentReportControl"]),
    "no reference": (("intentReportReference",), None, ["intentReportReference"]),
    "no id": (("id",), None, ["id"]),
    "empty list": (("intentExpectations",), [], ["no target"]),
    "not a list": (("intentExpectations",), "x", ["list of objects"]),
    "purpose": (("intentMgmtPurpose",), "EXPLORATION", ["FULFILMENT_WITHOUT"]),
    "deactivated": (("intentAdminState",), "DEACTIVATED", ["ACTIVATED"]),
    "one of": (("expectationSelectivity",), "ONE_OF", ["ALL_OF"]),
    "priority": (("intentPriority",), 101, ["101", "100"]),
    "priority text": (("intentPriority",), "high", ["'high'", "whole number"]),
    "class": (("objectClass",), "NRCellDU", ["NRCellDU", "Intent"]),
    "no period": (("intentReportControl",), [{}], ["observationPeriod"]),
    "two reports": (
        ("intentReportControl",),
        [{"observationPeriod": 1}] * 2,
        ["2 entries"],
    ),
    "object type": (
        (*FIRST, "expectationObject"),
        {"objectType": "5GC_SUBNETWORK"},
        ["5GC_SUBNETWORK", "RAN_SUBNETWORK"],
    ),
    "verb": ((*FIRST, "expectationVerb"), "WISH", ["WISH", "ENSURE"]),
    "no object": ((*FIRST, "expectationObject"), None, ["expectationObject"]),
    "only some cells": ((*FIRST, "expectationContexts"), [SOME_CELLS], ["Cell"]),
    "no targets": ((*FIRST, "expectationTargets"), [], ["at least one"]),
    "unknown target": ((*TARGET, "targetName"), "Speed", ["Speed", "AveDLRANUEThpt"]),
    "target twice": (
        (*FIRST, "expectationTargets"),
        encode(Intent("i", "label", (SPEED,)))["intentExpectations"][0][
            "expectationTargets"
        ]
        * 2,
        ["two targets", "AveDLRANUEThpt"],
    ),
    "unknown condition": (
        (*TARGET, "targetCondition"),
        "IS_SMALL",
        ["IS_SMALL", "IS_LESS_THAN"],
    ),
    "range condition": (
        (*TARGET, "targetCondition"),
        "IS_WITHIN_RANGE",
        ["IS_WITHIN_RANGE", "IS_LESS_THAN"],
    ),
    "threshold text": ((*TARGET, "targetValueRange"), "5000", ["'5000'", "a number"]),
    "threshold bool": ((*TARGET, "targetValueRange"), True, ["True", "a number"]),
    "threshold list": ((*TARGET, "targetValueRange"), [1, 2], ["[1, 2]"]),
    "threshold huge": ((*TARGET, "targetValueRange"), 10**400, ["1e308"]),
    "threshold nan": ((*TARGET, "targetValueRange"), math.nan, ["nan"]),
    "no threshold": ((*TARGET, "targetValueRange"), None, ["targetValueRange"]),
    "weight": ((*TARGET, "preferenceWeight"), 11, ["11", "10"]),
    "frequency": (
        (*TARGET, "targetContexts"),
        [RAT_NR | {"contextAttribute": "DlFrequency"}],
        ["DlFrequency"],
    ),
    "nameless context": ((*TARGET, "targetContexts"), {}, ["contextAttribute"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said_in_one_line_with_its_place(name):
    path, value, words = REFUSED[name]
    with pytest.raises(InterfaceError) as refused:
        decode(changed(path, value), "night.json")
    message = str(refused.value)
    assert "\n" not in message
    assert "night.json" in message
    assert message.endswith(".")
    for word in words:
        assert word in message


@pytest.mark.parametrize("document", [[], "intent", 5, None])
def test_only_an_object_is_an_intent(document):
    with pytest.raises(InterfaceError, match="not an object"):
        decode(document)


def test_the_same_expectation_twice_is_refused():
    document = encode(Intent("night", "save", (SPEED, ENERGY)))
    document["intentExpectations"][1]["expectationId"] = SPEED.expectation
    with pytest.raises(InterfaceError, match="share an expectationId"):
        decode(document)


def test_saying_that_the_network_is_nr_is_allowed():
    assert decode(changed((*TARGET, "targetContexts"), [RAT_NR]))


def test_what_is_not_acted_upon_is_said(caplog):
    decode(changed(("intentPreemptionCapability",), True), "night.json")
    assert "night.json: intentPreemptionCapability is not acted upon" in caplog.text


BROKEN_FILES = {
    "empty": (b"  \n", ["is empty"]),
    "not json": (b'{"id": "a",\n "userLabel" 5}', ["line 2", "column 14"]),
    "cut": (b'{"id": "a"', ["line 1", "not JSON"]),
    "binary": (b"\x89PNG\xff\xfe", ["UTF-8"]),
    "list": (b"[]", ["not an object"]),
    "deep": (b"[" * 100_000, ["not JSON"]),
    "endless number": (b'{"id": ' + b"9" * 5_000 + b"}", ["not JSON"]),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_file_is_named_in_one_line(tmp_path, name):
    content, words = BROKEN_FILES[name]
    path = tmp_path / "intent.json"
    path.write_bytes(content)
    with pytest.raises(InterfaceError) as refused:
        read_intent(path)
    message = str(refused.value)
    assert "\n" not in message and str(path) in message
    for word in words:
        assert word in message


def test_a_missing_file_and_a_folder_are_named_in_one_line(tmp_path):
    for path in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(InterfaceError, match="cannot be read") as refused:
            read_intent(path)
        assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    intent = Intent("night", "save energy", (SPEED, RATIO), priority=10)
    path = tmp_path / "intent.json"
    path.write_text(json.dumps(encode(intent)), "utf-8-sig")
    assert read_intent(path) == intent


NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


def test_the_report_says_of_every_target_how_it_fared():
    intent = Intent("night", "save", (SPEED, RATIO, ENERGY))
    results = {
        SPEED.name: TargetResult(False, 4_200.0),
        ENERGY.name: TargetResult(True, 380.0),
    }
    report = encode_fulfilment_report(intent, results, NOON)
    json.dumps(report, allow_nan=False)
    assert report["intentReference"] == intent.reference
    assert report["lastUpdatedTime"] == "2026-03-01T12:00:00+00:00"
    whole = report["intentFulfilmentReport"]
    assert whole["intentFulfilmentInfo"]["fulfilmentStatus"] == "NOT_FULFILLED"
    first, second = whole["expectationFulfilmentResult"]
    assert first["expectationFulfilmentInfo"]["fulfilmentStatus"] == "NOT_FULFILLED"
    assert second["expectationFulfilmentInfo"] == {"fulfilmentStatus": "FULFILLED"}
    speed, ratio = first["targetFulfilmentResults"]
    assert speed["targetAchievedValue"] == 4_200.0
    assert "4200" in speed["targetFulfilmentInfo"]["notFulfilledReasons"][0]
    assert "targetAchievedValue" not in ratio
    assert "nothing was measured" in str(ratio["targetFulfilmentInfo"])


def test_a_day_that_is_good_on_the_whole_says_why_it_failed():
    intent = Intent("night", "save", (SPEED,))
    results = {SPEED.name: TargetResult(False, 9_000.0)}
    report = encode_fulfilment_report(intent, results, NOON)
    assert "not in every period" in str(report)


def test_all_kept_is_fulfilled():
    intent = Intent("night", "save", (SPEED,))
    report = encode_fulfilment_report(intent, {SPEED.name: TargetResult(True)}, NOON)
    info = report["intentFulfilmentReport"]["intentFulfilmentInfo"]
    assert info == {"fulfilmentStatus": "FULFILLED"}


def test_a_result_that_nobody_wanted_is_refused():
    with pytest.raises(InterfaceError, match="AveDLPrbLoad"):
        encode_fulfilment_report(
            Intent("i", "label", (SPEED,)), {"AveDLPrbLoad": TargetResult(True)}, NOON
        )
