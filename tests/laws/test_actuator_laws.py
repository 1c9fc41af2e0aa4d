"""Does an actuator turn only what was approved, once, in time, and find back?"""

import dataclasses
from typing import Any

import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemel.autonomy.actuator import AbstractActuator, StalePlan
from gemel.autonomy.decision import Approved, Joint, Refused
from gemel.network.controls import Controls, fingerprint
from gemel.twin.forecast import Forecast

CELLS = 4
masks = st.lists(st.booleans(), min_size=CELLS, max_size=CELLS)


def controls_with(awake: Any = (True,) * CELLS, tilt_deg: Any = 6.0) -> Controls:
    return Controls(
        power_dbm=jnp.full(CELLS, 46.0),
        tilt_deg=jnp.broadcast_to(jnp.asarray(tilt_deg, jnp.float32), (CELLS,)),
        azimuth_turn_deg=jnp.zeros(CELLS),
        awake=jnp.asarray(awake, bool),
        individual_offset_db=jnp.zeros(CELLS),
        handover_margin_db=jnp.ones(CELLS),
    )


class Panel(AbstractActuator):
    """Knobs and a clock that a test may turn behind the actuator's back."""

    def __init__(self, controls: Controls):
        super().__init__()
        self.controls, self.elapsed_s, self.turns = controls, 1_000.0, 0

    def _now(self) -> tuple[Controls, float]:
        return self.controls, self.elapsed_s

    def _set(self, controls: Controls) -> None:
        self.controls = controls
        self.turns += 1


# An actuator never reads it.
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


def approval(now: Controls, wish: Controls, **changes: Any) -> Approved:
    """As the guard would have it."""
    awake = jnp.logical_or(now.awake, wish.awake)
    approved = Approved(
        plan_id="plan-1",
        fingerprint=fingerprint(now),
        expires_s=1_060.0,
        controls=wish,
        fallback=dataclasses.replace(now, awake=awake),
        joint=Joint(("some loop",), "some aim", now, wish),
        forecast=NO_FORECAST,
        evidence={},
    )
    return dataclasses.replace(approved, **changes)


def same(one: Controls, other: Controls) -> bool:
    return fingerprint(one) == fingerprint(other)


NOW = controls_with()
WISH = controls_with([True, False, True, False], 7.0)


def test_an_approval_is_turned_into_a_plan():
    panel = Panel(NOW)
    plan = panel.apply(approval(NOW, WISH))
    assert same(panel.controls, WISH)
    assert plan.plan_id == "plan-1"
    assert same(plan.activated, WISH) and same(plan.fallback, NOW)


def test_no_approval_works_twice():
    panel = Panel(NOW)
    approved = approval(NOW, WISH)
    panel.apply(approved)
    panel.controls = NOW  # even where everything is again as it was judged against
    with pytest.raises(StalePlan, match=r"plan-1 was activated before"):
        panel.apply(approved)
    assert same(panel.controls, NOW)


def test_an_approval_has_its_day():
    panel = Panel(NOW)
    panel.elapsed_s = 1_060.0
    panel.apply(approval(NOW, WISH))
    late = Panel(NOW)
    late.elapsed_s = 1_061.5
    with pytest.raises(StalePlan, match=r"expired 1\.5 s ago"):
        late.apply(approval(NOW, WISH))
    assert late.turns == 0


@pytest.mark.parametrize("knob", Controls.__dataclass_fields__)
def test_an_approval_for_other_controls_is_stale(knob):
    value = getattr(NOW, knob)
    turned = ~value if value.dtype == bool else value.at[2].add(0.5)
    panel = Panel(dataclasses.replace(NOW, **{knob: turned}))
    with pytest.raises(StalePlan, match="other controls"):
        panel.apply(approval(NOW, WISH))
    assert panel.turns == 0


def test_a_stale_approval_is_not_used_up():
    """What was refused was not activated: there is nothing to fall back from."""
    panel = Panel(NOW)
    plan = Panel(NOW).apply(approval(NOW, WISH))
    panel.elapsed_s = 2_000.0
    with pytest.raises(StalePlan, match="expired"):
        panel.apply(approval(NOW, WISH))
    with pytest.raises(StalePlan, match="never activated"):
        panel.fall_back(plan)
    assert panel.turns == 0


def test_nothing_but_an_approval_is_taken():
    panel, joint = Panel(NOW), Joint(("some loop",), "some aim", NOW, WISH)
    refused = Refused(joint, "rate of change", 0.5, 0.25, "too many", {})
    plan = Panel(NOW).apply(approval(NOW, WISH))
    for other in (refused, joint, WISH, plan):
        with pytest.raises(jaxtyping.TypeCheckError, match="approved"):
            panel.apply(other)  # type: ignore[arg-type]
    assert panel.turns == 0


@given(masks, masks, masks)
def test_falling_back_wakes_and_never_puts_to_sleep(now, wish, since):
    """Whatever others have woken or put to sleep in the meantime."""
    before, wished = controls_with(now), controls_with(wish, 7.0)
    panel = Panel(before)
    plan = panel.apply(approval(before, wished))
    panel.controls = dataclasses.replace(wished, awake=jnp.asarray(since))
    panel.fall_back(plan)
    awake = np.asarray(panel.controls.awake)
    slept = np.array(now) & ~np.array(wish)
    assert awake[slept].all(), "what the plan put to sleep is awake again"
    assert awake[np.array(since)].all(), "nobody was put to sleep"
    np.testing.assert_array_equal(awake, slept | np.array(since))
    np.testing.assert_array_equal(panel.controls.tilt_deg, before.tilt_deg)


def test_falling_back_leaves_what_the_plan_did_not_turn():
    panel = Panel(NOW)
    wish = dataclasses.replace(NOW, tilt_deg=NOW.tilt_deg.at[0].set(9.0))
    plan = panel.apply(approval(NOW, wish))
    others = NOW.power_dbm.at[3].set(40.0)
    panel.controls = dataclasses.replace(wish, power_dbm=others)
    panel.fall_back(plan)
    assert same(panel.controls, dataclasses.replace(NOW, power_dbm=others))
