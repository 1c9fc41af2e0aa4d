"""Do the managed objects show what is set, and set what may be set and nothing else?"""

import dataclasses
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.emulator.secrets import Secrets
from gemel.interfaces.management.desk import Desk
from gemel.interfaces.management.equipment_stand_in import StandInEquipment, flow_report
from gemel.interfaces.management.facts import arfcn, facts_of
from gemel.interfaces.management.knobs import Knobs, knobs_of
from gemel.interfaces.management.rendering import Now, attributes
from gemel.interfaces.management.tree import read
from gemel.interfaces.management.turning import SETTABLE, Draft, changed
from gemel.interfaces.standards.problem import Refusal
from gemel.interfaces.standards.ts28532_provmns import Scope, filter_of, scope_of
from gemel.interfaces.standards.ts28532_provmns_patch import PATCHES, Wish
from gemel.interfaces.standards.ts28541 import CLASSES, Q_OFFSET_DB, mistake
from gemel.interfaces.standards.ts28541_yang import from_yang
from gemel.network.counters import Counters, measurements
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import public_facts, stand_in_for

ELEMENT = "SubNetwork=1,ManagedElement=gnb1"
CARRIER = f"{ELEMENT},GNBDUFunction=1,NRSectorCarrier=1"
BEAMS = f"{CARRIER},CommonBeamformingFunction=1"
CELL = f"{ELEMENT},GNBDUFunction=1,NRCellDU=1"
CU = f"{ELEMENT},GNBCUCPFunction=1,NRCellCU=1"
ENERGY = f"{CU},CESManagementFunction=1"
VENDOR = f"{CU},VsDataContainer=1"
RELATION = f"{CU},NRCellRelation=1"


@pytest.fixture(scope="module")
def desk() -> Desk:
    plan = dataclasses.replace(hexagons(0, rings=1), users=60)
    facts = public_facts(plan, 0)
    stand_in = stand_in_for(facts, 0, 86_400.0, 1, Secrets())
    equipment = StandInEquipment(stand_in, knobs_of(facts.cells, facts.controls))
    return Desk(equipment, facts_of(plan.inventory, facts.cells))


def after(desk: Desk, *wishes: Wish) -> Knobs:
    return changed(desk.tree, desk.now, wishes)


def shown(desk: Desk, dn: str, knobs: Knobs) -> dict[str, Any]:
    return attributes(desk.tree.node(dn), Now(desk.now.facts, knobs, desk.now.status))


def same(one: Knobs, other: Knobs) -> bool:
    names = ("unlocked", "saving", "offset_db", "other_offset_db", "allowed")
    return bool(
        eqx.tree_equal((one.controls, one.settings), (other.controls, other.settings))
    ) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in names
    )


def test_what_the_schema_calls_writable_can_be_set_and_nothing_else():
    writable = {n for c in CLASSES.values() for n, spec in c.items() if spec.writable}
    assert writable == SETTABLE


def test_every_object_shows_what_its_schema_lists_and_allows(desk):
    for dn, node in desk.tree.nodes.items():
        for name, value in attributes(node, desk.now).items():
            assert name in CLASSES[node.kind], (dn, name)
            spec = CLASSES[node.kind][name]
            if spec.writable or spec.low is not None:
                assert spec.wrong(value) is None, (dn, name, value)


def test_every_cell_has_its_objects_and_its_name(desk):
    names = desk.facts.names
    assert len(set(desk.tree.nodes)) == len(desk.tree.nodes)
    for cell, label in enumerate(names.label):
        for dn in (names.cell_du[cell], names.cell_cu[cell]):
            assert shown(desk, dn, desk.now.knobs)["userLabel"] == label
        for dn in (names.beamforming, names.energy_saving, names.vendor_data):
            assert desk.tree.node(dn[cell]).cell == cell


