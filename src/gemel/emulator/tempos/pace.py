"""Which part of its time does a stand-in live by flows, by ticks and slot by slot?"""

import dataclasses

from gemel.emulator.tempos.engine import Engine
from gemel.emulator.tempos.seconds import TEMPOS, Tempo
from gemel.errors import ScenarioError

PART_MS = 200  # in which ticks of slots, of 40 ms, and of flows, of 100 ms, both end


@dataclasses.dataclass(frozen=True)
class Pace:
    """The tempo, and what it needs beside the network.

    duty:      share of every report period lived slot by slot, the rest by ticks; only
               at the tempo of slots
    period_s:  of reports
    engine:    None at the tempo of flows
    """

    tempo: Tempo = "flow"
    duty: float = 1.0
    period_s: float = 900.0
    engine: Engine | None = None

    def __post_init__(self):
        if self.tempo not in TEMPOS:
            raise ScenarioError(
                f"tempo {self.tempo!r} is unknown; choose one of {', '.join(TEMPOS)}."
            )
        if not 0.0 < self.duty <= 1.0:
            raise ScenarioError(
                f"a duty of {self.duty:g} is no share of a period; give more than 0 "
                "and at most 1."
            )

    def parts_of(self, elapsed_s: float, chunk_s: int) -> list[tuple[Tempo, int]]:
        """How the seconds that begin now are lived: tempo and milliseconds, in order.

        Every period begins with as many slots as its share says, to PART_MS and at
        least one of those: reports of all periods are alike.
        """
        chunk_ms = 1_000 * chunk_s
        if self.tempo != "slot" or self.duty >= 1.0:
            return [(self.tempo, chunk_ms)]
        slots_ms = PART_MS * max(1, round(1e3 * self.duty * self.period_s / PART_MS))
        within_ms = round(1e3 * (elapsed_s % self.period_s))
        by_slots = min(max(slots_ms - within_ms, 0), chunk_ms)
        parts: list[tuple[Tempo, int]] = [
            ("slot", by_slots),
            ("tick", chunk_ms - by_slots),
        ]
        return [part for part in parts if part[1] > 0]
