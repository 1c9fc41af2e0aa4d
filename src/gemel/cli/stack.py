"""Which functions of a protocol stack does a flow need, and what do they cost it?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json
from gemel.cli.progress import progress_bar

if TYPE_CHECKING:
    from gemel.scenarios.stack_comparison import Comparison

stack = typer.Typer(
    help="Protocol stacks, composed of functions per flow.", add_completion=False
)


@stack.callback()
def group() -> None:
    """A callback keeps `compare` a subcommand while it is the only one."""


@stack.command()
def compare(
    flow: Annotated[
        str, typer.Option(help="E.g. control, motion, sensor, voice or video.")
    ] = "control",
    profile: Annotated[
        list[str] | None,
        typer.Option(help="classic, lean or instant; may be repeated. [all]"),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            help="A function for every profile, with its number where it has one, e.g. "
            "repetition=3; may be repeated. A wrong one lists all that are known."
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="A function to leave out, e.g. arq; may be repeated."),
    ] = None,
    direction: Annotated[
        Literal["ul", "dl"], typer.Option(help="Uplink or downlink.")
    ] = "ul",
    pattern: Annotated[
        str, typer.Option(help="Of the slots, e.g. DDDSU; D is FDD.")
    ] = "D",
    scs_khz: Annotated[int, typer.Option(help="15, 30, 60 or 120.")] = 30,
    sinr_db: Annotated[float, typer.Option(help="Mean, after combining.")] = 15.0,
    fading: Annotated[
        Literal["none", "rayleigh", "rician"], typer.Option(help="Of the link.")
    ] = "rayleigh",
    branches: Annotated[
        int, typer.Option(help="Receiving antennas that fade apart.")
    ] = 4,
    doppler_hz: Annotated[float, typer.Option(help="The largest.")] = 10.0,
    load: Annotated[
        float,
        typer.Option(help="Share of the occasions that others take, each by chance."),
    ] = 0.3,
    prb: Annotated[int, typer.Option(help="Resource blocks there are.")] = 273,
    packets: Annotated[
        int, typer.Option(min=1, help="At least, of each profile.")
    ] = 10_000_000,
    out: Annotated[
        Path | None, typer.Option(help="Folder for picture and numbers, a new one.")
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Header overhead, delay, reliability and resources of each profile for one flow.

    Beside each number stands what no protocol could do better. Resources are counted in
    resource-element groups: one resource block during one symbol.
    """
    from gemel.emulator.stack import Air, compose, flow_named
    from gemel.scenarios.stack_comparison import compare as compare_stacks
    from gemel.scenarios.stack_comparison import composed

    # What is wrong is said before anything is made or computed.
    flow_named(flow)
    profiles = composed(tuple(profile or ()), tuple(add or ()), tuple(without or ()))
    for one in profiles.values():
        compose(one)
    air = Air(
        scs_khz=scs_khz,
        pattern=pattern,
        direction=direction,
        sinr_db=sinr_db,
        fading=fading,
        branches=branches,
        doppler_hz=doppler_hz,
        load=load,
        prb=prb,
    )
    from gemel.report.folder import claim_folder, release_folder

    folder = None if out is None else claim_folder(out, "stack")
    try:
        if folder is not None:
            from gemel.report.stack import refuse_overwriting

            refuse_overwriting(folder)
        keep_compiled()
        with progress_bar() as tell:
            result = compare_stacks(flow, profiles, air, packets, seed, tell)
        picture = None if folder is None else _written(result, folder)
    finally:
        if folder is not None:
            release_folder(folder)  # it stays if something is in it
    if as_json:
        print_json(result.as_json())
    else:
        _print(result, picture)


def _written(result: "Comparison", folder: Path) -> Path:
    """The picture and the numbers are in the folder; the way to the picture."""
    from gemel.report.stack import stack_picture, write_comparison

    picture = stack_picture(result.title, result.flow.budget_ms, result.results)
    return write_comparison(folder, picture, result.as_json())


def _print(result: "Comparison", picture: Path | None) -> None:
    from rich.console import Console

    from gemel.report.stack import print_stacks

    console = Console(highlight=False)
    console.print(result.title, style="bold", markup=False)
    console.print(
        f"{result.results[0].packets:,} packets of each stack, load "
        f"{result.air.load:g}, seed {result.seed}"
    )
    console.print()
    print_stacks(result.results, console)
    if picture is not None:
        console.print()
        console.print(f"Picture: {picture}", soft_wrap=True, markup=False)
