"""Does a job of TS 28.561 get a true answer, or a reason why not?"""

import dataclasses

import numpy as np
import pytest

from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.standards.naming import LocalNames, local_names
from gemel.interfaces.standards.ts28561 import decode, encode
from gemel.interfaces.standards.ts28561_nrm import (
    NDTCapability,
    NDTInputDescription,
    NDTJob,
    ScopeDefinition,
    SimulationData,
    SimulationDataDescriptor,
)
from gemel.network.controls import controls_of
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.ndt import job as ndt
from gemel.scenarios.ndt.changes import applied, settings_of
from gemel.scenarios.ndt.scope import cells_within, within
from gemel.world.inventory import Origin

CONFIGURATIONS = NDTCapability.NETWORK_CONFIGURATIONS_VERIFICATION
RISKS = NDTCapability.RISKY_ACTIONS_PREDICTION
EVENTS = NDTCapability.EVENTS_IMPACTS_VERIFICATION
ONE_CELL = "SubNetwork=1,ManagedElement=gnb2,GNBDUFunction=1,NRCellDU=4"
CROWD = "crowd x_m=0,y_m=0,radius_m=300,factor=3"


@pytest.fixture(scope="module")
def plan():
    return dataclasses.replace(hexagons(0, rings=1), users=300)


@pytest.fixture(scope="module")
def names(plan) -> LocalNames:
    cells = plan.inventory.cells
    sites = {site: n for n, site in enumerate(dict.fromkeys(c.site for c in cells))}
    return local_names([c.name for c in cells], [sites[c.site] for c in cells])


def job(
    *tried: dict, capability=CONFIGURATIONS, event="", scope=None, **more
) -> NDTJob:
    """Every dictionary is one configuration to try."""
    descriptors = tuple(
        SimulationDataDescriptor((SimulationData(configuration=(one,)),))
        for one in tried
    )
    scenario = NDTInputDescription("asked", descriptors, event)
    return NDTJob("17", "NDTJob=17", capability, scope, scenario, **more)


def entities(*dns: str) -> ScopeDefinition:
    return ScopeDefinition(entities=dns)


def test_only_what_is_served_is_said_to_be():
    served = ndt.function().capabilities
    assert decode(encode(ndt.function())) == ndt.function()
    for capability in NDTCapability:
        asked = job({"userLabel": "x", "digitalTilt": 1}, capability=capability)
        with pytest.raises(InterfaceError) as error:
            ndt.read_question(asked, hexagons(0, rings=1).inventory)
        assert ("is not served" in str(error.value)) == (capability not in served)


