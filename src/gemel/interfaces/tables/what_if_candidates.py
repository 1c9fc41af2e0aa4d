"""Which changes are to be compared, as a TOML or CSV file lists them?

TOML has one `[[candidate]]` an entry: name, changes, fail_sites, new_sites, crowd, as
the options of `gemel what-if` have them. CSV has the columns name and change; rows of
one name are one candidate, and fail_site, new_site and crowd may be columns, too.
"""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from gemel.errors import InterfaceError
from gemel.interfaces.tables.reading import read_table
from gemel.interfaces.tables.rows import shown

LARGEST_BYTES = 2**22
MOST = 1_000  # candidates that anybody compares at once
SCHEMA_VERSION = 1
LISTS = ("changes", "fail_sites", "new_sites")
FIELDS = ("name", *LISTS, "crowd")
COLUMNS = {"change": "changes", "fail_site": "fail_sites", "new_site": "new_sites"}


@dataclasses.dataclass(frozen=True)
class Asked:
    """One candidate in the words of whoever asks; all that it lists happens at once."""

    name: str
    changes: tuple[str, ...] = ()
    fail_sites: tuple[str, ...] = ()
    new_sites: tuple[str, ...] = ()
    crowd: str | None = None

    @property
    def says(self) -> tuple[str, ...]:
        """Everything that it wants, in words."""
        return (
            *self.changes,
            *(f"site {name} fails" for name in self.fail_sites),
            *(f"new site {text}" for text in self.new_sites),
            *((f"crowd {self.crowd}",) if self.crowd else ()),
        )


def read_candidates(path: Path) -> list[Asked]:
    """A file of candidates, TOML or CSV by its ending. Raises InterfaceError."""
    read = _from_toml if path.suffix.lower() == ".toml" else _from_csv
    asked = read(path)
    if not asked:
        raise InterfaceError(
            f"{path} lists no candidate. Write at least one [[candidate]], or one row."
        )
    if len(asked) > MOST:
        raise InterfaceError(
            f"{path} lists {len(asked)} candidates; at most {MOST} are compared at "
            "once. Cut it into several files."
        )
    names = [one.name for one in asked]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InterfaceError(
            f"{path}: two candidates are called {shown(twice[0])}. Rename one."
        )
    if idle := [one.name for one in asked if not one.says]:
        raise InterfaceError(
            f"{path}: candidate {shown(idle[0])} changes nothing. Give it a change, or "
            "remove it."
        )
    return asked


def _from_csv(path: Path) -> list[Asked]:
    table = read_table(path)
    table.need("name")
    known = ("name", "crowd", *COLUMNS)
    if unknown := [name for name in table.columns if name not in known]:
        raise InterfaceError(
            f"{path}, row 1: column {shown(unknown[0])} is unknown; known: "
            f"{', '.join(known)}. Correct or remove it."
        )
    found: dict[str, dict[str, list[str]]] = {}
    for row in table.rows:
        fields = found.setdefault(row.needed("name"), {})
        for column in ("crowd", *COLUMNS):
            if (text := row.text(column)) is not None:
                fields.setdefault(COLUMNS.get(column, column), []).append(text)
        if len(fields.get("crowd", [])) > 1:
            raise row.refusal("crowd", "is a second one for this name. Give one.")
    return [
        Asked(
            name,
            **{key: tuple(fields.get(key, ())) for key in LISTS},
            crowd=next(iter(fields.get("crowd", ())), None),
        )
        for name, fields in found.items()
    ]


def _from_toml(path: Path) -> list[Asked]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InterfaceError(
                f"{path} has more than {LARGEST_BYTES // 2**20} MiB, which is no list "
                "of candidates. Give a TOML file with [[candidate]] entries."
            )
        body = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. Give a file of candidates."
        ) from None
    # Numbers of thousands of digits are ValueErrors, deep nesting is a RecursionError.
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InterfaceError(
            f"{path} is not TOML: {reason}. Write [[candidate]] entries."
        ) from None
    _refuse_unknown(body, ("schema_version", "candidate"), str(path))
    version = body.get("schema_version")
    if version is True or version != SCHEMA_VERSION:
        raise InterfaceError(
            f"{path}: schema_version is {shown(version)}. "
            f"Write schema_version = {SCHEMA_VERSION}."
        )
    entries = body.get("candidate", [])
    if not (isinstance(entries, list) and all(type(e) is dict for e in entries)):
        raise InterfaceError(
            f"{path}: candidate is no list. Write [[candidate]] entries."
        )
    return [_entry(entry, n, path) for n, entry in enumerate(entries, start=1)]


def _entry(entry: dict[str, Any], number: int, path: Path) -> Asked:
    here = f"{path}, candidate {number}"
    _refuse_unknown(entry, FIELDS, here)
    values: dict[str, Any] = {"name": f"candidate {number}"} | entry
    for field in LISTS:
        said = values.get(field, [])
        said = [said] if isinstance(said, str) else said
        if not (isinstance(said, list) and all(isinstance(s, str) for s in said)):
            raise InterfaceError(
                f"{here}: {field} is {shown(said)}. Give a text or a list of texts."
            )
        values[field] = tuple(said)
    for field in ("name", "crowd"):
        said = values.get(field)
        if said is not None and not (isinstance(said, str) and said.strip()):
            raise InterfaceError(f"{here}: {field} is {shown(said)}. Give a text.")
    return Asked(**values)


def _refuse_unknown(body: dict[str, Any], known: tuple[str, ...], here: str) -> None:
    if unknown := [name for name in body if name not in known]:
        raise InterfaceError(
            f"{here}: {shown(unknown[0])} is unknown; known: {', '.join(known)}. "
            "Correct or remove it."
        )
