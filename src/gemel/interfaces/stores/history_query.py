"""How are rows of Parquet files asked for, with DuckDB, when a file may be spoilt?"""

import itertools
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from gemel.errors import InterfaceError
from gemel.interfaces.stores.history_files import Place
from gemel.interfaces.stores.history_parquet import Filed
from gemel.twin.history import COLUMNS, KEYS, WORD, joined

log = logging.getLogger("gemel.interfaces.stores.history")

THREADS = 2


class Reader:
    """A short conversation with DuckDB.

    unreadable:  is told the name of every file that turns out spoilt, and why
    """

    def __init__(self, place: Place, unreadable: dict[str, str]):
        """Raises InterfaceError where DuckDB is not installed."""
        try:
            import duckdb
        except ImportError:
            raise InterfaceError(
                "a history is read with DuckDB, which is not here. "
                "Install it: pip install duckdb"
            ) from None
        self._place, self._unreadable = place, unreadable
        self._spoilt = duckdb.Error
        self._duck: Any = duckdb.connect(config={"threads": str(THREADS)})
        if not place.local:
            self._duck.register_filesystem(place.system)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *reason: object) -> None:
        self._duck.close()

    def rows(
        self,
        kind: str,
        files: Sequence[Filed],
        since_s: float | None,
        until_s: float | None,
    ) -> dict[str, np.ndarray]:
        """The rows in these files from `since_s` on and before `until_s`, each key
        once, the later of two; in the order of time and of appending.

        Raises FileNotFoundError where one of them has gone.
        """
        try:
            return self._asked(kind, files, since_s, until_s)
        except self._spoilt:
            pass
        sound = [each for each in files if self._reads(each)]
        if len(sound) == len(files):
            raise InterfaceError(
                f"the history at {self._place.where} cannot be read just now, though "
                "each of its files can. Run it again."
            )
        return self._asked(kind, sound, since_s, until_s)

    def _reads(self, file: Filed) -> bool:
        try:
            self._asked(file.kind, [file], None, None)
        except self._spoilt as error:
            if not self._place.has(file.name):
                raise FileNotFoundError(file.name) from None
            # Told by the first line; DuckDB adds advice about its own options.
            self._unreadable[file.name] = str(error).strip().partition("\n")[0]
            log.info("%s is passed over: %s", file.name, error)
            return False
        return True

    def _asked(
        self,
        kind: str,
        files: Sequence[Filed],
        since_s: float | None,
        until_s: float | None,
    ) -> dict[str, np.ndarray]:
        if not files:
            return joined(kind, [])
        # A window over millions of rows takes minutes, and is seldom needed.
        once = (
            f"QUALIFY row_number() OVER (PARTITION BY {', '.join(KEYS[kind])} "
            "ORDER BY filename DESC, file_row_number DESC) = 1 "
        )
        query = (
            f"SELECT {', '.join(COLUMNS[kind])} "
            "FROM read_parquet($files, filename = true, file_row_number = true) "
            "WHERE elapsed_s >= $since_s AND elapsed_s < $until_s "
            f"{'' if _apart(files) else once}"
            "ORDER BY elapsed_s, filename, file_row_number"
        )
        asked = {
            "files": [self._place.address(each.name) for each in files],
            "since_s": -np.inf if since_s is None else float(since_s),
            "until_s": np.inf if until_s is None else float(until_s),
        }
        table = self._duck.sql(query, params=asked).to_arrow_table()
        return {name: _plain(table.column(name), name, kind) for name in COLUMNS[kind]}


def _apart(files: Sequence[Filed]) -> bool:
    """Whether no key can be in two of the files; within one, all differ."""
    spans = sorted((each.key_s, each.key_until_s) for each in files)
    return all(one[1] < other[0] for one, other in itertools.pairwise(spans))


def _plain(column: pa.ChunkedArray, name: str, kind: str) -> np.ndarray:
    wanted = COLUMNS[kind][name]
    if wanted != WORD:
        return np.asarray(column.to_numpy(), wanted)
    words = column.combine_chunks().dictionary_encode()
    known = np.array(words.dictionary.to_pylist() or [""], wanted)
    return known[np.asarray(words.indices)]
