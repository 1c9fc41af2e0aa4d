"""What can go wrong in a network, and on which of its three sides?

A fault makes the equipment ill (`AbstractAilment`), spoils what it reports
(`AbstractReportFault`) or makes it lie about what was set (`AbstractActuatorFault`).
Every kind is one small class whose fields are what a schedule may say of it.
"""

import abc
import dataclasses
import math

import equinox as eqx
import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.errors import ScenarioError


class Ailments(eqx.Module):
    """What is wrong with the equipment now, and with the people around it.

    off_air:          not heard at all, whatever the controls say
    closed:           heard as ever, but admits nobody and carries nothing
    gain_loss_db:     what the amplifier lacks
    forgotten_share:  of the neighbour list, entries that are not there
    mistaken_share:   of the neighbour list, entries that name another cell
    demand_factor:    what everybody wants, against a usual day
    """

    off_air: Bool[Array | np.ndarray, " cell"]
    closed: Bool[Array | np.ndarray, " cell"]
    gain_loss_db: Float[Array | np.ndarray, " cell"]
    forgotten_share: Float[Array | np.ndarray, " cell"]
    mistaken_share: Float[Array | np.ndarray, " cell"]
    demand_factor: Float[Array | np.ndarray, " user"]


@dataclasses.dataclass(frozen=True)
class Hit:
    """Where a fault strikes: which cells, and who is how far from the nearest."""

    cell: Bool[np.ndarray, " cell"]
    away_m: Float[np.ndarray, " user"]


class ReportHarm(eqx.Module):
    """What happens to the report of one period, cell by cell.

    lost:    it never arrives
    late_s:  after the usual
    copies:  that arrive beside the first
    flips:   bytes that arrive as others
    kept:    share of the bytes that arrive at all
    skew_s:  how far the element's clock is ahead
    """

    lost: Bool[np.ndarray, " cell"]
    late_s: Float[np.ndarray, " cell"]
    copies: Float[np.ndarray, " cell"]
    flips: Float[np.ndarray, " cell"]
    kept: Float[np.ndarray, " cell"]
    skew_s: Float[np.ndarray, " cell"]

    @property
    def unreadable(self) -> Bool[np.ndarray, " cell"]:
        """It arrives, but as noise."""
        return (self.flips > 0) | (self.kept < 1.0)

    @property
    def absent(self) -> Bool[np.ndarray, " cell"]:
        """It is not there when the period ends, or cannot be read."""
        return self.lost | (self.late_s > 0.0) | self.unreadable

    @property
    def file_skew_s(self) -> float:
        """Of a file of the whole network: only a skew that all elements share."""
        first = float(self.skew_s[0])
        return first if (self.skew_s == first).all() else 0.0


@dataclasses.dataclass(frozen=True)
class AbstractAilment(abc.ABC):
    """Something is wrong with the equipment, or with the day."""

    @abc.abstractmethod
    def ails(self, ailments: Ailments, hit: Hit) -> Ailments:
        """The same, and this on top."""


@dataclasses.dataclass(frozen=True)
class AbstractReportFault(abc.ABC):
    """Reports do not arrive as they were sent."""

    @abc.abstractmethod
    def harms(
        self, harm: ReportHarm, cell: Bool[np.ndarray, " cell"], luck: float
    ) -> ReportHarm:
        """The same, and this on top, for the reports of those cells.

        luck:  0 to 1, one draw a period: a fault of a share s happens below s
        """


@dataclasses.dataclass(frozen=True)
class AbstractActuatorFault(abc.ABC):
    """Orders are not carried out as they are answered."""

    @abc.abstractmethod
    def ignores(self, cell: Bool[np.ndarray, " cell"]) -> Bool[np.ndarray, " cell"]:
        """Of those cells, the ones whose knobs stay as they are."""


AnyFault = AbstractAilment | AbstractReportFault | AbstractActuatorFault


def refuse_outside(
    name: str, value: float | int, low: float | int, high: float | int
) -> None:
    """ScenarioError unless low <= value <= high."""
    if not low <= value <= high:
        up_to = f"to {high:g}" if math.isfinite(high) else "or more"
        raise ScenarioError(f"{name} is {value:g}; give {low:g} {up_to}.")
