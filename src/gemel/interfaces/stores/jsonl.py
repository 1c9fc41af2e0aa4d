"""How does a journal survive the process: one line of JSON a record?"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gemel.autonomy.journal import SCHEMA_VERSION, AbstractJournal, Journal
from gemel.errors import InterfaceError

START = b'{"schema_version":'  # of every line that `append` writes


class JsonLinesJournal(AbstractJournal):
    """A journal in a file, which is continued where it exists.

    path:        of the file
    torn_lines:  last lines that a crash had cut short, found and dropped on opening
    """

    def __init__(self, path: Path | str):
        """Raises InterfaceError where the file cannot be opened or is no journal."""
        self.path = Path(path)
        self._memory = Journal()
        existing, self.torn_lines = (), 0
        if os.path.lexists(self.path):
            existing, self.torn_lines = read_records(self.path)
        for number, record in enumerate(existing, start=1):
            try:
                self._memory.append(record)
            except ValueError as error:
                raise InterfaceError(
                    f"{self.path}, record {number}: {error}"
                ) from error
        try:
            # Unbuffered: a record is with the operating system when append returns.
            self._file = open(self.path, "ab", buffering=0)  # noqa: SIM115
            self._seal(existing)
        except OSError as error:
            raise InterfaceError(
                f"{self.path} cannot be written: {error.strerror}. "
                "Give a file in a folder that you may write to."
            ) from error

    def _seal(self, existing: tuple[dict[str, Any], ...]) -> None:
        """Let the next record begin on a line of its own."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole == len(content):
            return
        if self.torn_lines:
            self._file.truncate(whole)  # half a record was never a record
        elif existing:
            self._write(b"\n")  # the last record is whole, its line end is not

    def append(self, entry: Mapping[str, Any]) -> int:
        """Write one record. Raises InterfaceError where it cannot be written.

        After an error neither the file nor `records()` holds any of it.
        """
        record = self._memory.complete(entry)
        line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            self._write(line.encode())
        except OSError as error:
            raise InterfaceError(
                f"{self.path} cannot take another record: {error.strerror}. "
                "Make room and run again; all records so far are kept."
            ) from error
        return self._memory.append(record)

    def _write(self, line: bytes) -> None:
        before = os.fstat(self._file.fileno()).st_size
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(before)
            raise

    def records(self) -> tuple[dict[str, Any], ...]:
        return self._memory.records()

    def close(self) -> None:
        """Give the file back; nothing can be appended afterwards."""
        self._file.close()

    def __enter__(self) -> "JsonLinesJournal":
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()


def read_records(path: Path | str) -> tuple[tuple[dict[str, Any], ...], int]:
    """All whole records of a journal file, and how many torn last lines (0 or 1).

    Raises InterfaceError where the file cannot be read, where a line before the last
    is no record, or where a record is of a schema that is not ours.
    """
    if Path(path).exists() and not Path(path).is_file():
        raise InterfaceError(f"{path} is not a regular file. Give the path of a file.")
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. Give a journal of gemel."
        ) from error
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            version = record["schema_version"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            # No line end follows and it began well: a crash cut it short. Anything
            # else may be somebody's file that is no journal, and must not be cut.
            if number == len(lines) and START.startswith(line[: len(START)]):
                return tuple(records), 1
            raise InterfaceError(
                f"{path}, line {number} is no record of a journal. "
                "Give a journal of gemel, or remove that line."
            ) from error
        if version != SCHEMA_VERSION:
            raise InterfaceError(
                f"{path}, line {number} has schema_version {version!r}; this gemel "
                f"reads {SCHEMA_VERSION}. Use the gemel that wrote it."
            )
        records.append(record)
    return tuple(records), 0
