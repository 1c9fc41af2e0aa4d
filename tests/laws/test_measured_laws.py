"""Do the books of ticks and slots reach files as they are, and do knobs act there?"""

import asyncio
import datetime
from pathlib import Path

import equinox as eqx
import httpx
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.emulator.access.counters import AccessCounters
from gemel.emulator.checkpoint import restore, snapshot
from gemel.emulator.mobility.counters import COUNTS
from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.emulator.tempos.life import Books, added
from gemel.emulator.tempos.measured import Frame, measured
from gemel.emulator.tempos.sums import Way
from gemel.interfaces.management.door import Door
from gemel.interfaces.management.equipment_stand_in import StandInEquipment
from gemel.interfaces.management.facts import facts_of
from gemel.interfaces.management.knobs import knobs_of
from gemel.interfaces.management.living import added as ledger_added
from gemel.interfaces.management.serving import application
from gemel.interfaces.standards.ts28532_pm import MeasFile, object_dn, read_pm, write_pm
from gemel.interfaces.standards.ts28552 import meas_file, measurement
from gemel.scenarios.emulation import TODAY_S, EmulationOptions, door_of
from gemel.scenarios.plan import WorldPlan
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.world.density import Density
from gemel.world.planning import SiteRow, plan_inventory

CELLS = 3
BEGAN = datetime.datetime(2025, 1, 7, tzinfo=datetime.UTC)
FRAME = Frame(np.full(CELLS, 273.0), np.full(CELLS, 1_600.0), np.full(CELLS, 400.0))


def plan_of(users: int) -> WorldPlan:
    """Two sites of three sectors, 400 m apart, one TDD carrier."""
    rows = [
        SiteRow(name=f"{s}-{a}", site=s, x_m=x, y_m=0.0, azimuth_deg=a, carrier_ghz=3.5)
        for s, x in (("A", -200.0), ("B", 200.0))
        for a in (30.0, 150.0, 270.0)
    ]
    people = Density.uniform((-400.0, 400.0), (-300.0, 300.0))
    return WorldPlan(
        name="pair", inventory=plan_inventory(rows, None, 0), density=people,
        users=users,
    )  # fmt: skip


@pytest.fixture(scope="module")
def facts() -> PublicFacts:
    return public_facts(plan_of(40), 0)


