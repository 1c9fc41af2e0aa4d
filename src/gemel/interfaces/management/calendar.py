"""Which date and time is it in the stand-in's world?

Its clock counts seconds since a Monday. That Monday is always the same one, so that the
same seed writes the same files.
"""

import datetime

MONDAY = datetime.datetime(2025, 1, 6, tzinfo=datetime.UTC)


def at(elapsed_s: float) -> datetime.datetime:
    """The time so many seconds after that Monday began."""
    return MONDAY + datetime.timedelta(seconds=round(elapsed_s, 3))


def stamp(elapsed_s: float) -> str:
    """The same as the interfaces write it."""
    return at(elapsed_s).isoformat()