def test_writing_what_is_shown_changes_nothing_that_is_shown(desk):
    for dn in (CARRIER, BEAMS, CELL, ENERGY, VENDOR, RELATION):
        node, before = desk.tree.node(dn), attributes(desk.tree.node(dn), desk.now)
        wishes = [
            Wish(dn, name, value)
            for name, value in before.items()
            if CLASSES[node.kind][name].writable
        ]
        assert wishes
        assert shown(desk, dn, after(desk, *wishes)) == before


@given(tilt=st.integers(-900, 900), turn=st.integers(-1_800, 1_800))
def test_angles_are_shown_as_they_were_set(desk, tilt, turn):
    knobs = after(
        desk, Wish(BEAMS, "digitalTilt", tilt), Wish(BEAMS, "digitalAzimuth", turn)
    )
    told = shown(desk, BEAMS, knobs)
    assert (told["digitalTilt"], told["digitalAzimuth"]) == (tilt, turn)
    # Half of a tenth of a degree in float32: nothing else may differ.
    assert abs(float(knobs.controls.tilt_deg[0]) - tilt / 10) < 1e-4
    others = np.asarray(knobs.controls.tilt_deg)[1:]
    assert np.array_equal(others, np.asarray(desk.now.knobs.controls.tilt_deg)[1:])


@given(share=st.floats(0.0, 1.0))
def test_power_is_shown_to_the_milliwatt(desk, share):
    most_mw = desk.facts.most_power_mw[0]
    wanted = max(1, round(share * most_mw))
    knobs = after(desk, Wish(CARRIER, "configuredMaxTxPower", wanted))
    assert shown(desk, CARRIER, knobs)["configuredMaxTxPower"] == wanted


def test_asleep_is_saving_or_locked(desk):
    saving = Wish(ENERGY, "energySavingControl", "TO_BE_ENERGY_SAVING")
    locked = Wish(CELL, "administrativeState", "LOCKED")
    for wishes in ([saving], [locked], [saving, locked]):
        knobs = after(desk, *wishes)
        assert not bool(knobs.controls.awake[0]) and bool(knobs.controls.awake[1])
        assert shown(desk, ENERGY, knobs)["energySavingState"] == "IS_ENERGY_SAVING"
        assert shown(desk, CELL, knobs)["cellState"] == "INACTIVE"
    # Unlocking does not wake who saves energy.
    both = Draft(desk.tree, desk.now)
    assert not both.take([saving, locked])
    assert not both.take([Wish(CELL, "administrativeState", "UNLOCKED")])
    assert not bool(both.knobs().controls.awake[0])


def test_handover_is_set_in_parts_and_keeps_the_rest(desk):
    before = shown(desk, VENDOR, desk.now.knobs)["vsData"]
    knobs = after(desk, Wish(VENDOR, "vsData", {"a3Offset": 7, "timeToTrigger": 480}))
    told = shown(desk, VENDOR, knobs)["vsData"]
    assert told == before | {"a3Offset": 7, "timeToTrigger": 480}
    assert float(knobs.controls.handover_margin_db[0]) == 3.5
    assert int(knobs.settings.time_to_trigger_ms[0]) == 480


def test_slices_are_whole_percents_of_the_cell(desk):
    dn = f"{CELL},RRMPolicyRatio=2"
    knobs = after(
        desk, Wish(dn, "rRMPolicyMinRatio", 29), Wish(dn, "rRMPolicyMaxRatio", 57)
    )
    told = shown(desk, dn, knobs)
    assert (told["rRMPolicyMinRatio"], told["rRMPolicyMaxRatio"]) == (29, 57)
    assert abs(float(knobs.settings.slice_min_share[0, 1]) - 0.29) < 1e-6


