"""Does a live network read, report and turn as the stand-in in process does, and is
whatever goes wrong on the way noticed?"""

import dataclasses
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.autonomy.actuator import StalePlan
from gemel.autonomy.decision import Approved, Joint
from gemel.errors import InterfaceError
from gemel.interfaces.networks.emulated import reported
from gemel.interfaces.networks.live import LiveNetwork, LiveSource
from gemel.interfaces.networks.live_actuator import LiveActuator
from gemel.interfaces.networks.live_door import Door
from gemel.interfaces.networks.live_news import News
from gemel.interfaces.networks.live_tree import controls_read, knobs_of
from gemel.interfaces.standards.naming import local_names
from gemel.interfaces.standards.ts28532_pm import file_name, write_pm
from gemel.interfaces.standards.ts28552 import meas_file
from gemel.interfaces.standards.ves import FileInfo
from gemel.network.controls import Controls, fingerprint
from gemel.network.counters import Counters, measurements
from gemel.network.rsrp_bins import BINS
from gemel.network.rsrp_bins import NAMES as RSRP_NAMES
from gemel.twin.forecast import Forecast

LABELS = ("a/1", "a/2", "b/1")
NAMES = local_names(LABELS, [0, 0, 1])
PERIOD = timedelta(hours=1)  # a day of few reports is as good, and read faster
PERIOD_S, PERIODS = 3_600.0, 24
MIDNIGHT = datetime(2025, 1, 7, tzinfo=UTC)
PLANS = "/plan-management/v1"


def usual() -> Controls:
    return Controls(
        power_dbm=jnp.array([43.0, 46.0, 46.2]),
        tilt_deg=jnp.array([6.0, 6.37, -1.0]),
        azimuth_turn_deg=jnp.zeros(3),
        awake=jnp.ones(3, bool),
        individual_offset_db=jnp.zeros(3),
        handover_margin_db=jnp.ones(3),
    )


def objects_of(controls: Controls) -> dict[str, dict[str, Any]]:
    """The tree of these cells, as plain as the standard allows."""
    knobs = knobs_of(controls)
    tree: dict[str, dict[str, Any]] = {"SubNetwork=1": {}}
    for cell, label in enumerate(LABELS):
        carrier = NAMES.sector_carrier[cell]
        tree[NAMES.cell_du[cell]] = {
            "userLabel": label,
            "administrativeState": "UNLOCKED",
            "nRSectorCarrierRef": [carrier],
        }
        tree[carrier] = {"configuredMaxTxPower": int(knobs.power_mw[cell])}
        tree[NAMES.beamforming[cell]] = {
            "digitalTilt": int(knobs.tilt_tenths[cell]),
            "digitalAzimuth": int(knobs.azimuth_tenths[cell]),
        }
        tree[NAMES.cell_cu[cell]] = {"userLabel": label}
        tree[NAMES.energy_saving[cell]] = {
            "energySavingState": "IS_NOT_ENERGY_SAVING"
            if knobs.awake[cell]
            else "IS_ENERGY_SAVING"
        }
        margin = int(knobs.margin_halves[cell])
        tree[NAMES.vendor_data[cell]] = {
            "vsData": {"a3Offset": margin, "hysteresis": 2}
        }
        for number, other in enumerate(c for c in range(3) if c != cell):
            tree[f"{NAMES.cell_cu[cell]},NRCellRelation={number + 1}"] = {
                "adjacentNRCellRef": NAMES.cell_cu[other],
                "cellIndividualOffset": [0] * 6,
            }
    return tree


