"""Which report files are there, and how does one come to be whole or not at all?"""

import dataclasses
import logging
import os
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from gemel.interfaces.standards.problem import SCHEMA, TREE, refusal
from gemel.interfaces.standards.ves import FILE_DATA_TYPES, FileInfo, file_info_of

log = logging.getLogger("gemel.interfaces.management.files")

WAITS_S = (0.1, 0.5, 2.0)  # before every further try to write a file
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]*")


class NotWritten(Exception):
    """Every try failed; nothing of the file is there."""


def write_whole(path: Path, data: bytes) -> None:
    """The file with these bytes, or none: written beside, synced, then renamed."""
    beside = path.with_name(f".{path.name}.part")
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


@dataclasses.dataclass(frozen=True)
class Listed:
    """One file of the list, and the period it tells of."""

    info: FileInfo
    begin: datetime
    end: datetime

    @property
    def name(self) -> str:
        """The last part of its location."""
        return self.info.location.rpartition("/")[2]


class FileStore:
    """Files of one folder that are announced and kept until they expire."""

    def __init__(
        self,
        folder: Path,
        write: Callable[[Path, bytes], None] = write_whole,
        wait: Callable[[float], None] = time.sleep,
    ):
        self.folder = folder
        self._write, self._wait = write, wait
        self._listed: dict[str, Listed] = {}

    def put(self, listed: Listed, data: bytes) -> None:
        """Write and list it; a file of that name is replaced. Raises NotWritten."""
        path, why = self.folder / listed.name, ""
        for number, wait_s in enumerate((0.0, *WAITS_S)):
            self._wait(wait_s)
            try:
                self._write(path, data)
            except OSError as error:
                why = error.strerror or str(error)
                log.warning("%s, try %d: %s", path, number + 1, why)
                continue
            self._listed = {**self._listed, listed.name: listed}
            return
        raise NotWritten(f"{listed.name} could not be written: {why}")

    def drop_expired(self, now: datetime) -> None:
        """Forget and delete what nobody need fetch any more."""
        kept = {n: f for n, f in self._listed.items() if f.info.expires > now}
        gone = self._listed.keys() - kept.keys()
        self._listed = kept
        for name in gone:
            (self.folder / name).unlink(missing_ok=True)

    def listed(self, query: dict[str, str]) -> list[FileInfo]:
        """Those of a type that begin and end within a time, oldest first."""
        kind = query.get("fileDataType")
        if kind is not None and kind not in FILE_DATA_TYPES:
            known = ", ".join(FILE_DATA_TYPES)
            raise _unclear("fileDataType", kind, known)
        begin, end = (_time(query, name) for name in ("beginTime", "endTime"))
        return [
            file.info
            for file in sorted(self._listed.values(), key=lambda f: (f.end, f.name))
            if (kind is None or file.info.data_type == kind)
            and (begin is None or file.begin >= begin)
            and (end is None or file.end <= end)
        ]

    def read(self, name: str) -> bytes:
        """The bytes of a listed file. Raises Refusal."""
        if name not in self._listed:
            raise refusal(
                TREE, name, f"there is no file {name!r}. See /files.", status=404
            )
        return (self.folder / name).read_bytes()

    def as_json(self) -> list[dict[str, Any]]:
        """The list, to be kept."""
        return [
            {
                "info": file.info.as_json(),
                "begin": file.begin.isoformat(),
                "end": file.end.isoformat(),
            }
            for file in self._listed.values()
        ]

    def resume(self, kept: list[dict[str, Any]]) -> None:
        """Take over a list, as far as the files are still there."""
        for entry in kept:
            file = Listed(
                file_info_of(entry["info"], "the checkpoint"),
                datetime.fromisoformat(entry["begin"]),
                datetime.fromisoformat(entry["end"]),
            )
            if NAME.fullmatch(file.name) and (self.folder / file.name).is_file():
                self._listed[file.name] = file


def _time(query: dict[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        # A plus sign in a query is a blank if nobody escaped it.
        when = datetime.fromisoformat(query[name].replace(" ", "+"))
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise _unclear(name, query[name], "a time such as 2025-01-07T00:15:00+00:00")
    return when


def _unclear(name: str, said: str, wanted: str) -> Exception:
    return refusal(SCHEMA, name, f"{name} {said!r} is not understood. Give {wanted}.")
