"""Is a plan carried out as its mode says, whole, in part, or undone without a trace?"""

import asyncio
import dataclasses
import time
from pathlib import Path
from typing import Any

import equinox as eqx
import httpx
import numpy as np
import pytest

from gemel.emulator.secrets import Secrets
from gemel.interfaces.management.activation import Outcome, activate, validate
from gemel.interfaces.management.door import Door, DoorOptions
from gemel.interfaces.management.equipment import EquipmentError
from gemel.interfaces.management.equipment_stand_in import StandInEquipment
from gemel.interfaces.management.facts import facts_of
from gemel.interfaces.management.knobs import Knobs, knobs_of
from gemel.interfaces.management.serving import application
from gemel.interfaces.standards.problem import Refusal
from gemel.interfaces.standards.ts28572 import config_plan
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts, stand_in_for

ROOT = "/plan-management/v1"
SITE = "/SubNetwork=1/ManagedElement=gnb1"


class Moody(StandInEquipment):
    """Equipment that refuses, or breaks while it is being set, on demand."""

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self.refusing: set[str] = set()
        self.breaking = 0
        self.turned = 0

    def refuses(self, dn: str) -> str | None:
        return "its motor is stuck" if dn in self.refusing else None

    def turn(self, knobs: Knobs) -> None:
        self.turned += 1
        super().turn(knobs)
        if self.breaking:
            self.breaking -= 1
            raise EquipmentError("lost on the way")


@pytest.fixture(scope="module")
def parts() -> tuple[Any, ...]:
    plan = dataclasses.replace(hexagons(0, rings=1), users=60)
    facts = public_facts(plan, 0)
    stand_in = stand_in_for(facts, 0, 86_400.0, 1, Secrets())
    return plan, facts, stand_in, stand_in.controls(0)


@pytest.fixture
def door(parts, tmp_path: Path):
    plan, facts, stand_in, controls = parts
    stand_in.turn(0, controls)
    equipment = Moody(stand_in, knobs_of(facts.cells, facts.controls))
    public = facts_of(plan.inventory, facts.cells)
    made = Door(equipment, public, DoorOptions(), tmp_path)
    yield made
    made.close()


def ask(door: Door, method: str, path: str, **more: Any) -> httpx.Response:
    async def one() -> httpx.Response:
        transport = httpx.ASGITransport(app=application(door))
        url = "http://127.0.0.1"
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.request(method, path, **more)

    return asyncio.run(one())


def beams(cell: int) -> str:
    return f"{SITE}/GNBDUFunction=1/NRSectorCarrier={cell}/CommonBeamformingFunction=1"


def change(target: str, identity: str | None = None, **attributes: Any) -> dict:
    named = {} if identity is None else {"changeId": identity}
    value = {"attributes": attributes}
    return {"modifyOperator": "merge", **named, "target": target, "value": value}


def plan_of(mode: str, *changes: dict) -> dict[str, Any]:
    return {
        "name": "a plan",
        "configChangesContentType": "OPENAPI_BASED",
        "activationMode": mode,
        "configChanges": list(changes),
    }


GOOD = (
    change(beams(1), "one", digitalTilt=41),
    change(beams(2), digitalTilt=42, digitalAzimuth=-15),
    change(beams(3), "three", digitalTilt=43),
)
BAD = change(beams(2), "two", digitalTilt=2_000)
WORSE = change(beams(2), colour="red")


def tilts(door: Door) -> list[int]:
    return np.round(np.asarray(door.desk.now.knobs.controls.tilt_deg)[:3] * 10).tolist()


def run(door: Door, body: dict[str, Any]) -> Outcome:
    with door.desk.turnstile.visit():
        outcome = activate(door.desk, config_plan(body, "plan"))
    assert outcome is not None  # it was not cancelled
    return outcome


def states(details: dict[str, Any]) -> list[str]:
    return [result["state"] for result in details["results"]]


def untouched(door: Door, before: Knobs) -> bool:
    now = door.desk.equipment.knobs()
    return (
        bool(
            eqx.tree_equal(
                (now.controls, now.settings), (before.controls, before.settings)
            )
        )
        and door.desk.now.knobs.controls is now.controls
    )


@pytest.mark.parametrize("mode", ["ATOMIC", "BEST_EFFORT", "STOP_ON_ERROR"])
def test_a_good_plan_is_carried_out_in_every_mode(door, mode):
    outcome = run(door, plan_of(mode, *GOOD))
    assert outcome.state == "ACTIVATED"
    assert tilts(door) == [41, 42, 43]
    assert outcome.details["summary"]["succeeded"] == 3
    first, second, _ = outcome.details["results"]
    assert first["changeId"] == "one" and second["changeIndex"] == 1


