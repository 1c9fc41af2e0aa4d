"""Is Ctrl-C heard whatever is going on, and does the process then leave quietly?"""

import os
import signal
import sys

import pytest

from gemel import cli
from gemel.cli.patience import Patience, patience


class Swallows:
    """Like a library's callback: whatever is raised in it is ignored."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        signal.pthread_sigmask(signal.SIG_BLOCK, [])  # the handler runs here at last


def test_ctrl_c_that_a_library_swallowed_is_remembered(capsys):
    heard = []
    with pytest.raises(KeyboardInterrupt), patience() as ctrl_c:
        tell = ctrl_c.remind(lambda what, share: heard.append(share))
        tell("working", 0.5)
        one = Swallows()
        del one
        assert ctrl_c.asked
        tell("done", 1.0)
    assert heard == [0.5]
    assert capsys.readouterr().err == ""


def test_other_complaints_are_passed_on(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    class Breaks:
        def __del__(self):
            raise ValueError("a bug")

    with patience():
        one = Breaks()
        del one
    assert [each.exc_type for each in told] == [ValueError]
    assert sys.unraisablehook == told.append


def test_nobody_asked_and_nothing_happens():
    heard = []
    tell = Patience().remind(lambda what, share: heard.append(what))
    tell("one", 0.0)
    tell("two", 1.0)
    assert heard == ["one", "two"]


@pytest.mark.parametrize(("code", "at_once"), [(130, True), (0, False), (2, False)])
def test_only_an_interrupted_process_leaves_at_once(code, at_once, monkeypatch):
    left = []
    monkeypatch.setattr(cli, "run", lambda app, words: code)
    monkeypatch.setattr(os, "_exit", left.append)
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert left == ([130] if at_once else [])
    assert leaving.value.code == code
