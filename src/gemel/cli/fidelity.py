"""How good is the twin now, and what may it be trusted with?"""

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
    warn,
)
from gemel.cli.outputs import refuse_outputs, typed
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
from gemel.errors import InterfaceError

if TYPE_CHECKING:
    from gemel.twin.fidelity.fidelity import Fidelity


def fidelity_command(
    scenario: ScenarioName = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="DIR",
            help="History to judge, as `gemel run --store DIR` keeps it.",
        ),
    ] = None,
    window: Annotated[
        float,
        typer.Option(
            help="Hours before the newest report that are judged.", min=0.25, max=8_784
        ),
    ] = 24.0,
    hours: Annotated[
        float | None,
        typer.Option(
            help="Of network time that a scenario is lived, in whole quarters. [24]",
            min=0.25,
            max=72.0,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="PAGE.html", help="Write a page with pictures."),
    ] = None,
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
    """Hold the twin's forecasts against the reports that came.

    With --store what a network left behind is judged; with a scenario the twin first
    watches it for some hours. The exit code is 1 while a drift alarm stands.
    """
    if store is not None:
        if scenario is not None or sites is not None:
            raise typer.BadParameter(
                "holds a network's history, so no scenario is lived. Leave one out.",
                param_hint="--store",
            )
        for option, value in (
            ("--hours", hours),
            ("--data", data),
            ("--format", form),
            ("--operator", operator),
            ("--columns", columns),
            ("--model", model),
        ):
            if value is not None:
                raise typer.BadParameter(
                    "goes only with a scenario; of a store give --window. Leave it "
                    "out.",
                    param_hint=option,
                )
    refuse_outputs(report)
    interrupted = False
    if store is not None:
        told, name = _of_store(store, window), Path(store).name
    else:
        place = place_of(scenario, seed, data, sites, form, operator, columns, model)
        from gemel.scenarios.fidelity_living import WatchOptions, watch
        from gemel.twin.fidelity.fidelity import fidelity
        from gemel.twin.history import MemoryHistory

        options = WatchOptions(seed, 24.0 if hours is None else hours)
        plan, name, history = place.plan(), place.name, MemoryHistory()
        keep_compiled()
        with patience() as ctrl_c, progress_bar() as tell:
            now_s, interrupted = watch(plan, options, history, ctrl_c.wrap(tell))
        told = fidelity(history, now_s, window * 3_600.0)
    if report is not None:
        from gemel.interfaces.management.files import write_whole
        from gemel.report.fidelity_page import render_fidelity

        page = render_fidelity(told, name, typed("fidelity"))
        write_whole(report, page.encode("utf-8"))
    if as_json:
        from gemel.report.fidelity import as_json as summary

        print_json(summary(told))
    else:
        from rich.console import Console

        from gemel.report.fidelity import print_fidelity

        console = Console(highlight=False, markup=False)
        print_fidelity(told, console)
        if report is not None:
            console.print(f"\nReport: {report}", soft_wrap=True)
    if interrupted:
        return INTERRUPTED
    return THE_ANSWER_IS_NO if told.standing else None


def _of_store(store: str, window_h: float) -> "Fidelity":
    """Raises InterfaceError for a store that cannot be read or has nothing to judge."""
    from gemel.interfaces.stores.history_duckdb import DuckHistory
    from gemel.twin.fidelity.fidelity import fidelity, newest_s
    from gemel.world.demand import HOUR_S

    history = DuckHistory(store, writing=False)
    last_s = max((file.until_s for file in history.files("reports")), default=0.0)
    # The newest periods alone tell what time it is.
    now_s = newest_s(history, last_s)
    told = fidelity(history, now_s, window_h * HOUR_S)
    for name, why in history.unreadable.items():
        warn(f"{name} of {store} was passed over: {why}")
    if not len(told.pairs):
        raise InterfaceError(
            f"{store} holds no forecast of the last {window_h:g} h that a report came "
            "for. Fill it with `gemel run SCENARIO --store DIR`, or give --window."
        )
    return told
