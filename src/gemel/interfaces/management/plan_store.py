"""Which plans, groups, triggers and fallbacks has somebody left here?"""

import copy
import threading
from collections.abc import Callable
from typing import Any

from gemel.interfaces.standards.problem import (
    APPLICATION,
    NOT_ALLOWED,
    SCHEMA,
    TREE,
    refusal,
)
from gemel.interfaces.standards.ts28572 import (
    BEST_EFFORT,
    GROUP,
    TRIGGER,
    ConfigPlan,
    Mistakes,
    config_plan,
)

PLANS, GROUPS = "plan-descriptors", "plan-group-descriptors"
TRIGGERS, FALLBACKS = "trigger-descriptors", "fallback-descriptors"
REVISION = "_revision"  # ours: counts how often a descriptor was replaced
KINDS = (PLANS, GROUPS, TRIGGERS, FALLBACKS)
SHORT = ("id", "name", "version", "description")  # of a DescriptorListEntry


def _refuse_conflicts(plans: list[ConfigPlan], where: str) -> None:
    """Two members that want one attribute to be two things."""
    wanted: dict[tuple[str, str], Any] = {}
    for plan in plans:
        mine = {
            (change.dn, name): value
            for change in plan.changes
            for name, value in change.attributes.items()
        }
        for (dn, name), value in mine.items():
            if wanted.get((dn, name), value) != value:
                raise refusal(
                    APPLICATION,
                    dn,
                    f"members of {where} want {name} of {dn} to be two things. "
                    "Leave one out.",
                    status=409,
                )
        wanted |= mine


