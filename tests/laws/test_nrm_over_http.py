"""Does the door answer, report and remember as TS 28.532 says, and refuse the rest?"""

import asyncio
import dataclasses
import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import equinox as eqx
import httpx
import numpy as np
import pytest

from gemel.emulator.checkpoint import restore, snapshot
from gemel.emulator.secrets import Secrets
from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.management.door import Door, DoorOptions
from gemel.interfaces.management.drive_tests import GNSS_SIGMA_M
from gemel.interfaces.management.equipment import Complaint
from gemel.interfaces.management.equipment_stand_in import StandInEquipment
from gemel.interfaces.management.facts import facts_of
from gemel.interfaces.management.files import write_whole
from gemel.interfaces.management.knobs import knobs_of
from gemel.interfaces.management.memory import FILE, Memory
from gemel.interfaces.management.reporting import Delivery
from gemel.interfaces.management.serving import application
from gemel.interfaces.maps.coordinates import local_m
from gemel.interfaces.standards.mdt import read_mdt, rsrp_reported
from gemel.interfaces.standards.ts28532_pm import read_pm
from gemel.interfaces.standards.ves import ready_files
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts, stand_in_for

TREE = "/ProvMnS/v1/SubNetwork=1"
BEAMS = (
    f"{TREE}/ManagedElement=gnb1/GNBDUFunction=1/NRSectorCarrier=1"
    "/CommonBeamformingFunction=1"
)
MERGE = {"content-type": "application/merge-patch+json"}
LISTENER = "http://127.0.0.1:9/listener"
CHUNKS = 3  # a period


@pytest.fixture(scope="module")
def world() -> tuple[Any, ...]:
    plan = dataclasses.replace(hexagons(0, rings=1), users=150)
    facts = public_facts(plan, 0)
    stand_in = stand_in_for(facts, 0, 86_400.0, 1, Secrets())
    return plan, facts, stand_in, snapshot(stand_in)


@dataclasses.dataclass
class Told:
    """What the subscribers were sent, and how they answered."""

    events: list[dict[str, Any]]
    status: int = 204

    def send(self, address: str, event: dict[str, Any]) -> int:
        assert address == LISTENER
        self.events.append(event)
        return self.status

    def of(self, kind: str) -> list[dict[str, Any]]:
        data = [e["event"]["stndDefinedFields"]["data"] for e in self.events]
        return [each for each in data if each["notificationType"] == kind]


def made(world, folder: Path, told: Told, memory: bool = False, **more: Any) -> Door:
    plan, facts, stand_in, start = world
    if memory:  # several of them live side by side
        stand_in = stand_in_for(facts, 0, 86_400.0, 1, Secrets())
    else:
        restore(stand_in, start)
    equipment = StandInEquipment(stand_in, knobs_of(facts.cells, facts.controls))
    public = facts_of(plan.inventory, facts.cells)
    kept = Memory(folder, {"seed": 0}) if memory else None
    options = more.pop("options", DoorOptions(speed="max"))
    return Door(equipment, public, options, folder, kept, told.send, **more)


@pytest.fixture
def told() -> Told:
    return Told([])


@pytest.fixture
def door(world, tmp_path, told):
    door = made(world, tmp_path, told)
    yield door
    door.close()


def ask(door: Door, method: str, path: str, **more: Any) -> httpx.Response:
    async def one() -> httpx.Response:
        transport = httpx.ASGITransport(app=application(door))
        url = "http://127.0.0.1"
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.request(method, path, **more)

    return asyncio.run(one())


def live_a_period(door: Door) -> None:
    ended = [door.living.chunk() for _ in range(CHUNKS)]
    assert ended == [False] * (CHUNKS - 1) + [True]
    door.subscribers.wait_for_answers(lambda: False)


def subscribe(door: Door, *types: str) -> str:
    body = {"notificationRecipientAddress": LISTENER, "notificationTypes": [*types]}
    answer = ask(door, "POST", "/subscriptions", json=body)
    assert answer.status_code == 201
    return httpx.URL(answer.headers["location"]).path


