"""What do people want of the network, and is it so?

Names, conditions and defaults are those of 3GPP TS 28.312, Rel-19 (TS28312_IntentNrm
and TS28312_IntentExpectations). Reading and writing its JSON is the business of
`interfaces/standards/ts28312.py`.
"""

import dataclasses
import math
from typing import TypeVar

import jax
import numpy as np

from gemel.errors import ScenarioError
from gemel.network.kpi import HIGH_LOAD_PERCENT, LOW_THROUGHPUT_KBPS

# Condition of TS28312_IntentNrm -> does a higher value help?, is the threshold inside?
CONDITIONS = {
    "IS_LESS_THAN": (False, False),
    "IS_GREATER_THAN": (True, False),
    "IS_EQUAL_TO_OR_LESS_THAN": (False, True),
    "IS_EQUAL_TO_OR_GREATER_THAN": (True, True),
}

Value = TypeVar("Value", float, np.ndarray, jax.Array)


@dataclasses.dataclass(frozen=True)
class TargetKind:
    """What we know about one target name of TS 28.312.

    unit:               of threshold and value
    condition:          the one that the standard's own schema pairs with the name
    per_day:            judged once on the day's sum, not in every period
    ratio:              a share of all cells in percent: a threshold lies in 0..100
    context:            the contextAttribute that carries a second threshold, or None
    context_condition:  its contextCondition
    context_default:    our second threshold where the target brings none
    context_unit:       of the second threshold
    """

    unit: str
    condition: str
    per_day: bool = False
    ratio: bool = False
    context: str | None = None
    context_condition: str | None = None
    context_default: float | None = None
    context_unit: str = ""


# Every number of network/kpi.py, and nothing that we cannot measure.
TARGETS = {
    "AveDLRANUEThpt": TargetKind("kbit/s", "IS_GREATER_THAN"),
    "LowDLRANUEThptRatio": TargetKind(
        "%",
        "IS_LESS_THAN",
        ratio=True,
        context="LowDLRANUEThptThreshold",
        context_condition="IS_LESS_THAN",
        context_default=LOW_THROUGHPUT_KBPS,
        context_unit="kbit/s",
    ),
    "AveDLPrbLoad": TargetKind("%", "IS_LESS_THAN", ratio=True),
    "HighDLPrbLoadRatio": TargetKind(
        "%",
        "IS_LESS_THAN",
        ratio=True,
        context="HighDLPrbLoadThreshold",
        # The standard's schema gives this context IS_LESS_THAN too, although the
        # ratio counts the cells above it.
        context_condition="IS_LESS_THAN",
        context_default=HIGH_LOAD_PERCENT,
        context_unit="%",
    ),
    "RANEnergyConsumption": TargetKind("kWh", "IS_LESS_THAN", per_day=True),
}


@dataclasses.dataclass(frozen=True)
class Target:
    """One number and the side of a threshold on which it has to lie.

    name:               targetName, a key of TARGETS
    condition:          targetCondition, a key of CONDITIONS
    threshold:          targetValueRange, in the unit of TARGETS
    weight:             preferenceWeight, a whole number 0..10
    context_threshold:  of the targetContext; None stands for our default
    expectation:        expectationId of the expectation that the target belongs to
    """

    name: str
    condition: str
    threshold: float
    weight: float = 1.0
    context_threshold: float | None = None
    expectation: str = "1"

    def __post_init__(self):
        if self.name not in TARGETS:
            raise ScenarioError(
                f"{self.name!r} is no target that gemel can judge. "
                f"Known targets: {', '.join(TARGETS)}."
            )
        if self.condition not in CONDITIONS:
            raise ScenarioError(
                f"target {self.name} has the condition {self.condition!r}, which is "
                f"not supported for it. Use one of {', '.join(CONDITIONS)}."
            )
        if not self.expectation.strip():
            raise ScenarioError(
                f"target {self.name} belongs to an expectation without a name. "
                "Name it, e.g. '1'."
            )
        kind = TARGETS[self.name]
        if not (self.threshold >= 0.0 and math.isfinite(self.threshold)):
            raise ScenarioError(
                f"target {self.name} has the threshold {self.threshold}. "
                f"Give a finite number of {kind.unit}, 0 or more."
            )
        if kind.ratio and self.threshold > 100.0:
            raise ScenarioError(
                f"target {self.name} has the threshold {self.threshold} %, but nothing "
                "exceeds 100 %. Give a percentage from 0 to 100."
            )
        if not (0.0 <= self.weight <= 10.0 and self.weight == int(self.weight)):
            raise ScenarioError(
                f"target {self.name} has the weight {self.weight}. "
                "Give a whole number from 0 to 10."
            )
        if self.context_threshold is None:
            return
        if kind.context is None:
            raise ScenarioError(
                f"target {self.name} has no second threshold, but was given "
                f"{self.context_threshold}. Leave it out."
            )
        if not (self.context_threshold >= 0 and math.isfinite(self.context_threshold)):
            raise ScenarioError(
                f"target {self.name} has {kind.context} {self.context_threshold}. "
                f"Give a number of {kind.context_unit}, 0 or more."
            )

    @property
    def counted_against(self) -> float | None:
        """The second threshold, ours where none was given; None for a plain target."""
        if self.context_threshold is not None:
            return self.context_threshold
        return TARGETS[self.name].context_default


