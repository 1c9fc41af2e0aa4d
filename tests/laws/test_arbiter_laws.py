"""Do all wishes reach the network, and does nobody win a quarrel by coming last?"""

import dataclasses
import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.autonomy.arbiter import arbitrate
from gemel.autonomy.decision import Joint, Proposal
from gemel.errors import LoopsDisagree
from gemel.network.controls import Controls, fingerprint

NAMES = ("a", "b", "c", "d", "e")
CELLS = len(NAMES)
ORDERS = list(itertools.permutations(range(3)))
NOW = Controls(
    power_dbm=jnp.full(CELLS, 46.0),
    tilt_deg=jnp.full(CELLS, 6.0),
    azimuth_turn_deg=jnp.zeros(CELLS),
    awake=jnp.ones(CELLS, bool),
    individual_offset_db=jnp.zeros(CELLS),
    handover_margin_db=jnp.ones(CELLS),
)

# Which loop, if any, wants which cell: no cell is wanted twice.
owners = st.lists(st.sampled_from([None, 0, 1, 2]), min_size=CELLS, max_size=CELLS)


def wants(loop: str, knob: str, **cells: float) -> Proposal:
    value = np.array(getattr(NOW, knob))
    for name, wanted in cells.items():
        value[NAMES.index(name)] = wanted
    wish = dataclasses.replace(NOW, **{knob: jnp.asarray(value)})
    return Proposal(loop, f"{loop} wants {knob}", wish, (knob,))


def joined(proposals: list[Proposal], precedence: tuple[str, ...] = ()) -> Joint:
    joint = arbitrate(NOW, proposals, NAMES, precedence)
    assert joint is not None
    return joint


def test_nobody_wishes_anything():
    assert arbitrate(NOW, [], NAMES) is None
    assert arbitrate(NOW, [wants("quiet", "tilt_deg")], NAMES) is None
    assert arbitrate(NOW, [wants("p", "awake"), wants("q", "tilt_deg")], NAMES) is None


@given(owners, st.permutations(range(3)))
def test_disjoint_wishes_are_joined_in_whatever_order_they_come(owner, order):
    proposals = [
        wants(
            f"loop{loop}",
            "tilt_deg",
            **{NAMES[i]: 7.0 + loop for i in range(CELLS) if owner[i] == loop},
        )
        for loop in order
    ]
    joint = arbitrate(NOW, proposals, NAMES)
    if not any(loop is not None for loop in owner):
        assert joint is None
        return
    assert joint is not None
    wished = [6.0 if loop is None else 7.0 + loop for loop in owner]
    np.testing.assert_array_equal(joint.wish.tilt_deg, np.array(wished, np.float32))


def test_different_knobs_of_one_cell_are_no_quarrel():
    joint = joined([wants("p", "awake", a=False), wants("q", "tilt_deg", a=9.0)])
    assert not joint.wish.awake[0] and joint.wish.awake[1:].all()
    assert joint.wish.tilt_deg[0] == 9.0
    assert joint.loops == ("p", "q")
    assert "p wants awake" in joint.aim and "q wants tilt_deg" in joint.aim


def test_a_joint_wish_is_made_of_controls_like_those_of_now():
    joint = joined([wants("p", "awake", a=False), wants("q", "tilt_deg", b=9.0)])
    assert joint.now is NOW
    for knob in Controls.__dataclass_fields__:
        was, wished = getattr(NOW, knob), getattr(joint.wish, knob)
        assert (wished.dtype, wished.shape) == (was.dtype, was.shape)
    assert fingerprint(joint.wish) != fingerprint(NOW)


def test_what_a_loop_did_not_turn_does_not_count():
    wish = dataclasses.replace(
        NOW, tilt_deg=NOW.tilt_deg + 1.0, power_dbm=NOW.power_dbm - 3.0
    )
    joint = joined([Proposal("p", "tilt", wish, ("tilt_deg",))])
    np.testing.assert_array_equal(joint.wish.power_dbm, NOW.power_dbm)
    np.testing.assert_array_equal(joint.wish.tilt_deg, wish.tilt_deg)


def test_two_loops_may_want_the_same():
    joint = joined([wants("p", "tilt_deg", a=9.0), wants("q", "tilt_deg", a=9.0)])
    assert joint.wish.tilt_deg[0] == 9.0


@pytest.mark.parametrize("order", ORDERS)
def test_a_quarrel_names_both_loops_the_knob_and_the_cell(order):
    proposals = [
        wants("bystander", "tilt_deg", a=3.0),
        wants("downwards", "tilt_deg", b=4.0, d=9.0),
        wants("upwards", "tilt_deg", d=2.0, e=2.0),
    ]
    with pytest.raises(LoopsDisagree) as error:
        arbitrate(NOW, [proposals[i] for i in order], NAMES)
    said = str(error.value)
    assert "downwards" in said and "upwards" in said and "bystander" not in said
    assert "tilt_deg" in said and "cell d " in said


@pytest.mark.parametrize("order", ORDERS)
def test_declared_precedence_settles_it_and_the_rest_is_still_done(order):
    proposals = [
        wants("energy", "awake", a=False, b=False),
        wants("mending", "tilt_deg", a=8.0, c=9.0),
        wants("coverage", "tilt_deg", c=1.0, d=1.0),
    ]
    joint = joined([proposals[i] for i in order], precedence=("coverage", "mending"))
    np.testing.assert_array_equal(
        joint.wish.tilt_deg, np.array([8, 6, 1, 1, 6], np.float32)
    )
    np.testing.assert_array_equal(joint.wish.awake, [False, False, True, True, True])


@pytest.mark.parametrize("precedence", [("p",), ("q",), ("p", "other")])
def test_precedence_must_name_both(precedence):
    proposals = [wants("q", "tilt_deg", a=1.0), wants("p", "tilt_deg", a=2.0)]
    with pytest.raises(LoopsDisagree, match="precedence"):
        arbitrate(NOW, proposals, NAMES, precedence)
