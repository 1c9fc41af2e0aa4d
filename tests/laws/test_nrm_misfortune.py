"""Do faults of reports, orders and cells show at the door as they would outside?"""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import httpx
import pytest

from gemel.emulator.faults import (
    ClockSkew,
    DeadCell,
    LostReport,
    LyingActuator,
)
from gemel.emulator.faults.base import AnyFault
from gemel.emulator.faults.schedule import Fault, FaultSchedule
from gemel.interfaces.management.door import Door
from gemel.interfaces.management.serving import application
from gemel.interfaces.standards.ts28532_pm import MeasFile, read_pm
from gemel.scenarios.emulation import EmulationOptions, door_of
from gemel.scenarios.hexagons import hexagons

TREE = "/ProvMnS/v1/SubNetwork=1"
EVERYWHERE = "everywhere"
CELL = "H01-700-1"


def struck(what: AnyFault, where: str, folder: Path) -> Door:
    """A network with one fault, from the beginning on."""
    plan = dataclasses.replace(hexagons(0, rings=1), users=60)
    faults = FaultSchedule((Fault(what, (where,)),))
    options = EmulationOptions(speed="max", history=0, faults=faults)
    return door_of(plan, options, folder, lambda what, share: None)


def ask(door: Door, method: str, path: str, **more: Any) -> httpx.Response:
    async def one() -> httpx.Response:
        transport = httpx.ASGITransport(app=application(door))
        url = "http://127.0.0.1"
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.request(method, path, **more)

    return asyncio.run(one())


def report(door: Door) -> list[MeasFile]:
    """Of one period, as it can be fetched."""
    while not door.living.chunk():
        pass
    infos = ask(door, "GET", "/files").json()["fileInfoList"]
    names = [info["fileLocation"].rpartition("/")[2] for info in infos]
    return [read_pm(ask(door, "GET", f"/files/{n}").content, n) for n in names]


def test_an_actuator_that_lies_says_done_and_shows_the_truth(tmp_path):
    door = struck(LyingActuator(), CELL, tmp_path)
    for cell, obeys in ((1, False), (2, True)):
        path = (
            f"{TREE}/ManagedElement=gnb1/GNBDUFunction=1/NRSectorCarrier={cell}"
            "/CommonBeamformingFunction=1"
        )
        before = ask(door, "GET", path).json()["attributes"]["digitalTilt"]
        headers = {"content-type": "application/merge-patch+json"}
        body = '{"attributes":{"digitalTilt":123}}'
        answer = ask(door, "PATCH", path, headers=headers, content=body)
        assert answer.status_code == 200
        now = ask(door, "GET", path).json()["attributes"]["digitalTilt"]
        assert now == (123 if obeys else before) and before != 123
    door.close()


def test_a_dead_cell_raises_an_alarm_unless_it_is_silent(tmp_path):
    for silent in (False, True):
        door = struck(DeadCell(silent=silent), CELL, tmp_path)
        door.living.chunk()
        alarms = ask(door, "GET", "/alarms").json().values()
        dn = door.desk.facts.names.cell_du[0]
        assert [alarm["objectInstance"] for alarm in alarms] == [dn][: 1 - silent]
        cell = ask(door, "GET", f"/ProvMnS/v1/{dn.replace(',', '/')}").json()
        state = cell["attributes"]["operationalState"]
        assert state == ("ENABLED" if silent else "DISABLED")
        door.close()


@pytest.mark.parametrize("where", [EVERYWHERE, CELL])
def test_a_lost_report_is_no_file_or_no_number(tmp_path, where):
    door = struck(LostReport(), where, tmp_path)
    files = report(door)
    if where == EVERYWHERE:
        assert not files
    else:
        missing = {
            ldn
            for info in files[0].elements[0].infos
            for ldn, row in info.values.items()
            if all(value is None for value in row)
        }
        assert {ldn.rpartition(",")[2] for ldn in missing} >= {
            "NRCellDU=1",
            "NRCellCU=1",
        }
    door.close()


def test_a_clock_that_is_ahead_dates_the_file(tmp_path):
    door = struck(ClockSkew(ahead_s=120.0), EVERYWHERE, tmp_path)
    (file,) = report(door)
    assert file.begin.isoformat() == "2025-01-07T00:02:00+00:00"
    assert file.granularity_s == 900
    door.close()
