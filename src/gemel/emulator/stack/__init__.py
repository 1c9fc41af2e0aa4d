"""Which functions carry a flow's packets, and at what cost?"""

from gemel.emulator.stack.air import Air
from gemel.emulator.stack.base import AbstractFunction
from gemel.emulator.stack.flows import Flow, flow_named, flow_names
from gemel.emulator.stack.plan import Plan
from gemel.emulator.stack.profiles import (
    FUNCTIONS,
    PROFILES,
    Profile,
    compose,
    function_named,
    profile_named,
    rules_of,
    with_function,
    without_function,
)
from gemel.emulator.stack.rules import FlowRules
from gemel.emulator.stack.trial import Carried, carry

__all__ = [
    "FUNCTIONS",
    "PROFILES",
    "AbstractFunction",
    "Air",
    "Carried",
    "Flow",
    "FlowRules",
    "Plan",
    "Profile",
    "carry",
    "compose",
    "flow_named",
    "flow_names",
    "function_named",
    "profile_named",
    "rules_of",
    "with_function",
    "without_function",
]
