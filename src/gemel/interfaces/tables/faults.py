"""Which faults does a schedule file ask for, and what is wrong with the file?

TOML, one `[[fault]]` an entry: kind, where, begins_s, lasts_s, count, and what the kind
itself knows. `as_toml` writes what `read_schedule` reads.
"""

import dataclasses
import importlib.resources
import tomllib
from pathlib import Path
from typing import Any

from gemel.emulator.faults import FAULTS
from gemel.emulator.faults.base import AnyFault
from gemel.emulator.faults.schedule import Fault, FaultSchedule
from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.tables.rows import shown

SCHEMA_VERSION = 1
STANDARD = "standard"
LARGEST_BYTES = 2**20
COMMON = {"kind": str, "where": tuple, "begins_s": float, "lasts_s": float}
COMMON |= {"count": int}
KINDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def schedule_named(name: str) -> FaultSchedule:
    """The shipped schedule if the name is STANDARD, else the file of that name."""
    if name != STANDARD:
        return read_schedule(Path(name))
    shipped = importlib.resources.files("gemel.emulator.faults")
    path = shipped.joinpath("standard.toml")
    return schedule_from(path.read_text("utf-8"), "standard.toml")


def read_schedule(path: Path) -> FaultSchedule:
    """A schedule file. Raises InterfaceError, in one line, for whatever is wrong."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InterfaceError(
                f"{path} has more than a mebibyte, which is no schedule of faults. "
                "Give a TOML file with [[fault]] entries."
            )
        return schedule_from(path.read_text("utf-8"), str(path))
    except UnicodeDecodeError:
        raise InterfaceError(
            f"{path} is not text. Give a TOML file in UTF-8."
        ) from None
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. Give a TOML file of faults, or "
            f'"{STANDARD}".'
        ) from None


def schedule_from(text: str, where: str) -> FaultSchedule:
    """The schedule that a TOML text describes.

    where:  whose text it is, for messages
    """
    try:
        body = tomllib.loads(text)
    # Numbers of thousands of digits are ValueErrors, deep nesting is a RecursionError.
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InterfaceError(f"{where} is not TOML: {reason}.") from None
    _refuse_unknown(body, ("schema_version", "fault"), where)
    version = body.get("schema_version")
    if version is not True and version == SCHEMA_VERSION:
        entries = body.get("fault", [])
        if not (isinstance(entries, list) and all(type(e) is dict for e in entries)):
            raise InterfaceError(f"{where}: fault is no list. Write [[fault]] entries.")
        faults = (_fault(entry, n, where) for n, entry in enumerate(entries, start=1))
        return FaultSchedule(tuple(faults))
    raise InterfaceError(
        f"{where}: schema_version is {shown(version)}. "
        f"Write schema_version = {SCHEMA_VERSION}."
    )


def as_toml(schedule: FaultSchedule) -> str:
    """The text of a schedule, with every value written out."""
    lines = [f"schema_version = {SCHEMA_VERSION}"]
    for fault in schedule.faults:
        lines += ["", "[[fault]]", f'kind = "{fault.kind}"']
        places = ", ".join(_quoted(place) for place in fault.where)
        lines += [
            f"where = [{places}]",
            f"begins_s = {float(fault.begins_s)!r}",
            f"lasts_s = {float(fault.lasts_s)!r}",
            f"count = {fault.count}",
        ]
        for field in dataclasses.fields(fault.what):
            value = getattr(fault.what, field.name)
            lines.append(f"{field.name} = {str(value).lower()}")
    return "\n".join(lines) + "\n"


def _fault(entry: dict[str, Any], number: int, where: str) -> Fault:
    here = f"{where}, fault {number}"
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in FAULTS:
        said = "has no kind" if kind is None else f"kind is {shown(kind)}"
        raise InterfaceError(f"{here}: {said}. Choose one of {', '.join(FAULTS)}.")
    here = f"{here} ({kind})"
    own = {field.name: field.type for field in dataclasses.fields(FAULTS[kind])}
    _refuse_unknown(entry, (*COMMON, *own), here)
    values = {
        name: _typed(name, value, (COMMON | own)[name], here)
        for name, value in entry.items()
    }
    values.pop("kind")
    mine = {name: values.pop(name) for name in own if name in values}
    try:
        what: AnyFault = FAULTS[kind](**mine)
        return Fault(what, **values)
    except ScenarioError as error:
        raise InterfaceError(f"{here}: {error}") from None


def _typed(name: str, value: Any, wanted: Any, here: str) -> Any:
    """The value as the field wants it; TOML writes 5 for 5.0, and true is no number."""
    if wanted is tuple:
        places = [value] if isinstance(value, str) else value
        if isinstance(places, list) and all(isinstance(p, str) for p in places):
            return tuple(places)
        raise InterfaceError(
            f"{here}: {name} is {shown(value)}. Give a name, or a list of names."
        )
    whole = isinstance(value, int) and not isinstance(value, bool)
    if wanted is float and whole and abs(value) < 2**53:
        return float(value)
    if type(value) is wanted:
        return value
    raise InterfaceError(f"{here}: {name} is {shown(value)}. Give {KINDS[wanted]}.")


def _refuse_unknown(body: dict[str, Any], known: tuple[str, ...], here: str) -> None:
    if unknown := [name for name in body if name not in known]:
        raise InterfaceError(
            f"{here}: {shown(unknown[0])} is unknown; known: {', '.join(known)}. "
            "Correct or remove it."
        )


def _quoted(text: str) -> str:
    """A TOML basic string; a name may hold anything."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"'
        + "".join(
            f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else c for c in plain
        )
        + '"'
    )
