"""How does a network get through a day by itself? The main job."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from gemel.cli.frame import INTERRUPTED, AsJson, LogLevel, Seed, print_json
from gemel.cli.places import (
    Columns,
    DataFolder,
    Operator,
    ScenarioName,
    SitesFile,
    SitesFormat,
    plan_of,
)
from gemel.cli.progress import progress_bar


def run_command(
    scenario: ScenarioName = None,
    hours: Annotated[
        float, typer.Option(help="Of network time, from midnight on; at most 24.")
    ] = 24.0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results, a new one.")
    ] = None,
    intent: Annotated[
        Path | None, typer.Option(help="What to hold: TS 28.312 JSON.")
    ] = None,
    oracle: Annotated[
        bool, typer.Option("--oracle", help="Also search what was possible (slow).")
    ] = False,
    data: DataFolder = None,
    sites: SitesFile = None,
    form: SitesFormat = "csv",
    operator: Operator = None,
    columns: Columns = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> int | None:
    """Live one weekday twice, with autonomy and without, and say what it gained."""
    from gemel.report.folder import claim_folder, release_folder, write_results
    from gemel.report.summary import as_json as summary
    from gemel.report.summary import print_table
    from gemel.scenarios.trial import DayOptions, live_a_day

    command = "gemel run " + " ".join(shlex.quote(word) for word in _words())
    wanted = None
    if intent is not None:
        from gemel.interfaces.standards.ts28312 import read_intent

        wanted = read_intent(intent)
    options = DayOptions(
        seed=seed, hours=hours, intent=wanted, oracle=oracle, command=command
    )
    plan = plan_of(scenario, seed, data, sites, form, operator, columns)
    folder = claim_folder(out, plan.name)
    try:
        with progress_bar() as tell:
            result = live_a_day(plan, options, tell)
        write_results(result, folder)
    except BaseException:
        release_folder(folder)
        raise
    if as_json:
        print_json(summary(result))
    else:
        from rich.console import Console

        console = Console(highlight=False)
        print_table(result, console)
        console.print(f"\nReport: {folder / 'report.html'}", soft_wrap=True)
    return INTERRUPTED if result.interrupted else None


def _words() -> list[str]:
    """What the user typed after `gemel run`; nothing where gemel was called by code."""
    words = sys.argv[1:]
    return words[words.index("run") + 1 :] if "run" in words else []
