"""How does a network get through a day by itself? The main job."""

import dataclasses
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemel.cli.columns import Columns
from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import (
    INTERRUPTED,
    THE_ANSWER_IS_NO,
    AsJson,
    LogLevel,
    Seed,
    print_json,
)
from gemel.cli.history import Retention, Store, opened
from gemel.cli.living import Duty, Faults, Tempo, TempoName, schedule_of, share_of
from gemel.cli.patience import patience
from gemel.cli.places import (
    DataFolder,
    ModelFile,
    Operator,
    ScenarioName,
    SitesFile,
    SitesFormat,
    place_of,
)
from gemel.cli.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from gemel.autonomy.intents import Intent
    from gemel.interfaces.stores.history_duckdb import DuckHistory
    from gemel.report.results import DayResult
    from gemel.scenarios.plan import WorldPlan
    from gemel.scenarios.trial import Progress

    Live = Callable[[WorldPlan, Progress, DuckHistory | None], DayResult]


def run_command(
    scenario: ScenarioName = None,
    hours: Annotated[
        float,
        typer.Option(
            help="Of network time, from midnight on, in whole quarters.",
            min=0.25,
            max=24.0,
        ),
    ] = 24.0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results, a new one. [gemel-SCENARIO]"),
    ] = None,
    intent: Annotated[
        Path | None, typer.Option(help="What to hold: TS 28.312 JSON.")
    ] = None,
    oracle: Annotated[
        bool, typer.Option("--oracle", help="Also search what was possible (slow).")
    ] = False,
    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            metavar="URL",
            help="Run the live network there, whose cells are the scenario's.",
        ),
    ] = None,
    tempo: Tempo = "flow",
    duty: Duty = None,
    faults: Faults = None,
    store: Store = None,
    keep_days: Retention = None,
    data: DataFolder = None,
    sites: SitesFile = None,
    form: SitesFormat = None,
    operator: Operator = None,
    columns: Columns = None,
    model: ModelFile = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> int | None:
    """Live one weekday twice, with autonomy and without, and say what it gained.

    With --network a live network is run instead, from its next report on; it has one
    life, so the gain is told against the twin's forecast.

    The exit code is 1 if the intent was not fulfilled.
    """
    # What is checked fast comes first: JAX alone takes seconds to import.
    if network is not None:
        _refuse_with_network(oracle, tempo, faults)
    share = share_of(tempo, duty)
    place = place_of(scenario, seed, data, sites, form, operator, columns, model)
    from gemel.report.folder import claim_folder, release_folder, write_results

    folder = claim_folder(out, place.name)
    history = None
    try:
        wanted = None
        if intent is not None:
            from gemel.interfaces.standards.ts28312 import read_intent

            wanted = read_intent(intent)
        live = _looked_after(network, seed, hours, wanted)
        if live is None:
            live = _lived(seed, hours, wanted, oracle, tempo, share, faults)
        plan = place.plan()
        history = opened(store, keep_days)  # last of all: nothing is written in vain
        keep_compiled()
        with patience() as ctrl_c, progress_bar() as tell:
            result = live(plan, ctrl_c.wrap(tell), history)
            ctrl_c.waits = True
            write_results(result, folder)
    except BaseException:
        release_folder(folder)
        raise
    finally:
        if history is not None:
            history.close()
    if as_json:
        from gemel.report.summary import as_json as summary

        print_json(summary(result))
    else:
        from rich.console import Console

        from gemel.report.summary import print_table

        console = Console(highlight=False)
        print_table(result, console)
        path = folder / "report.html"
        console.print(f"\nReport: {path}", soft_wrap=True, markup=False)
    if result.interrupted or ctrl_c.asked:
        return INTERRUPTED
    return None if result.fulfilled else THE_ANSWER_IS_NO


def _refuse_with_network(oracle: bool, tempo: TempoName, faults: str | None) -> None:
    """What only a stand-in has."""
    if oracle:
        raise typer.BadParameter(
            "knows the truth, which no live network tells. Leave it out.",
            param_hint="--oracle",
        )
    for option, given in (("--tempo", tempo != "flow"), ("--faults", faults)):
        if given:
            raise typer.BadParameter(
                "is the stand-in's, and a live network has its own way to live. "
                "Leave it out.",
                param_hint=option,
            )


def _lived(
    seed: int,
    hours: float,
    intent: "Intent | None",
    oracle: bool,
    tempo: TempoName,
    duty: float,
    faults: str | None,
) -> "Live":
    """Live in a world twice."""
    from gemel.scenarios.trial import DayOptions, live_a_day

    options = DayOptions(
        seed=seed,
        hours=hours,
        intent=intent,
        oracle=oracle,
        command=_command(),
        tempo=tempo,
        duty=duty,
        faults=schedule_of(faults),
    )
    return lambda plan, tell, history: live_a_day(
        plan, dataclasses.replace(options, history=history), tell
    )


def _looked_after(
    network: str | None, seed: int, hours: float, intent: "Intent | None"
) -> "Live | None":
    """Run the network at an address, if there is one."""
    if network is None:
        return None
    from gemel.interfaces.networks.live_door import Door
    from gemel.scenarios.live_day import LiveOptions, look_after

    door = Door(network)  # an address that is none is refused before any work
    door.knock()
    wish = LiveOptions(seed, hours, intent, _command())
    return lambda plan, tell, history: look_after(
        plan, network, dataclasses.replace(wish, history=history), tell, door
    )


def _command() -> str | None:
    """What the user typed; None where gemel was called by code."""
    words = sys.argv[1:]
    return shlex.join(["gemel", *words]) if "run" in words else None
