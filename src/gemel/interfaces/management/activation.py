"""What becomes of a plan's changes when they are validated, and when activated?"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from gemel.interfaces.management.desk import Desk
from gemel.interfaces.management.equipment import EquipmentError
from gemel.interfaces.management.rendering import attributes
from gemel.interfaces.management.turning import Draft
from gemel.interfaces.standards.problem import (
    NOT_ALLOWED,
    SERVER,
    ErrorDetail,
    Refusal,
)
from gemel.interfaces.standards.ts28532_provmns import dn_of_path
from gemel.interfaces.standards.ts28532_provmns_patch import Wish
from gemel.interfaces.standards.ts28541_yang import from_yang
from gemel.interfaces.standards.ts28572 import (
    ATOMIC,
    BEST_EFFORT,
    FAILED,
    NOT_STARTED,
    ConfigChange,
    ConfigPlan,
    summary,
)

SUCCEEDED = "SUCCEEDED"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a job has to tell when it is over.

    state:     an ActivationState or a ValidationState
    details:   ExecutionDetails
    fallback:  configChanges that undo what was done; empty where nothing was
    """

    state: str
    details: dict[str, Any]
    fallback: tuple[dict[str, Any], ...] = ()


def wishes_of(change: ConfigChange, yang: bool) -> list[Wish]:
    """What a change asks of its object. Raises Refusal."""
    dn = dn_of_path(change.target)
    if change.operator in ("create", "delete"):
        raise Refusal(
            ErrorDetail(
                NOT_ALLOWED,
                dn,
                f"{change.operator} of {dn} is not possible: objects here stay as they "
                "are. Use merge to change attributes.",
            )
        )
    wanted = from_yang(dn, change.attributes) if yang else change.attributes
    return [Wish(dn, name, value) for name, value in wanted.items()]


def targets_missing(desk: Desk, plan: ConfigPlan) -> list[ErrorDetail]:
    """The objects that a plan names and nobody has."""
    found = []
    for change in plan.changes:
        try:
            desk.tree.node(dn_of_path(change.target))
        except Refusal as refused:
            found += refused.errors
    return found


def validate(desk: Desk, plan: ConfigPlan, stop_on_error: bool) -> Outcome:
    """Whether it could be activated as things are now; nothing is changed."""
    results, _ = _drafted(desk, Draft(desk.tree, desk.now), plan, stop_on_error, False)
    failed = any(result["state"] == FAILED for result in results)
    state = "VALIDATION_FAILED" if failed else "VALIDATION_SUCCEEDED"
    return Outcome(state, _details(results))


def activate(
    desk: Desk, plan: ConfigPlan, cancelled: Callable[[], bool] = lambda: False
) -> Outcome | None:
    """Carry it out, or nothing of it if it was cancelled: None then.

    Only inside the turnstile, between two chunks of life.
    """
    if cancelled():
        return None
    if plan.mode == ATOMIC:
        checked = validate(desk, plan, stop_on_error=False)
        if checked.state == "VALIDATION_FAILED":
            return Outcome("ACTIVATION_FAILED", checked.details)
    draft = Draft(desk.tree, desk.now)
    stops = plan.mode != BEST_EFFORT
    results, fallback = _drafted(desk, draft, plan, stops, True)
    done = sum(result["state"] == SUCCEEDED for result in results)
    failed = done < len(results)
    if failed and plan.mode == ATOMIC:
        # What was set so far was set in the draft alone: dropping it undoes it.
        return Outcome("ACTIVATION_FAILED_ROLLED_BACK", _details(results, done))
    if not done:
        return Outcome("ACTIVATION_FAILED", _details(results))
    try:
        undone = desk.set(draft.knobs())
    except EquipmentError as error:
        desk.refresh()
        details = _details(_spoiled(results, str(error)), not_undone=done)
        return Outcome("ACTIVATION_FAILED_ROLLBACK_FAILED", details)
    if undone is not None:
        results = _spoiled(results, str(undone))
        return Outcome("ACTIVATION_FAILED_ROLLED_BACK", _details(results, done))
    desk.tell([dn_of_path(r["target"]) for r in results if r["state"] == SUCCEEDED])
    state = "PARTIALLY_ACTIVATED" if failed else "ACTIVATED"
    return Outcome(state, _details(results), tuple(reversed(fallback)))


def _drafted(
    desk: Desk, draft: Draft, plan: ConfigPlan, stops: bool, for_real: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Results of the changes in their order, and what would undo those that went."""
    results, undoing = [], []
    stopped = False
    for change in plan.changes:
        if stopped:
            results.append(change.result(NOT_STARTED))
            continue
        errors, undo = _one(desk, draft, change, plan.yang, for_real)
        results.append(change.result(FAILED if errors else SUCCEEDED, errors))
        undoing += undo
        stopped = bool(errors) and stops
    return results, undoing


def _one(
    desk: Desk, draft: Draft, change: ConfigChange, yang: bool, for_real: bool
) -> tuple[tuple[ErrorDetail, ...], list[dict[str, Any]]]:
    try:
        wishes = wishes_of(change, yang)
        node = desk.tree.node(dn_of_path(change.target))
    except Refusal as refused:
        return refused.errors, []
    if errors := draft.take(wishes):
        return errors, []
    if for_real and (why := desk.equipment.refuses(node.dn)):
        detail = f"{node.dn} takes no change: {why}."
        return (ErrorDetail(SERVER, node.dn, detail),), []
    # What is shown now, before any of the plan is set: the first of two changes of one
    # attribute is undone last.
    shown = attributes(node, desk.now)
    before = {wish.name: shown[wish.name] for wish in wishes}
    undo = {
        "modifyOperator": "merge",
        "changeId": change.change_id or str(change.index),
        "target": change.target,
        "value": {"attributes": before},
    }
    return (), [undo]


def _spoiled(results: Sequence[dict[str, Any]], why: str) -> list[dict[str, Any]]:
    """The same, where setting all of it failed at the end."""
    spoiled = []
    for result in results:
        if result["state"] == SUCCEEDED:
            error = ErrorDetail(SERVER, result["target"], why)
            result = {**result, "state": FAILED, "errors": [error.as_json()]}
        spoiled.append(result)
    return spoiled


def _details(
    results: list[dict[str, Any]], undone: int = 0, not_undone: int = 0
) -> dict[str, Any]:
    return {"summary": summary(results, undone, not_undone), "results": results}