def test_a_fallback_undoes_a_plan_and_only_that(door):
    before = tilts(door)
    twice = (change(beams(1), digitalTilt=41), change(beams(1), digitalTilt=51))
    outcome = run(door, plan_of("ATOMIC", *twice, *GOOD[1:]))
    assert tilts(door) == [51, 42, 43]
    run(door, plan_of("ATOMIC", change(beams(3), digitalAzimuth=99)))
    assert run(door, plan_of("ATOMIC", *outcome.fallback)).state == "ACTIVATED"
    assert tilts(door) == before
    turn_deg = np.asarray(door.desk.now.knobs.controls.azimuth_turn_deg)
    assert turn_deg[2] == np.float32(9.9) and turn_deg[1] == 0.0


def test_atomic_with_a_mistake_does_nothing(door):
    before, turned = door.desk.equipment.knobs(), door.desk.equipment.turned
    outcome = run(door, plan_of("ATOMIC", GOOD[0], BAD, GOOD[2]))
    assert outcome.state == "ACTIVATION_FAILED"
    assert outcome.details["results"][1]["errors"][0]["type"] == (
        "SCHEMA_VALIDATION_ERROR"
    )
    assert untouched(door, before) and door.desk.equipment.turned == turned
    assert not outcome.fallback


def test_best_effort_does_what_it_can(door):
    before = tilts(door)
    outcome = run(door, plan_of("BEST_EFFORT", GOOD[0], BAD, GOOD[2]))
    assert outcome.state == "PARTIALLY_ACTIVATED"
    assert states(outcome.details) == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert tilts(door) == [41, before[1], 43]


def test_stop_on_error_stops_there(door):
    before = tilts(door)
    outcome = run(door, plan_of("STOP_ON_ERROR", GOOD[0], BAD, GOOD[2]))
    assert outcome.state == "PARTIALLY_ACTIVATED"
    assert states(outcome.details) == ["SUCCEEDED", "FAILED", "NOT_STARTED"]
    assert outcome.details["summary"]["notFinished"] == 1
    assert tilts(door) == [41, *before[1:]]


def test_atomic_that_fails_half_way_is_fully_undone(door):
    """An element refuses its part after others have taken theirs."""
    before = door.desk.equipment.knobs()
    door.desk.equipment.refusing = {beams(3).strip("/").replace("/", ",")}
    outcome = run(door, plan_of("ATOMIC", *GOOD))
    assert outcome.state == "ACTIVATION_FAILED_ROLLED_BACK"
    assert states(outcome.details) == ["SUCCEEDED", "SUCCEEDED", "FAILED"]
    assert outcome.details["summary"]["rollbackSucceeded"] == 2
    assert "motor" in outcome.details["results"][2]["errors"][0]["detail"]
    assert untouched(door, before) and not outcome.fallback


@pytest.mark.parametrize("mode", ["ATOMIC", "BEST_EFFORT", "STOP_ON_ERROR"])
def test_equipment_that_breaks_while_it_is_set_is_set_back(door, mode):
    before = door.desk.equipment.knobs()
    door.desk.equipment.breaking = 1
    outcome = run(door, plan_of(mode, *GOOD))
    assert outcome.state == "ACTIVATION_FAILED_ROLLED_BACK"
    assert states(outcome.details) == ["FAILED"] * 3
    assert untouched(door, before)


def test_what_cannot_be_set_back_is_said(door):
    door.desk.equipment.breaking = 2
    outcome = run(door, plan_of("ATOMIC", *GOOD))
    assert outcome.state == "ACTIVATION_FAILED_ROLLBACK_FAILED"
    assert outcome.details["summary"]["rollbackFailed"] == 3


def test_validation_finds_what_activation_would_and_changes_nothing(door):
    before = door.desk.equipment.knobs()
    plan = config_plan(plan_of("ATOMIC", BAD, GOOD[0], WORSE), "plan")
    outcome = validate(door.desk, plan, stop_on_error=False)
    assert states(outcome.details) == ["FAILED", "SUCCEEDED", "FAILED"]
    assert outcome.state == "VALIDATION_FAILED"
    stopped = validate(door.desk, plan, stop_on_error=True)
    assert states(stopped.details) == ["FAILED", "NOT_STARTED", "NOT_STARTED"]
    good = config_plan(plan_of("ATOMIC", *GOOD), "plan")
    assert validate(door.desk, good, False).state == "VALIDATION_SUCCEEDED"
    assert untouched(door, before)


