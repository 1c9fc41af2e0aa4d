"""When has a network something new to tell, and how does it learn that we have acted?

A small door of our own on this machine takes `notifyFileReady` and answers it only
once the loop has acted on that period: a network that waits for its subscribers, as the
stand-in does at full speed, then never runs ahead of its loop. A network on another
machine could not reach that door; there we ask for the list of files now and then, as
we do anyway in case a notification is lost.
"""

import contextlib
import http.server
import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

from gemel.errors import InterfaceError
from gemel.interfaces.networks.live_door import Door
from gemel.interfaces.standards.ves import FileInfo, file_info_of

log = logging.getLogger("gemel.interfaces.networks.live")

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ASK_EVERY_S = 5.0
LARGEST_BYTES = 2**20  # of a notification
ANSWER_WITHIN_S = 3_600.0  # if the loop has died, nobody waits for ever


class _Nudge:
    """One notification that waits for its answer."""

    def __init__(self):
        self.acted = threading.Event()


class News:
    """Files of measurements as they become ready."""

    def __init__(self, door: Door, ask_every_s: float = ASK_EVERY_S):
        self._door = door
        self._ask_every_s = ask_every_s
        self._lock = threading.Condition()
        self._waiting: list[_Nudge] = []
        self._taken: list[_Nudge] = []
        self._server: http.server.ThreadingHTTPServer | None = None
        self._subscription = ""

    def subscribe(self) -> None:
        """Ask to be told, if the network can reach us and takes subscriptions."""
        if self._door.host not in LOOPBACK:
            log.info("%s is not this machine: asking it now and then", self._door.host)
            return
        self._server = self._listening()
        port = self._server.server_address[1]
        body = {
            "notificationRecipientAddress": f"http://127.0.0.1:{port}/eventListener/v7",
            "notificationTypes": ["notifyFileReady"],
        }
        try:
            _, self._subscription = self._door.post("/subscriptions", body)
        except InterfaceError as error:
            log.warning("no subscription, asking now and then instead: %s", error)
            self._stop_listening()

    def close(self) -> None:
        """End the subscription and answer whoever still waits."""
        if self._subscription:
            with contextlib.suppress(InterfaceError):  # the network may be gone
                self._door.delete(f"/subscriptions/{self._subscription}")
            self._subscription = ""
        self._stop_listening()

    def listed(self, **query: str) -> tuple[FileInfo, ...]:
        """Every file of measurements that can be fetched now."""
        body = self._door.get("/files", fileDataType="Performance", **query)
        entries = body.get("fileInfoList") if isinstance(body, dict) else body
        where = f"{self._door.url}/files"
        if not isinstance(entries, list):
            raise InterfaceError(f"{where} has no fileInfoList. Give one.")
        return tuple(
            file_info_of(entry, f"{where}: fileInfoList[{number}]")
            for number, entry in enumerate(entries)
        )

    def new_files(
        self,
        known: Collection[str],
        wait_s: float,
        idle: Callable[[], None],
        **query: str,
    ) -> tuple[FileInfo, ...]:
        """Those not yet known, as soon as there are any; none after a notification
        of nothing new. `idle` is called every time before they are asked for.

        Raises InterfaceError after `wait_s` without news.
        """
        until = time.monotonic() + wait_s
        while True:
            idle()
            nudged = self._wait(min(self._ask_every_s, until - time.monotonic()))
            found = [f for f in self.listed(**query) if f.location not in known]
            if found or nudged:
                return tuple(found)
            if time.monotonic() >= until:
                raise InterfaceError(
                    f"{self._door.url} had no new report for {wait_s:.0f} s. "
                    "See whether the network still runs."
                )

    def acted(self) -> None:
        """What the last news led to is done: let the network go on."""
        with self._lock:
            taken, self._taken = self._taken, []
        for nudge in taken:
            nudge.acted.set()

    def _wait(self, longest_s: float) -> bool:
        with self._lock:
            self._lock.wait_for(lambda: bool(self._waiting), max(longest_s, 0.0))
            nudged = bool(self._waiting)
            self._taken += self._waiting
            self._waiting = []
        return nudged

    def _take(self) -> _Nudge:
        nudge = _Nudge()
        with self._lock:
            self._waiting.append(nudge)
            self._lock.notify_all()
        return nudge

    def _listening(self) -> http.server.ThreadingHTTPServer:
        news = self

        class Listener(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                said = self.headers.get("Content-Length", "")
                length = int(said) if said.isdecimal() and len(said) < 9 else -1
                if not 0 <= length <= LARGEST_BYTES:
                    self.close_connection = True
                    self._answer(413)
                    return
                self.rfile.read(length)  # what is ready stands in the list of files
                news._take().acted.wait(ANSWER_WITHIN_S)
                self._answer(204)

            def _answer(self, status: int) -> None:
                with contextlib.suppress(OSError):  # who asked may have gone
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                log.debug(format, *args)

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        server.daemon_threads = True
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        ).start()
        return server

    def _stop_listening(self) -> None:
        with self._lock:
            self._taken += self._waiting
            self._waiting = []
        self.acted()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
