"""How does a validation or activation job go from asked for to over?

Jobs run one after the other, each between two chunks of the network's life.
"""

import copy
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gemel.interfaces.management.activation import (
    Outcome,
    activate,
    targets_missing,
    validate,
)
from gemel.interfaces.management.desk import Desk
from gemel.interfaces.management.plan_store import (
    FALLBACKS,
    GROUPS,
    PLANS,
    REVISION,
    PlanStore,
)
from gemel.interfaces.standards.problem import APPLICATION, TREE, Refusal, refusal
from gemel.interfaces.standards.ts28572 import (
    ACTIVATION_JOB,
    CANCELLED,
    COMPLETED,
    FAILED,
    NOT_STARTED,
    OVER,
    QUEUED,
    RUNNING,
    VALIDATION_JOB,
    ConfigPlan,
    config_plan,
    job_body,
    summary,
)

log = logging.getLogger("gemel.interfaces.management.plan_jobs")

VALIDATION, ACTIVATION = "plan-validation-jobs", "plan-activation-jobs"
JOBS = {VALIDATION: VALIDATION_JOB, ACTIVATION: ACTIVATION_JOB}
ROOT = "/plan-management/v1"
# job attribute -> kind of descriptor it names
_NAMED = {
    "planConfigDescrId": PLANS,
    "planConfigGroupDescrId": GROUPS,
    "fallbackConfigDescrId": FALLBACKS,
}
_NOTHING = {"summary": summary([]), "results": []}


