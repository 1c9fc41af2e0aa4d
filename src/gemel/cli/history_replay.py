"""How does a recording get into a history?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gemel.cli.frame import AsJson, LogLevel, Seed, print_json
from gemel.cli.history import Retention, opened

if TYPE_CHECKING:
    from gemel.interfaces.networks.arrivals import Arrivals

SHOWN = 10  # of what went wrong; --json tells more


def replay_command(
    recording: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="PM files (XML of either standard, .gz or not), tables of "
            "measurements (CSV or Parquet), drive tests; or one such file.",
        ),
    ],
    store: Annotated[
        str,
        typer.Option(
            metavar="DIR", help="The history; made, or gone on with where it exists."
        ),
    ],
    keep_days: Retention = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Put a recording into a history, and say what became of every report.

    Late, repeated, reordered, missing and corrupt reports are normal.
    """
    from gemel.interfaces.networks.recorded_loading import read_recording, replay

    found = read_recording(recording)
    history = opened(store, keep_days)
    assert history is not None
    with history:
        kept = replay(found, history)
    if as_json:
        print_json(
            {
                "recording": str(recording),
                "store": store,
                "monday": None if found.monday is None else found.monday.isoformat(),
                "files": _as_json(found.arrivals),
                "rows": _as_json(kept),
            }
        )
        return
    typer.echo(f"reports: {found.arrivals.said()}")
    typer.echo(f"rows for {store}: {kept.said()}")
    for story in found.arrivals.stories[:SHOWN]:
        typer.echo(f"  {story.fate}: {story.what}: {story.why}")
    more = sum(found.arrivals.counts.values()) - found.arrivals.counts["whole"] - SHOWN
    if more > 0:
        typer.echo(f"  and {more} more; --json tells of up to a hundred")


def _as_json(arrivals: "Arrivals") -> dict[str, Any]:
    return {
        "counts": {fate: many for fate, many in arrivals.counts.items() if many},
        "stories": [
            {"fate": each.fate, "what": each.what, "why": each.why}
            for each in arrivals.stories
        ],
    }
