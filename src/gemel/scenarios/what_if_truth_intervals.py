"""How often does a change that is lived lie within the limits that were told?

Cells report whole per cents of their blocks: of a change in them nobody can know more
than two roundings leave.
"""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float

from gemel.twin.what_if.limits import limits

INSIDE = 0.9  # of changes shall lie within the limits
ROUNDED = (2.0 / 12.0) ** 0.5  # standard deviation of two roundings to a whole


@dataclasses.dataclass(frozen=True)
class Coverage:
    """How often what came lay within the limits, in each world alone.

    asked:   changes, cell by cell for the load, that could have been anything but zero
    inside:  share of those
    wide:    the limits of every other one are further apart than that
    """

    kind: str
    asked: int
    inside: float
    wide: float


def coverage_of(
    kind: str,
    members: list[Float[np.ndarray, "member change"]],
    lived: list[Float[np.ndarray, " change"]],
) -> Coverage:
    """Over all worlds, one entry of both lists each."""
    grain = ROUNDED if kind == "load" else 0.0
    inside, wide = [], []
    for said, came in zip(members, lived, strict=True):
        low, high = limits(said, grain)
        moves = _moves(said, came)
        inside.append(((low <= came) & (came <= high))[moves])
        wide.append((high - low)[moves])
    each = np.concatenate(inside)
    share = float(each.mean()) if each.size else float("nan")
    typical = float(np.median(np.concatenate(wide))) if each.size else float("nan")
    return Coverage(kind, each.size, share, typical)


def _moves(
    said: Float[np.ndarray, "member change"], came: Float[np.ndarray, " change"]
) -> Bool[np.ndarray, " change"]:
    """A cell that sleeps in both lives is no merit of anybody's."""
    return (came != 0.0) | (said != 0.0).any(0)
