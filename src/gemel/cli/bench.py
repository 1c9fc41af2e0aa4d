"""How fast is gemel here, at one job that others can be held against?"""

from typing import Annotated, Literal

import typer

from gemel.cli.frame import AsJson, LogLevel, Seed, print_json

bench = typer.Typer(help="One benchmark on this machine.", add_completion=False)


@bench.callback()
def group() -> None:
    """A callback keeps `coupled` a subcommand while it is the only one."""


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
