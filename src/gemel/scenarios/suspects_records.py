"""What do phones of the stand-in tell, when its management interface asks them to?

A trace job is ordered (TS 28.623), the network lives, the job is ended, the files of
records are listed and fetched (TS 28.532): all by the requests that anybody can make.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import httpx

from gemel.emulator.stand_in import StandIn
from gemel.interfaces.management.door import Door, DoorOptions
from gemel.interfaces.management.equipment_stand_in import StandInEquipment
from gemel.interfaces.management.facts import facts_of
from gemel.interfaces.management.knobs import knobs_of
from gemel.interfaces.management.serving import application
from gemel.interfaces.networks.live_tree import flattened
from gemel.interfaces.standards.mdt import MdtRecord, read_mdt
from gemel.scenarios.worlds import PublicFacts

TREE = "/ProvMnS/v1/SubNetwork=1"
JOB = {"objectClass": "TraceJob", "attributes": {"jobType": "IMMEDIATE_MDT_ONLY"}}
STEP_S = 60.0


def records_of(
    facts: PublicFacts, stand_in: StandIn, hours: float, period_s: float, seed: int
) -> tuple[list[MdtRecord], dict[str, str]]:
    """All records of so many hours, and what each NRCellDU is called (userLabel)."""
    with tempfile.TemporaryDirectory(prefix="gemel-mdt-") as folder:
        door = Door(
            StandInEquipment(stand_in, knobs_of(facts.cells, facts.controls)),
            facts_of(facts.plan.inventory, facts.cells),
            DoorOptions(period_s, STEP_S, round(period_s / STEP_S), "max", seed=seed),
            Path(folder),
        )
        try:
            return asyncio.run(_asked(door, round(hours * 3_600.0 / period_s)))
        finally:
            door.close()


async def _asked(door: Door, periods: int) -> tuple[list[MdtRecord], dict[str, str]]:
    transport = httpx.ASGITransport(app=application(door))
    base_url = "http://127.0.0.1"
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:

        async def ask(method: str, path: str, **more: Any) -> httpx.Response:
            answer = await client.request(method, path, **more)
            answer.raise_for_status()
            return answer

        everything = {"scopeType": "BASE_ALL"}
        tree = flattened((await ask("GET", TREE, params=everything)).json(), base_url)
        label = {
            dn: str(attributes["userLabel"])
            for dn, attributes in tree.items()
            if dn.rpartition(",")[2].startswith("NRCellDU=")
        }
        job = (await ask("POST", TREE, json=JOB)).headers["location"]
        for _ in range(periods):
            door.living.chunk()
        await ask("DELETE", httpx.URL(job).path)
        listed = await ask("GET", "/files", params={"fileDataType": "Trace"})
        records: list[MdtRecord] = []
        for info in listed.json()["fileInfoList"]:
            name = info["fileLocation"].rpartition("/")[2]
            data = (await ask("GET", f"/files/{name}")).content
            records.extend(read_mdt(data, name))
    return records, label
