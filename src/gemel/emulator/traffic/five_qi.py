"""How urgent is a flow, and how much of it may be late or lost?

TS 23.501, table 5.7.4-1. The delay budget is from end to end; what of it the core takes
(clause 5.7.3.4) is not taken off here.
"""

import csv
import dataclasses
import functools
import importlib.resources
from typing import Literal

from gemel.errors import ScenarioError

SOURCE = "five_qi.csv"
Resource = Literal["GBR", "non-GBR", "delay-critical GBR"]


@dataclasses.dataclass(frozen=True)
class FiveQi:
    """One row of the table.

    priority:         1 goes first
    delay_budget_ms:  a delay-critical packet later than this is lost
    error_rate:       share of packets that may be lost
    burst_byte:       that must be carried within the budget; 0 where none is named
    """

    number: int
    resource: Resource
    priority: int
    delay_budget_ms: float
    error_rate: float
    burst_byte: int = 0

    @property
    def guaranteed(self) -> bool:
        """Whether a bit rate is kept for the flow."""
        return self.resource != "non-GBR"

    @property
    def delay_critical(self) -> bool:
        """Whether what is late counts as lost."""
        return self.resource == "delay-critical GBR"


@functools.cache
def five_qis() -> dict[int, FiveQi]:
    """All rows, by number."""
    columns: dict[int, dict[str, str]] = {}
    source = importlib.resources.files("gemel.emulator.traffic") / SOURCE
    with source.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            number, column = row["name"].split(".")
            columns.setdefault(int(number), {})[column] = row["value"]
    return {
        number: FiveQi(
            number,
            row["resource"],  # type: ignore[arg-type]  # beartype checks it in tests
            int(row["priority"]),
            float(row["delay_budget"]),
            float(row["error_rate"]),
            int(row.get("burst", 0)),
        )
        for number, row in columns.items()
    }


def five_qi(number: int) -> FiveQi:
    """One row.

    Raises ScenarioError if the table has no such row here.
    """
    known = five_qis()
    if number not in known:
        raise ScenarioError(
            f"5QI {number} is not known; known are {', '.join(map(str, known))}."
        )
    return known[number]
