"""Who wants to be told, and has everybody been told?

A notification is tried a few times with growing waits. It counts as answered with the
first 2xx; so a subscriber that answers only after it has acted holds back a clock that
waits for all answers.
"""

import dataclasses
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from gemel.interfaces.standards.problem import TREE, refusal
from gemel.interfaces.standards.ts28572 import Mistakes

log = logging.getLogger("gemel.interfaces.management.subscribers")

ANSWER_WITHIN_S = 600.0  # a loop may think for a while before it answers
CONNECT_WITHIN_S = 5.0
WAITS_S = (0.2, 1.0)  # before every further try
WAITING = 1_000  # notifications for one subscriber; older ones are dropped
NOTIFICATIONS = (
    "notifyFileReady",
    "notifyFilePreparationError",
    "notifyNewAlarm",
    "notifyChangedAlarm",
    "notifyClearedAlarm",
    "notifyMOIAttributeValueChanges",
)
_ADDRESSES = ("notificationRecipientAddress", "consumerReference")


@dataclasses.dataclass(frozen=True)
class Subscription:
    """One NtfSubscriptionControl.

    types:  of notifications; empty for all
    """

    id: str
    address: str
    types: tuple[str, ...] = ()

    def wants(self, kind: str) -> bool:
        """Whether it is to be told of this type."""
        return not self.types or kind in self.types

    def attributes(self) -> dict[str, Any]:
        """As the standard spells it."""
        return {
            "notificationRecipientAddress": self.address,
            "notificationTypes": list(self.types or NOTIFICATIONS),
        }


Post = Callable[[str, dict[str, Any]], int]


def post(address: str, event: dict[str, Any]) -> int:
    """Send one event and say with which HTTP status it was answered. Raises OSError."""
    timeout = httpx.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S)
    try:
        return httpx.post(address, json=event, timeout=timeout).status_code
    except httpx.HTTPError as error:
        raise OSError(str(error) or type(error).__name__) from error


class Subscribers:
    """All of them, each with a thread and a queue of its own."""

    def __init__(self, send: Post = post, wait: Callable[[float], None] = time.sleep):
        self._send, self._wait = send, wait
        self._lock = threading.Condition()
        self._known: dict[str, Subscription] = {}
        self._queues: dict[str, queue.Queue[dict[str, Any] | None]] = {}
        self._unanswered = 0
        self._given = 0
        self.lost = 0

    def add(self, body: Any) -> Subscription:
        """A new one from the body of a request. Raises Refusal."""
        if isinstance(body, dict) and isinstance(body.get("attributes"), dict):
            body = body["attributes"]
        errors = Mistakes("subscription")
        known = {
            **dict.fromkeys(_ADDRESSES, str),
            "notificationTypes": list,
            "timeTick": int,
            "filter": str,
            "scope": dict,
        }
        errors.check(body, known)
        errors.refuse()
        address = next((body[name] for name in _ADDRESSES if name in body), None)
        types = tuple(body.get("notificationTypes", ()))
        if address is None or not address.startswith(("http://", "https://")):
            errors.add(_ADDRESSES[0], f"is {address!r}; give an http address")
        for kind in types:
            if kind not in NOTIFICATIONS:
                known_types = ", ".join(NOTIFICATIONS)
                errors.add("notificationTypes", f"has {kind!r}; known: {known_types}")
        errors.refuse()
        self._given += 1
        subscription = Subscription(str(self._given), str(address), types)
        self._start(subscription)
        return subscription

    def _start(self, subscription: Subscription) -> None:
        waiting: queue.Queue[dict[str, Any] | None] = queue.Queue()
        with self._lock:
            self._known = {**self._known, subscription.id: subscription}
            self._queues[subscription.id] = waiting
            self._lock.notify_all()
        threading.Thread(
            target=self._serve, args=(subscription, waiting), daemon=True
        ).start()

    def remove(self, identity: str) -> None:
        """End it. Raises Refusal where there is none of that id."""
        with self._lock:
            self._there(identity)
            self._known = {k: s for k, s in self._known.items() if k != identity}
            self._queues.pop(identity).put(None)

    def get(self, identity: str) -> Subscription:
        """The one of that id. Raises Refusal."""
        self._there(identity)
        return self._known[identity]

    def all(self) -> list[Subscription]:
        """In the order of their ids."""
        return list(self._known.values())

    def _there(self, identity: str) -> None:
        if identity not in self._known:
            raise refusal(
                TREE,
                f"subscriptions/{identity}",
                f"there is no subscription {identity!r}. See /subscriptions.",
                status=404,
            )

    def tell(self, kind: str, event: dict[str, Any]) -> None:
        """Queue a notification for everybody who wants its type."""
        with self._lock:
            for identity, subscription in self._known.items():
                waiting = self._queues[identity]
                if subscription.wants(kind) and waiting.qsize() < WAITING:
                    self._unanswered += 1
                    waiting.put(event)

    def wait_for_answers(self, stop: Callable[[], bool]) -> None:
        """Until every notification was answered or given up, or it is time to stop."""
        with self._lock:
            while self._unanswered and not stop():
                self._lock.wait(0.2)

    def wait_for(self, count: int, stop: Callable[[], bool]) -> None:
        """Until there are so many subscribers, or it is time to stop."""
        with self._lock:
            while len(self._known) < count and not stop():
                self._lock.wait(0.2)

    def _serve(
        self,
        subscription: Subscription,
        waiting: "queue.Queue[dict[str, Any] | None]",
    ) -> None:
        while (event := waiting.get()) is not None:
            try:
                told = subscription.id in self._known and self._try(subscription, event)
                self.lost += not told
            finally:
                with self._lock:
                    self._unanswered -= 1
                    self._lock.notify_all()

    def _try(self, subscription: Subscription, event: dict[str, Any]) -> bool:
        why = ""
        for wait_s in (0.0, *WAITS_S):
            self._wait(wait_s)
            try:
                status = self._send(subscription.address, event)
            except OSError as error:
                why = str(error)
                continue
            if 200 <= status < 300:
                return True
            why = f"it answered {status}"
        log.warning("%s was not told: %s", subscription.address, why)
        return False

    def close(self) -> None:
        """End all threads; what is not sent is not sent."""
        with self._lock:
            self._known = {}
            for waiting in self._queues.values():
                waiting.put(None)
            self._queues = {}

    def as_json(self) -> dict[str, Any]:
        """To be kept."""
        known = [dataclasses.asdict(subscription) for subscription in self.all()]
        return {"given": self._given, "known": known}

    def resume(self, kept: dict[str, Any]) -> None:
        """Go on from there."""
        self._given = kept["given"]
        for one in kept["known"]:
            types = tuple(one["types"])
            self._start(Subscription(one["id"], one["address"], types))