# what -> (the job, what the one line must name)
TILT = {"userLabel": "H01-700-1", "digitalTilt": 90}
BAD = {
    "nothing to try": (job(), ["simulationDataDescriptor"]),
    "no scenario": (
        dataclasses.replace(job(TILT), scenario=None),
        ["nDTJobScenario"],
    ),
    "no such object": (
        job(TILT, scope=entities("SubNetwork=1,ManagedElement=gnb99")),
        ["names no cell", "gnb99", "gnb1"],
    ),
    "half a name": (
        job(TILT, scope=entities("SubNetwork=1,ManagedElement=gnb")),
        ["names no cell"],
    ),
    "an area nowhere": (
        job(TILT, scope=ScopeDefinition(areas=(((1.0, 1.0), (2.0, 1.0), (2.0, 2.0)),))),
        ["areaScope", "nowhere on Earth"],
    ),
    "out of scope": (
        job(TILT, scope=entities("SubNetwork=1,ManagedElement=gnb2")),
        ["digitalTilt", "gnb1", "outside"],
    ),
    "whose tilt": (job({"digitalTilt": 90}), ["objectInstance", "userLabel"]),
    "two names": (
        job({"userLabel": "H01-700-1", "objectInstance": ONE_CELL, "digitalTilt": 1}),
        ["objectInstance", "userLabel"],
    ),
    "sets nothing": (job({"userLabel": "H01-700-1"}), ["sets nothing", "digitalTilt"]),
    "unknown cell": (job({"userLabel": "X", "digitalTilt": 1}), ["'X'", "H01-700-1"]),
    "unknown attribute": (job(TILT | {"nrPci": 4}), ["'nrPci'", "digitalTilt"]),
    "another object's": (
        job({"objectInstance": ONE_CELL, "digitalTilt": 1}),
        ["CommonBeamformingFunction", ONE_CELL],
    ),
    "too steep": (job(TILT | {"digitalTilt": 901}), ["digitalTilt", "-900 to 900"]),
    "a text": (job(TILT | {"digitalTilt": "steep"}), ["digitalTilt", "integer"]),
    "half locked": (job(TILT | {"administrativeState": "SHUT"}), ["SHUT", "UNLOCKED"]),
    "a condition": (
        dataclasses.replace(
            job(TILT),
            scenario=NDTInputDescription(
                "c", (SimulationDataDescriptor((), "SubNetwork=1"),)
            ),
        ),
        ["condition"],
    ),
    "an event for configurations": (job(TILT, event="fail-site H01"), ["takes no"]),
    "no event": (job(TILT, capability=EVENTS), ["needs a networkEventInfo"]),
    "unknown event": (job(capability=EVENTS, event="earthquake"), ["'earthquake'"]),
    "unknown site": (job(capability=EVENTS, event="fail-site Z9"), ["'Z9'", "H01"]),
    "half a crowd": (job(capability=EVENTS, event="crowd x_m=1"), ["y_m", "factor"]),
    "two crowds": (job(capability=EVENTS, event=f"{CROWD}; {CROWD}"), ["two crowds"]),
    "everything fails": (
        job(
            capability=EVENTS,
            event=";".join(f"fail-site H{n:02d}" for n in range(1, 8)),
        ),
        ["every site fails"],
    ),
    "too many": (job(*[TILT] * 257), ["257", "256"]),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_answered_is_refused_before_anything_is_built(what, plan):
    asked, named = BAD[what]
    with pytest.raises(InterfaceError) as error:
        ndt.run_job(plan, asked, 20.0, 0, lambda *_: pytest.fail("it was begun"))
    said = str(error.value)
    assert "\n" not in said
    for part in named:
        assert part in said, said


def test_an_hour_that_no_day_has_is_refused(plan):
    with pytest.raises(ScenarioError, match="hour"):
        ndt.run_job(plan, job(TILT), 24.0, 0)


def test_data_that_the_twin_would_overlook_is_refused(plan):
    data = SimulationData(mdt=({"rsrp": 1},), configuration=(TILT,))
    asked = dataclasses.replace(
        job(),
        scenario=NDTInputDescription("m", (SimulationDataDescriptor((data,)),)),
    )
    with pytest.raises(InterfaceError, match="mDTData"):
        ndt.read_question(asked, plan.inventory)


def test_settings_are_in_the_standards_units(plan, names):
    now = controls_of(plan.inventory)
    cell = names.label.index("H02-700-2")
    beams, carrier = names.beamforming[cell], names.sector_carrier[cell]
    sets = [
        {"objectInstance": carrier, "configuredMaxTxPower": 10_000},
        {"objectInstance": beams, "digitalTilt": 75, "digitalAzimuth": -300},
        {"userLabel": "H02-700-2", "vsData": {"a3Offset": 6}},
        {"objectInstance": names.cell_du[0], "administrativeState": "LOCKED"},
        {"userLabel": names.label[1], "energySavingControl": "TO_BE_ENERGY_SAVING"},
    ]
    wish = applied(now, settings_of(sets, names))
    assert float(wish.power_dbm[cell]) == pytest.approx(40.0)
    assert float(wish.tilt_deg[cell]) == pytest.approx(7.5)
    assert float(wish.azimuth_turn_deg[cell]) == pytest.approx(-30.0)
    assert float(wish.handover_margin_db[cell]) == pytest.approx(3.0)
    assert np.flatnonzero(~np.asarray(wish.awake)).tolist() == [0, 1]
    back = [{"userLabel": names.label[0], "administrativeState": "UNLOCKED"}]
    again = applied(wish, settings_of(back, names))
    assert np.flatnonzero(~np.asarray(again.awake)).tolist() == [1]


def test_a_scope_is_what_lies_below_its_objects(plan, names):
    def scoped(*dns: str) -> list[str]:
        scope = cells_within(entities(*dns), plan.inventory, names)
        return [names.label[n] for n in np.flatnonzero(scope)]

    assert len(scoped("SubNetwork=1")) == len(names.label)
    assert {label[:3] for label in scoped("SubNetwork=1,ManagedElement=gnb3")} == {
        "H03"
    }
    assert scoped(ONE_CELL) == [names.label[names.cell_du.index(ONE_CELL)]]
    assert scoped(names.cell_cu[5], names.cell_du[2]) == [
        names.label[2],
        names.label[5],
    ]
    assert cells_within(None, plan.inventory, names).all()


def test_a_polygon_holds_what_lies_in_it(plan, names):
    corner_m = np.array([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0)])
    point_m = np.array([(1.0, 1.0), (2.0, 3.0), (3.5, 3.0), (2.0, 0.5), (5.0, 1.0)])
    assert within(point_m, corner_m).tolist() == [True, False, True, True, False]
    assert within(point_m, corner_m[::-1]).tolist() == [True, False, True, True, False]
    real = dataclasses.replace(plan.inventory, origin=Origin(48.0, 11.0))
    # 0.002 degrees are 222 m to the north and 149 m to the east: the middle site.
    box = ((47.998, 10.998), (48.002, 10.998), (48.002, 11.002), (47.998, 11.002))
    scope = cells_within(ScopeDefinition(areas=(box,)), real, names)
    middle = [c.x_m == 0.0 and c.y_m == 0.0 for c in real.cells]
    assert scope.tolist() == middle and sum(middle) == 6
    away = tuple((lat + 1.0, lon) for lat, lon in box)
    with pytest.raises(InterfaceError, match="holds no cell"):
        cells_within(ScopeDefinition(areas=(away,)), real, names)


