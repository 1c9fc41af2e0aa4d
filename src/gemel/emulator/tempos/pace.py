"""Which part of its time does a stand-in live by flows, by ticks and slot by slot?"""

import dataclasses

from gemel.emulator.tempos.engine import Engine
from gemel.emulator.tempos.seconds import TEMPOS, Tempo
from gemel.errors import ScenarioError


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

    def tempo_at(self, elapsed_s: float) -> Tempo:
        """The tempo of the seconds that begin now."""
        if self.tempo != "slot" or self.duty >= 1.0:
            return self.tempo
        within = elapsed_s % self.period_s
        return "slot" if within < self.duty * self.period_s else "tick"
