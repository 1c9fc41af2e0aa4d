"""What goes wrong where and when, and what is wrong at this moment?

A schedule is written for any network: places may be "random" or "everywhere", and times
are counted from the beginning of a trial. `placed` ties it to one network and clock.
"""

import dataclasses
import math

import numpy as np
from jaxtyping import Bool

from gemel.emulator.faults import FAULTS
from gemel.emulator.faults.base import AnyFault
from gemel.errors import ScenarioError

RANDOM, EVERYWHERE = "random", "everywhere"
SHOWN_NAMES = 5  # of a list in a message, which stays one line
WHERE_STREAM, SHARE_STREAM = 60, 61  # luck for places, and for shares of reports


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    what:      which kind, and how badly
    where:     names of cells or sites, or RANDOM, or EVERYWHERE
    begins_s:  after the trial began
    lasts_s:   from then on; infinity is for ever
    count:     how many cells RANDOM means
    """

    what: AnyFault
    where: tuple[str, ...] = (RANDOM,)
    begins_s: float = 0.0
    lasts_s: float = math.inf
    count: int = 1

    def __post_init__(self):
        if not 0.0 <= self.begins_s < math.inf:
            raise ScenarioError(
                f"begins_s is {self.begins_s:g}; give 0 or more seconds."
            )
        if not self.lasts_s > 0.0:
            raise ScenarioError(
                f"lasts_s is {self.lasts_s:g}; give more than 0 seconds, or inf."
            )
        if self.count < 1:
            raise ScenarioError(f"count is {self.count}; give 1 or more cells.")
        if not self.where or not all(self.where):
            raise ScenarioError(
                f'where names no place; give names of cells or sites, "{RANDOM}" or '
                f'"{EVERYWHERE}".'
            )
        if len(self.where) > 1 and {RANDOM, EVERYWHERE} & set(self.where):
            raise ScenarioError(
                f'where mixes names with "{RANDOM}" or "{EVERYWHERE}"; give one or '
                "the other."
            )
        if self.count > 1 and self.where != (RANDOM,):
            raise ScenarioError(
                f'count is {self.count}, but where is not "{RANDOM}"; leave count out.'
            )

    @property
    def kind(self) -> str:
        """Its name in FAULTS."""
        return next(name for name, made in FAULTS.items() if made is type(self.what))

    @property
    def ends_s(self) -> float:
        return self.begins_s + self.lasts_s

    def lasts_at(self, elapsed_s: float) -> bool:
        """Whether it is there at this moment."""
        return self.begins_s <= elapsed_s < self.ends_s


@dataclasses.dataclass(frozen=True)
class FaultSchedule:
    """All that goes wrong; several faults may strike one cell at once."""

    faults: tuple[Fault, ...] = ()

    def at(self, elapsed_s: float) -> tuple[tuple[int, Fault], ...]:
        """What lasts at this moment, each with its number in the schedule."""
        numbered = enumerate(self.faults)
        return tuple((n, fault) for n, fault in numbered if fault.lasts_at(elapsed_s))

    def next_change_s(self, elapsed_s: float) -> float:
        """When next something begins or ends; infinity if nothing ever does."""
        moments = [m for f in self.faults for m in (f.begins_s, f.ends_s)]
        return min((m for m in moments if m > elapsed_s), default=math.inf)


def placed(
    schedule: FaultSchedule,
    names: tuple[str, ...],
    sites: tuple[str, ...],
    seed: int,
    starts_s: float = 0.0,
    weight: tuple[float, ...] | None = None,
) -> FaultSchedule:
    """The schedule with names of cells everywhere, on the network's own clock.

    names, sites:  of every cell, in the order of the inventory
    starts_s:      what the network's clock says when the trial begins
    weight:        by which RANDOM prefers cells; None prefers none

    Raises ScenarioError for a place that is not in this network.
    """

    def one(number: int, fault: Fault) -> Fault:
        where = _cells_meant(number, fault, names, sites, seed, weight)
        return dataclasses.replace(
            fault, where=where, begins_s=fault.begins_s + starts_s, count=1
        )

    return FaultSchedule(tuple(one(n, f) for n, f in enumerate(schedule.faults)))


def cells_hit(fault: Fault, names: tuple[str, ...]) -> Bool[np.ndarray, " cell"]:
    """Which cells a placed fault strikes."""
    there = set(fault.where)
    return np.array([name in there for name in names], bool)


def _cells_meant(
    number: int,
    fault: Fault,
    names: tuple[str, ...],
    sites: tuple[str, ...],
    seed: int,
    weight: tuple[float, ...] | None,
) -> tuple[str, ...]:
    if fault.where == (EVERYWHERE,):
        return tuple(names)
    if fault.where == (RANDOM,):
        if fault.count > len(names):
            raise ScenarioError(
                f"fault {number + 1} ({fault.kind}) wants {fault.count} random cells "
                f"and the network has {len(names)}. Give a smaller count."
            )
        luck = np.random.default_rng([seed, WHERE_STREAM, number])
        chance = None if weight is None else np.array(weight) / sum(weight)
        chosen = luck.choice(len(names), fault.count, replace=False, p=chance)
        return tuple(names[index] for index in sorted(chosen.tolist()))
    meant: list[str] = []
    for place in fault.where:
        found = [n for n, s in zip(names, sites, strict=True) if place in (n, s)]
        if not found:
            some = ", ".join(list(dict.fromkeys([*sites, *names]))[:SHOWN_NAMES])
            raise ScenarioError(
                f"fault {number + 1} ({fault.kind}): no cell or site is called "
                f"{place!r}; there are {some} and so on. Give a name of this network, "
                f'or "{RANDOM}".'
            )
        meant += found
    return tuple(dict.fromkeys(meant))
