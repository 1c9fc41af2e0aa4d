"""How may a report fail to arrive as it was sent?"""

import dataclasses

import numpy as np
from jaxtyping import Bool

from gemel.emulator.faults.base import (
    AbstractReportFault,
    ReportHarm,
    refuse_outside,
)

LONGEST_S = 86_400.0
MOST_COPIES = 10
MOST_FLIPS = 10_000

Cells = Bool[np.ndarray, " cell"]


@dataclasses.dataclass(frozen=True)
class LateReport(AbstractReportFault):
    """It arrives, but not when the period ends.

    late_s:  by how much, up to a day
    share:   of the periods, above 0
    """

    late_s: float = 1_200.0
    share: float = 1.0

    def __post_init__(self):
        refuse_outside("late_s", self.late_s, 1.0, LONGEST_S)
        refuse_outside("share", self.share, 1e-6, 1.0)

    def harms(self, harm: ReportHarm, cell: Cells, luck: float) -> ReportHarm:
        cell = cell & (luck < self.share)
        late_s = np.maximum(harm.late_s, np.where(cell, self.late_s, 0.0))
        return dataclasses.replace(harm, late_s=late_s)


@dataclasses.dataclass(frozen=True)
class LostReport(AbstractReportFault):
    """It never arrives.

    share:  of the periods, above 0
    """

    share: float = 1.0

    def __post_init__(self):
        refuse_outside("share", self.share, 1e-6, 1.0)

    def harms(self, harm: ReportHarm, cell: Cells, luck: float) -> ReportHarm:
        cell = cell & (luck < self.share)
        return dataclasses.replace(harm, lost=harm.lost | cell)


@dataclasses.dataclass(frozen=True)
class DuplicateReport(AbstractReportFault):
    """It arrives again.

    copies:  how many times more, 1 to 10
    share:   of the periods, above 0
    """

    copies: int = 1
    share: float = 1.0

    def __post_init__(self):
        refuse_outside("copies", self.copies, 1, MOST_COPIES)
        refuse_outside("share", self.share, 1e-6, 1.0)

    def harms(self, harm: ReportHarm, cell: Cells, luck: float) -> ReportHarm:
        cell = cell & (luck < self.share)
        copies = np.maximum(harm.copies, np.where(cell, float(self.copies), 0.0))
        return dataclasses.replace(harm, copies=copies)


@dataclasses.dataclass(frozen=True)
class CorruptReport(AbstractReportFault):
    """It arrives as something else.

    flips:  bytes that arrive as others, 0 to 10,000
    kept:   share of the bytes that arrive before the rest is cut off, 0 to 1
    share:  of the periods, above 0
    """

    flips: int = 8
    kept: float = 1.0
    share: float = 1.0

    def __post_init__(self):
        refuse_outside("flips", self.flips, 0, MOST_FLIPS)
        refuse_outside("kept", self.kept, 0.0, 1.0)
        refuse_outside("share", self.share, 1e-6, 1.0)
        if self.kept == 1.0:  # else nothing would be corrupt
            refuse_outside("flips", self.flips, 1, MOST_FLIPS)

    def harms(self, harm: ReportHarm, cell: Cells, luck: float) -> ReportHarm:
        cell = cell & (luck < self.share)
        flips = np.maximum(harm.flips, np.where(cell, float(self.flips), 0.0))
        kept = np.minimum(harm.kept, np.where(cell, self.kept, 1.0))
        return dataclasses.replace(harm, flips=flips, kept=kept)


@dataclasses.dataclass(frozen=True)
class ClockSkew(AbstractReportFault):
    """The element's clock is wrong, and so is every time it writes.

    ahead_s:  by how much; negative where it is behind; a day at most
    share:    of the periods, above 0
    """

    ahead_s: float = 60.0
    share: float = 1.0

    def __post_init__(self):
        refuse_outside("ahead_s", self.ahead_s, -LONGEST_S, LONGEST_S)
        refuse_outside("size of ahead_s", abs(self.ahead_s), 1e-3, LONGEST_S)
        refuse_outside("share", self.share, 1e-6, 1.0)

    def harms(self, harm: ReportHarm, cell: Cells, luck: float) -> ReportHarm:
        cell = cell & (luck < self.share)
        skew_s = harm.skew_s + np.where(cell, self.ahead_s, 0.0)
        return dataclasses.replace(harm, skew_s=skew_s)
