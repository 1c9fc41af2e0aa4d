"""Who may touch the network now: the clock that lives it, or a visitor who turns it?"""

import contextlib
import threading
from collections.abc import Iterator


class Turnstile:
    """One at a time; visitors go first, so that a clock without rest starves nobody."""

    def __init__(self):
        self._free = threading.Condition()
        self._busy = False
        self._visitors = 0

    @contextlib.contextmanager
    def visit(self) -> Iterator[None]:
        """Between two chunks of the network's life."""
        with self._free:
            self._visitors += 1
            try:
                self._free.wait_for(lambda: not self._busy)
            finally:
                self._visitors -= 1
            self._busy = True
        try:
            yield
        finally:
            self._leave()

    @contextlib.contextmanager
    def live(self) -> Iterator[None]:
        """For a chunk of life, once no visitor waits."""
        with self._free:
            self._free.wait_for(lambda: not self._busy and not self._visitors)
            self._busy = True
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._free:
            self._busy = False
            self._free.notify_all()
