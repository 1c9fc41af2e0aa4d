"""What of a fault is seen from outside, through source and actuator?"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.faults import (
    FAULTS,
    ClockSkew,
    CorruptReport,
    DuplicateReport,
    LateReport,
    LostReport,
    LyingActuator,
)
from gemel.emulator.faults.base import AnyFault
from gemel.emulator.faults.fate import Fate, no_fate
from gemel.emulator.faults.schedule import Fault, FaultSchedule
from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.interfaces.networks.emulated import EmulatedActuator, EmulatedSource
from gemel.network.controls import Controls, fingerprint
from gemel.scenarios.hexagons import hexagons
from gemel.scenarios.worlds import PublicFacts, public_facts, stand_in_for
from gemel.twin.source import Observation

NOON_S, PERIOD_S = 43_200.0, 900.0
STRUCK = 5


@pytest.fixture(scope="module")
def facts() -> PublicFacts:
    return public_facts(dataclasses.replace(hexagons(0, rings=1), users=200), 0)


@pytest.fixture(scope="module")
def lived(facts: PublicFacts) -> StandIn:
    """One period after noon."""
    stand_in = stand_in_for(facts, 0, NOON_S, 1, Secrets())
    stand_in.advance(3, PERIOD_S / 3)
    return stand_in


@pytest.fixture(scope="module")
def honest(lived: StandIn) -> Observation:
    return EmulatedSource(lived, 0, PERIOD_S).observe()


def of_one_cell(
    stand_in: StandIn, what: AnyFault, begins_s: float = NOON_S, lasts_s: float = 1e5
) -> Fate:
    names = stand_in.network.cells.name
    fault = Fault(what, (names[STRUCK],), begins_s, lasts_s)
    return Fate(FaultSchedule((fault,)), names)


def told(
    stand_in: StandIn, what: AnyFault, begins_s: float = NOON_S, lasts_s: float = 1e5
) -> Observation:
    fate = of_one_cell(stand_in, what, begins_s, lasts_s)
    return EmulatedSource(stand_in, 0, PERIOD_S, fate).observe()


def same(one, other) -> bool:
    leaves = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) for a, b in leaves)


def test_a_schedule_of_nothing_is_no_schedule(lived, honest):
    fate = no_fate(lived.network.cells.name)
    assert fate.smiles
    assert same(EmulatedSource(lived, 0, PERIOD_S, fate).observe(), honest)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_report_before_or_after_a_fault_is_as_ever(lived, honest, kind):
    """A report is sent when its period ends."""
    what = FAULTS[kind]()
    assert same(told(lived, what, NOON_S, PERIOD_S), honest)
    assert same(told(lived, what, NOON_S + PERIOD_S + 1.0, 1.0), honest)


@pytest.mark.parametrize("what", [LostReport(), LateReport(), CorruptReport()])
def test_a_report_that_is_not_there_is_missing_for_its_cell_alone(lived, honest, what):
    report = told(lived, what)
    for name, each in report.measured.items():
        usual = honest.measured[name]
        assert not each.present[STRUCK] and float(each.value[STRUCK]) == 0.0
        for part in ("value", "present", "age_s"):
            one, other = (np.delete(getattr(m, part), STRUCK) for m in (each, usual))
            np.testing.assert_array_equal(one, other)
    assert any(m.present[STRUCK] for m in honest.measured.values())
    assert same(report.controls, honest.controls)


def test_a_copy_and_a_fault_of_equipment_change_no_report(lived, honest):
    assert same(told(lived, DuplicateReport()), honest)
    assert same(told(lived, LyingActuator()), honest)


@pytest.mark.parametrize("ahead_s", [60.0, -30.0])
def test_a_wrong_clock_makes_values_younger_or_older(lived, honest, ahead_s):
    for name, each in told(lived, ClockSkew(ahead_s=ahead_s)).measured.items():
        assert float(each.age_s[STRUCK]) == -ahead_s
        assert not np.delete(each.age_s, STRUCK).any()
        np.testing.assert_array_equal(each.value, honest.measured[name].value)
        np.testing.assert_array_equal(each.present, honest.measured[name].present)


@pytest.mark.parametrize(
    ("what", "fate"),
    [
        (LostReport(), "missing"),
        (LateReport(), "late"),
        (CorruptReport(), "corrupt"),
        (DuplicateReport(), "again"),
        (ClockSkew(ahead_s=60.0), "skewed"),
        (LyingActuator(), None),
    ],
)
def test_what_became_of_reports_is_counted(lived, what, fate):
    source = EmulatedSource(lived, 0, PERIOD_S, of_one_cell(lived, what))
    source.observe()
    source.observe()
    cells = len(lived.network.cells.name)
    gone = fate in ("missing", "late", "corrupt")
    counted = {"whole": cells - gone} | ({fate: 1} if fate else {})
    assert source.arrivals.counts == counted


def test_what_is_not_there_is_the_last_that_was(facts):
    """The second report is lost: its value is the first one's, a period old."""
    stand_in = stand_in_for(facts, 0, NOON_S, 1, Secrets())
    ends_s = NOON_S + 2 * PERIOD_S
    fate = of_one_cell(stand_in, LostReport(), ends_s - 1.0, 1e5)
    source = EmulatedSource(stand_in, 0, PERIOD_S, fate)
    reports = []
    for _ in range(3):
        stand_in.advance(3, PERIOD_S / 3)
        reports.append(source.observe())
        assert source.observe() is reports[-1]  # asked twice, told the same
    for name, first in reports[0].measured.items():
        for number, later in enumerate(reports[1:], start=1):
            each = later.measured[name]
            assert not each.present[STRUCK]
            assert each.value[STRUCK] == first.value[STRUCK]
            assert float(each.age_s[STRUCK]) == number * PERIOD_S
    assert reports[0].measured["PEE.Energy"].present[STRUCK]


@pytest.mark.parametrize("knob", Controls.__dataclass_fields__)
def test_an_actuator_that_lies_turns_nothing_where_it_lies(facts, lived, knob):
    stand_in = stand_in_for(facts, 0, NOON_S, 1, Secrets())
    before = stand_in.controls(0)
    value = getattr(before, knob)
    turned = ~value if value.dtype == bool else value + 2.0
    fate = of_one_cell(stand_in, LyingActuator(), lasts_s=10.0)
    wish = dataclasses.replace(before, **{knob: turned})
    EmulatedActuator(stand_in, 0, fate)._set(wish)
    found = getattr(stand_in.controls(0), knob)
    assert found[STRUCK] == value[STRUCK]
    np.testing.assert_array_equal(
        np.delete(found, STRUCK), np.delete(np.asarray(turned), STRUCK)
    )
    # Read back through the source, it shows.
    seen = EmulatedSource(stand_in, 0, PERIOD_S, fate).controls()
    assert fingerprint(seen) != fingerprint(wish)
    stand_in.elapsed_s += 20.0
    EmulatedActuator(stand_in, 0, fate)._set(wish)
    assert fingerprint(stand_in.controls(0)) == fingerprint(wish)
    assert jnp.asarray(found).dtype == value.dtype
