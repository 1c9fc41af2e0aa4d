"""How are numbers, times, conditions and the day itself said to people?"""

import math
from collections.abc import Iterable

from gemel.report.results import DayResult, TargetOutcome

# The conditions of TS 28.312 that a target may carry, in words that read aloud.
CONDITIONS = {
    "IS_LESS_THAN": "below",
    "IS_GREATER_THAN": "above",
    "IS_EQUAL_TO_OR_LESS_THAN": "at most",
    "IS_EQUAL_TO_OR_GREATER_THAN": "at least",
}

OPTIMISTIC = (
    "This is optimistic: the stand-in network and the twin share a step, "
    "so the twin knows the physics of what it predicts."
)


def optimism(result: DayResult) -> tuple[str, ...]:
    """The line that a trial carries; a live network shares nothing with the twin."""
    return () if result.one_life else (OPTIMISTIC,)


def figures(value: float) -> str:
    """A number with as many digits as people read; what is not finite is n/a."""
    if not math.isfinite(value):
        return "n/a"
    size = abs(value)
    digits = 0 if size >= 1_000 or value == int(value) else 1 if size >= 10 else 2
    return f"{value:,.{digits}f}"


def with_unit(value: float, unit: str) -> str:
    """A number and its unit; a number that is not known has none."""
    said = figures(value)
    return f"{said} {unit}" if unit and said != "n/a" else said


def percent(value: float) -> str:
    """A share of a hundred, with one digit behind the point."""
    return f"{value:.1f} %" if math.isfinite(value) else "n/a"


def change_percent(value: float) -> str:
    """A change by a share of a hundred, with its sign."""
    return f"{value:+.1f} %" if math.isfinite(value) else "n/a"


def clock(elapsed_s: float) -> str:
    """Time since the start, as hours and minutes."""
    minutes = round(elapsed_s / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def demand(target: TargetOutcome) -> str:
    """What the target asks for, e.g. "at least 5,000 kbit/s"."""
    words = CONDITIONS.get(target.condition, target.condition)
    return f"{words} {with_unit(target.threshold, target.unit)}"


def shown_once(lines: Iterable[str]) -> list[str]:
    """Every line the first time it appears, in order."""
    return list(dict.fromkeys(lines))


def _verdict(target: TargetOutcome) -> str:
    if target.per_day:
        achieved = with_unit(target.day_achieved, target.unit)
        return f"{target.name} was {achieved}, not {demand(target)}"
    minutes = figures(target.violation_minutes)
    return f"{target.name} was violated for {minutes} min"


def headline(result: DayResult) -> tuple[str, str]:
    """What happened in two sentences: the saving; the intent, and what failed."""
    saved = result.saving_percent
    energy = (
        f"and saved {percent(saved)} of the radio units' energy"
        if saved >= 0
        else f"and used {percent(-saved)} more energy in the radio units"
        if math.isfinite(saved)
        else "but its saving is not known"
    )
    hours = f"{figures(result.hours)} h"
    when = f"until interrupted after {hours}" if result.interrupted else f"for {hours}"
    failed = [target for target in result.targets if not target.fulfilled]
    intent = (
        "The intent was not fulfilled: " + ", ".join(map(_verdict, failed))
        if failed
        else "The intent was fulfilled so far"
        if result.targets and result.interrupted
        else "The intent was fulfilled"
        if result.targets
        else "No intent was given"
    )
    return f"The network ran itself {when} {energy}.", f"{intent}."