class PlanJobs:
    """All jobs, as JSON by kind and id.

    keep:  called after a job is over, to make it survive a crash
    """

    def __init__(
        self,
        desk: Desk,
        store: PlanStore,
        clock: Callable[[], str],
        keep: Callable[[], None],
    ):
        self._desk, self._store = desk, store
        self._clock, self._keep = clock, keep
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, dict[str, Any]]] = {k: {} for k in JOBS}
        self._given = 0
        self._one_by_one = ThreadPoolExecutor(1)

    def add(self, kind: str, body: Any) -> dict[str, Any]:
        """A new job from a request, which is queued. Raises Refusal."""
        named = job_body(body, JOBS[kind], kind)
        plan = self._plan(named, body)
        if kind == ACTIVATION:
            self._refuse_twice(named, body)
            if missing := targets_missing(self._desk, plan):
                raise Refusal(*missing)  # by its type 422, and not 404
        with self._lock:
            self._given += 1
            job = self._new(kind, str(self._given), named, body)
            self._kept[kind][job["id"]] = job
        if kind == VALIDATION or job["isImmediateActivation"]:
            self.start(kind, job["id"])
        return self.get(kind, job["id"])

    def start(self, kind: str, identity: str) -> None:
        """Queue a job that has not been queued yet."""
        with self._lock:
            job = self._kept[kind].get(identity)
            if job is None or job["jobState"] != NOT_STARTED:
                return
            job["jobState"] = QUEUED
        running = self._one_by_one.submit(self._run, kind, identity)
        running.add_done_callback(_complain)

    def get(self, kind: str, identity: str) -> dict[str, Any]:
        """One job as it is now. Raises Refusal."""
        with self._lock:
            return copy.deepcopy(self._job(kind, identity))

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The list of a kind, in short."""
        short = ("id", "name", "description", "jobState")
        with self._lock:
            jobs = list(self._kept[kind].values())
            return [{n: job[n] for n in short if n in job} for job in jobs]

    def cancel(self, kind: str, identity: str) -> dict[str, Any]:
        """Cancel it unless it is over. Raises Refusal."""
        with self._lock:
            job = self._job(kind, identity)
            if job["jobState"] in OVER:
                raise refusal(
                    APPLICATION,
                    f"{kind}/{identity}",
                    f"job {identity} is over: {job['jobState']}. Nothing to cancel.",
                    status=409,
                )
            job["cancelRequest"] = True
            waits = job["jobState"] in (NOT_STARTED, QUEUED)
            job["jobState"] = CANCELLED if waits else "CANCELLING"
            return copy.deepcopy(job)

    def remove(self, kind: str, identity: str) -> None:
        """Forget a job that is over. Raises Refusal."""
        with self._lock:
            job = self._job(kind, identity)
            if job["jobState"] not in (*OVER, NOT_STARTED):
                raise refusal(
                    APPLICATION,
                    f"{kind}/{identity}",
                    f"job {identity} is {job['jobState']}. Cancel it first.",
                    status=409,
                )
            del self._kept[kind][identity]

    def close(self) -> None:
        """Take no more work; what is queued is not done."""
        self._one_by_one.shutdown(wait=True, cancel_futures=True)

    def _job(self, kind: str, identity: str) -> dict[str, Any]:
        if identity not in self._kept[kind]:
            raise refusal(
                TREE,
                f"{kind}/{identity}",
                f"there is no {kind.removesuffix('s')} {identity!r}. See {kind}.",
                status=404,
            )
        return self._kept[kind][identity]

    def _plan(self, named: str, body: dict[str, Any]) -> ConfigPlan:
        """What the job is about; an embedded plan is not kept as a descriptor."""
        if named in _NAMED:
            kind, identity = _NAMED[named], body[named]
            found = self._store.get(kind, identity)
            return self._store.plan_of(kind, found, f"{kind}/{identity}")
        if named == "planConfigDescr":
            return config_plan(body[named], named)
        return self._store.plan_of(GROUPS, body[named], named)

    def _refuse_twice(self, named: str, body: dict[str, Any]) -> None:
        """A plan that is active, or about to be, is not activated again."""
        if named not in _NAMED:
            return
        kind, identity = _NAMED[named], body[named]
        revision = self._store.get(kind, identity).get(REVISION)
        with self._lock:
            for job in reversed(list(self._kept[ACTIVATION].values())):
                same = job.get(named) == identity and job["_revision"] == revision
                if same and job["_active"]:
                    raise refusal(
                        APPLICATION,
                        f"{kind}/{identity}",
                        f"{kind.removesuffix('s')} {identity} was activated by job "
                        f"{job['id']} and has not changed since. Change it, or "
                        "activate the fallback of that job first.",
                        status=409,
                    )

    def _new(
        self, kind: str, identity: str, named: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        here = f"{ROOT}/{kind}/{identity}"
        validation = kind == VALIDATION
        what = "validation" if validation else "activation"
        usual: dict[str, Any] = (
            {"validationMode": "CONTINUE_ON_ERROR"}
            if validation
            else {
                "isFallbackEnabled": False,
                "serviceImpact": "SHORTEST_TIME",
                "isImmediateActivation": True,
            }
        )
        descriptor = here
        revision = None
        if named in _NAMED:
            descriptor = f"{ROOT}/{_NAMED[named]}/{body[named]}"
            revision = self._store.get(_NAMED[named], body[named]).get(REVISION)
        links = {
            "self": (here, "GET"),
            "descriptor": (descriptor, "GET"),
            "status": (f"{here}/status", "GET"),
            "validationDetails": (f"{here}/{what}-details", "GET"),
            "cancel": (here, "PATCH"),
        }
        return {
            **usual,
            **body,
            "id": identity,
            "jobState": NOT_STARTED,
            f"{what}State": "UNKNOWN" if validation else NOT_STARTED,
            f"{what}Details": _NOTHING,
            "jobDetails": {"message": "", "errors": []},
            "cancelRequest": False,
            "_links": {n: {"href": h, "method": m} for n, (h, m) in links.items()},
            # Ours: whether what it activated stands, and of which version of the plan.
            "_active": not validation,
            "_revision": revision,
        }

    def _run(self, kind: str, identity: str) -> None:
        # Inside to the end: a checkpoint has both the change and the job, or neither.
        with self._desk.turnstile.visit():
            with self._lock:
                job = self._kept[kind].get(identity)
                if job is None or job["jobState"] != QUEUED:
                    return
                job |= {"jobState": RUNNING, "startedAt": self._clock()}
                body = copy.deepcopy(job)
            try:
                outcome = self._outcome(kind, body)
            except Refusal as refused:
                details = {
                    "message": str(refused),
                    "errors": [error.as_json() for error in refused.errors],
                }
                self._over(kind, identity, {"jobState": FAILED, "jobDetails": details})
            else:
                self._over(kind, identity, self._news(kind, body, outcome))
            self._keep()

    def _outcome(self, kind: str, body: dict[str, Any]) -> Outcome | None:
        # Read again: what it names may have been changed or deleted meanwhile.
        named = next(name for name in (*_NAMED, *_EMBEDDED) if name in body)
        plan = self._plan(named, body)
        if kind == VALIDATION:
            return validate(self._desk, plan, body["validationMode"] == "STOP_ON_ERROR")
        return activate(self._desk, plan, lambda: self._asked_to_stop(body["id"]))

    def _asked_to_stop(self, identity: str) -> bool:
        return self._kept[ACTIVATION][identity]["cancelRequest"]

    def _news(
        self, kind: str, body: dict[str, Any], outcome: Outcome | None
    ) -> dict[str, Any]:
        if outcome is None:
            return {"jobState": CANCELLED, "_active": False}
        if kind == VALIDATION:
            self._mark_validated(body, outcome)
            return {
                "jobState": COMPLETED,
                "validationState": outcome.state,
                "validationDetails": outcome.details,
                "currentConfigTime": self._clock(),
            }
        done = outcome.state in ("ACTIVATED", "PARTIALLY_ACTIVATED")
        news: dict[str, Any] = {
            "jobState": COMPLETED if done else FAILED,
            "activationState": outcome.state,
            "activationDetails": outcome.details,
            "_active": done,
        }
        if done and body["isFallbackEnabled"]:
            made = self._store.add_fallback(body["id"], list(outcome.fallback))
            news["createdFallbackConfigDescrId"] = made["id"]
            news["_links"] = {
                **body["_links"],
                "fallback": {"href": f"{ROOT}/{FALLBACKS}/{made['id']}"},
            }
        if done and "fallbackConfigDescrId" in body:
            self._fell_back(body["fallbackConfigDescrId"])
        return news

    def _mark_validated(self, body: dict[str, Any], outcome: Outcome) -> None:
        good = outcome.state == "VALIDATION_SUCCEEDED"
        for name in ("planConfigDescrId", "planConfigGroupDescrId"):
            if name in body:
                self._store.update(
                    _NAMED[name],
                    body[name],
                    validationState="VALID" if good else "INVALID",
                    lastValidatedAt=self._clock(),
                )

    def _fell_back(self, fallback: str) -> None:
        """What a fallback has undone may be activated again."""
        undone = self._store.get(FALLBACKS, fallback)["activationJob"]
        with self._lock:
            if undone in self._kept[ACTIVATION]:
                self._kept[ACTIVATION][undone]["_active"] = False

    def _over(self, kind: str, identity: str, news: dict[str, Any]) -> None:
        with self._lock:
            job = self._kept[kind][identity]
            if news["jobState"] == FAILED:
                news = {"_active": False, **news}
            job |= {**news, "stoppedAt": self._clock()}

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        with self._lock:
            return copy.deepcopy({"given": self._given, "kept": self._kept})

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on from there; what was under way has changed nothing and failed."""
        self._given, self._kept = kept["given"], kept["kept"]
        for jobs in self._kept.values():
            for job in jobs.values():
                if job["jobState"] not in (*OVER, NOT_STARTED):
                    message = "the network was started anew before the job was over"
                    job |= {
                        "jobState": FAILED,
                        "jobDetails": {"message": message, "errors": []},
                        "_active": False,
                    }


_EMBEDDED = ("planConfigDescr", "planConfigGroupDescr")


def _complain(running: "Future[None]") -> None:
    """A job that broke would else be silent."""
    if not running.cancelled() and (error := running.exception()) is not None:
        log.error("a plan's job broke off", exc_info=error)


def shown(job: dict[str, Any]) -> dict[str, Any]:
    """A job as the interface shows it."""
    return {name: v for name, v in job.items() if name not in ("_active", "_revision")}


def status_of(job: dict[str, Any]) -> dict[str, Any]:
    """Its …JobStatus."""
    names = ("jobState", "activationState", "validationState", "startedAt", "stoppedAt")
    return {name: job[name] for name in names if name in job}
