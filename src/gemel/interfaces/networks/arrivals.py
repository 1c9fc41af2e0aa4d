"""What became of the reports that were to come, in the same words for every network?"""

import collections
import dataclasses
import logging

log = logging.getLogger("gemel.interfaces.networks.arrivals")

FATES = {
    "whole": "came in its turn",
    "late": "came when its period had been given up",
    "reordered": "came after one of a later period",
    "again": "came again and said the same",
    "corrected": "came again and said otherwise; the later counts",
    "skewed": "came from a clock that was off; put into the nearest period",
    "missing": "never came",
    "corrupt": "came and could not be read",
    "stranger": "came and was not about this network or its periods",
}
MOST_STORIES = 100  # are kept; all are counted


@dataclasses.dataclass(frozen=True)
class Story:
    """One report that did not come as it should."""

    fate: str
    what: str
    why: str


class Arrivals:
    """Counts; nothing that happens to a report is fatal.

    Every report has one fate; that its clock was off, or that a copy of it followed,
    counts beside.

    stories:  of those that were not whole, the first so many
    """

    def __init__(self):
        self.counts: collections.Counter[str] = collections.Counter()
        self.stories: list[Story] = []

    def count(self, fate: str, what: str = "", why: str = "", many: int = 1) -> None:
        """This became of a report, or of `many`."""
        if fate not in FATES:
            raise ValueError(f"there is no fate {fate!r}. Use one of {tuple(FATES)}.")
        if many < 1:
            return
        self.counts[fate] += many
        if fate == "whole":
            return
        if what:
            log.info("%s %s%s", what, FATES[fate], f": {why}" if why else "")
        if what and len(self.stories) < MOST_STORIES:
            self.stories.append(Story(fate, what, why or FATES[fate]))

    def add(self, other: "Arrivals") -> None:
        """What was counted elsewhere."""
        self.counts.update(other.counts)
        self.stories += other.stories[: MOST_STORIES - len(self.stories)]

    def said(self) -> str:
        """One line, e.g. "95 whole, 1 missing"."""
        told = [f"{self.counts[fate]} {fate}" for fate in FATES if self.counts[fate]]
        return ", ".join(told) or "none"
