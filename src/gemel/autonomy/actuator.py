"""Who turns the knobs, and what does it refuse to do?"""

import abc

import jax
import jax.numpy as jnp

from gemel.autonomy.decision import Approved, Plan
from gemel.network.controls import Controls, fingerprint


class StalePlan(Exception):
    """An approval came twice, too late, or for controls that are no longer so."""


class AbstractActuator(abc.ABC):
    """Takes nothing but an `Approved`; refuses what is stale or repeated."""

    def __init__(self):
        self._used: set[str] = set()

    @abc.abstractmethod
    def _now(self) -> tuple[Controls, float]:
        """What is set, and the time."""

    @abc.abstractmethod
    def _set(self, controls: Controls) -> None:
        """Turn the knobs."""

    def apply(self, approved: Approved) -> Plan:
        """Activate a plan. Raises StalePlan, and then nothing was changed."""
        controls, elapsed_s = self._now()
        if approved.plan_id in self._used:
            raise StalePlan(f"plan {approved.plan_id} was activated before")
        if elapsed_s > approved.expires_s:
            late_s = elapsed_s - approved.expires_s
            raise StalePlan(f"plan {approved.plan_id} expired {late_s:g} s ago")
        if fingerprint(controls) != approved.fingerprint:
            raise StalePlan(
                f"plan {approved.plan_id} was judged against other controls"
            )
        self._used.add(approved.plan_id)
        self._set(approved.controls)
        return Plan(approved.plan_id, approved.controls, approved.fallback)

    def fall_back(self, plan: Plan) -> None:
        """Undo what an activated plan turned; what else was turned since, stays so."""
        if plan.plan_id not in self._used:
            raise StalePlan(f"plan {plan.plan_id} was never activated here")
        controls, _ = self._now()
        back = jax.tree.map(
            lambda now, activated, before: jnp.where(activated != before, before, now),
            controls,
            plan.activated,
            plan.fallback,
        )
        self._set(back)
