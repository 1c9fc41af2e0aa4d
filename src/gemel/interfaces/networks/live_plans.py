"""How is a change brought to a network as a planned configuration of TS 28.572?

Described, validated by the network without being applied, then activated all or
nothing, with a fallback that the network keeps.
"""

import time
from typing import Any

from gemel.errors import InterfaceError
from gemel.interfaces.networks.live_door import Door, Refused

PLANS = "/plan-management/v1"
OVER = ("CANCELLED", "COMPLETED", "FAILED")
LONGEST_S = 120.0  # a job may take
FIRST_WAIT_S, LONGEST_WAIT_S = 0.02, 1.0


class PlanRefused(Exception):
    """The network would not do it; what it said."""


def activate(door: Door, name: str, changes: list[dict[str, Any]]) -> str:
    """Carry a change out; the id of the fallback, empty where the network made none.

    Raises PlanRefused where the network does not accept or complete it, InterfaceError
    where it does not answer as the standard says.
    """
    descriptor = {
        "name": name,
        "configChangesContentType": "OPENAPI_BASED",
        "activationMode": "ATOMIC",
        "configChanges": changes,
    }
    _, plan = _posted(door, "plan-descriptors", descriptor)
    if not plan:
        raise InterfaceError(
            f"{door.url} took a plan descriptor and gave it no id. Give it one."
        )
    body = {"planConfigDescrId": plan}
    job, told = _done(door, "plan-validation-jobs", body)
    if told.get("validationState") != "VALIDATION_SUCCEEDED":
        why = _why(door, f"{PLANS}/plan-validation-jobs/{job}/validation-details")
        raise PlanRefused(f"validation ended as {told.get('validationState')}{why}")
    return _activated(door, {**body, "isFallbackEnabled": True})


def activate_fallback(door: Door, fallback: str) -> None:
    """Undo an activation by what the network kept of before. Raises as `activate`."""
    _activated(door, {"fallbackConfigDescrId": fallback})


def _activated(door: Door, body: dict[str, Any]) -> str:
    job, told = _done(door, "plan-activation-jobs", body)
    state = told.get("activationState")
    if state != "ACTIVATED":
        why = _why(door, f"{PLANS}/plan-activation-jobs/{job}/activation-details")
        raise PlanRefused(f"activation ended as {state}{why}")
    whole = door.get(f"{PLANS}/plan-activation-jobs/{job}")
    kept = whole.get("createdFallbackConfigDescrId") if isinstance(whole, dict) else ""
    return str(kept or "")


def _done(door: Door, kind: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The id of a job and its status once it is over."""
    _, job = _posted(door, kind, body)
    if not job:
        raise InterfaceError(f"{door.url} made a job and gave it no id. Give it one.")
    until, wait_s = time.monotonic() + LONGEST_S, FIRST_WAIT_S
    while True:
        told = door.get(f"{PLANS}/{kind}/{job}/status")
        if not isinstance(told, dict):
            raise InterfaceError(
                f"{door.url}: the status of {kind}/{job} is no object. Give one."
            )
        if told.get("jobState") in OVER:
            return job, told
        if time.monotonic() > until:
            raise InterfaceError(
                f"{door.url}: {kind}/{job} is {told.get('jobState')} after "
                f"{LONGEST_S:.0f} s. See what holds it up."
            )
        time.sleep(wait_s)
        wait_s = min(2.0 * wait_s, LONGEST_WAIT_S)


def _posted(door: Door, kind: str, body: dict[str, Any]) -> tuple[Any, str]:
    try:
        return door.post(f"{PLANS}/{kind}", body)
    except Refused as refused:
        raise PlanRefused(str(refused)) from refused


def _why(door: Door, path: str) -> str:
    """The first error that the details tell of."""
    told = door.get(path)
    results = told.get("results") if isinstance(told, dict) else None
    for result in results if isinstance(results, list) else ():
        errors = result.get("errors") if isinstance(result, dict) else None
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            said = errors[0].get("detail") or errors[0].get("type") or ""
            return ": " + " ".join(str(said).split())[:300]
    return ""
