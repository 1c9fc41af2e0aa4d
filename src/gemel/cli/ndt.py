"""How does a management system ask the twin, by TS 28.561?"""

import contextlib
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from gemel.cli.columns import Columns
from gemel.cli.compiled import keep_compiled
from gemel.cli.frame import AsJson, LogLevel, Seed, print_json
from gemel.cli.outputs import refuse_outputs
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


def ndt_command(
    scenario: ScenarioName = None,
    job: Annotated[
        Path | None,
        typer.Option("--job", metavar="JOB.json", help="What is asked: an NDTJob."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="REPORT.json", help="The NDTReport; without it on stdout."
        ),
    ] = None,
    function: Annotated[
        bool, typer.Option("--function", help="Print the NDTFunction: what is served.")
    ] = False,
    hour: Annotated[
        float, typer.Option(help="Of the day, when it begins.", min=0.0, max=23.75)
    ] = 20.0,
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
    """Run a job of 3GPP TS 28.561 on the twin: JSON in, JSON out.

    Served are the verification of configurations and of events, and the prediction of
    risky actions; `--function` lists them. maxRuntime of a job is in seconds.
    """
    # What is checked fast comes first: JAX alone takes seconds to import.
    place = place_of(scenario, seed, data, sites, form, operator, columns, model)
    if function == (job is not None):
        said = "both are given" if function else "neither is given"
        raise InterfaceError(
            f"give either --job JOB.json or --function; {said}. "
            "A job is one NDTJob of TS 28.561."
        )
    from gemel.interfaces.standards.ts28561 import encode

    if job is None:
        from gemel.scenarios.ndt.job import function as ours

        print_json(encode(ours()))
        return
    from gemel.interfaces.standards.ts28561 import read_job

    refuse_outputs(out)
    asked = read_job(job)
    from gemel.scenarios.ndt.job import read_question, run_job

    plan = place.plan()
    read_question(asked, plan.inventory)
    keep_compiled()
    with (
        no_longer_than(asked.max_runtime, asked.id),
        patience() as ctrl_c,
        progress_bar() as bar,
    ):
        tell = ctrl_c.remind(bar)
        report = encode(run_job(plan, asked, hour, seed, tell))
    if out is None:
        print_json(report)
        return
    from gemel.interfaces.management.files import write_whole

    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(out, f"{text}\n".encode())
    if as_json:
        print_json({"report": str(out)})
    else:
        typer.echo(f"Report: {out}")


@contextlib.contextmanager
def no_longer_than(limit_s: int | None, job: str) -> Iterator[None]:
    """InterfaceError, wherever the work inside may be, when its time is over.

    Only a main thread can be stopped like that; elsewhere `run_job` itself looks at the
    clock between its steps.
    """
    here = threading.current_thread() is threading.main_thread()
    if limit_s is None or not here:
        yield
        return

    def over(number: int, frame: FrameType | None) -> None:
        raise InterfaceError(
            f"job {job} was stopped: its maxRuntime of {limit_s} s is over. Allow "
            "more, or ask about a smaller network."
        )

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
