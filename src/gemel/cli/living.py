"""How is a stand-in network lived, and what goes wrong in it, as the user says it?"""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from gemel.emulator.faults.schedule import FaultSchedule

TempoName = Literal["flow", "tick", "slot"]
Tempo = Annotated[
    TempoName,
    typer.Option(
        help="Of the stand-in network. flow: what people get on average. tick: with "
        "the timers of handover and sleep, ten times a second. slot: every slot, "
        "packet and transport block."
    ),
]
Duty = Annotated[
    float | None,
    typer.Option(
        metavar="D",
        help="Share of every report period that --tempo slot lives slot by slot, in "
        "whole ten seconds; the rest by ticks. [1]",
    ),
]
Faults = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|standard",
        help="What goes wrong, and when: a TOML schedule, or the one that is shipped.",
    ),
]


def share_of(tempo: TempoName, duty: float | None) -> float:
    """The duty meant. A usage error where slots are not lived at all."""
    if duty is None:
        return 1.0
    if tempo != "slot":
        raise typer.BadParameter(
            "goes only with --tempo slot. Leave it out.", param_hint="--duty"
        )
    return duty


def schedule_of(faults: str | None) -> "FaultSchedule | None":
    """The schedule meant. Raises InterfaceError for what is wrong with a file."""
    if faults is None:
        return None
    from gemel.interfaces.tables.faults import schedule_named

    return schedule_named(faults)
