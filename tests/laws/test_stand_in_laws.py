"""Do two lives of the stand-in differ by nothing but what was done to the network?"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gemel.emulator.secrets import Secrets
from gemel.emulator.stand_in import StandIn
from gemel.errors import ScenarioError
from gemel.interfaces.networks.emulated import EmulatedActuator, EmulatedSource
from gemel.network.controls import Controls, fingerprint
from gemel.network.counters import MEASUREMENTS
from gemel.world.demand import DAY_S

VOLUME, BLOCKS, THROUGHPUT = "DRB.PdcpSduVolumeDL", "RRU.PrbTotDl", "DRB.UEThpDl"
ENERGY = "PEE.Energy"
ANTENNAS = ("power_dbm", "tilt_deg", "azimuth_turn_deg")


def same(one, other) -> bool:
    leaves = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) for a, b in leaves)


def everything(stand_in: StandIn, life: int):
    """All that a life left behind and stands in."""
    return stand_in.lived(life), stand_in.state(life), stand_in.controls(life)


def told(small, stand_in: StandIn, life: int):
    return EmulatedSource(stand_in, life, small.period_s).observe()


@pytest.fixture(scope="module")
def after_two_periods(small) -> StandIn:
    stand_in = small.stand_in()
    small.live(stand_in)
    small.live(stand_in)
    return stand_in


def test_before_anything_is_lived_there_is_nothing_to_observe(small):
    source = EmulatedSource(small.stand_in(), 0, small.period_s)
    with pytest.raises(RuntimeError, match="not lived"):
        source.observe()
    assert fingerprint(source.controls()) == fingerprint(small.controls)


def test_lives_with_equal_controls_are_equal_to_the_bit(after_two_periods):
    assert same(everything(after_two_periods, 0), everything(after_two_periods, 1))


def test_the_same_seed_lives_the_same_day(small, after_two_periods):
    again = small.stand_in()
    small.live(again)
    small.live(again)
    assert same(everything(again, 0), everything(after_two_periods, 0))


def test_another_seed_lives_another(small, after_two_periods):
    other = small.stand_in(seed=1)
    small.live(other)
    for name in (VOLUME, BLOCKS, THROUGHPUT):
        one = told(small, after_two_periods, 0).measured[name].value
        assert not same(one, told(small, other, 0).measured[name].value)
    assert not same(other.state(0).users, after_two_periods.state(0).users)


def test_the_clock_goes_on_by_what_was_lived(small, after_two_periods):
    assert after_two_periods.elapsed_s == DAY_S + 2 * small.period_s
    lived = after_two_periods.lived(0)
    assert lived is not None
    assert float(lived.counted().elapsed_s) == small.period_s
    report = told(small, after_two_periods, 0)
    assert float(report.elapsed_s) == DAY_S + small.period_s
    assert float(report.period_s) == small.period_s


def test_turning_a_knob_of_one_life_is_nothing_to_the_other(small, after_two_periods):
    """Sleep of one life changes what it serves, not who wants what where."""
    stand_in = small.stand_in()
    stand_in.turn(1, small.asleep(small.capacity))
    small.live(stand_in)
    small.live(stand_in)
    assert same(everything(stand_in, 0), everything(after_two_periods, 0))
    assert same(stand_in.state(0).users, stand_in.state(1).users)
    assert not same(stand_in.lived(0), stand_in.lived(1))


def test_only_who_sleeps_is_told_of_as_asleep(small):
    """Users of a cell asleep go elsewhere; it sends and counts nothing."""
    stand_in = small.stand_in(elapsed_s=small.busy_s)
    cell = int(np.flatnonzero(small.capacity)[0])
    stand_in.turn(1, small.asleep(cell))
    small.live(stand_in)
    awake, asleep = told(small, stand_in, 0), told(small, stand_in, 1)
    assert awake.measured[VOLUME].value[cell] > 0.0
    for name in (VOLUME, BLOCKS):
        assert asleep.measured[name].value[cell] == 0.0
        assert asleep.measured[name].present.all()
    assert not asleep.measured[THROUGHPUT].present[cell]
    assert awake.measured[THROUGHPUT].present[cell]
    assert not np.any(np.asarray(stand_in.state(1).serving) == cell)
    saved = awake.measured[ENERGY].value[cell] - asleep.measured[ENERGY].value[cell]
    assert 0.0 < saved < awake.measured[ENERGY].value[cell]
    # What it carried others carry, but for users who can hear nobody else; 1e-4 is
    # more than sums in float32 round.
    one, other = (float(each.measured[VOLUME].value.sum()) for each in (awake, asleep))
    assert one - 0.1 * awake.measured[VOLUME].value[cell] < other < 1.0001 * one


def test_a_report_is_of_the_knobs_it_was_lived_under(small):
    """A plan activated after the period does not rewrite what was reported."""
    stand_in = small.stand_in()
    source = EmulatedSource(stand_in, 1, small.period_s)
    small.live(stand_in)
    stand_in.turn(1, small.asleep(small.capacity))
    assert fingerprint(source.observe().controls) == fingerprint(small.controls)
    assert not np.asarray(source.controls().awake)[small.capacity].any()
    small.live(stand_in)
    assert fingerprint(source.observe().controls) == fingerprint(source.controls())


@pytest.mark.parametrize("knob", Controls.__dataclass_fields__)
def test_only_antennas_change_who_hears_whom(small, knob):
    stand_in = small.stand_in()
    heard = stand_in.state(0).users.candidates
    value = getattr(small.controls, knob)
    turned = ~value if value.dtype == bool else value.at[0].add(-2.0)
    stand_in.turn(1, dataclasses.replace(small.controls, **{knob: turned}))
    changed = not same(stand_in.state(1).users.candidates, heard)
    assert changed == (knob in ANTENNAS)
    assert same(stand_in.state(0).users.candidates, heard)
    assert same(stand_in.state(1).users.places, stand_in.state(0).users.places)


def test_lives_with_other_antennas_part_and_keep_one_luck(small, after_two_periods):
    stand_in = small.stand_in()
    turned_deg = small.controls.azimuth_turn_deg.at[:6].set(30.0)
    wish = dataclasses.replace(small.controls, azimuth_turn_deg=turned_deg)
    EmulatedActuator(stand_in, 1)._set(wish)
    small.live(stand_in)
    small.live(stand_in)
    usual, turned = stand_in.state(0).users, stand_in.state(1).users
    assert not same(usual.candidates.gain_db, turned.candidates.gain_db)
    assert same(usual.places, turned.places)
    assert same(usual.demand_bps, turned.demand_bps)
    baseline = after_two_periods.state(0).users
    assert same(usual.places, baseline.places)
    # One life alone is compiled apart from two: sums may round another way.
    one, other = (told(small, each, 0) for each in (stand_in, after_two_periods))
    for name in MEASUREMENTS:
        np.testing.assert_allclose(
            one.measured[name].value, other.measured[name].value, rtol=1e-4, atol=1.0
        )


def test_whole_numbers_where_the_standard_has_whole_numbers(small, after_two_periods):
    """TS 28.552: PRB usage (5.1.1.2.1) and data volume (5.1.2.1.1.1) are integers."""
    report = told(small, after_two_periods, 0)
    for name in (BLOCKS, VOLUME):
        value = np.asarray(report.measured[name].value)
        np.testing.assert_array_equal(value, np.floor(value))
    blocks = np.asarray(report.measured[BLOCKS].value)
    assert blocks.min() >= 0 and blocks.max() <= 100
    for each in report.measured.values():
        assert np.isfinite(each.value).all() and (np.asarray(each.value) >= 0).all()


@pytest.mark.parametrize("field", Secrets.__dataclass_fields__)
@pytest.mark.parametrize("value", [-0.1, float("nan")])
def test_secrets_are_deviations(field, value):
    with pytest.raises(ScenarioError, match=field):
        Secrets(**{field: value})


def test_without_secrets_the_network_is_as_the_inventory_says(small):
    none = dict.fromkeys(Secrets.__dataclass_fields__, 0.0)
    honest = small.stand_in(secrets=Secrets(**none)).network.cells
    assert same(honest, small.facts.cells)
    assert not same(small.stand_in().network.cells, small.facts.cells)


def test_sectors_of_one_head_share_no_more_than_the_head(small):
    """Heads of a site hang apart: one rigger's error each."""
    truth, public = small.stand_in().network.cells, small.facts.cells
    off_deg = np.asarray(truth.azimuth_deg - public.azimuth_deg)
    assert np.std(off_deg) > 1.0
    assert len(np.unique(off_deg.round(2))) > len(small.names) // 4
    np.testing.assert_array_equal(truth.position_m, public.position_m)
    np.testing.assert_array_equal(jnp.sort(truth.layer), jnp.sort(public.layer))
