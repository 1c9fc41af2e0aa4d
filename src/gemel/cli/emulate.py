"""How does a stand-in network come up as a server that anybody can manage?"""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from gemel.cli.columns import Columns
from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json
from gemel.cli.living import Duty, Faults, Tempo, schedule_of, share_of
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

SpeedName = Literal["real", "max"]


def emulate_command(
    scenario: ScenarioName = None,
    port: Annotated[
        int, typer.Option(help="Of this machine; 0: any free one.", min=0, max=65_535)
    ] = 8081,
    speed: Annotated[
        SpeedName,
        typer.Option(
            help="real: as time goes. max: as fast as it can, but after every period "
            "it waits until all subscribers have answered."
        ),
    ] = "real",
    period: Annotated[float, typer.Option(help="Of a report, in seconds.")] = 900.0,
    history: Annotated[
        int | None,
        typer.Option(help="Periods before the start with reports. [a day]", min=0),
    ] = None,
    wait_for: Annotated[
        int, typer.Option(help="Start the clock with so many subscribers.", min=0)
    ] = 0,
    state: Annotated[
        Path | None,
        typer.Option(help="Folder in which it survives being killed; made if need be."),
    ] = None,
    tempo: Tempo = "flow",
    duty: Duty = None,
    faults: Faults = None,
    data: DataFolder = None,
    sites: SitesFile = None,
    form: SitesFormat = None,
    operator: Operator = None,
    columns: Columns = None,
    model: ModelFile = None,
    as_json: AsJson = False,
    seed: Seed = 0,
    log_level: LogLevel = None,
) -> None:
    """Serve a stand-in network: TS 28.532, 28.541 and 28.572 over HTTP.

    Prints its address when it can be asked, and lives until Ctrl-C (exit code 130).
    """

    def ready(address: str) -> None:
        if as_json:
            print_json({"address": address})
        else:
            typer.echo(address)
        sys.stdout.flush()

    # What is checked fast comes first: JAX alone takes seconds to import.
    share = share_of(tempo, duty)
    place = place_of(scenario, seed, data, sites, form, operator, columns, model)
    from gemel.scenarios.emulation import EmulationOptions, emulate

    options = EmulationOptions(
        port=port,
        speed=speed,
        period_s=period,
        history=history,
        wait_for=wait_for,
        seed=seed,
        state=state,
        faults=schedule_of(faults),
        tempo=tempo,
        duty=share,
    )
    options.door()
    plan = place.plan()
    keep_compiled()
    with progress_bar() as tell:
        emulate(plan, options, ready, tell)
