"""How fast is gemel here, at one job that others can be held against?"""

from typing import Annotated, Literal

import typer

from gemel.cli.frame import AsJson, LogLevel, Seed, print_json

bench = typer.Typer(help="One benchmark on this machine.", add_completion=False)


@bench.callback()
def group() -> None:
    """What is measured stands in the commands."""


@bench.command()
def coupled(
    cells: Annotated[
        int, typer.Option(min=2, help="Three at a site; the last site may have fewer.")
    ] = 1_000,
    users: Annotated[int, typer.Option(min=1, help="All over the sites.")] = 10_000,
    physics: Annotated[
        Literal["full", "crrm"],
        typer.Option(
            help="full: UMa with line of sight by chance, shadows, tilted antennas, "
            "loads that settle. crrm: what CRRM 2.0 assumes by default."
        ),
    ] = "full",
    link_rate: Annotated[
        Literal["attenuated", "gap", "tables"],
        typer.Option(
            help="From SINR to bits: the bound of TR 36.942, the bound closest to the "
            "MCS tables of TS 38.214, or the tables themselves."
        ),
    ] = "attenuated",
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """A coupled state of a whole network: candidates, association, loads, throughput.

    It is computed twice; the first time compiles, the second one is `seconds`.
    """
    import dataclasses

    from gemel.cli.progress import progress_bar
    from gemel.scenarios.coupled import time_coupled

    with progress_bar() as tell:
        timing = time_coupled(cells, users, physics, seed, link_rate, tell)
    if as_json:
        print_json(dataclasses.asdict(timing))
        return
    typer.echo(f"{timing.cells:,} cells, {timing.users:,} users, physics {physics}")
    for name, value, unit in (
        ("compiling", timing.compile_s, "s"),
        ("candidates", timing.candidates_s, "s"),
        ("coupling", timing.coupling_s, "s"),
        ("after compiling", timing.seconds, "s"),
        ("links tried", timing.links_per_s / 1e6, "million a second"),
        ("peak memory", timing.peak_memory_gib, "GiB"),
    ):
        typer.echo(f"{name:16}{value:10.3f} {unit}")


@bench.command()
def emulator(
    cells: Annotated[
        int, typer.Option(min=2, help="Three at a site; the last site may have fewer.")
    ] = 57,
    users: Annotated[
        int | None,
        typer.Option(min=1, help="All over the sites; ten a cell if nothing is said."),
    ] = None,
    seconds: Annotated[
        int, typer.Option(min=1, help="Of network time, lived twice.")
    ] = 5,
    duplex: Annotated[
        Literal["tdd", "fdd"],
        typer.Option(help="tdd: slots DDDSU. fdd: both directions in every slot."),
    ] = "tdd",
    tempo: Annotated[
        Literal["slot", "tick", "flow"],
        typer.Option(
            help="slot: every slot. tick: every 100 ms, rates from flows. flow: every "
            "second."
        ),
    ] = "slot",
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """The stand-in network at one of its tempos: 100 MHz at 3.5 GHz, mixed traffic.

    It is lived twice; the first time compiles, the second one is `wall_s`.
    """
    import dataclasses

    from gemel.cli.progress import progress_bar
    from gemel.scenarios.slot_bench import time_emulator

    with progress_bar() as tell:
        timing = time_emulator(cells, users, seconds, duplex, tempo, seed, tell)
    if as_json:
        print_json(dataclasses.asdict(timing))
        return
    typer.echo(
        f"{timing.cells:,} cells, {timing.users:,} users, {duplex}, tempo {tempo}, "
        f"{seconds} s of network time"
    )
    for name, value, unit in (
        ("compiling", timing.compile_s, "s"),
        ("living", timing.wall_s, "s"),
        ("real time", timing.real_time_factor, "times"),
        ("slots", timing.slots_per_s, "a second"),
        ("cells and slots", timing.cell_slots_per_s / 1e6, "million a second"),
        ("peak memory", timing.peak_memory_gib, "GiB"),
    ):
        typer.echo(f"{name:16}{value:12.3f} {unit}")


@bench.command("what-if")
def what_if(
    candidates: Annotated[
        int, typer.Option(min=1, help="Changes to try: sleep, power and tilt in turn.")
    ] = 64,
    samples: Annotated[
        int, typer.Option(min=1, help="Of the belief, each with its own people.")
    ] = 32,
    cells: Annotated[
        int, typer.Option(min=6, help="Six at a site, on two carriers.")
    ] = 500,
    users: Annotated[
        int, typer.Option(min=12, help="Imagined in every sample; two a cell or more.")
    ] = 10_000,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Every change on every sample of a belief: one steady period each.

    It is asked twice; the first time compiles, the second one is `seconds`.
    """
    import dataclasses

    from gemel.cli.progress import progress_bar
    from gemel.scenarios.what_if_bench import time_what_if

    with progress_bar() as tell:
        timing = time_what_if(candidates, samples, cells, users, seed, tell)
    if as_json:
        print_json(dataclasses.asdict(timing))
        return
    typer.echo(
        f"{timing.candidates:,} candidates, {timing.samples:,} samples, "
        f"{timing.cells:,} cells, {timing.users:,} users, mean load "
        f"{timing.mean_load:.2f}"
    )
    for name, value, unit in (
        ("compiling", timing.compile_s, "s"),
        ("after compiling", timing.seconds, "s"),
        ("residual", 1e3 * timing.residual, "thousandths of load"),
        ("peak memory", timing.peak_memory_gib, "GiB"),
    ):
        typer.echo(f"{name:16}{value:10.3f} {unit}")
