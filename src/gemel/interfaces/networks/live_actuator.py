"""How is a live network turned, and how do we know that it was?

A plan of TS 28.572 for every approval; afterwards everything is read back.
"""

import dataclasses
import logging
import time

import jax
import jax.numpy as jnp
import numpy as np

from gemel.autonomy.actuator import AbstractActuator, StalePlan
from gemel.autonomy.decision import Plan
from gemel.interfaces.networks.live import LiveNetwork, LiveSource
from gemel.interfaces.networks.live_plans import (
    PlanRefused,
    activate,
    activate_fallback,
)
from gemel.interfaces.networks.live_tree import (
    Knobs,
    Tree,
    changes,
    controls_read,
    knobs_of,
    knobs_read,
)
from gemel.network.controls import Controls, fingerprint

log = logging.getLogger("gemel.interfaces.networks.live_actuator")

READ_BACK_S = (0.0, 0.2, 1.0, 3.0)  # equipment may take a moment to show a change


@dataclasses.dataclass(frozen=True)
class _Kept:
    """How the network itself could undo a plan, and what was set before and after."""

    descriptor: str
    before: Controls
    after: str


class LiveActuator(AbstractActuator):
    """Plans of TS 28.572, read back: what only says that it was done, was not done."""

    def __init__(self, network: LiveNetwork, source: LiveSource):
        super().__init__()
        self._network = network
        self._source = source
        self._seen: tuple[Tree, Knobs] | None = None
        self._kept: dict[str, _Kept] = {}

    def _now(self) -> tuple[Controls, float]:
        tree = self._network.tree()
        knobs = knobs_read(tree, self._network.objects, self._network.door.url)
        self._seen = tree, knobs
        return controls_read(knobs, self._network.usual), self._source.elapsed_s

    def _set(self, controls: Controls) -> None:
        assert self._seen is not None  # whoever sets has asked before
        tree, now = self._seen
        wish = knobs_of(controls)
        wanted = changes(now, wish, self._network.objects, tree)
        if not wanted:
            return
        before = controls_read(now, self._network.usual)
        try:
            fallback = activate(self._network.door, f"gemel-{len(wanted)}", wanted)
        except PlanRefused as refused:
            raise StalePlan(f"the network refused it: {refused}") from refused
        try:
            after = self._read_back(wish)
        except StalePlan:
            self._undo_the_half(fallback, now)
            raise
        self._kept[fingerprint(controls)] = _Kept(fallback, before, fingerprint(after))

    def fall_back(self, plan: Plan) -> None:
        """Undo a plan; by the network's own fallback where that is the same."""
        if plan.plan_id not in self._used:
            raise StalePlan(f"plan {plan.plan_id} was never activated here")
        now, _ = self._now()
        back = jax.tree.map(
            lambda is_now, activated, before: jnp.where(
                activated != before, before, is_now
            ),
            now,
            plan.activated,
            plan.fallback,
        )
        kept = self._kept.get(fingerprint(plan.activated))
        # Not where it would put to sleep what the plan woke, or undo others' changes.
        same = (
            kept is not None
            and kept.after == fingerprint(now)
            and fingerprint(kept.before) == fingerprint(back)
        )
        if kept is not None and kept.descriptor and same:
            try:
                activate_fallback(self._network.door, kept.descriptor)
                self._read_back(knobs_of(back))
                return
            except (PlanRefused, StalePlan) as refused:
                log.warning("the network's own fallback failed: %s", refused)
                self._now()
        try:
            self._set(back)
        except StalePlan as failed:  # what is set is read back; the loop must go on
            log.error("plan %s could not be undone: %s", plan.plan_id, failed)

    def _undo_the_half(self, fallback: str, before: Knobs) -> None:
        """After a plan that was only partly done though it says otherwise."""
        now = self._network.knobs()
        if not fallback or not _differing(now, before, self._network.objects.label):
            return
        try:
            activate_fallback(self._network.door, fallback)
        except PlanRefused as refused:
            log.error("a plan that was half done could not be undone: %s", refused)

    def _read_back(self, wish: Knobs) -> Controls:
        """What is set now. Raises StalePlan where that is not what was wished."""
        differ: list[str] = []
        for wait_s in READ_BACK_S:
            time.sleep(wait_s)
            now = self._network.knobs()
            differ = _differing(now, wish, self._network.objects.label)
            if not differ:
                return controls_read(now, self._network.usual)
        raise StalePlan(
            "the network says that it was activated, but read back, "
            f"{len(differ)} knobs are not as set, the first {differ[0]}"
        )


def _differing(now: Knobs, wish: Knobs, label: tuple[str, ...]) -> list[str]:
    return [
        f"{field.name} of {label[cell]}"
        for field in dataclasses.fields(Knobs)
        for cell in np.flatnonzero(
            getattr(now, field.name) != getattr(wish, field.name)
        )
    ]
