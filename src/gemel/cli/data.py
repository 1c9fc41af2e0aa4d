"""How does real data get from its official source into the cache?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.frame import AsJson, LogLevel, Seed, print_json

data = typer.Typer(help="Real data from its official source.", add_completion=False)


@data.callback()
def group() -> None:
    """A callback keeps `get` a subcommand while it is the only one."""


@data.command()
def get(
    name: Annotated[str, typer.Argument(help="Of the data set, e.g. paris.")],
    cache: Annotated[
        Path | None, typer.Option(help="Folder to keep it in.", file_okay=False)
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Of the official file, if it has moved.")
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Load it again though it is here.")
    ] = False,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Load a data set into the cache and print where it lies."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    from gemel.interfaces.downloads import DATASETS, get_dataset

    shown = Progress(
        TextColumn("loading"),
        BarColumn(),
        DownloadColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with shown:
        bar = shown.add_task(name, total=None)
        path = get_dataset(
            name,
            cache=cache,
            url=url,
            refresh=refresh,
            progress=lambda got, total: shown.update(bar, completed=got, total=total),
        )
    attribution = DATASETS[name].attribution
    if as_json:
        print_json({"name": name, "path": str(path), "attribution": attribution})
        return
    typer.echo(path)
    typer.echo(attribution, err=True)
