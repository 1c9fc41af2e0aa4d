"""How does every command behave: options, logs, output, errors and exit codes?

0    done
1    the answer is no: an intent was not fulfilled, a check failed
2    bad input or environment: one line on stderr says what, where and the next move
3    a bug of ours: the crash file is named on stderr
130  interrupted

A command returns its exit code, or nothing for 0. Results go to stdout, all else to
stderr.
"""

import json
import logging
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Literal

import typer

from gemel.errors import GemelError

DONE = 0
THE_ANSWER_IS_NO = 1
BAD_INPUT = 2
BUG = 3
INTERRUPTED = 130

Level = Literal["debug", "info", "warning", "error"]


def use_log_level(level: str | None) -> str | None:
    """Send what `gemel.*` logs from this level on to stderr; None changes nothing."""
    if level is None:
        return None
    from rich.console import Console
    from rich.logging import RichHandler

    ours = logging.getLogger("gemel")
    ours.setLevel(level.upper())
    if not any(isinstance(handler, RichHandler) for handler in ours.handlers):
        console = Console(stderr=True)
        ours.addHandler(RichHandler(console=console, show_path=False))
    return level


LogLevel = Annotated[
    Level | None,
    typer.Option(
        "--log-level", callback=use_log_level, help="What to tell on stderr, and up."
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON object on stdout.")
]
Seed = Annotated[
    int,
    typer.Option("--seed", min=0, help="Of every random draw: same seed, same result."),
]


def print_json(answer: dict[str, Any]) -> None:
    """The one JSON object of --json. NaN is no JSON: give None for what is unknown."""
    typer.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False))


def own_version() -> str:
    """The version that is installed."""
    try:
        return version("gemel")
    except PackageNotFoundError:
        return "unknown: not installed, run from its source"


def run(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Nothing but that comes out."""
    try:
        command = typer.main.get_command(app)
        words = list(arguments) or ["--help"]
        code = command.main(words, prog_name="gemel", standalone_mode=False)
        # Now, while a full disk or a closed pipe can still be told.
        sys.stdout.flush()
    except typer.TyperException as error:  # a usage error
        context = getattr(error, "ctx", None)
        complaint = one_line(error.format_message()).rstrip(".")
        say(f"{complaint}. {_how_to_get_help(context)}")
        return BAD_INPUT
    except GemelError as error:
        say(one_line(str(error)))
        return BAD_INPUT
    except (BrokenPipeError, SystemExit):
        # The reader, `head` for one, has seen enough; rich leaves by SystemExit then.
        _let_go_of_stdout()
        return BAD_INPUT
    except OSError as error:
        _let_go_of_stdout()
        where = f"{error.filename}: " if error.filename else ""
        say(one_line(f"{where}{error.strerror or error}. Mend that and run again."))
        return BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted.")
        return INTERRUPTED
    except Exception as error:
        say(f"this is a bug: {one_line(repr(error))}. {_crash_file(arguments)}")
        return BUG
    if code == INTERRUPTED:
        say("interrupted.")
    return code or DONE


def say(message: str) -> None:
    """One line on stderr."""
    print(f"gemel: {message}", file=sys.stderr)


def warn(message: str) -> None:
    """One line on stderr, unless --log-level asks for errors only."""
    if logging.getLogger("gemel.cli").isEnabledFor(logging.WARNING):
        say(one_line(f"warning: {message}"))


def one_line(text: str) -> str:
    """The text without line breaks; file names and peers may bring them along."""
    return " ".join(text.split())


def _how_to_get_help(context: Any) -> str:
    path = context.command_path if context is not None else "gemel"
    return f"See `{path} --help`."


def _let_go_of_stdout() -> None:
    """Keep Python from trying again, and complaining, when the process ends."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())


def _crash_file(arguments: Sequence[str]) -> str:
    """Write down what we would need to mend it, and say where."""
    report = (
        f"gemel {own_version()}, Python {platform.python_version()}, "
        f"{platform.platform()}\n"
        f"command line: {list(arguments)}\n\n{traceback.format_exc()}"
    )
    try:
        handle, path = tempfile.mkstemp(prefix="gemel-crash-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(report)
    except OSError as error:
        return f"No crash file could be written ({error}); it would say:\n{report}"
    return f"Please report it with {path}."
