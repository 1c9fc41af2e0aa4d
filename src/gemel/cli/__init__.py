"""Which commands are there?"""

import os
import sys
from typing import Annotated

import typer

from gemel.cli.attenuation import attenuation
from gemel.cli.bench import bench
from gemel.cli.calibrate import calibrate_command
from gemel.cli.calibration import calibration
from gemel.cli.data import data
from gemel.cli.emulate import emulate_command
from gemel.cli.energy_models import calibrate_energy_command, predict_energy_command
from gemel.cli.fidelity import fidelity_command
from gemel.cli.frame import INTERRUPTED, Level, own_version, run, use_log_level
from gemel.cli.history import history_command
from gemel.cli.history_replay import replay_command
from gemel.cli.load_forecast import forecast_command
from gemel.cli.ndt import ndt_command
from gemel.cli.pathloss import pathloss
from gemel.cli.predict import predict_command
from gemel.cli.running import run_command
from gemel.cli.scenarios import scenarios
from gemel.cli.stack import stack
from gemel.cli.what_if import what_if_command

# What a command needs is imported inside it: `gemel --help` must not wait for JAX.
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def print_version(asked: bool) -> bool:
    if asked:
        typer.echo(f"gemel {own_version()}")
        raise typer.Exit
    return asked


@app.callback()
def gemel(
    log_level: Annotated[
        Level,
        typer.Option(callback=use_log_level, help="What to tell on stderr, and up."),
    ] = "warning",
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=print_version,
            is_eager=True,  # before a missing command is noticed
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """A live twin of a mobile network, which tries every change on itself first."""


app.command()(scenarios)
app.command()(pathloss)
app.command()(calibration)
app.add_typer(attenuation, name="attenuation")
app.add_typer(data, name="data")
app.add_typer(bench, name="bench")
app.add_typer(stack, name="stack")
app.command("run")(run_command)
app.command("emulate")(emulate_command)
app.command("what-if")(what_if_command)
app.command("calibrate")(calibrate_command)
app.command("predict")(predict_command)
app.command("history")(history_command)
app.command("replay")(replay_command)
app.command("fidelity")(fidelity_command)
app.command("ndt")(ndt_command)
app.command("calibrate-energy")(calibrate_energy_command)
app.command("predict-energy")(predict_energy_command)
app.command("forecast")(forecast_command)


def main() -> None:
    """The entry point: run the command line and leave with its exit code."""
    code = run(app, sys.argv[1:])
    if code == INTERRUPTED:
        # Threads of compiled code are still at work, and crash where the interpreter is
        # taken down beneath them.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