def test_an_offset_that_all_relations_share_is_the_cells_own(desk):
    target = 3
    towards = np.argwhere(desk.now.knobs.neighbour == target)
    names = desk.facts.names
    wishes = [
        Wish(
            f"{names.cell_cu[cell]},NRCellRelation={n + 1}",
            "cellIndividualOffset",
            [-4, 0, 0, 0, 0, 0],
        )
        for cell, n in towards
    ]
    knobs = after(desk, *wishes)
    assert float(knobs.controls.individual_offset_db[target]) == -4.0
    assert not knobs.relation_offset_db().any()
    # All but one: what is left belongs to the relations.
    knobs = after(desk, *wishes[1:])
    assert float(knobs.controls.individual_offset_db[target]) == 0.0
    assert (knobs.relation_offset_db() == -4.0).sum() == len(wishes) - 1


@given(values=st.lists(st.sampled_from(Q_OFFSET_DB), min_size=6, max_size=6))
def test_six_offsets_are_kept(desk, values):
    knobs = after(desk, Wish(RELATION, "cellIndividualOffset", values))
    assert shown(desk, RELATION, knobs)["cellIndividualOffset"] == values


TOO_MUCH = {
    "tilt 2000": (BEAMS, "digitalTilt", 2_000, "SCHEMA_VALIDATION_ERROR"),
    "tilt of a half": (BEAMS, "digitalTilt", 60.5, "SCHEMA_VALIDATION_ERROR"),
    "tilt in words": (BEAMS, "digitalTilt", "60", "SCHEMA_VALIDATION_ERROR"),
    "tilt is true": (BEAMS, "digitalTilt", True, "SCHEMA_VALIDATION_ERROR"),
    "more power": (CARRIER, "configuredMaxTxPower", 10**6, "APPLICATION_LAYER_ERROR"),
    "no power": (CARRIER, "configuredMaxTxPower", 0, "SCHEMA_VALIDATION_ERROR"),
    "half locked": (CELL, "administrativeState", "HALF", "SCHEMA_VALIDATION_ERROR"),
    "shutting": (
        CELL,
        "administrativeState",
        "SHUTTINGDOWN",
        "SCHEMA_VALIDATION_ERROR",
    ),
    "offset of 7 dB": (
        RELATION,
        "cellIndividualOffset",
        [7, 0, 0, 0, 0, 0],
        "SCHEMA_VALIDATION_ERROR",
    ),
    "five offsets": (
        RELATION,
        "cellIndividualOffset",
        [1, 0, 0, 0, 0],
        "SCHEMA_VALIDATION_ERROR",
    ),
    "trigger 41 ms": (
        VENDOR,
        "vsData",
        {"timeToTrigger": 41},
        "SCHEMA_VALIDATION_ERROR",
    ),
    "unknown knob": (VENDOR, "vsData", {"magic": 1}, "SCHEMA_VALIDATION_ERROR"),
    "more than all": (
        f"{CELL},RRMPolicyRatio=1",
        "rRMPolicyMinRatio",
        101,
        "SCHEMA_VALIDATION_ERROR",
    ),
    "read only": (CELL, "nrPci", 7, "MODIFICATION_NOT_ALLOWED"),
    "a state": (CELL, "operationalState", "DISABLED", "MODIFICATION_NOT_ALLOWED"),
    "unknown": (CELL, "colour", "red", "DATA_NODE_TREE_ERROR"),
    "nobody": (f"{CELL}2", "nrPci", 7, "DATA_NODE_TREE_ERROR"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_cannot_be_set_is_refused_and_nothing_else_is_set(desk, what):
    dn, name, value, kind = TOO_MUCH[what]
    draft = Draft(desk.tree, desk.now)
    good = Wish(BEAMS, "digitalTilt", 77)
    errors = draft.take([good, Wish(dn, name, value)])
    assert [error.type for error in errors] == [kind]
    assert errors[0].bad_data_node.startswith(dn) and "\n" not in errors[0].detail
    assert same(draft.knobs(), desk.now.knobs)
    with pytest.raises(Refusal):
        after(desk, good, Wish(dn, name, value))


def test_slices_that_cannot_all_be_kept_are_refused(desk):
    wishes = [
        Wish(f"{CELL},RRMPolicyRatio={n}", "rRMPolicyMinRatio", 40) for n in (1, 2, 3)
    ]
    with pytest.raises(Refusal, match="120 %"):
        after(desk, *wishes)
    assert not same(after(desk, *wishes[:2]), desk.now.knobs)
    low = Wish(f"{CELL},RRMPolicyRatio=1", "rRMPolicyMaxRatio", 39)
    with pytest.raises(Refusal, match="eMBB"):
        after(desk, wishes[0], low)


def test_a_test_in_a_patch_sees_what_was_set_before_it(desk):
    seen = Wish(BEAMS, "digitalTilt", expected=33)
    with pytest.raises(Refusal, match="not 33"):
        after(desk, seen)
    after(desk, Wish(BEAMS, "digitalTilt", 33), seen)


@pytest.mark.parametrize("media_type", PATCHES)
def test_four_formats_say_the_same(desk, media_type):
    body: Any = {"attributes": {"digitalTilt": 61, "digitalAzimuth": -20}}
    if "json-patch" in media_type:
        start = "#/attributes" if "3gpp" in media_type else "/attributes"
        body = [
            {"op": "replace", "path": f"{start}/{name}", "value": value}
            for name, value in body["attributes"].items()
        ]
    knobs = after(desk, *PATCHES[media_type](BEAMS, body))
    told = shown(desk, BEAMS, knobs)
    assert (told["digitalTilt"], told["digitalAzimuth"]) == (61, -20)


def test_3gpp_formats_reach_what_is_below(desk):
    merge = {
        "NRSectorCarrier": [
            {
                "id": "1",
                "CommonBeamformingFunction": [
                    {"id": "1", "attributes": {"digitalTilt": 62}}
                ],
            }
        ]
    }
    path = "/NRSectorCarrier=1/CommonBeamformingFunction=1#/attributes/digitalTilt"
    patch = [{"op": "replace", "path": path, "value": 62}]
    base = f"{ELEMENT},GNBDUFunction=1"
    for kind, body in (("merge", merge), ("json", patch)):
        wishes = PATCHES[f"application/3gpp-{kind}-patch+json"](base, body)
        assert wishes == [Wish(BEAMS, "digitalTilt", 62)]


def test_yang_names_mean_the_same(desk):
    told = from_yang(
        "x", {"module:nRPCI": 5, "energySavingControl": "toBeEnergySaving"}
    )
    assert told == {"nrPci": 5, "energySavingControl": "TO_BE_ENERGY_SAVING"}
    leaves = {"cellIndividualOffset": {"rsrpOffsetSsb": -3, "sinrOffsetCsiRs": 2}}
    assert from_yang("x", leaves) == {"cellIndividualOffset": [-3, 0, 0, 0, 0, 2]}
    with pytest.raises(Refusal, match="rsrpOffsetSsb"):
        from_yang("x", {"cellIndividualOffset": {"offset": 1}})


def names_in(body: Any) -> list[str]:
    """Of all objects that show attributes."""
    own = [body["objectInstance"]] if "attributes" in body else []
    inside = [v for v in body.values() if isinstance(v, list)]
    return own + [n for items in inside for item in items for n in names_in(item)]


def test_scopes_take_what_they_say(desk):
    def taken(scope: Scope) -> set[str]:
        body = read(desk.tree, desk.now, [], ELEMENT, scope)
        return set(names_in(body))

    whole = {dn for dn in desk.tree.nodes if dn.startswith(f"{ELEMENT},")} | {ELEMENT}
    assert taken(Scope("BASE_ALL")) == taken(Scope("BASE_SUBTREE")) == whole
    assert taken(Scope()) == {ELEMENT}
    depth = ELEMENT.count(",")
    for level in (1, 2, 3):
        at_level = {dn for dn in whole if dn.count(",") - depth == level}
        assert taken(Scope("BASE_NTH_LEVEL", level)) == at_level
    assert scope_of({"scope": '{"scopeType": "BASE_ALL"}'}) == Scope("BASE_ALL")


def test_a_filter_takes_who_passes(desk):
    label = desk.facts.names.label[4]
    passes = filter_of({"filter": f'attributes/userLabel = "{label}"'})
    body = read(desk.tree, desk.now, [], "SubNetwork=1", Scope("BASE_ALL"), passes)
    names = desk.facts.names
    assert names_in(body) == [names.cell_du[4], names.cell_cu[4]]
    narrow = filter_of({"filter": "attributes/nrPci >= 2 and attributes/nrPci < 5"})
    body = read(desk.tree, desk.now, [], "SubNetwork=1", Scope("BASE_ALL"), narrow)
    assert len(names_in(body)) == 3
    for bad in ("userLabel like 'x'", "a = b or c = d", "="):
        with pytest.raises(Refusal):
            filter_of({"filter": bad})


def test_no_secret_number_is_in_the_tree(desk):
    """The truth's angles and gains, to a hundredth, are nowhere; public ones are."""
    body = read(desk.tree, desk.now, [], "SubNetwork=1", Scope("BASE_ALL"))
    numbers = set(_numbers(body))
    truth = desk.equipment._stand_in.network.cells  # type: ignore[attr-defined]
    for secret in (truth.azimuth_deg, truth.mount_tilt_deg, truth.gain_error_db):
        values = np.asarray(secret, np.float64)
        for scale in (1.0, 10.0):  # as they are, and in tenths of a degree
            told = {round(scale * v, 2) for v in values} & numbers
            # Whole tenths coincide now and then: one value in ten at most.
            assert len(told) <= len(values) / 10, told
    assert {round(c.tilt_deg * 10) for c in desk.facts.planned} <= numbers


def _numbers(body: Any) -> list[float]:
    if isinstance(body, dict):
        return [n for value in body.values() for n in _numbers(value)]
    if isinstance(body, list):
        return [n for value in body for n in _numbers(value)]
    return [body] if type(body) in (int, float) else []


@given(st.integers(0, 2**31))
def test_reports_say_what_the_network_counts(seed):
    """One formula in float32 for the twin, one in float64 for the files."""
    rng = np.random.default_rng(seed)
    cells = 5
    sums = {name: rng.uniform(0.0, 1e3, cells) for name in Counters.__annotations__}
    sums["elapsed_s"] = np.asarray(900.0)
    sums["active_s"][0] = sums["volume_bit"][0] = 0.0
    counted = Counters(**{n: jnp.asarray(v, jnp.float32) for n, v in sums.items()})
    told = flow_report({n: np.asarray(v, np.float64) for n, v in sums.items()})
    known = measurements(counted)
    assert set(told) == set(known)
    for name, value in known.items():
        # A few float32 roundings apart; where nothing flowed, files say nothing.
        ours = np.nan_to_num(told[name], nan=0.0)
        np.testing.assert_allclose(ours, np.asarray(value), rtol=1e-5)
    assert np.isnan(told["DRB.UEThpDl"][0])


@pytest.mark.parametrize(
    ("carrier_ghz", "number"),
    # TS 38.104 table 5.4.2.1-1: the ends of its ranges, and N(3,500 MHz).
    [(0.7, 140_000), (3.0, 600_000), (3.5, 633_333), (24.25008, 2_016_667)],
)
def test_frequencies_have_their_numbers(carrier_ghz, number):
    assert arfcn(carrier_ghz) == number


def test_a_mistake_names_what_is_allowed():
    wrong = mistake("x", "CommonBeamformingFunction", "digitalTilt", 901)
    assert wrong and "-900 to 900" in wrong.detail
    assert mistake("x", "CommonBeamformingFunction", "digitalTilt", 900) is None