@pytest.mark.parametrize("operator", ["create", "delete"])
def test_objects_stay_as_they_are(door, operator):
    body = plan_of("BEST_EFFORT", {**GOOD[0], "modifyOperator": operator})
    outcome = run(door, body)
    assert outcome.state == "ACTIVATION_FAILED"
    error = outcome.details["results"][0]["errors"][0]
    assert error["type"] == "MODIFICATION_NOT_ALLOWED"


def test_yang_plans_mean_the_same(door):
    energy = f"{SITE}/GNBCUCPFunction=1/NRCellCU=1/CESManagementFunction=1"
    body = plan_of("ATOMIC", change(energy, energySavingControl="toBeEnergySaving"))
    del body["configChangesContentType"]  # the standard's default is YANG_BASED
    assert run(door, body).state == "ACTIVATED"
    assert not bool(door.desk.now.knobs.controls.awake[0])


def over(door: Door, where: str) -> dict[str, Any]:
    """The job once it is over."""
    for _ in range(1_000):
        status = ask(door, "GET", f"{where}/status").json()
        if status["jobState"] in ("COMPLETED", "FAILED", "CANCELLED"):
            return ask(door, "GET", where).json()
        time.sleep(0.01)
    raise AssertionError(f"{where} is never over")


def posted(door: Door, kind: str, body: dict[str, Any]) -> str:
    answer = ask(door, "POST", f"{ROOT}/{kind}", json=body)
    assert answer.status_code == 201, answer.text
    return httpx.URL(answer.headers["location"]).path


def test_a_plan_goes_its_way_over_http(door):
    before = tilts(door)
    plan = posted(door, "plan-descriptors", plan_of("ATOMIC", *GOOD))
    told = ask(door, "GET", plan).json()
    assert told["validationState"] == "NOT_VALIDATED"
    named = {"planConfigDescrId": told["id"]}
    checked = over(door, posted(door, "plan-validation-jobs", named))
    assert checked["validationState"] == "VALIDATION_SUCCEEDED"
    assert ask(door, "GET", plan).json()["validationState"] == "VALID"
    assert tilts(door) == before
    wanted = {**named, "isFallbackEnabled": True}
    where = posted(door, "plan-activation-jobs", wanted)
    job = over(door, where)
    assert (job["jobState"], job["activationState"]) == ("COMPLETED", "ACTIVATED")
    assert tilts(door) == [41, 42, 43]
    details = ask(door, "GET", f"{where}/activation-details").json()
    assert details["summary"]["succeeded"] == 3
    # Again: it is active, and has not changed.
    again = ask(door, "POST", f"{ROOT}/plan-activation-jobs", json=wanted)
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json()["type"] == "APPLICATION_LAYER_ERROR"
    # Back, and then it may be activated again.
    fallback = {"fallbackConfigDescrId": job["createdFallbackConfigDescrId"]}
    back = over(door, posted(door, "plan-activation-jobs", fallback))
    assert back["activationState"] == "ACTIVATED" and tilts(door) == before
    over(door, posted(door, "plan-activation-jobs", wanted))
    assert tilts(door) == [41, 42, 43]
    # A changed plan is another plan.
    ask(door, "PUT", plan, json=plan_of("ATOMIC", change(beams(1), digitalTilt=40)))
    over(door, posted(door, "plan-activation-jobs", named))
    assert tilts(door) == [40, 42, 43]
    listed = ask(door, "GET", f"{ROOT}/plan-activation-jobs").json()
    assert {entry["jobState"] for entry in listed} == {"COMPLETED"}
    assert ask(door, "DELETE", where).status_code == 204
    assert ask(door, "GET", where).status_code == 404


MISSING = change(f"{SITE}/GNBDUFunction=1/NRCellDU=99", administrativeState="LOCKED")