@pytest.fixture(scope="module")
def small_twin(small):
    """A twin of few guesses instead of the usual one, for speed."""
    patch = pytest.MonkeyPatch()
    patch.setattr(
        ndt,
        "_remembering",
        lambda *_: (small.belief, list(small.yesterday), small.thresholds),
    )
    yield small
    patch.undo()


def kpis_of(point) -> dict[str, dict]:
    (kpis,) = [o for o in point.observations if o.id.endswith("-kpis")]
    return {one["kpiName"]: one for one in kpis.attributes}


def cells_of(point) -> dict[str, dict[str, dict]]:
    """What every cell reports, by its label and the measurement's name."""
    every = [o for o in point.observations if "-observed-" in o.id]
    return {
        o.attributes[0]["userLabel"]: {a["measurement"]: a for a in o.attributes[1:]}
        for o in every
    }


def test_what_is_as_it_was_changes_nothing_and_a_locked_cell_does(small_twin, plan):
    label = small_twin.names[3]
    asked = job(
        {"userLabel": label, "administrativeState": "UNLOCKED"},
        {"userLabel": label, "administrativeState": "LOCKED"},
        scope=entities("SubNetwork=1,ManagedElement=gnb1"),
    )
    report = ndt.run_job(plan, asked, 19.0, 0)
    assert decode(encode(report)) == report
    assert report.job_ref == asked.instance and len(report.output) == 2
    same, locked = report.output
    for kpi in kpis_of(same).values():
        # Loads are settled to a thousandth, and settling goes on from there.
        assert abs(kpi["change"]["mean"]) <= 1e-3 * kpi["before"]["mean"]
    for kpi in kpis_of(locked).values():
        for part in ("before", "after", "change"):
            band = kpi[part]
            assert band["low"] <= band["mean"] <= band["high"]
    told = cells_of(locked)
    assert set(told) == {name for name in small_twin.names if name.startswith("H01")}
    load = told[label]["RRU.PrbTotDl"]
    assert load["after"]["mean"] == 0.0 < load["before"]["mean"]
    # What its neighbours take over may cost more than it saves; itself it saves.
    assert told[label]["PEE.Energy"]["change"]["high"] < 0.0
    assert locked.configuration[0].attributes == ({"administrativeState": "LOCKED"},)
    assert len(locked.state) == len(told)


