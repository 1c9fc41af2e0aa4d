"""How is a history kept for years, and read by anybody who has DuckDB?

Every append is a Parquet file of its own, which is whole or not there, so that a kill
at any moment loses nothing that was acknowledged. Now and then many small files are
tidied into one. In the folder of the history,

    SELECT DISTINCT * FROM 'kind=reports/*.parquet' ORDER BY elapsed_s;

reads all reports there are, and likewise beliefs, forecasts, decisions and inventory.
Only after a kill in the middle of tidying does a row stand in two files, until the
history is next opened for writing; hence DISTINCT.

A file that cannot be read is left where it is, counted in `unreadable` with the reason,
and passed over.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.stores.history_files import HALF, Place
from gemel.interfaces.stores.history_parquet import (
    SCHEMA_VERSION,
    SPOILT,
    Filed,
    bytes_of,
    filed_as,
    filed_rows,
    folder_of,
    span_named,
)
from gemel.interfaces.stores.history_query import Reader
from gemel.twin.history import (
    COLUMNS,
    KINDS,
    AbstractHistory,
    checked,
    known,
    newest,
)

log = logging.getLogger("gemel.interfaces.stores.history")

ABOUT = "about.json"
TOGETHER = 32  # so many files of a size are tidied into one
MOST_ROWS = 1_000_000  # of a file that tidying makes
ENOUGH = 4  # files that are tidied although more would be too much for one
TRIES = 5  # to read while another process tidies
SPAN_OF_RETENTION = 1 / 8  # a tidied file spans no more, or old rows would stay long


class DuckHistory(AbstractHistory):
    """A history in Parquet files.

    unreadable:  name of a file -> why it was passed over
    monday:      00:00 of the Monday from which its seconds count, if that is known
    retention_s: what began earlier than so long before the newest row is let go;
                 None keeps all
    """

    def __init__(
        self,
        where: Path | str,
        retention_s: float | None = None,
        writing: bool = True,
    ):
        """
        where:        a folder, made where there is none, or whatever fsspec knows
        retention_s:  as from now; None leaves what the history has been told before
        writing:      False promises to change nothing; the history must exist

        Raises InterfaceError where the place cannot be read, is no history, is one of
        another schema_version, or, for writing, is being written to by others.
        """
        if retention_s is not None and not retention_s > 0.0:
            raise InterfaceError(
                f"a history of {retention_s:g} s would keep nothing. Give more than 0."
            )
        self._place = Place(where)
        self._writing = writing
        self.unreadable: dict[str, str] = {}
        self._filed: dict[str, dict[str, Filed]] = {kind: {} for kind in KINDS}
        self._last = 0
        there = self._place.there()
        if not there and not writing:
            raise InterfaceError(
                f"there is no history at {where}. Give a folder that a command with "
                "--store wrote."
            )
        names = self._place.names() if there else {}
        about = self._about(names)
        self.monday = _when(about.get("monday"))
        self.retention_s = _seconds(about.get("retention_s"))
        if not writing:
            self._look()
            return
        self._place.make(*map(folder_of, KINDS))
        self._place.hold()
        try:
            self._look()
            if retention_s is not None:
                self.retention_s = float(retention_s)
            if ABOUT not in names or self.retention_s != about.get("retention_s"):
                self._write_about()
            self._clear()
        except BaseException:
            self._place.let_go()
            raise

    def append(self, kind: str, rows: Mapping[str, np.ndarray]) -> None:
        """Raises InterfaceError where the rows cannot be kept; then none of them is."""
        if not self._writing:
            raise RuntimeError("this history was opened for reading")
        table = checked(kind, rows)
        if not len(table["elapsed_s"]):
            return
        table = newest(kind, table)
        content = bytes_of(kind, table)
        span = (self._last + 1, self._last + 1)
        filed = filed_rows(kind, span, len(content), table)
        self._place.put(filed.name, content)
        self._last += 1
        self._filed[kind][filed.name] = filed
        try:
            for each in KINDS:  # time passes for all of them
                self._forget(each)
            self._tidy(kind)
        except (InterfaceError, FileNotFoundError) as error:
            log.warning("kept, but not tidied: %s", error)

    def read(
        self, kind: str, since_s: float | None = None, until_s: float | None = None
    ) -> dict[str, np.ndarray]:
        known(kind)
        for _ in range(TRIES):
            if not self._writing:
                self._look()  # another process may be writing
            wanted = [
                each
                for each in self.files(kind)
                if (since_s is None or each.until_s >= since_s)
                and (until_s is None or each.since_s < until_s)
            ]
            try:
                with Reader(self._place, self.unreadable) as reader:
                    return reader.rows(kind, wanted, since_s, until_s)
            except FileNotFoundError:
                self._look()  # tidied away by the other process since it was listed
        raise InterfaceError(
            f"the history at {self._place.where} changes faster than it can be read. "
            "Run it again."
        )

    def last_s(self, kind: str) -> float | None:
        if not self._writing:
            self._look()
        return max((each.until_s for each in self.files(kind)), default=None)

    def files(self, kind: str) -> tuple[Filed, ...]:
        """Those that count, in the order of appending."""
        filed = sorted(
            each
            for each in self._filed[known(kind)].values()
            if each.name not in self.unreadable
        )
        return tuple(e for e in filed if not any(e.within(other) for other in filed))

    def since_monday(self, monday: datetime) -> float:
        """What to add to seconds that count from this Monday; the first sets the clock.

        Clocks on the wall are compared: whose zone it is, matters to nobody's habits.
        Raises InterfaceError where that is no whole number of weeks.
        """
        if self.monday is None:
            self.monday = monday
            self._write_about()
        apart = monday.replace(tzinfo=None) - self.monday.replace(tzinfo=None)
        apart_s = apart.total_seconds()
        if apart_s % (7 * 86_400.0):
            raise InterfaceError(
                f"the history at {self._place.where} counts from {self.monday}, and "
                f"these reports from {monday}. Give them another folder."
            )
        return apart_s

    def close(self) -> None:
        """Others may write; nothing can be appended afterwards."""
        self._writing = False
        self._place.let_go()

    def __enter__(self) -> "DuckHistory":
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def _about(self, names: Mapping[str, int]) -> dict[str, Any]:
        """What the history says of itself; nothing where it is new or spoilt."""
        where = self._place.where
        if ABOUT not in names:
            ours = {folder_of(kind) for kind in KINDS}
            if strangers := [n for n in names if n not in ours and n[:1] != "."]:
                raise InterfaceError(
                    f"{where} is no history: there is {min(strangers)!r} and no "
                    f"{ABOUT}. Give a folder that is empty or new, or one that a "
                    "command with --store wrote."
                )
            return {}
        try:
            with self._place.opened(ABOUT) as file:
                about = json.loads(file.read())
            version = about["schema_version"]
        except (ValueError, TypeError, KeyError, OSError, RecursionError) as error:
            self.unreadable[ABOUT] = " ".join(str(error).split()) or "it is empty"
            return {}
        if version != SCHEMA_VERSION:
            raise InterfaceError(
                f"the history at {where} has schema_version {version!r}; this gemel "
                f"reads {SCHEMA_VERSION}. Use the gemel that wrote it."
            )
        return about

    def _write_about(self) -> None:
        if not self._writing:
            return
        about = {
            "schema_version": SCHEMA_VERSION,
            "retention_s": self.retention_s,
            "monday": None if self.monday is None else self.monday.isoformat(),
            "read_with_duckdb": "SELECT DISTINCT * FROM 'kind=reports/*.parquet'",
        }
        self._place.put(ABOUT, (json.dumps(about, indent=1) + "\n").encode())

    def _look(self) -> None:
        """Take note of files that came, and of those that went."""
        for kind in KINDS:
            try:
                names = self._place.names(folder_of(kind))
            except FileNotFoundError:
                if not self._place.there():
                    raise InterfaceError(
                        f"the history at {self._place.where} has vanished; it was "
                        "there a moment ago. Bring it back and run again."
                    ) from None
                names = {}  # a kind of which nothing was ever kept
            before, now = self._filed[kind], {}
            for short, size in names.items():
                span = span_named(short)
                if span is None:
                    continue
                name = f"{folder_of(kind)}/{short}"
                self._last = max(self._last, span[1])
                if name in self.unreadable:
                    continue
                filed = before.get(name) or self._filed_as(kind, name, span, size)
                if filed is not None:
                    now[name] = filed
            self._filed[kind] = now

    def _filed_as(
        self, kind: str, name: str, span: tuple[int, int], size: int
    ) -> Filed | None:
        try:
            with self._place.opened(name) as file:
                where = f"{self._place.where}/{name}"
                return filed_as(kind, span, size, file, where)
        except FileNotFoundError:
            return None  # tidied away since it was listed
        except SPOILT as error:
            self.unreadable[name] = " ".join(str(error).split())
            log.info("%s is passed over: %s", name, self.unreadable[name])
            return None

    def _clear(self) -> None:
        """What a kill left behind."""
        for kind in KINDS:
            counting = {each.name for each in self.files(kind)}
            for name in [n for n in self._filed[kind] if n not in counting]:
                self._remove(self._filed[kind][name])
            for short in self._place.names(folder_of(kind)):
                if short.startswith(".") and short.endswith(HALF):
                    self._place.remove(f"{folder_of(kind)}/{short}")

    def _limit_s(self) -> float:
        """Before it, nothing need be kept."""
        if self.retention_s is None:
            return -np.inf
        told = [f.until_s for f in self._filed["reports"].values()]
        # Forecasts run ahead of the clock, so reports tell what time it is.
        told = told or [f.until_s for k in KINDS for f in self._filed[k].values()]
        return max(told) - self.retention_s

    def _forget(self, kind: str) -> None:
        if kind == "inventory":
            return  # what was set long ago may still be set
        limit_s = self._limit_s()
        for each in [f for f in self._filed[kind].values() if f.until_s < limit_s]:
            self._remove(each)

    def _tidy(self, kind: str) -> None:
        """Many small files into one: the new one first, and then the old ones go."""
        while group := self._together(kind):
            with Reader(self._place, self.unreadable) as reader:
                rows = reader.rows(kind, group, None, None)
            if any(each.name in self.unreadable for each in group):
                continue  # found just now; the rest may still go together
            rows = self._worth_keeping(kind, rows)
            if len(rows["elapsed_s"]):
                content = bytes_of(kind, rows)
                span = (group[0].first, group[-1].last)
                filed = filed_rows(kind, span, len(content), rows)
                self._place.put(filed.name, content)
                self._filed[kind][filed.name] = filed
            for each in group:
                self._remove(each)

    def _together(self, kind: str) -> list[Filed]:
        """Files of one size, appended one after the other; none while there are few."""
        longest_s = np.inf
        if self.retention_s is not None and kind != "inventory":
            longest_s = SPAN_OF_RETENTION * self.retention_s
        run: list[Filed] = []
        for each in self.files(kind):
            if run and not (_wide(each) == _wide(run[0]) and self._next(run[-1], each)):
                run = []
            more = [*run, each]
            span_s = max(f.until_s for f in more) - min(f.since_s for f in more)
            if sum(f.rows for f in more) > MOST_ROWS or span_s > longest_s:
                if len(run) >= ENOUGH:
                    return run
                more = [each]
            if len(more) == TOGETHER:
                return more
            run = more
        return []

    def _next(self, one: Filed, other: Filed) -> bool:
        """Whether no file that cannot be read lies between the two."""
        spans = [
            span_named(name.rpartition("/")[2])
            for name in self.unreadable
            if name.startswith(folder_of(one.kind))
        ]
        return not any(
            span and one.last < span[1] and span[0] < other.first for span in spans
        )

    def _worth_keeping(
        self, kind: str, rows: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        keep = rows["elapsed_s"] >= self._limit_s()
        if kind == "inventory":
            # The last that was set, however long ago, is what is set.
            words = np.char.add(np.char.add(rows["name"], "\0"), rows["cell"])
            _, from_behind = np.unique(words[::-1], return_index=True)
            keep[len(words) - 1 - from_behind] = True
        return {name: rows[name][keep] for name in COLUMNS[kind]}

    def _remove(self, each: Filed) -> None:
        self._place.remove(each.name)
        self._filed[each.kind].pop(each.name, None)


def _wide(each: Filed) -> int:
    """How often it has been tidied: its numbers span about TOGETHER to that power."""
    wide, power = each.last - each.first + 1, 0
    while wide >= TOGETHER:
        wide, power = wide // TOGETHER, power + 1
    return power


def _when(said: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return None


def _seconds(said: Any) -> float | None:
    sound = isinstance(said, (int, float)) and not isinstance(said, bool) and said > 0
    return float(said) if sound else None