def merged(attributes: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396, without removal."""
    after = dict(attributes)
    for name, value in change.items():
        both = isinstance(value, dict) and isinstance(after.get(name), dict)
        after[name] = merged(after[name], value) if both else value
    return after


class FakeNetwork:
    """Answers like equipment, from its own reading of the standards.

    lies:    says that a plan was activated and does only so many of its changes
    refuses: answers plan descriptors with a problem
    """

    def __init__(self, controls: Controls | None = None):
        self.tree = objects_of(usual() if controls is None else controls)
        self.files: dict[str, tuple[FileInfo, bytes]] = {}
        self.plans: dict[str, list[dict[str, Any]]] = {}
        self.kept: dict[str, dict[str, dict[str, Any]]] = {}
        self.activations: list[dict[str, Any]] = []
        self.lies: int | None = None
        self.refuses = False
        self.invalid = False

    def door(self) -> Door:
        return Door("http://network.example", httpx.MockTransport(self.answer))

    def network(self) -> LiveNetwork:
        return LiveNetwork(self.door(), LABELS, usual())

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith("/ProvMnS/v1/SubNetwork=1"):
            assert request.url.params["scopeType"] == "BASE_SUBTREE"
            return httpx.Response(
                200,
                json=[
                    {
                        "id": dn.rpartition("=")[2],
                        "objectInstance": dn,
                        "attributes": at,
                    }
                    for dn, at in self.tree.items()
                ],
            )
        if path == "/files":
            listed = [info.as_json() for info, _ in self.files.values()]
            return httpx.Response(200, json={"fileInfoList": listed})
        if path.startswith("/files/"):
            return httpx.Response(200, content=self.files[path[len("/files/") :]][1])
        if request.method == "POST":
            return self.posted(path.removeprefix(PLANS), json.loads(request.content))
        if path.endswith("/status"):
            done = "VALIDATION_FAILED" if self.invalid else "VALIDATION_SUCCEEDED"
            states = {"validationState": done, "activationState": "ACTIVATED"}
            return httpx.Response(200, json={"jobState": "COMPLETED", **states})
        if path.endswith("-details"):
            wrong = {"state": "FAILED", "errors": [{"detail": "no such cell"}]}
            return httpx.Response(200, json={"results": [wrong]})
        return httpx.Response(
            200, json={"createdFallbackConfigDescrId": f"back-{len(self.kept)}"}
        )

    def posted(self, path: str, body: dict[str, Any]) -> httpx.Response:
        if path == "/plan-descriptors":
            if self.refuses:
                problem = {"type": "DATA_NODE_TREE_ERROR", "detail": "no\nsuch cell"}
                return httpx.Response(422, json=problem)
            name = f"plan-{len(self.plans) + 1}"
            self.plans[name] = body["configChanges"]
            assert body["activationMode"] == "ATOMIC"
            return httpx.Response(201, headers={"Location": f"{path}/{name}"})
        if path == "/plan-activation-jobs":
            self.activations.append(body)
            if "fallbackConfigDescrId" in body:
                self.tree = self.kept[body["fallbackConfigDescrId"]]
            else:
                before = {dn: dict(at) for dn, at in self.tree.items()}
                self.kept[f"back-{len(self.kept) + 1}"] = before
                for change in self.plans[body["planConfigDescrId"]][: self.lies]:
                    self.turn(change)
        return httpx.Response(201, json={"id": f"job-{len(self.activations)}"})

    def turn(self, change: dict[str, Any]) -> None:
        dn = change["target"].strip("/").replace("/", ",")
        self.tree[dn] = merged(self.tree[dn], change["value"]["attributes"])
        wish = self.tree[dn].pop("energySavingControl", None)
        if wish is not None:
            saving = wish == "TO_BE_ENERGY_SAVING"
            state = "IS_ENERGY_SAVING" if saving else "IS_NOT_ENERGY_SAVING"
            self.tree[dn]["energySavingState"] = state

    def report(
        self,
        begin: datetime,
        percent: float = 30.0,
        spoil: Callable[[bytes], bytes] = lambda data: data,
        skew: timedelta = timedelta(0),
        name: str | None = None,
    ) -> None:
        told = {
            "RRU.PrbTotDl": np.full(3, percent),
            "DRB.UEThpDl": np.full(3, 9_000.5),
            "DRB.PdcpSduVolumeDL": np.full(3, 1_000.0),
            "RRC.ConnMean": np.full(3, 4.0),
            "PEE.Energy": np.full(3, 0.1),
        }
        end = begin + PERIOD
        file = meas_file(told, NAMES, begin + skew, end + skew, round(PERIOD_S))
        data = spoil(write_pm(file))
        at = name or file_name(file)
        info = FileInfo(f"http://network.example/files/{at}", len(data), end, end)
        self.files[at] = (info, data)

    def a_day(self) -> None:
        for number in range(PERIODS):
            self.report(MIDNIGHT - timedelta(days=1) + number * PERIOD, percent=20.0)

    def source(self) -> LiveSource:
        door = self.door()
        source = LiveSource(LiveNetwork(door, LABELS, usual()), News(door, 0.0))
        source.yesterday()
        return source


NO_FORECAST = Forecast(
    elapsed_s=jnp.zeros(()),
    reported={},
    kpis={},
    mean={},
    spread={},
    below_floor=jnp.zeros(1),
    serving=jnp.zeros((1, 1), jnp.int32),
    throughput_bps=jnp.zeros((1, 1)),
)


def approval(now: Controls, wish: Controls) -> Approved:
    awake = jnp.logical_or(now.awake, wish.awake)
    back = dataclasses.replace(now, awake=awake)
    joint = Joint(("a loop",), "an aim", now, wish)
    print_ = fingerprint(now)
    return Approved("plan-1", print_, 1e9, wish, back, joint, NO_FORECAST, {})


def asleep(controls: Controls, *cells: int) -> Controls:
    awake = np.array(controls.awake)
    awake[list(cells)] = False
    return dataclasses.replace(controls, awake=jnp.asarray(awake))


def actuator_of(fake: FakeNetwork) -> tuple[LiveNetwork, LiveActuator]:
    fake.a_day()
    door = fake.door()
    network = LiveNetwork(door, LABELS, usual())
    source = LiveSource(network, News(door, 0.0))
    source.yesterday()
    return network, LiveActuator(network, source)


@pytest.fixture(autouse=True)
def equipment_shows_at_once(monkeypatch):
    monkeypatch.setattr(
        "gemel.interfaces.networks.live_actuator.READ_BACK_S", (0.0, 0.0)
    )


def test_what_the_inventory_says_is_read_back_bit_by_bit():
    controls = FakeNetwork().network().controls()
    assert fingerprint(controls) == fingerprint(usual())


def test_what_differs_from_the_inventory_is_read_as_the_standard_rounds_it():
    turned = dataclasses.replace(
        usual(),
        power_dbm=jnp.array([40.0, 46.0, 46.2]),
        tilt_deg=jnp.array([6.0, 7.24, -1.0]),
        azimuth_turn_deg=jnp.array([0.0, -12.3, 0.0]),
        handover_margin_db=jnp.array([1.0, 1.0, 2.5]),
    )
    read = FakeNetwork(turned).network().controls()
    # Half a milliwatt of ten watts is 2e-4 dB.
    assert jnp.allclose(read.power_dbm, turned.power_dbm, atol=3e-4)
    assert jnp.allclose(read.tilt_deg, jnp.array([6.0, 7.2, -1.0]))
    assert jnp.allclose(read.azimuth_turn_deg, turned.azimuth_turn_deg)
    assert jnp.allclose(read.handover_margin_db, turned.handover_margin_db)
    again = controls_read(knobs_of(read), usual())
    assert fingerprint(again) == fingerprint(read)


def test_a_locked_cell_is_off_air():
    fake = FakeNetwork()
    fake.tree[NAMES.cell_du[1]]["administrativeState"] = "LOCKED"
    assert fake.network().controls().awake.tolist() == [True, False, True]


def test_a_nested_answer_says_the_same_as_a_flat_one():
    fake = FakeNetwork()
    flat = fake.network().tree()
    top: dict[str, Any] = {"id": "1", "objectClass": "SubNetwork", "attributes": {}}
    made = {"SubNetwork=1": top}
    for dn in sorted(fake.tree, key=lambda name: name.count(",")):
        above, own = "", ""
        for part in dn.split(","):
            own = f"{above},{part}" if above else part
            if own not in made:
                kind, _, identity = part.partition("=")
                made[own] = {"id": identity, "attributes": {}}
                made[above].setdefault(kind, []).append(made[own])
            above = own
        made[dn]["attributes"] = fake.tree[dn]
    door = Door(
        "http://network.example",
        httpx.MockTransport(lambda request: httpx.Response(200, json=top)),
    )
    nested = LiveNetwork(door, LABELS, usual()).tree()
    assert {dn: at for dn, at in nested.items() if at} == {
        dn: at for dn, at in flat.items() if at
    }


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("a/1", "a/2"), "b/1, not in the inventory"),
        (("a/1", "a/2", "b/1", "c/9"), "no NRCellDU for c/9"),
    ],
)
def test_a_network_with_other_cells_is_refused_by_name(labels, said):
    with pytest.raises(InterfaceError, match=said):
        LiveNetwork(FakeNetwork().door(), labels, usual())


def test_two_cells_of_one_label_are_refused():
    fake = FakeNetwork()
    fake.tree[NAMES.cell_du[1]]["userLabel"] = "a/1"
    with pytest.raises(InterfaceError, match="userLabel 'a/1'"):
        fake.network()


@pytest.mark.parametrize("value", [None, "many", 2.5, True, [1]])
def test_a_knob_that_is_no_number_is_refused(value):
    fake = FakeNetwork()
    fake.tree[NAMES.beamforming[2]]["digitalTilt"] = value
    with pytest.raises(InterfaceError, match=r"digitalTilt of .*NRSectorCarrier=1"):
        fake.network()


def test_an_approval_becomes_a_plan_that_is_carried_out():
    fake = FakeNetwork()
    network, actuator = actuator_of(fake)
    now = network.controls()
    wish = dataclasses.replace(
        asleep(now, 1),
        power_dbm=now.power_dbm.at[0].set(40.0),
        tilt_deg=now.tilt_deg.at[2].set(3.0),
        azimuth_turn_deg=now.azimuth_turn_deg.at[0].set(-7.0),
        individual_offset_db=now.individual_offset_db.at[2].set(-3.0),
        handover_margin_db=now.handover_margin_db.at[1].set(2.5),
    )
    plan = actuator.apply(approval(now, wish))
    assert plan.plan_id == "plan-1"
    (changes,) = fake.plans.values()
    assert len(changes) == 7  # two relations lead to the cell with a new offset
    assert fingerprint(network.controls()) == fingerprint(wish)
    assert fake.tree[NAMES.vendor_data[1]]["vsData"] == {"a3Offset": 5, "hysteresis": 2}
    assert fake.activations == [
        {"planConfigDescrId": "plan-1", "isFallbackEnabled": True}
    ]
    with pytest.raises(StalePlan, match="before"):
        actuator.apply(approval(now, wish))


def test_a_change_of_nothing_asks_for_nothing():
    fake = FakeNetwork()
    network, actuator = actuator_of(fake)
    now = network.controls()
    actuator.apply(approval(now, now))
    assert not fake.plans


def test_an_actuator_that_says_done_and_did_nothing_is_noticed():
    fake = FakeNetwork()
    network, actuator = actuator_of(fake)
    fake.lies = 0
    now = network.controls()
    with pytest.raises(StalePlan, match=r"read back, 1 knobs .* awake of a/2"):
        actuator.apply(approval(now, asleep(now, 1)))
    assert fingerprint(network.controls()) == fingerprint(now)


def test_what_was_only_half_done_is_undone():
    fake = FakeNetwork()
    network, actuator = actuator_of(fake)
    fake.lies = 1
    now = network.controls()
    with pytest.raises(StalePlan, match="read back, 1 knobs"):
        actuator.apply(approval(now, asleep(now, 0, 1)))
    assert fingerprint(network.controls()) == fingerprint(now)
    assert fake.activations[-1] == {"fallbackConfigDescrId": "back-1"}


@pytest.mark.parametrize("how", ["refuses", "invalid"])
def test_a_plan_that_the_network_refuses_changes_nothing_and_is_told_why(how):
    fake = FakeNetwork()
    network, actuator = actuator_of(fake)
    setattr(fake, how, True)
    now = network.controls()
    with pytest.raises(StalePlan, match="no such cell") as error:
        actuator.apply(approval(now, asleep(now, 1)))
    assert "\n" not in str(error.value)
    assert not fake.activations


def test_falling_back_uses_what_the_network_kept():
    fake = FakeNetwork()
    network, actuator = actuator_of(fake)
    now = network.controls()
    plan = actuator.apply(approval(now, asleep(now, 0, 2)))
    actuator.fall_back(plan)
    assert fingerprint(network.controls()) == fingerprint(now)
    assert fake.activations[-1] == {"fallbackConfigDescrId": "back-1"}


def test_falling_back_never_puts_to_sleep_what_the_plan_woke():
    fake = FakeNetwork(asleep(usual(), 0))
    network, actuator = actuator_of(fake)
    now = network.controls()
    wish = asleep(usual(), 1)  # wakes a/1 as well
    actuator.fall_back(actuator.apply(approval(now, wish)))
    assert network.controls().awake.tolist() == [True, True, True]


def test_falling_back_leaves_what_others_turned_since():
    fake = FakeNetwork()
    network, actuator = actuator_of(fake)
    now = network.controls()
    plan = actuator.apply(approval(now, asleep(now, 0)))
    fake.tree[NAMES.beamforming[2]]["digitalTilt"] = 40
    actuator.fall_back(plan)
    after = network.controls()
    assert after.awake.all() and float(after.tilt_deg[2]) == 4.0


def test_a_report_says_over_the_interface_what_it_says_in_process():
    counters = Counters(
        elapsed_s=jnp.asarray(PERIOD_S),
        prb_s=jnp.array([1234.5, 0.0, 3_599.0]),
        volume_bit=jnp.array([5.6e9, 0.0, 9.87e10]),
        active_s=jnp.array([77.0, 0.0, 900.0]),
        users_s=jnp.array([7_200.0, 0.0, 10_800.0]),  # whole users: files round down
        energy_j=jnp.array([9.9e4, 2e3, 5.5e5]),
    )
    controls = asleep(usual(), 1)
    phones = np.random.default_rng(3).integers(0, 5, (3, BINS)).astype(float)
    inside = reported(counters, controls, 86_400.0, PERIOD_S, phones)
    told = dict(zip(RSRP_NAMES, phones.T, strict=True))
    told |= {name: np.asarray(v) for name, v in measurements(counters).items()}
    told["DRB.UEThpDl"] = np.where(told["DRB.UEThpDl"] > 0, told["DRB.UEThpDl"], np.nan)
    fake = FakeNetwork(controls)
    fake.a_day()
    source = fake.source()
    file = meas_file(told, NAMES, MIDNIGHT, MIDNIGHT + PERIOD, round(PERIOD_S))
    info = FileInfo("/files/new.xml", 1, MIDNIGHT + PERIOD, MIDNIGHT + PERIOD)
    fake.files["new.xml"] = (info, write_pm(file))
    (outside,) = source.wait()
    assert fingerprint(outside.controls) == fingerprint(inside.controls)
    assert float(outside.period_s) == float(inside.period_s)
    assert outside.rsrp_count is not None
    assert np.array_equal(np.asarray(outside.rsrp_count), phones)
    for name, measured in inside.measured.items():
        seen = outside.measured[name]
        assert seen.present.tolist() == measured.present.tolist(), name
        shown = jnp.where(measured.present, measured.value, 0.0)
        assert seen.value.tolist() == shown.tolist(), name


def test_yesterday_is_whole_and_ends_now():
    fake = FakeNetwork()
    fake.a_day()
    door = fake.door()
    source = LiveSource(LiveNetwork(door, LABELS, usual()), News(door, 0.0))
    told = source.yesterday()
    assert [float(o.elapsed_s) for o in told] == [PERIOD_S * n for n in range(PERIODS)]
    assert source.elapsed_s == 86_400.0  # Tuesday, since the Monday before
    assert source.period_s == PERIOD_S
    assert all(bool(o.controls.awake.all()) for o in told)


def test_without_yesterday_nothing_begins():
    fake = FakeNetwork()
    with pytest.raises(InterfaceError, match="no report of yesterday"):
        fake.source()
    for number in range(10):
        fake.report(MIDNIGHT + number * PERIOD)
    with pytest.raises(InterfaceError, match="10 of the 24"):
        fake.source()


def test_a_lost_report_is_silence_and_no_zero():
    fake = FakeNetwork()
    fake.a_day()
    source = fake.source()
    fake.report(MIDNIGHT + PERIOD)  # the one before never came
    missed, came = source.wait()
    assert float(missed.elapsed_s) == 86_400.0
    assert not any(m.present.any() for m in missed.measured.values())
    assert float(came.elapsed_s) == 86_400.0 + PERIOD_S
    assert came.measured["RRU.PrbTotDl"].value.tolist() == [30.0] * 3
    assert source.observe() is came
    assert source.arrivals.counts == {"missing": 1, "whole": 1}


def test_a_late_report_and_a_repeated_one_are_ignored():
    fake = FakeNetwork()
    fake.a_day()
    source = fake.source()
    fake.report(MIDNIGHT + PERIOD)
    source.wait()
    fake.report(MIDNIGHT)  # late
    fake.report(MIDNIGHT + PERIOD, percent=99.0, name="again.xml")
    fake.report(MIDNIGHT + 2 * PERIOD)
    (came,) = source.wait()
    assert float(came.elapsed_s) == 86_400.0 + 2 * PERIOD_S
    fates = {"missing": 1, "whole": 2, "late": 1, "again": 1}
    assert source.arrivals.counts == fates


SPOILT = {
    "cut off": lambda data: data[:-200],
    "not XML": lambda data: b"\x00\xff",
    "a bomb": lambda data: data.replace(b"?>", b"?><!DOCTYPE m []>", 1),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_corrupt_report_is_silence(how, caplog):
    fake = FakeNetwork()
    fake.a_day()
    source = fake.source()
    fake.report(MIDNIGHT, spoil=SPOILT[how])
    (came,) = source.wait()
    assert float(came.elapsed_s) == 86_400.0
    assert not any(m.present.any() for m in came.measured.values())
    assert "a report is left out" in caplog.text
    assert source.arrivals.counts == {"corrupt": 1}
    (story,) = source.arrivals.stories
    assert story.what and story.why and "\n" not in story.why


@pytest.mark.parametrize("skew_s", [-240, 37, 300])
def test_a_clock_that_is_off_moves_no_period(skew_s, caplog):
    fake = FakeNetwork()
    fake.a_day()
    source = fake.source()
    for number in range(3):
        fake.report(MIDNIGHT + number * PERIOD, skew=timedelta(seconds=skew_s))
        (came,) = source.wait()
        assert float(came.elapsed_s) == 86_400.0 + PERIOD_S * number
    assert "a clock is off" in caplog.text
    assert source.arrivals.counts == {"skewed": 3, "whole": 3}


def test_a_cell_that_is_not_in_the_file_is_not_present():
    fake = FakeNetwork()
    fake.a_day()
    source = fake.source()
    fake.report(MIDNIGHT, spoil=lambda data: data.replace(b"NRCellDU=2", b"NRCellDU=7"))
    (came,) = source.wait()
    assert came.measured["RRU.PrbTotDl"].present.tolist() == [True, False, True]
    # Its volume is told by the NRCellCU, its energy by its part of the element's.
    assert came.measured["DRB.PdcpSduVolumeDL"].present.all()
    assert jnp.allclose(came.measured["PEE.Energy"].value, 0.1)


def test_who_slept_yesterday_is_seen_by_its_energy():
    fake = FakeNetwork()
    fake.a_day()
    told = {
        "RRU.PrbTotDl": np.array([30.0, 0.0, 30.0]),
        "DRB.UEThpDl": np.array([9e3, np.nan, 9e3]),
        "DRB.PdcpSduVolumeDL": np.array([1e3, 0.0, 1e3]),
        "RRC.ConnMean": np.array([4.0, 0.0, 4.0]),
        "PEE.Energy": np.array([0.1, 0.002, 0.1]),
    }
    begin = MIDNIGHT - PERIOD
    file = meas_file(told, NAMES, begin, MIDNIGHT, round(PERIOD_S))
    info, _ = fake.files[file_name(file)]
    fake.files[file_name(file)] = (info, write_pm(file))
    door = fake.door()
    source = LiveSource(LiveNetwork(door, LABELS, usual()), News(door, 0.0))
    *before, last = source.yesterday()
    assert last.controls.awake.tolist() == [True, False, True]
    assert all(bool(o.controls.awake.all()) for o in before)


def failing(error: Exception) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(answer)


ANSWERS = {
    "html": httpx.Response(200, text="<html>"),
    "a list of numbers": httpx.Response(200, json=[1, 2]),
    "too deep": httpx.Response(200, content=b"[" * 100_000),
    "404": httpx.Response(404, text="nothing"),
    "a problem": httpx.Response(
        500, json={"type": "SERVER_ERROR", "detail": "out\nof memory"}
    ),
    "a problem of another shape": httpx.Response(400, json=[["x"]]),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_a_strange_answer_is_one_line(what):
    door = Door(
        "http://net.example", httpx.MockTransport(lambda request: ANSWERS[what])
    )
    with pytest.raises(InterfaceError, match=r"net\.example") as error:
        LiveNetwork(door, LABELS, usual())
    assert "\n" not in str(error.value) and len(str(error.value)) < 600


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.ReadError("")],
)
def test_a_network_that_cannot_be_reached_is_one_line(error):
    with pytest.raises(InterfaceError, match=r"net\.example") as told:
        LiveNetwork(Door("http://net.example", failing(error)), LABELS, usual())
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["", "net.example", "ftp://x", "http://", "http://a b", "http://[", "7"]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InterfaceError, match="no address"):
        Door(url)


def test_a_notification_is_answered_once_the_loop_has_acted():
    fake = FakeNetwork()
    fake.a_day()
    told: dict[str, str] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/subscriptions":
            told["to"] = json.loads(request.content)["notificationRecipientAddress"]
            return httpx.Response(201, json={"id": "1"})
        if request.method == "DELETE":
            told["gone"] = request.url.path
            return httpx.Response(204)
        return fake.answer(request)

    door = Door("http://127.0.0.1:9", httpx.MockTransport(answer))
    news = News(door)
    source = LiveSource(LiveNetwork(door, LABELS, usual()), news)
    news.subscribe()
    try:
        source.yesterday()
        fake.report(MIDNIGHT)
        answered = threading.Event()

        def notify() -> None:
            assert httpx.post(told["to"], json={}, timeout=30).status_code == 204
            answered.set()

        threading.Thread(target=notify, daemon=True).start()
        (came,) = source.wait()
        assert float(came.elapsed_s) == 86_400.0
        assert not answered.wait(0.3)
        news.acted()
        assert answered.wait(10.0)
    finally:
        news.close()
    assert told["gone"] == "/subscriptions/1"


def test_news_of_nothing_new_lets_the_network_go_on():
    """Else both would wait for each other for ever."""
    fake = FakeNetwork()
    fake.a_day()
    news = News(fake.door(), ask_every_s=0.05)
    source = LiveSource(LiveNetwork(fake.door(), LABELS, usual()), news)
    source.yesterday()
    nudge = news._take()

    def later() -> None:
        assert nudge.acted.wait(10.0)
        fake.report(MIDNIGHT)

    thread = threading.Thread(target=later)
    thread.start()
    (came,) = source.wait()
    thread.join()
    assert float(came.elapsed_s) == 86_400.0


def test_a_network_that_says_nothing_any_more_is_told_of(monkeypatch):
    monkeypatch.setattr("gemel.interfaces.networks.live.PATIENCE_S", 0.2)
    monkeypatch.setattr("gemel.interfaces.networks.live.PATIENCE_PERIODS", 0.0)
    fake = FakeNetwork()
    fake.a_day()
    door = fake.door()
    source = LiveSource(LiveNetwork(door, LABELS, usual()), News(door, 0.05))
    source.yesterday()
    with pytest.raises(InterfaceError, match="no new report"):
        source.wait()
