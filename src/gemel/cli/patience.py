"""When does Ctrl-C take effect, so that nothing is left half done?"""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Tell = Callable[[str, float], None]


class Patience:
    """Ctrl-C at once while nothing is worth keeping, later between two pieces of work.

    asked:  somebody has pressed it
    waits:  from now on it takes effect in `wrap`ped calls alone
    """

    def __init__(self):
        self.asked = False
        self.waits = False

    def wrap(self, tell: Tell) -> Tell:
        """The same function, which is told (what, share done) between two pieces.

        With the first share above zero something is worth keeping.
        """

        def patient(what: str, share: float) -> None:
            self.waits |= share > 0.0
            if self.asked and share < 1.0:
                self.asked = False  # once: who keeps what was done is left in peace
                raise KeyboardInterrupt
            tell(what, share)

        return patient

    def remind(self, tell: Tell) -> Tell:
        """The same function, for work of which no part is worth keeping.

        Ctrl-C takes effect at once, or here where somebody else swallowed it.
        """

        def reminded(what: str, share: float) -> None:
            if self.asked:
                raise KeyboardInterrupt
            tell(what, share)

        return reminded

    def notice(self, number: int, frame: FrameType | None) -> None:
        """What the system calls when Ctrl-C is pressed."""
        # Remembered even if raised: a library's callback may swallow it.
        self.asked = True
        if not self.waits:
            raise KeyboardInterrupt


@contextlib.contextmanager
def patience() -> Iterator[Patience]:
    """Ctrl-C waits for a good moment inside.

    Only a main thread hears it, and only where nobody else, such as a shell that
    started us in the background, has decided about it.
    """
    patient = Patience()
    before = signal.getsignal(signal.SIGINT)
    ours = before is signal.default_int_handler
    if not ours or threading.current_thread() is not threading.main_thread():
        yield patient
        return
    complains = sys.unraisablehook

    def complain(what: "sys.UnraisableHookArgs") -> None:
        # Raised where nobody can catch it, such as in a library's callback: it was
        # noticed, and there is nothing to complain about.
        if not issubclass(what.exc_type, KeyboardInterrupt):
            complains(what)

    signal.signal(signal.SIGINT, patient.notice)
    sys.unraisablehook = complain
    try:
        yield patient
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = complains
