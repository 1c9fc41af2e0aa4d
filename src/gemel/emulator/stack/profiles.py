"""Which functions make a stack, and what comes out when they are composed?"""

import dataclasses
import functools

from gemel.emulator.stack.base import AbstractFunction
from gemel.emulator.stack.ciphering import Ciphering
from gemel.emulator.stack.copies import Duplication, Repetition
from gemel.emulator.stack.grants import ConfiguredGrant, SchedulingRequest
from gemel.emulator.stack.header_compression import HeaderCompression
from gemel.emulator.stack.in_order import InOrder
from gemel.emulator.stack.layers import ClassicLayers, MergedLayers
from gemel.emulator.stack.plan import Plan
from gemel.emulator.stack.processing import processing
from gemel.emulator.stack.quick import FastProcessing, MiniSlot
from gemel.emulator.stack.retransmission import Arq, Harq
from gemel.emulator.stack.rules import FlowRules
from gemel.emulator.stack.segmentation import Segmentation
from gemel.errors import ScenarioError

FUNCTIONS: dict[str, type[AbstractFunction]] = {
    "classic_layers": ClassicLayers,
    "merged_layers": MergedLayers,
    "header_compression": HeaderCompression,
    "ciphering": Ciphering,
    "in_order": InOrder,
    "segmentation": Segmentation,
    "arq": Arq,
    "harq": Harq,
    "scheduling_request": SchedulingRequest,
    "configured_grant": ConfiguredGrant,
    "mini_slot": MiniSlot,
    "fast_processing": FastProcessing,
    "repetition": Repetition,
    "duplication": Duplication,
}

Profile = tuple[AbstractFunction, ...]

PROFILES: dict[str, Profile] = {
    # As NR carries data that must arrive: acknowledged, in order, on request.
    "classic": (
        ClassicLayers(),
        Ciphering(),
        InOrder(),
        Segmentation(),
        Arq(),
        Harq(),
        SchedulingRequest(),
    ),
    # One header, and HARQ is trusted: what it gives up is gone.
    "lean": (
        MergedLayers(),
        HeaderCompression(),
        Ciphering(),
        Segmentation(),
        Harq(),
        SchedulingRequest(),
    ),
    # Nobody asks and nobody answers: robust at once, or too late anyway.
    "instant": (
        MergedLayers(),
        HeaderCompression(),
        Ciphering(),
        Segmentation(),
        ConfiguredGrant(),
        MiniSlot(),
        FastProcessing(),
        Repetition(),
    ),
}


def profile_named(name: str) -> Profile:
    """Raises ScenarioError, with all names, for one that is not there."""
    if name not in PROFILES:
        raise ScenarioError(
            f"there is no profile {name!r}. Choose one of {', '.join(PROFILES)}."
        )
    return PROFILES[name]


def _class_named(name: str) -> type[AbstractFunction]:
    if name not in FUNCTIONS:
        raise ScenarioError(
            f"there is no function {name!r}. Choose from {', '.join(FUNCTIONS)}."
        )
    return FUNCTIONS[name]


def function_named(words: str) -> AbstractFunction:
    """`repetition`, or `repetition=3` with its main number; ScenarioError if neither.

    The main number is the first field of the function.
    """
    name, equals, number = words.partition("=")
    function = _class_named(name)
    fields = dataclasses.fields(function)
    if not equals:
        return function()
    if not fields:
        raise ScenarioError(f"{name} takes no number, not {number!r}. Leave it out.")
    try:
        value = int(number) if fields[0].type is int else float(number)
    except ValueError as error:
        raise ScenarioError(
            f"{fields[0].name} of {name} is {number!r}, which is no such number. "
            f"Give e.g. {name}={fields[0].default}."
        ) from error
    return function(**{fields[0].name: value})


def with_function(profile: Profile, added: AbstractFunction) -> Profile:
    """In the place of one of the same kind, or at the end."""
    kept = tuple(function for function in profile if type(function) is not type(added))
    return (*kept, added)


def without_function(profile: Profile, name: str) -> Profile:
    """ScenarioError if there is no such function, or it is not in the profile."""
    unwanted = _class_named(name)
    kept = tuple(function for function in profile if type(function) is not unwanted)
    if len(kept) == len(profile):
        raise ScenarioError(
            f"{name} is not in this profile, so it cannot be left out. "
            "Leave out --without, or choose another profile."
        )
    return kept


def compose(profile: Profile) -> Plan:
    """Join all functions; ScenarioError where two contradict each other."""
    kinds = {type(function) for function in profile}
    for one, other in (
        (ClassicLayers, MergedLayers),
        (SchedulingRequest, ConfiguredGrant),
    ):
        if {one, other} <= kinds:
            raise ScenarioError(
                f"a profile has {one.__name__} or {other.__name__}, not both. "
                "Leave one out."
            )
    return functools.reduce(lambda plan, function: function.join(plan), profile, Plan())


def rules_of(
    profile: Profile,
    scs_khz: int = 30,
    ip_byte: float = 40.0,
    payload_byte: float = 100.0,
) -> FlowRules:
    """What a slot must know of a flow that is carried like this.

    ip_byte:       of the IP, UDP and RTP headers before compression
    payload_byte:  of a usual packet; ciphering takes longer for a larger one
    """
    plan = compose(profile)
    thinking = processing(plan.capability, scs_khz)
    slot_ms = 15.0 / scs_khz
    symbols = thinking.prepare + thinking.decode
    return FlowRules(
        header_byte=plan.header_byte(ip_byte) + plan.block_byte[0],
        arq=plan.more_rounds > 0,
        most_transmissions=plan.most_transmissions,
        configured_grant=plan.grant_period_symbols is not None,
        repetitions=plan.repetitions,
        cells=plan.cells,
        in_order=plan.in_order,
        processing_ms=symbols * slot_ms / 14 + 2.0 * plan.ciphering_ms(payload_byte),
        symbols=plan.symbols,
    )
