"""What passes from a loop to the network: proposal, approval or refusal, plan?"""

import dataclasses
from typing import Any

from gemel.network.controls import Controls
from gemel.twin.forecast import Forecast


@dataclasses.dataclass(frozen=True)
class Proposal:
    """What one loop wishes.

    loop:      its name
    aim:       why, in words
    wish:      the controls as the loop would set them; knobs it left alone do not count
    knobs:     the fields of `Controls` it turned
    """

    loop: str
    aim: str
    wish: Controls
    knobs: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Joint:
    """All loops' wishes in one change, with the controls they were wished against."""

    loops: tuple[str, ...]
    aim: str
    now: Controls
    wish: Controls


@dataclasses.dataclass(frozen=True)
class Approved:
    """Only the guard makes one; only this turns a knob.

    plan_id:      never used twice
    fingerprint:  of the controls that it was judged against
    expires_s:    after this it is stale
    controls:     to be set
    fallback:     to be set if it goes wrong: nothing asleep that was awake before
    forecast:     of the coming period, with its doubts; the outcome is held against it
    evidence:     the numbers it was judged by, for people
    """

    plan_id: str
    fingerprint: str
    expires_s: float
    controls: Controls
    fallback: Controls
    joint: Joint
    forecast: Forecast
    evidence: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Refused:
    """A value, not an exception: the belief must survive it.

    what:    the target or rule that said no
    number:  that decided
    limit:   that it was held against
    """

    joint: Joint
    what: str
    number: float
    limit: float
    reason: str
    evidence: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an actuator did with an approval (TS 28.572: activated, with a fallback)."""

    plan_id: str
    activated: Controls
    fallback: Controls