@dataclasses.dataclass(frozen=True)
class Intent:
    """What one person or service wants, whole.

    id:                    of the managed object
    user_label:            userLabel, in the words of whoever wants it
    targets:               all of them must hold (Selectivity ALL_OF); the targets of
                           one expectation stand together, no name comes twice
    priority:              intentPriority, 1..100
    observation_period_s:  observationPeriod, in seconds
    report_reference:      intentReportReference, a distinguished name
    object_instance:       own distinguished name; None derives one from the id
    """

    id: str
    user_label: str
    targets: tuple[Target, ...]
    priority: int = 1
    observation_period_s: int = 900
    report_reference: str = "SubNetwork=1,IntentHandlingFunction=1,IntentReport=1"
    object_instance: str | None = None

    def __post_init__(self):
        texts = {
            "id": self.id,
            "user_label": self.user_label,
            "report_reference": self.report_reference,
            "object_instance": self.reference,
        }
        if blank := [name for name, text in texts.items() if not text.strip()]:
            raise ScenarioError(
                f"intent {self.id!r} has an empty {', '.join(blank)}. Write a text."
            )
        if not self.targets:
            raise ScenarioError(
                f"intent {self.id!r} has no target. Give it one, "
                f"e.g. one of {', '.join(TARGETS)}."
            )
        names = [target.name for target in self.targets]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ScenarioError(
                f"intent {self.id!r} has two targets called {', '.join(twice)}. "
                "Keep one of them."
            )
        owners = [target.expectation for target in self.targets]
        runs = [o for i, o in enumerate(owners) if i == 0 or owners[i - 1] != o]
        if len(runs) != len(set(runs)):
            raise ScenarioError(
                f"intent {self.id!r} mixes the targets of its expectations: {owners}. "
                "Put the targets of one expectation side by side."
            )
        if not 1 <= self.priority <= 100:
            raise ScenarioError(
                f"intent {self.id!r} has the priority {self.priority}. "
                "Give a whole number from 1 to 100."
            )
        if self.observation_period_s <= 0:
            raise ScenarioError(
                f"intent {self.id!r} is observed every {self.observation_period_s} s. "
                "Give a whole number of seconds above 0, e.g. 900."
            )

    @property
    def reference(self) -> str:
        """The distinguished name under which reports speak of this intent."""
        if self.object_instance is not None:
            return self.object_instance
        return f"SubNetwork=1,IntentHandlingFunction=1,Intent={self.id}"


@dataclasses.dataclass(frozen=True)
class TargetResult:
    """How one target fared; achieved is None where nothing was measured."""

    fulfilled: bool
    achieved: float | None = None


def met(target: Target, value: float) -> bool:
    """Does the value lie on the target's side? What is unknown (NaN) is not met."""
    higher_helps, threshold_inside = CONDITIONS[target.condition]
    if threshold_inside and value == target.threshold:
        return True
    return value > target.threshold if higher_helps else value < target.threshold


def headroom(target: Target, value: Value) -> Value:
    """How far inside the threshold: positive when met, negative when missed.

    In the unit of the target; exactly 0 on the threshold, which is met only where the
    condition says IS_EQUAL_TO_OR. Takes a number or an array of any shape.
    """
    higher_helps, _ = CONDITIONS[target.condition]
    return value - target.threshold if higher_helps else target.threshold - value
