"""Does everybody get through the turnstile, one at a time, visitors first?"""

import threading

import pytest

from gemel.interfaces.management.turnstile import Turnstile


def test_a_clock_without_rest_starves_no_visitor():
    """Every visitor waits for one chunk at most, however fast the next would begin."""
    turnstile, stop = Turnstile(), threading.Event()
    inside, waited = [], []
    chunks = 0

    def live() -> None:
        nonlocal chunks
        while not stop.is_set():
            with turnstile.live():
                inside.append("clock")
                assert inside == ["clock"]
                chunks += 1
                inside.clear()

    def visit() -> None:
        for _ in range(50):
            began = chunks
            with turnstile.visit():
                inside.append("visitor")
                assert inside == ["visitor"]
                waited.append(chunks - began)
                inside.clear()

    clock = threading.Thread(target=live)
    visitors = [threading.Thread(target=visit) for _ in range(4)]
    clock.start()
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(60)
        assert not visitor.is_alive()
    stop.set()
    clock.join(60)
    assert len(waited) == 200
    # From before it queued: once the clock knows of a visitor it begins nothing new.
    # A thread may be put to sleep before it queues, so this holds of nearly all.
    assert sorted(waited)[len(waited) // 2] <= 1


@pytest.mark.parametrize("who", ["visit", "live"])
def test_who_stumbles_leaves_the_turnstile_free(who):
    turnstile = Turnstile()
    with pytest.raises(ZeroDivisionError), getattr(turnstile, who)():
        raise ZeroDivisionError
    with turnstile.visit():
        pass
    with turnstile.live():
        pass
