"""What does the door open onto: a network that lives, counts, and can be turned?"""

import abc
import dataclasses
from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int

from gemel.interfaces.management.knobs import Knobs

# name -> sums since the report began, one value a cell or one for all
Ledger = dict[str, np.ndarray]


class EquipmentError(Exception):
    """A change could not be set, or only in part."""


@dataclasses.dataclass(frozen=True)
class Heard:
    """What phones hear, and where they really are; never served as it is.

    cell, rsrp_dbm:  the strongest first, of every phone; the serving one is `serving`
    sinr_db:         of the serving cell
    """

    user: Int[np.ndarray, " phone"]
    position_m: Float[np.ndarray, "phone 2"]
    serving: Int[np.ndarray, " phone"]
    serving_rsrp_dbm: Float[np.ndarray, " phone"]
    sinr_db: Float[np.ndarray, " phone"]
    cell: Int[np.ndarray, "phone n"]
    rsrp_dbm: Float[np.ndarray, "phone n"]


@dataclasses.dataclass(frozen=True)
class Complaint:
    """What a cell knows to be wrong with itself; the words of TS 28.111."""

    cell: int
    alarm_type: str
    probable_cause: str
    severity: str
    text: str


class AbstractEquipment(abc.ABC):
    """One network. Only one thread at a time may call what changes it."""

    @property
    @abc.abstractmethod
    def elapsed_s(self) -> float:
        """Seconds since Monday 00:00."""

    @abc.abstractmethod
    def knobs(self) -> Knobs:
        """What is really set."""

    @abc.abstractmethod
    def refuses(self, dn: str) -> str | None:
        """Why the object of that name takes no change now; None if it does."""

    @abc.abstractmethod
    def turn(self, knobs: Knobs) -> None:
        """Set all of it. EquipmentError: only a part was set, or nothing."""

    @abc.abstractmethod
    def live(self, steps: int, step_s: float) -> Ledger:
        """So many steps of life, and what they add to the ledger."""

    @abc.abstractmethod
    def look_back(self, periods: int, period_s: float) -> list[Ledger]:
        """Live the periods before now quickly and say what each would have added."""

    @abc.abstractmethod
    def report(
        self, ledger: Ledger, when_s: float
    ) -> Mapping[str, Float[np.ndarray, " cell"]]:
        """The ledger of a period that ended then, as TS 28.552 measurements; NaN where
        there is nothing to say."""

    @abc.abstractmethod
    def working(self) -> Bool[np.ndarray, " cell"]:
        """False where a cell is out of order and knows it."""

    @abc.abstractmethod
    def complaints(self) -> list[Complaint]:
        """What cells complain of now."""

    @abc.abstractmethod
    def heard(self, phones: Int[np.ndarray, " phone"]) -> Heard:
        """What these phones hear now."""

    @property
    @abc.abstractmethod
    def phones(self) -> int:
        """How many users there are."""

    @abc.abstractmethod
    def saved(self) -> dict[str, np.ndarray]:
        """Everything that a later `resume` needs."""

    @abc.abstractmethod
    def resume(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from there. ScenarioError: it is of another world."""