class PlanStore:
    """Descriptors by kind and id, as JSON; ids are never used twice.

    clock:  the time of the network, as text
    """

    def __init__(self, clock: Callable[[], str]):
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, dict[str, Any]]] = {k: {} for k in KINDS}
        self._given = 0

    def add(self, kind: str, body: Any) -> dict[str, Any]:
        """Take over a new descriptor from a request. Raises Refusal."""
        if kind == FALLBACKS:
            raise refusal(
                NOT_ALLOWED,
                kind,
                "fallback descriptors are made by activation jobs with "
                "isFallbackEnabled. Create such a job.",
                status=405,
            )
        made = self._checked(kind, body)
        with self._lock:
            self._given += 1
            made = {"id": str(self._given), **made, REVISION: 1}
            self._kept[kind][made["id"]] = made
        return made

    def add_fallback(self, job: str, changes: list[dict[str, Any]]) -> dict[str, Any]:
        """What undoes an activation."""
        with self._lock:
            self._given += 1
            made = {
                "id": str(self._given),
                "name": f"undoes activation job {job}",
                "activationJob": job,
                "configChangesContentType": "OPENAPI_BASED",
                "configChanges": changes,
            }
            self._kept[FALLBACKS][made["id"]] = made
        return made

    def replace(self, kind: str, identity: str, body: Any) -> dict[str, Any]:
        """Another descriptor under the same id. Raises Refusal."""
        before = self.get(kind, identity)
        if kind == FALLBACKS:
            raise refusal(
                NOT_ALLOWED, identity, "a fallback is only read or deleted.", status=405
            )
        revision = before[REVISION] + 1
        made = {"id": identity, **self._checked(kind, body), REVISION: revision}
        with self._lock:
            self._kept[kind][identity] = made
        return made

    def update(self, kind: str, identity: str, **news: Any) -> None:
        """What a job or a trigger has found out about it, if it is still there."""
        with self._lock:
            if identity in self._kept[kind]:
                self._kept[kind][identity] = {**self._kept[kind][identity], **news}

    def get(self, kind: str, identity: str) -> dict[str, Any]:
        """One of them. Raises Refusal."""
        if identity not in self._kept[kind]:
            raise refusal(
                TREE,
                f"{kind}/{identity}",
                f"there is no {kind.removesuffix('s')} {identity!r}. See {kind}.",
                status=404,
            )
        return self._kept[kind][identity]

    def remove(self, kind: str, identity: str) -> None:
        """Forget it. Raises Refusal where a group still needs it."""
        self.get(kind, identity)
        name = {PLANS: "planConfigDescrId", GROUPS: "planConfigGroupDescrId"}.get(kind)
        for group in self._kept[GROUPS].values():
            if name and any(
                member.get(name) == identity for member in group["members"]
            ):
                raise refusal(
                    APPLICATION,
                    f"{kind}/{identity}",
                    f"group {group['id']} has it as a member. Change the group first.",
                    status=409,
                )
        with self._lock:
            self._kept[kind].pop(identity, None)

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The list of a kind, in short."""
        return [
            {name: one[name] for name in SHORT if name in one}
            for one in list(self._kept[kind].values())
        ]

    def all(self, kind: str) -> list[dict[str, Any]]:
        """The list of a kind, whole."""
        return list(self._kept[kind].values())

    def plan_of(self, kind: str, body: dict[str, Any], where: str) -> ConfigPlan:
        """The changes that a descriptor stands for. Raises Refusal."""
        if kind == FALLBACKS:
            body = {
                name: body[name]
                for name in ("configChanges", "configChangesContentType")
            }
            return config_plan({**body, "activationMode": "ATOMIC"}, where)
        if kind == GROUPS:
            return self._group(body, where, frozenset())
        hidden = (
            REVISION,
            "id",
            "validationState",
            "lastModifiedAt",
            "lastValidatedAt",
        )
        return config_plan(
            {name: value for name, value in body.items() if name not in hidden}, where
        )

    def _group(
        self, group: dict[str, Any], where: str, inside: frozenset[str]
    ) -> ConfigPlan:
        """The changes of all members, one after the other."""
        plans = []
        for member in group["members"]:
            if "planConfigDescrId" in member:
                identity = member["planConfigDescrId"]
                body = self.get(PLANS, identity)
                plans.append(self.plan_of(PLANS, body, f"{PLANS}/{identity}"))
                continue
            identity = member["planConfigGroupDescrId"]
            if identity in inside:
                raise refusal(
                    SCHEMA, where, f"group {identity} contains itself. Take it out."
                )
            body, below = self.get(GROUPS, identity), inside | {identity}
            plans.append(self._group(body, f"{GROUPS}/{identity}", below))
        if len({plan.yang for plan in plans}) > 1:
            raise refusal(
                SCHEMA,
                where,
                "the members of a group are of two content types. Give them one.",
            )
        if group.get("isFailOnMemberConflicts", False):
            _refuse_conflicts(plans, where)
        changes = [change for plan in plans for change in plan.changes]
        mode = group.get("activationMode", BEST_EFFORT)
        return ConfigPlan(tuple(changes), mode, plans[0].yang)

    def _checked(self, kind: str, body: Any) -> dict[str, Any]:
        modified = {"lastModifiedAt": self._clock()}
        if kind == PLANS:
            plan = config_plan(body, kind)
            content = "YANG_BASED" if plan.yang else "OPENAPI_BASED"
            filled = {
                "activationMode": plan.mode,
                "configChangesContentType": content,
                "validationState": "NOT_VALIDATED",
            }
            return {**body, **filled, **modified}
        errors = Mistakes(kind)
        if kind == GROUPS:
            errors.check(body, GROUP, required=("members",))
            errors.refuse()
            members = {"planConfigDescrId": str, "planConfigGroupDescrId": str}
            for index, member in enumerate(body["members"]):
                here = errors.below(f"members/{index}")
                if here.check(member, members) and len(member) != 1:
                    here.add("", f"must have one of {', '.join(members)}")
            if not body["members"]:
                errors.add("members", "is empty; a group has at least one")
            errors.refuse()
            usual = {
                "isOrdered": False,
                "isFailOnMemberConflicts": False,
                "activationMode": BEST_EFFORT,
                "validationState": "NOT_VALIDATED",
            }
            made = {**usual, **body, **modified}
            self._group(made, kind, frozenset())
            return made
        from gemel.interfaces.management.triggers import condition_of

        errors.check(
            body, TRIGGER, ("conditionExpression", "evaluationPeriod", "activationJobs")
        )
        errors.refuse()
        condition_of(body["conditionExpression"])
        if body["evaluationPeriod"] < 1:
            errors.add("evaluationPeriod", "is in seconds; give at least 1")
        if body.get("hysteresis"):
            errors.add("hysteresis", "is not served; leave it out")
        errors.refuse()
        usual = {"isTriggerOnce": True, "isTriggerActive": True}
        return {**usual, "currentEvaluationResult": False, **body, **modified}

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        with self._lock:
            return copy.deepcopy({"given": self._given, "kept": self._kept})

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._given, self._kept = kept["given"], kept["kept"]
