"""What does one function of a protocol stack do to the plan it joins?

A function is a frozen configuration; what it costs in delay, overhead and reliability
is what it writes into the plan. The order in which functions join does not matter.
"""

import abc
import dataclasses

from gemel.emulator.stack.plan import Plan
from gemel.errors import ScenarioError


@dataclasses.dataclass(frozen=True)
class AbstractFunction(abc.ABC):
    """One function, with its parameters as fields; the first field is the main one."""

    @abc.abstractmethod
    def join(self, plan: Plan) -> Plan:
        """The plan with this function in it."""


def refuse_below(function: AbstractFunction, field: str, least: int | float) -> None:
    """ScenarioError unless this field is a number from `least` on."""
    value = getattr(function, field)
    if not value >= least or value == float("inf"):
        raise ScenarioError(
            f"{field} of {type(function).__name__} is {value}; it must be {least} or "
            f"more. Give e.g. {type(function)()!r}."
        )