def test_a_failed_site_carries_nothing_and_a_crowd_brings_load(small_twin, plan):
    event = f"fail-site H02; {CROWD}"
    both = ndt.run_job(plan, job(capability=EVENTS, event=event), 19.0, 0)
    crowd = ndt.run_job(plan, job(capability=EVENTS, event=CROWD), 19.0, 0)
    assert len(both.output) == len(crowd.output) == 1
    states = {
        o.attributes[0]["userLabel"]: o.attributes[0] for o in both.output[0].state
    }
    down = {n for n, s in states.items() if s["operationalState"] == "DISABLED"}
    assert down == {name for name in small_twin.names if name.startswith("H02")}
    load = kpis_of(crowd.output[0])["AveDLPrbLoad"]["change"]
    assert load["mean"] > 0.0
    assert kpis_of(both.output[0])["AveDLPrbLoad"]["change"]["mean"] > load["mean"]


def test_a_remedy_is_held_against_the_event_alone(small_twin, plan):
    label = small_twin.names[0]
    asked = job(
        {"userLabel": label, "administrativeState": "LOCKED"},
        capability=EVENTS,
        event="fail-site H02",
    )
    alone, remedied = ndt.run_job(plan, asked, 19.0, 0).output
    assert alone.configuration == () and len(remedied.configuration) == 1
    loads = [cells_of(one)[label]["RRU.PrbTotDl"] for one in (alone, remedied)]
    assert loads[0]["after"]["mean"] > 0.0 == loads[1]["after"]["mean"]


def test_locking_nearly_everything_is_risky_and_nothing_is_not(small_twin, plan):
    names = small_twin.names
    sets = tuple({"userLabel": n, "administrativeState": "LOCKED"} for n in names[:-6])
    idle = {"userLabel": names[0], "administrativeState": "UNLOCKED"}
    asked = job(idle, capability=RISKS)
    assert asked.scenario is not None
    wild = SimulationDataDescriptor((SimulationData(configuration=sets),))
    scenario = dataclasses.replace(
        asked.scenario, descriptors=(*asked.scenario.descriptors, wild)
    )
    report = ndt.run_job(plan, dataclasses.replace(asked, scenario=scenario), 19.0, 0)
    verdicts = []
    for point in report.output:
        (risk,) = [o for o in point.observations if o.id.endswith("-risk")]
        verdicts.append(risk.attributes[0]["risky"])
        for target in risk.attributes[1:]:
            assert 0.0 <= target["probabilityMissedAfter"] <= 1.0
    assert verdicts == [False, True]


def test_a_job_is_stopped_when_its_time_is_over(small_twin, plan):
    ticks = iter(range(0, 1_000, 40))
    asked = job(TILT, max_runtime=60)
    with pytest.raises(InterfaceError, match=r"17 was stopped after 80.* maxRuntime"):
        ndt.run_job(plan, asked, 20.0, 0, clock=lambda: float(next(ticks)))
    report = ndt.run_job(plan, asked, 20.0, 0, clock=lambda: 5.0)
    assert len(report.output) == 1