@pytest.mark.parametrize("mode", ["ATOMIC", "BEST_EFFORT"])
def test_a_plan_that_names_a_missing_cell_is_refused(door, mode):
    before = door.desk.equipment.knobs()
    body = {"planConfigDescr": plan_of(mode, GOOD[0], MISSING)}
    answer = ask(door, "POST", f"{ROOT}/plan-activation-jobs", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "DATA_NODE_TREE_ERROR"
    assert "NRCellDU=99" in answer.json()["detail"]
    assert not ask(door, "GET", f"{ROOT}/plan-activation-jobs").json()
    checked = over(door, posted(door, "plan-validation-jobs", body))
    assert checked["validationState"] == "VALIDATION_FAILED"
    error = checked["validationDetails"]["results"][1]["errors"][0]
    assert error["type"] == "DATA_NODE_TREE_ERROR"
    assert untouched(door, before)


def test_a_job_that_waits_can_be_cancelled(door):
    body = {"planConfigDescr": plan_of("ATOMIC", *GOOD), "isImmediateActivation": False}
    before = tilts(door)
    where = posted(door, "plan-activation-jobs", body)
    assert ask(door, "GET", f"{where}/status").json()["jobState"] == "NOT_STARTED"
    answer = ask(door, "PATCH", where, json={"cancelRequest": True})
    assert answer.json()["jobState"] == "CANCELLED"
    assert ask(door, "PATCH", where, json={"cancelRequest": True}).status_code == 409
    assert tilts(door) == before


def test_a_trigger_pulls_at_its_time(door):
    body = {"planConfigDescr": plan_of("ATOMIC", *GOOD), "isImmediateActivation": False}
    where = posted(door, "plan-activation-jobs", body)
    trigger = {
        "conditionExpression": 'time >= "2025-01-07T00:08:00+00:00"',
        "evaluationPeriod": 60,
        "activationJobs": [where.rpartition("/")[2]],
    }
    made = posted(door, "trigger-descriptors", trigger)
    door.desk.equipment._stand_in.elapsed_s = 86_400.0  # Tuesday
    door.living.chunk()
    assert ask(door, "GET", f"{where}/status").json()["jobState"] == "NOT_STARTED"
    door.living.chunk()
    assert over(door, where)["activationState"] == "ACTIVATED"
    assert ask(door, "GET", made).json()["isTriggerActive"] is False
    odd = {**trigger, "conditionExpression": "the moon is full"}
    answer = ask(door, "POST", f"{ROOT}/trigger-descriptors", json=odd)
    assert answer.json()["type"] == "APPLICATION_LAYER_ERROR"


def test_groups_go_one_after_the_other_and_may_not_contain_themselves(door):
    one = posted(door, "plan-descriptors", plan_of("ATOMIC", GOOD[0]))
    two = posted(
        door, "plan-descriptors", plan_of("ATOMIC", change(beams(1), digitalTilt=44))
    )
    members = [{"planConfigDescrId": path.rpartition("/")[2]} for path in (one, two)]
    group = posted(door, "plan-group-descriptors", {"members": members})
    identity = group.rpartition("/")[2]
    job = {"planConfigGroupDescrId": identity}
    over(door, posted(door, "plan-activation-jobs", job))
    assert tilts(door)[0] == 44
    assert ask(door, "DELETE", one).status_code == 409
    loop = {"members": [{"planConfigGroupDescrId": identity}]}
    assert ask(door, "PUT", group, json=loop).status_code == 200
    again = ask(door, "POST", f"{ROOT}/plan-activation-jobs", json=job)
    assert again.status_code == 400 and "itself" in again.json()["detail"]
    strict = {"members": members, "isFailOnMemberConflicts": True}
    answer = ask(door, "POST", f"{ROOT}/plan-group-descriptors", json=strict)
    assert answer.status_code == 409 and "two things" in answer.json()["detail"]


MALFORMED = {
    "no changes": {},
    "empty": plan_of("ATOMIC"),
    "unknown mode": plan_of("PERHAPS", *GOOD),
    "no target": plan_of("ATOMIC", {"modifyOperator": "merge"}),
    "unknown operator": plan_of("ATOMIC", {**GOOD[0], "modifyOperator": "turn"}),
    "a list": [],
    "two alike": plan_of("ATOMIC", GOOD[0], GOOD[0]),
    "an extra": {**plan_of("ATOMIC", *GOOD), "colour": "red"},
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_plans_are_refused(door, what):
    answer = ask(door, "POST", f"{ROOT}/plan-descriptors", json=MALFORMED[what])
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "SCHEMA_VALIDATION_ERROR"
    assert not ask(door, "GET", f"{ROOT}/plan-descriptors").json()
    with pytest.raises(Refusal):
        config_plan(MALFORMED[what], "plan")


@pytest.mark.parametrize(
    "body",
    [{}, {"planConfigDescrId": "1", "fallbackConfigDescrId": "1"}, {"name": 3}, 7],
)
def test_malformed_jobs_are_refused(door, body):
    for kind in ("plan-activation-jobs", "plan-validation-jobs"):
        answer = ask(door, "POST", f"{ROOT}/{kind}", json=body)
        assert answer.json()["type"] == "SCHEMA_VALIDATION_ERROR"
        assert not ask(door, "GET", f"{ROOT}/{kind}").json()
    missing = {"planConfigDescrId": "77"}
    answer = ask(door, "POST", f"{ROOT}/plan-activation-jobs", json=missing)
    assert answer.status_code == 404
