"""Which column of a table is meant, when its names are not ours?"""

from typing import Annotated

import typer

Columns = Annotated[
    str | None,
    typer.Option(help="Names in the table, ours=theirs, e.g. lat=Latitude,lon=Lng."),
]


def renamed(columns: str | None) -> dict[str, str] | None:
    """Our column names to the file's, from `ours=theirs,ours=theirs`.

    Raises a usage error where the text is not of that form.
    """
    if columns is None:
        return None
    pairs = [[name.strip() for name in pair.split("=")] for pair in columns.split(",")]
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise typer.BadParameter(
            f"{columns!r} is not of the form ours=theirs,ours=theirs. "
            "Write e.g. lat=Latitude,lon=Longitude.",
            param_hint="--columns",
        )
    ours = [name for name, _ in pairs]
    if twice := [name for name in ours if ours.count(name) > 1]:
        raise typer.BadParameter(
            f"{columns!r} gives {twice[0]} two names. Leave one out.",
            param_hint="--columns",
        )
    return {name: theirs for name, theirs in pairs}