def test_a_patch_is_seen_at_once_and_told(door, told):
    subscribe(door)
    answer = ask(
        door, "PATCH", BEAMS, headers=MERGE, content='{"attributes":{"digitalTilt":71}}'
    )
    assert answer.status_code == 200
    assert answer.json()["attributes"]["digitalTilt"] == 71
    assert ask(door, "GET", BEAMS).json()["attributes"]["digitalTilt"] == 71
    fields = {"fields": "/attributes/digitalTilt"}
    narrow = ask(door, "GET", BEAMS, params=fields).json()["attributes"]
    assert narrow == {"digitalTilt": 71}
    door.subscribers.wait_for_answers(lambda: False)
    assert told.of("notifyMOIAttributeValueChanges")[0]["href"].endswith("Function=1")
    really = door.desk.equipment.knobs().controls.tilt_deg[0]
    assert abs(float(really) - 7.1) < 1e-6


# what -> (method, path, content type, body, status, kind)
BAD = {
    "no json": ("PATCH", BEAMS, "merge-patch", "{", 400, "SCHEMA_VALIDATION_ERROR"),
    "nan": (
        "PATCH",
        BEAMS,
        "merge-patch",
        '{"attributes":{"digitalTilt":NaN}}',
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "deep": (
        "PATCH",
        BEAMS,
        "merge-patch",
        "[" * 10**5,
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "a list": ("PATCH", BEAMS, "merge-patch", "[]", 400, "SCHEMA_VALIDATION_ERROR"),
    "an object for a list": (
        "PATCH",
        BEAMS,
        "json-patch",
        "{}",
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "another type": ("PATCH", BEAMS, "xml", "{}", 415, "SCHEMA_VALIDATION_ERROR"),
    "tilt 2000": (
        "PATCH",
        BEAMS,
        "merge-patch",
        '{"attributes":{"digitalTilt":2000}}',
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "removed": (
        "PATCH",
        BEAMS,
        "merge-patch",
        '{"attributes":{"digitalTilt":null}}',
        403,
        "MODIFICATION_NOT_ALLOWED",
    ),
    "below": (
        "PATCH",
        TREE,
        "merge-patch",
        '{"ManagedElement":[]}',
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "unknown object": (
        "PATCH",
        f"{TREE}/ManagedElement=gnb99",
        "merge-patch",
        "{}",
        404,
        "DATA_NODE_TREE_ERROR",
    ),
    "unknown read": ("GET", f"{TREE}/Sun=1", None, None, 404, "DATA_NODE_TREE_ERROR"),
    "no name": ("GET", f"{TREE}/Sun", None, None, 404, "DATA_NODE_TREE_ERROR"),
    "outside": ("GET", "/nowhere", None, None, 404, "DATA_NODE_TREE_ERROR"),
    "no file": ("GET", "/files/x.xml", None, None, 404, "DATA_NODE_TREE_ERROR"),
    "up": (
        "GET",
        "/files/..%2Fcheckpoint.npz",
        None,
        None,
        404,
        "DATA_NODE_TREE_ERROR",
    ),
    "no scope": (
        "GET",
        f"{TREE}?scopeType=ALL",
        None,
        None,
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "no file type": (
        "GET",
        "/files?fileDataType=Gossip",
        None,
        None,
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "created": ("PUT", f"{TREE}/ManagedElement=9", None, "{}", 403, None),
    "made": ("POST", TREE, None, '{"objectClass":"NRCellDU"}', 403, None),
    "deleted": ("DELETE", f"{TREE}/ManagedElement=gnb1", None, None, 403, None),
    "no method": ("PUT", "/files", None, "{}", 405, "MODIFICATION_NOT_ALLOWED"),
    "no address": (
        "POST",
        "/subscriptions",
        None,
        "{}",
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "an odd address": (
        "POST",
        "/subscriptions",
        None,
        '{"consumerReference":"file:///etc/passwd"}',
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "nobody": ("DELETE", "/subscriptions/7", None, None, 404, "DATA_NODE_TREE_ERROR"),
    "no trace": (
        "POST",
        TREE,
        None,
        '{"objectClass":"TraceJob","attributes":{"jobType":"TRACE_ONLY"}}',
        400,
        "SCHEMA_VALIDATION_ERROR",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_wrong_is_a_problem_and_changes_nothing(door, what):
    method, path, kind, body, status, type_ = BAD[what]
    before = door.desk.equipment.knobs()
    headers = {} if kind is None else {"content-type": f"application/{kind}+json"}
    answer = ask(door, method, path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == (type_ or "MODIFICATION_NOT_ALLOWED")
    assert problem["status"] == status and "\n" not in problem["detail"]
    now = door.desk.equipment.knobs()
    assert eqx.tree_equal(now.controls, before.controls)
    assert not door.subscribers.all() and not door.traces.all()


def test_power_above_the_equipments_is_refused(door):
    carrier = BEAMS.rpartition("/")[0]
    most_mw = door.desk.facts.most_power_mw[0]
    for power_mw, status in ((most_mw + 1, 422), (most_mw, 200)):
        body = json.dumps({"attributes": {"configuredMaxTxPower": power_mw}})
        answer = ask(door, "PATCH", carrier, headers=MERGE, content=body)
        assert answer.status_code == status
    assert str(most_mw) in json.dumps(
        ask(door, "PATCH", carrier, headers=MERGE, content=body).json()
    )


def test_every_period_is_a_file_that_adds_up(door, told):
    """To the kbit: the file's volumes are what the network has counted."""
    subscribe(door, "notifyFileReady")
    counted = np.zeros(door.desk.facts.cells)
    live = door.desk.equipment.live

    def watched(steps: int, step_s: float):
        more = live(steps, step_s)
        counted[:] += more["volume_bit"]
        return more

    door.desk.equipment.live = watched  # type: ignore[method-assign]
    for number in (1, 2):
        counted[:] = 0.0
        live_a_period(door)
        listed = ask(door, "GET", "/files").json()["fileInfoList"]
        assert len(listed) == number == len(told.of("notifyFileReady"))
        infos = ready_files(told.events[-1], "the event")
        assert infos[0].location == listed[-1]["fileLocation"]
        name = listed[-1]["fileLocation"].rpartition("/")[2]
        answer = ask(door, "GET", f"/files/{name}")
        assert len(answer.content) == listed[-1]["fileSize"]
        file = read_pm(answer.content, name)
        begin = {"beginTime": file.begin.isoformat()}
        found = ask(door, "GET", "/files", params=begin).json()["fileInfoList"]
        assert found == listed[-1:]
        assert (file.end - file.begin).total_seconds() == 900 == file.granularity_s
        kbit = values_of(file, "DRB.PdcpSduVolumeDL")
        assert len(kbit) == len(counted) and sum(kbit.values()) > 0
        for cell, dn in enumerate(door.desk.facts.names.cell_cu):
            # Whole kbit are counted down: less than one is lost.
            assert 0.0 <= counted[cell] / 1_000.0 - kbit[dn] < 1.0
        legacy = ask(door, "GET", f"/files/{name}?root=measCollecFile").content
        assert b"measCollecFile" in legacy
        assert values_of(read_pm(legacy, name), "DRB.PdcpSduVolumeDL") == kbit
    assert not list(door.files.folder.glob(".*"))


def values_of(file, name: str) -> dict[str, float]:
    return {
        f"{element.entity_dn},{ldn}": row[info.names.index(name)]
        for element in file.elements
        for info in element.infos
        if name in info.names
        for ldn, row in info.values.items()
    }


def test_yesterday_is_there_before_the_first_day(world, tmp_path, told):
    options = DoorOptions(speed="max", history=4)
    door = made(world, tmp_path, told, options=options)
    assert door.open() is False
    files = ask(door, "GET", "/files").json()["fileInfoList"]
    assert [info["fileReadyTime"][11:16] for info in files] == [
        "23:15",
        "23:30",
        "23:45",
        "00:00",
    ]
    assert door.desk.equipment.elapsed_s == 86_400.0 and not told.events
    door.close()


def test_a_file_that_cannot_be_written_is_tried_again_and_reported(
    world, tmp_path, told
):
    door = made(world, tmp_path, told)
    subscribe(door)
    failures, waits = 4, []

    def write(path: Path, data: bytes) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError(28, "No space left on device")
        write_whole(path, data)

    door.files._write, door.files._wait = write, waits.append
    live_a_period(door)
    assert len(waits) == 4 and waits == sorted(waits)
    assert not ask(door, "GET", "/files").json()["fileInfoList"]
    assert not list(tmp_path.iterdir())
    assert not told.of("notifyFileReady")
    (news,) = told.of("notifyFilePreparationError")
    assert "No space left" in news["reason"]
    (alarm,) = ask(door, "GET", "/alarms").json().values()
    assert alarm["perceivedSeverity"] == "MAJOR"
    # Once more, and the second try succeeds: whole, and the alarm is over.
    failures = 1
    live_a_period(door)
    assert len(told.of("notifyFileReady")) == 1 == len(told.of("notifyClearedAlarm"))
    assert not ask(door, "GET", "/alarms").json()
    (path,) = tmp_path.iterdir()
    read_pm(path.read_bytes(), path.name)
    door.close()


def test_writing_breaks_off_without_a_trace(tmp_path, monkeypatch):
    """The disk fills up in the middle; the file of before stays whole."""
    path = tmp_path / "A.xml"
    write_whole(path, b"before")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gemel.interfaces.management.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"after")
    assert [p.name for p in tmp_path.iterdir()] == ["A.xml"]
    assert path.read_bytes() == b"before"


def test_who_does_not_answer_is_tried_again_and_then_left(door, told):
    told.status = 500
    waits: list[float] = []
    door.subscribers._wait = waits.append
    subscribe(door, "notifyFileReady")
    live_a_period(door)
    assert len(told.events) == 3 == len(waits) and door.subscribers.lost == 1
    told.status = 204
    live_a_period(door)
    assert len(told.events) == 4 and door.subscribers.lost == 1


def test_the_clock_waits_for_who_has_not_answered(world, tmp_path):
    """At speed max, a period is not begun before the last one was answered."""
    busy, answered = threading.Event(), threading.Event()

    def send(address: str, event: dict[str, Any]) -> int:
        busy.set()
        assert answered.wait(30)
        return 204

    door = made(world, tmp_path, Told([]))
    door.subscribers._send = send
    subscribe(door, "notifyFileReady")
    door.start()
    assert busy.wait(60)
    for _ in range(3):
        assert door.desk.equipment.elapsed_s == 86_400.0 + 900.0
        # Turning it is possible meanwhile.
        body = '{"attributes":{"digitalTilt":40}}'
        assert ask(door, "PATCH", BEAMS, headers=MERGE, content=body).is_success
    door.living.stop()
    answered.set()
    door.close()
    assert door.broken() is None


def test_alarms_come_change_and_go_as_cells_complain(door, told):
    subscribe(door, "notifyNewAlarm", "notifyChangedAlarm", "notifyClearedAlarm")
    said = ("EQUIPMENT_ALARM", "transmitterFailure")
    now: list[Complaint] = [Complaint(2, *said, "CRITICAL", "dead")]
    door.desk.equipment.complaints = lambda: now  # type: ignore[method-assign]
    door.living.chunk()
    door.living.chunk()
    dn = door.desk.facts.names.cell_du[2]
    body = ask(door, "GET", f"{TREE}/AlarmList=1").json()["attributes"]
    assert body["numOfAlarmRecords"] == 1
    (record,) = body["alarmRecords"].values()
    assert (record["objectInstance"], record["probableCause"]) == (dn, said[1])
    now[0] = Complaint(2, *said, "MINOR", "half dead")
    door.living.chunk()
    now.clear()
    door.living.chunk()
    door.subscribers.wait_for_answers(lambda: False)
    kinds = [e["event"]["commonEventHeader"]["eventType"] for e in told.events]
    assert kinds == ["notifyNewAlarm", "notifyChangedAlarm", "notifyClearedAlarm"]
    assert not door.alarms.active()


def test_phones_tell_what_they_hear_and_roughly_where(door):
    body = {"objectClass": "TraceJob", "attributes": {"jobType": "IMMEDIATE_MDT_ONLY"}}
    answer = ask(door, "POST", TREE, json=body)
    assert answer.status_code == 201
    job = httpx.URL(answer.headers["location"]).path
    live_a_period(door)
    query = {"fileDataType": "Trace"}
    (info,) = ask(door, "GET", "/files", params=query).json()["fileInfoList"]
    name = info["fileLocation"].rpartition("/")[2]
    records = read_mdt(ask(door, "GET", f"/files/{name}").content, name)
    assert len(records) > 50
    heard = door.desk.equipment.heard(np.arange(door.desk.equipment.phones))
    levels = [rsrp_reported(float(each)) for each in heard.serving_rsrp_dbm]
    names = door.desk.facts.names.cell_du
    off_m = []
    for record in records:
        place_m = local_m(
            door.desk.facts.origin,
            np.array([record.latitude_deg]),
            np.array([record.longitude_deg]),
        )[0]
        away_m = np.hypot(*(heard.position_m - place_m).T)
        hears_so = [
            names[heard.serving[phone]] == record.serving and level == record.rsrp
            for phone, level in enumerate(levels)
        ]
        off_m.append(np.where(hears_so, away_m, np.inf).min())
        assert record.when == datetime.fromisoformat("2025-01-07T00:15:00+00:00")
        assert record.sinr is not None and record.neighbours
        assert all(cell != record.serving for cell, _ in record.neighbours)
    assert max(off_m) < 6.0 * GNSS_SIGMA_M
    # The mean of a Rayleigh distance, within four of its standard errors.
    wanted_m = GNSS_SIGMA_M * math.sqrt(math.pi / 2.0)
    error_m = GNSS_SIGMA_M * math.sqrt((4.0 - math.pi) / 2.0 / len(off_m))
    assert abs(np.mean(off_m) - wanted_m) < 4.0 * error_m
    assert len({record.user for record in records}) == len(records)
    assert ask(door, "DELETE", job).status_code == 204
    live_a_period(door)
    assert len(ask(door, "GET", "/files", params=query).json()["fileInfoList"]) == 1


def test_reports_may_be_late_lost_doubled_and_spoiled(world, tmp_path, told):
    late_s = {86_400.0 + 900.0: 400.0, 86_400.0 + 1_800.0: None}

    def deliver(data: bytes, when_s: float) -> list[Delivery]:
        delay_s = late_s.get(when_s, 0.0)
        if delay_s is None:
            return []
        return [Delivery(when_s + delay_s, data), Delivery(when_s + delay_s, data[:99])]

    door = made(world, tmp_path, told, deliver=deliver)
    subscribe(door, "notifyFileReady")
    live_a_period(door)
    assert not ask(door, "GET", "/files").json()["fileInfoList"]
    door.living.chunk()
    assert not told.events
    door.living.chunk()  # 600 s later
    door.subscribers.wait_for_answers(lambda: False)
    assert len(told.events) == 2
    (info,) = ask(door, "GET", "/files").json()["fileInfoList"]
    assert info["fileSize"] == 99
    name = info["fileLocation"].rpartition("/")[2]
    with pytest.raises(InterfaceError):
        read_pm(ask(door, "GET", f"/files/{name}").content, name)
    door.living.chunk()  # the second report is lost
    door.subscribers.wait_for_answers(lambda: False)
    assert len(told.events) == 2
    door.close()


def test_what_is_kept_goes_on_as_if_nothing_had_been(world, tmp_path, told):
    """Another process, mid-period: same counts, knobs, plans, jobs and subscribers."""
    one_dir, other_dir = tmp_path / "one", tmp_path / "other"
    one_dir.mkdir()
    other_dir.mkdir()
    plan = {"configChangesContentType": "OPENAPI_BASED", "configChanges": []}
    target = BEAMS.removeprefix("/ProvMnS/v1")
    change = {"attributes": {"digitalTilt": 90}}
    plan["configChanges"] = [
        {"modifyOperator": "merge", "target": target, "value": change}
    ]
    relation = (
        f"{TREE}/ManagedElement=gnb2/GNBCUCPFunction=1/NRCellCU=2/NRCellRelation=3"
    )

    def begun(folder: Path) -> Door:
        door = made(world, folder, Told([]), memory=True)
        door.open()
        door.living.chunk()
        subscribe(door, "notifyNewAlarm")
        body = {"attributes": {"cellIndividualOffset": [3, 0, 0, 0, 0, 0]}}
        ask(door, "PATCH", relation, headers=MERGE, content=json.dumps(body))
        ask(door, "POST", "/plan-management/v1/plan-descriptors", json=plan)
        ask(door, "PATCH", BEAMS, headers=MERGE, content=json.dumps(change))
        door.alarms.raise_("SubNetwork=1", "EQUIPMENT_ALARM", "fire", "MAJOR", "hot")
        door.living.chunk()
        return door

    through, killed = begun(one_dir), begun(other_dir)
    del killed  # not closed: as if killed
    again = made(world, other_dir, told, memory=True)
    assert again.open() is True
    for path in (TREE, relation, BEAMS, "/subscriptions", "/alarms"):
        query = {"scopeType": "BASE_ALL"} if path == TREE else {}
        bodies = [ask(door, "GET", path, params=query) for door in (through, again)]
        assert bodies[0].json() == bodies[1].json(), path
    assert through.living.chunk() and again.living.chunk()
    for door in (through, again):
        door.living.chunk()
    (whole,), (resumed,) = one_dir.glob("*.xml"), other_dir.glob("*.xml")
    assert whole.name == resumed.name
    assert whole.read_bytes() == resumed.read_bytes()
    for kind in ("plan-descriptors", "fallback-descriptors"):
        path = f"/plan-management/v1/{kind}"
        assert ask(through, "GET", path).json() == ask(again, "GET", path).json()
    through.close()
    again.close()
    with pytest.raises(ScenarioError, match="seed 0"):
        Memory(other_dir, {"seed": 1}).load()
    (other_dir / FILE).write_bytes(b"PK but no")
    with pytest.raises(InterfaceError, match="no checkpoint"):
        Memory(other_dir, {"seed": 0}).load()


def test_a_checkpoint_that_cannot_be_written_is_an_alarm_and_not_the_end(
    world, tmp_path, monkeypatch
):
    """And what could not be kept was not changed either."""
    door = made(world, tmp_path, Told([]), memory=True)
    door.open()
    kept = (tmp_path / FILE).read_bytes()
    body = '{"attributes":{"digitalTilt":88}}'

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("gemel.interfaces.management.memory.write_whole", full)
        door.living.chunk()
        before = door.desk.equipment.knobs()
        answer = ask(door, "PATCH", BEAMS, headers=MERGE, content=body)
        assert answer.status_code == 500
        assert answer.json()["type"] == "SERVER_ERROR"
        assert "No space left" in answer.json()["detail"]
        now = door.desk.equipment.knobs()
        assert eqx.tree_equal(now.controls, before.controls)
        (alarm,) = ask(door, "GET", "/alarms").json().values()
        assert alarm["probableCause"] == "checkpointCannotBeWritten"
    assert (tmp_path / FILE).read_bytes() == kept
    door.living.chunk()
    assert not ask(door, "GET", "/alarms").json()
    assert (tmp_path / FILE).read_bytes() != kept
    assert ask(door, "PATCH", BEAMS, headers=MERGE, content=body).is_success
    door.close()


def test_many_may_turn_at_once_while_it_lives(door):
    """No change is lost, and no two get in each other's way."""
    beams = door.desk.facts.names.beamforming
    door.start()

    def turn(cell: int) -> None:
        path = f"/ProvMnS/v1/{beams[cell].replace(',', '/')}"
        for tilt in (10, 20 + cell):
            body = json.dumps({"attributes": {"digitalTilt": tilt}})
            assert ask(door, "PATCH", path, headers=MERGE, content=body).is_success

    with ThreadPoolExecutor(6) as everybody:
        list(everybody.map(turn, range(12)))
    door.close()
    assert door.broken() is None and door.desk.equipment.elapsed_s > 86_400.0
    tilts = np.asarray(door.desk.equipment.knobs().controls.tilt_deg)[:12]
    assert np.round(10 * tilts).tolist() == [20 + cell for cell in range(12)]


def test_no_secret_place_is_served(door):
    """Positions of people and true azimuths are in no answer, byte for byte."""
    live_a_period(door)
    names = [
        info["fileLocation"].rpartition("/")[2]
        for info in ask(door, "GET", "/files").json()["fileInfoList"]
    ]
    served = b"".join(
        ask(door, "GET", path).content
        for path in (
            f"{TREE}?scopeType=BASE_ALL",
            *(f"/files/{name}" for name in names),
        )
    )
    truth = door.desk.equipment._stand_in  # type: ignore[attr-defined]
    cells = truth.network.cells
    for secret in (
        cells.azimuth_deg,
        cells.mount_tilt_deg,
        cells.gain_error_db,
        truth.state(0).users.places.position_m[:, 0],
    ):
        for value in np.asarray(secret, np.float64).tolist():
            if abs(value) > 0.01:
                assert f"{value:.3f}".encode() not in served
