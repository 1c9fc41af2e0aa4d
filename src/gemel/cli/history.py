"""What is in a history, and how does a recording get into one?"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gemel.cli.frame import AsJson, LogLevel, Seed, print_json, warn

if TYPE_CHECKING:
    from gemel.interfaces.stores.history_contents import Contents
    from gemel.interfaces.stores.history_duckdb import DuckHistory

Kind = Literal["reports", "beliefs", "forecasts", "decisions", "inventory", "samples"]
DAYS = 86_400.0

Store = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Keep reports, beliefs, forecasts, decisions and settings there: a "
        "folder, or any address that fsspec knows. Goes on where it exists.",
    ),
]
Retention = Annotated[
    float | None,
    typer.Option(
        "--keep-days",
        metavar="DAYS",
        help="How far back --store remembers, from now on. [all of it]",
    ),
]


def opened(store: str | None, keep_days: float | None) -> "DuckHistory | None":
    """The history to write to, if any. Raises InterfaceError where that cannot be."""
    if store is None:
        if keep_days is not None:
            raise typer.BadParameter(
                "goes only with --store. Leave it out.", param_hint="--keep-days"
            )
        return None
    from gemel.interfaces.stores.history_duckdb import DuckHistory

    if keep_days is not None and not keep_days > 0.0:
        raise typer.BadParameter(
            f"{keep_days:g} days would keep nothing. Give more than 0.",
            param_hint="--keep-days",
        )
    history = DuckHistory(store, None if keep_days is None else keep_days * DAYS)
    _tell_spoilt(store, history)
    return history


def history_command(
    store: Annotated[str, typer.Argument(metavar="DIR", help="Of the history.")],
    kind: Annotated[
        Kind | None, typer.Option(help="Tell of this kind name by name.")
    ] = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Say what a history holds: what, how much, from when to when, what is spoilt."""
    from gemel.interfaces.stores.history_contents import clock, contents_of, names_of
    from gemel.interfaces.stores.history_duckdb import DuckHistory

    history = DuckHistory(store, writing=False)
    found = contents_of(history) if kind is None else names_of(history, kind)
    if as_json:
        print_json(_as_json(store, kind, history, found))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(kind or "kind")
    middle = ("files", "bytes") if kind is None else ("cells", "present")
    for title in ("rows", *middle, "from", "to"):
        table.add_column(title, justify="right")
    for each in found:
        table.add_row(
            each.name,
            f"{each.rows:,}",
            *(
                (_count(each.files), _count(each.size))
                if kind is None
                else (_count(each.cells), _share(each.present))
            ),
            clock(history, each.since_s),
            clock(history, each.until_s),
        )
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(table)
    kept = history.retention_s
    console.print(
        "\nEverything is kept."
        if kept is None
        else f"\nWhat is older than {kept / DAYS:g} days is let go."
    )
    folder = kind or "reports"
    line = f"SELECT DISTINCT * FROM '{store}/kind={folder}/*.parquet'"
    console.print(f'Anybody reads it: duckdb -c "{line}"', style="dim")
    _tell_spoilt(store, history)


def _tell_spoilt(store: str, history: "DuckHistory") -> None:
    for name, why in history.unreadable.items():
        warn(f"{store}/{name} is passed over: {why}")


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _share(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.1f} %"


def _as_json(
    store: str,
    kind: str | None,
    history: "DuckHistory",
    found: "tuple[Contents, ...]",
) -> dict[str, Any]:
    import dataclasses

    rows = [
        {
            key: value
            for key, value in dataclasses.asdict(each).items()
            if value is not None
        }
        for each in found
    ]
    return {
        "store": store,
        "monday": None if history.monday is None else history.monday.isoformat(),
        "retention_s": history.retention_s,
        "kinds" if kind is None else kind: rows,
        "unreadable": history.unreadable,
    }