def some_books(values: list[int], slot_ms: int) -> Books:
    """Every sum there is, all different, from a few numbers."""
    names = [f"{way}.{f}" for way in ("down", "up") for f in Way.__dataclass_fields__]
    names += [f"access.{field}" for field in AccessCounters.__dataclass_fields__]
    names += [f"moves.{name}" for name in COUNTS]
    row = np.asarray(values, np.int64)
    books = {n: row // (place + 1) for place, n in enumerate(names)}
    books["lived.volume_bit"] = 8 * books["down.delivered_byte"]
    return books | {"lived.slot_ms": np.asarray(slot_ms, np.int64)}


def there_and_back(facts: PublicFacts, told) -> dict[str, list]:
    """What a file says of every cell, by measurement, after it was written and read."""
    names = facts_of(facts.plan.inventory, facts.cells).names
    end = BEGAN + datetime.timedelta(minutes=15)
    whole = {n: np.resize(v, len(facts.cells.name)) for n, v in told.items()}
    file = read_pm(write_pm(meas_file(whole, names, BEGAN, end, 900)), "it")
    return {name: column(file, facts, name) for name in told}


def column(file: MeasFile, facts: PublicFacts, name: str) -> list:
    names = facts_of(facts.plan.inventory, facts.cells).names
    where = {
        "NRCellDU": names.cell_du,
        "NRCellCU": names.cell_cu,
        "Beam": names.beam,
    }
    dns = where[measurement(name).object_class]
    values = {
        object_dn(element.entity_dn, ldn): row[info.names.index(name)]
        for element in file.elements
        for info in element.infos
        if name in info.names
        for ldn, row in info.values.items()
    }
    return [values[dn] for dn in dns]


# Beyond 2**53 bytes a float64 is no longer exact; a cell needs months for that.
big = st.lists(st.integers(0, 2**45), min_size=CELLS, max_size=CELLS)


@given(values=big, slot_ms=st.integers(1, 90) | st.just(90))
def test_files_hold_volumes_and_counts_as_they_are_in_the_books(facts, values, slot_ms):
    books = some_books(values, 10_000 * slot_ms)
    told = there_and_back(facts, measured(books, FRAME))
    kbit = {
        "DRB.PdcpSduVolumeDL": books["lived.volume_bit"],
        "DRB.PdcpSduVolumeUL": 8 * books["up.delivered_byte"],
    }
    for name, bits in kbit.items():
        for value, bit in zip(told[name], bits.tolist(), strict=False):
            # Rounded down to whole kbit, exactly.
            assert value == bit // 1_000
    for name, part in (
        ("TB.TotNbrDlInitial", "down.first"),
        ("TB.IntialErrNbrDl", "down.first_failed"),
        ("TB.ErrTotNbrUl", "up.failed"),
        ("TB.ResidualErrNbrUl", "up.given_up"),
        ("RRC.ConnEstabAtt", "access.conn_estab_att"),
        ("HO.IntraSys.TooLate", "moves.too_late"),
    ):
        assert told[name][:CELLS] == books[part].tolist()


def test_every_name_is_known_with_its_unit_and_place(facts):
    for name in measured(some_books([7, 8, 9], 10_000), FRAME):
        assert measurement(name).object_class in ("NRCellDU", "NRCellCU"), name


def test_where_no_slot_was_lived_nothing_is_said_of_slots():
    told = measured(some_books([100, 200, 300], 0), FRAME)
    assert "MM.HoExeInterReq" in told and "DRB.PdcpSduVolumeDL" in told
    assert not {n for n in told if n.startswith(("TB.", "RRU.", "RACH.", "DRB.UE"))}


def test_rates_are_over_the_time_that_was_lived_slot_by_slot():
    """A full cell: all blocks of all slots, one user who always waits."""
    seconds = 20.0
    books = some_books([0] * CELLS, round(1e3 * seconds))
    down, up = (per_s * seconds for per_s in (FRAME.down_per_s, FRAME.up_per_s))
    full = {
        "down.prb": down * FRAME.prb, "up.prb": up * FRAME.prb, "down.busy": down,
        "down.waiting": down, "down.busy_byte": 1e6 * seconds * np.ones(CELLS),
        "access.connected_ms": 2e3 * seconds * np.ones(CELLS),
    }  # fmt: skip
    told = measured(books | {n: v.astype(np.int64) for n, v in full.items()}, FRAME)
    for name, value in (
        ("RRU.PrbUsedDl", 273.0),
        ("RRU.PrbUsedUl", 273.0),
        ("RRU.PrbTotUl", 100.0),
        ("DRB.MeanActiveUeDl", 1.0),
        ("RRC.ConnMean", 2.0),
        # A megabyte a second, uplink slots in between included.
        ("DRB.UEThpDl", 8_000.0),
    ):
        assert told[name] == pytest.approx(value), name
    assert np.isnan(told["DRB.UEThpUl"]).all()  # of nothing there is no mean
    assert np.isnan(told["DRB.RlcSduDelayDl"]).all()


@given(one=big, other=big)
def test_halves_of_a_period_are_the_period(one, other):
    """For the stand-in's books and for the ledger of the door alike."""
    halves = [some_books(values, 10_000) for values in (one, other)]
    for sums in (added(*halves), ledger_added(*halves)):
        for name, value in sums.items():
            both = [half[name] for half in halves]
            most = name == "access.max_connected"
            whole = np.maximum(*both) if most else both[0] + both[1]
            assert np.array_equal(value, whole) and value.dtype == np.int64, name


def test_what_is_set_beside_the_controls_survives(facts):
    def new() -> StandIn:
        return stand_in_for(facts, 0, TODAY_S, 2, Secrets())

    one, other = new(), new()
    settings = eqx.tree_at(lambda s: s.hysteresis_db, one.settings(1), jnp.full(6, 3.5))
    relations = eqx.tree_at(
        lambda r: r.allowed, one.relations(1), jnp.zeros_like(one.relations(1).allowed)
    )
    one.turn(1, one.controls(1), settings, relations)
    one.turn(1, one.controls(1))  # leaves them as they are
    restore(other, snapshot(one))
    for life, turned in ((0, False), (1, True)):
        assert bool((other.settings(life).hysteresis_db == 3.5).all()) is turned
        assert bool(other.relations(life).allowed.any()) is not turned
    before = snapshot(other)
    with other.by_flows():
        other.advance(1, 60.0)
    assert snapshot(other).keys() == before.keys()


@pytest.mark.slow
def test_a_file_of_slots_says_what_was_lived(facts):
    """Slots and then ticks: the volume is of both, to the kbit."""
    stand_in = stand_in_for(
        facts, 0, TODAY_S + 8 * 3_600.0, 1, Secrets(), None, "slot", 0.5, 60.0
    )
    equipment = StandInEquipment(stand_in, knobs_of(facts.cells, facts.controls))
    ledger = {}
    slots_bit, ticks_bit = np.zeros(6, np.int64), np.zeros(6)
    for chunk in range(6):
        ledger = ledger_added(ledger, equipment.live(1, 10.0))
        lived = stand_in.lived(0)
        assert lived is not None
        slots_bit += 8 * lived.books["down.delivered_byte"]
        if chunk >= 3:
            ticks_bit += np.asarray(lived.counters.volume_bit, np.float64).sum(0)
    assert int(ledger["lived.slot_ms"]) == 30_000
    assert float(ledger["elapsed_s"]) == 60.0
    assert slots_bit.min() > 0 and ticks_bit.min() > 0
    report = equipment.report(ledger, stand_in.elapsed_s)
    told = there_and_back(facts, {n: v for n, v in report.items() if n != "PEE.Energy"})
    in_files = np.array(told["DRB.PdcpSduVolumeDL"])
    # What ticks deliver is counted in float32, ten seconds at a time: 2**-24 of it.
    assert np.abs(in_files - (slots_bit + ticks_bit) / 1e3).max() <= 1.0
    upwards = np.array(told["DRB.PdcpSduVolumeUL"])
    assert np.array_equal(upwards, 8 * ledger["up.delivered_byte"] // 1_000)
    first, failed, sent = (
        np.array(told[f"TB.{n}"])
        for n in ("TotNbrDlInitial", "IntialErrNbrDl", "TotNbrDl")
    )
    assert (0 < first).all() and (failed < first).all() and (first <= sent).all()
    assert (np.array(told["RRU.PrbUsedDl"]) <= 273).all()
    delay_ms = 0.1 * np.array(told["DRB.RlcSduDelayDl"], np.float64)
    # A slot is half a millisecond; nobody waits a minute for a burst.
    assert (delay_ms > 0.5).all() and (delay_ms < 60_000.0).all()


TREE = "/ProvMnS/v1/SubNetwork=1"
MERGE = {"content-type": "application/merge-patch+json"}


def ask(door: Door, method: str, path: str, **more) -> httpx.Response:
    async def one() -> httpx.Response:
        transport = httpx.ASGITransport(app=application(door))
        url = "http://127.0.0.1"
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.request(method, path, **more)

    return asyncio.run(one())


@pytest.mark.slow
def test_an_offset_set_over_http_stops_handovers_at_ticks(facts, tmp_path: Path):
    def door(name: str) -> Door:
        folder = tmp_path / name
        folder.mkdir()
        options = EmulationOptions(speed="max", history=0, tempo="tick", period_s=300.0)
        return door_of(plan_of(40), options, folder, lambda what, share: None)

    def left_for_others(door: Door) -> list[int]:
        while not door.living.chunk():
            pass
        info = ask(door, "GET", "/files").json()["fileInfoList"][0]
        name = info["fileLocation"].rpartition("/")[2]
        file = read_pm(ask(door, "GET", f"/files/{name}").content, name)
        inter, intra = (
            column(file, facts, f"MM.HoExe{kind}Req") for kind in ("Inter", "Intra")
        )
        return [one + other for one, other in zip(inter, intra, strict=True)]

    usual = door("usual")
    before = left_for_others(usual)
    cell = int(np.argmax(before))
    assert before[cell] >= 5  # else there is nothing to stop
    held = door("held")
    names = facts_of(facts.plan.inventory, facts.cells).names
    path = f"{TREE}/{names.cell_cu[cell].partition(',')[2].replace(',', '/')}"
    for number in range(1, len(before)):
        body = {"attributes": {"cellIndividualOffset": [-24, 0, 0, 0, 0, 0]}}
        answer = ask(held, "PATCH", f"{path}/NRCellRelation={number}", json=body,
                     headers=MERGE)  # fmt: skip
        assert answer.status_code == 200, answer.text
    after = left_for_others(held)
    # Nobody is 24 dB and a margin better than a cell that still serves.
    assert after[cell] <= before[cell] // 5
    usual.close()
    held.close()
