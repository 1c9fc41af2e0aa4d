"""How long do a phone and a base station think about a block?

TS 38.214 clauses 5.3 and 6.4: a phone answers a block N1 symbols after its end, and
sends a block N2 symbols after the end of the grant. As the self-evaluation of NR does
(TR 37.910 clause 5.7.1), half of N1 goes to decoding and half to the answer, half of N2
to preparing a block, and a base station takes as long as a phone. Capability 2 ends at
60 kHz; above, every phone has capability 1.
"""

import csv
import functools
import importlib.resources
from typing import NamedTuple

from gemel.errors import ScenarioError

SOURCE = "processing_38214.csv"


class Processing(NamedTuple):
    """All in symbols, and halves of symbols.

    n1:  from the end of a block to the start of its answer
    n2:  from the end of a grant to the start of the block
    """

    n1: float
    n2: float

    @property
    def decode(self) -> float:
        """From the end of a block to its content."""
        return 0.5 * self.n1

    @property
    def prepare(self) -> float:
        """From a content to the start of its block."""
        return 0.5 * self.n2


@functools.cache
def _symbols() -> dict[str, float]:
    source = importlib.resources.files("gemel.emulator.stack") / SOURCE
    with source.open(encoding="utf-8") as lines:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(lines)}


def processing(capability: int, scs_khz: int) -> Processing:
    """Of this capability, 1 or 2; ScenarioError for a spacing without any."""
    rows = _symbols()
    for key in (f"{capability}.{scs_khz}", f"1.{scs_khz}"):
        if f"n1.{key}" in rows:
            return Processing(rows[f"n1.{key}"], rows[f"n2.{key}"])
    known = sorted({int(name.split(".")[2]) for name in rows})
    raise ScenarioError(
        f"TS 38.214 has no processing time at {scs_khz} kHz. Choose one of {known}."
    )
