"""What ails a cell: dead, deaf, weak, or with the wrong neighbours?"""

import dataclasses

import numpy as np

from gemel.emulator.faults.base import AbstractAilment, Ailments, Hit, refuse_outside


@dataclasses.dataclass(frozen=True)
class DeadCell(AbstractAilment):
    """Off the air; whom it served must find another cell by themselves.

    silent:  nobody is told by an alarm
    """

    silent: bool = False

    def ails(self, ailments: Ailments, hit: Hit) -> Ailments:
        off_air = np.asarray(ailments.off_air) | hit.cell
        return dataclasses.replace(ailments, off_air=off_air)


@dataclasses.dataclass(frozen=True)
class SleepingCell(AbstractAilment):
    """Up, and heard as ever, but it admits nobody and carries nothing; no alarm."""

    def ails(self, ailments: Ailments, hit: Hit) -> Ailments:
        closed = np.asarray(ailments.closed) | hit.cell
        return dataclasses.replace(ailments, closed=closed)


@dataclasses.dataclass(frozen=True)
class WeakAmplifier(AbstractAilment):
    """Sends less than it says.

    loss_db:  of what is sent, 0.1 to 60
    """

    loss_db: float = 6.0

    def __post_init__(self):
        refuse_outside("loss_db", self.loss_db, 0.1, 60.0)

    def ails(self, ailments: Ailments, hit: Hit) -> Ailments:
        more_db = np.where(hit.cell, self.loss_db, 0.0).astype(np.float32)
        lost_db = np.asarray(ailments.gain_loss_db) + more_db
        return dataclasses.replace(ailments, gain_loss_db=lost_db)


@dataclasses.dataclass(frozen=True)
class WrongNeighbours(AbstractAilment):
    """A neighbour list that does not fit the place; felt where handovers are lived
    one by one.

    forgotten:  share of its entries that are missing, 0 to 1
    mistaken:   share of its entries that name another cell, 0 to 1
    """

    forgotten: float = 0.5
    mistaken: float = 0.0

    def __post_init__(self):
        refuse_outside("forgotten", self.forgotten, 0.0, 1.0)
        refuse_outside("mistaken", self.mistaken, 0.0, 1.0)
        refuse_outside(
            "forgotten + mistaken", self.forgotten + self.mistaken, 1e-3, 1.0
        )

    def ails(self, ailments: Ailments, hit: Hit) -> Ailments:
        def worse(share: np.ndarray, own: float) -> np.ndarray:
            there = np.where(hit.cell, own, 0.0).astype(np.float32)
            return np.maximum(np.asarray(share), there)

        return dataclasses.replace(
            ailments,
            forgotten_share=worse(np.asarray(ailments.forgotten_share), self.forgotten),
            mistaken_share=worse(np.asarray(ailments.mistaken_share), self.mistaken),
        )
