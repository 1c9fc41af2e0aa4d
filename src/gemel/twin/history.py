"""What was reported, believed, forecast and decided, and when?

Six kinds of rows, each a table of plain columns, so that a store of any make can hold
them and anybody can read them:

reports    one row a period, cell and measurement name; of an absent value NaN
beliefs    what the twin thought of a cell when the period began
forecasts  what was said of a period when it was still to come; `low` and `high` are
           the points that 5 % of outcomes stay below and above
decisions  what was decided, or came of it; `decision` is the sort, `text` is JSON
inventory  what a cell was set to, once and then at every change
samples    one level measured on the road; `pci` is NaN and `cell` "" where unknown

Times are seconds of the network's clock: since the Monday, 00:00 local time, on which
its history begins. The cell "" is the whole network. Numbers are 64 bits wide.
"""

import abc
from collections.abc import Mapping

import numpy as np

NETWORK = ""  # the cell that stands for all cells

NUMBER, WORD, TRUTH = np.dtype(np.float64), np.dtype(np.str_), np.dtype(np.bool_)

COLUMNS: dict[str, dict[str, np.dtype]] = {
    "reports": {
        "elapsed_s": NUMBER,
        "period_s": NUMBER,
        "cell": WORD,
        "name": WORD,
        "value": NUMBER,
        "present": TRUTH,
        "age_s": NUMBER,
    },
    "beliefs": {
        "elapsed_s": NUMBER,
        "cell": WORD,
        "name": WORD,
        "mean": NUMBER,
        "spread": NUMBER,
    },
    "forecasts": {
        "made_s": NUMBER,
        "elapsed_s": NUMBER,
        "horizon_s": NUMBER,
        "cell": WORD,
        "name": WORD,
        "mean": NUMBER,
        "low": NUMBER,
        "high": NUMBER,
    },
    "decisions": {"elapsed_s": NUMBER, "decision": WORD, "text": WORD},
    "inventory": {
        "elapsed_s": NUMBER,
        "cell": WORD,
        "name": WORD,
        "value": NUMBER,
    },
    "samples": {
        "elapsed_s": NUMBER,
        "cell": WORD,
        "pci": NUMBER,
        "rsrp_dbm": NUMBER,
        "lat_deg": NUMBER,
        "lon_deg": NUMBER,
    },
}
KINDS = tuple(COLUMNS)

# What makes a row the row it is: told twice, the later counts.
KEYS: dict[str, tuple[str, ...]] = {
    "reports": ("elapsed_s", "cell", "name"),
    "beliefs": ("elapsed_s", "cell", "name"),
    "forecasts": ("made_s", "elapsed_s", "cell", "name"),
    "decisions": ("elapsed_s", "decision", "text"),
    "inventory": ("elapsed_s", "cell", "name"),
    "samples": ("elapsed_s", "cell", "pci", "lat_deg", "lon_deg"),
}


class AbstractHistory(abc.ABC):
    """Somewhere to keep what was."""

    @abc.abstractmethod
    def append(self, kind: str, rows: Mapping[str, np.ndarray]) -> None:
        """Keep these rows: they are safe when this returns.

        rows:  every column of the kind, all of one length
        """

    @abc.abstractmethod
    def read(
        self, kind: str, since_s: float | None = None, until_s: float | None = None
    ) -> dict[str, np.ndarray]:
        """The rows of periods that began from `since_s` to before `until_s`.

        In the order of time, and then of arrival; of a row told twice the later.
        """

    @abc.abstractmethod
    def last_s(self, kind: str) -> float | None:
        """When the newest period began that a row is about; None without rows."""


class MemoryHistory(AbstractHistory):
    """A history that lives as long as the process."""

    def __init__(self):
        self._parts: dict[str, list[dict[str, np.ndarray]]] = {k: [] for k in KINDS}

    def append(self, kind: str, rows: Mapping[str, np.ndarray]) -> None:
        table = checked(kind, rows)
        self._parts[kind].append({name: each.copy() for name, each in table.items()})

    def read(
        self, kind: str, since_s: float | None = None, until_s: float | None = None
    ) -> dict[str, np.ndarray]:
        table = joined(known(kind), self._parts[kind])
        return newest(kind, within(table, since_s, until_s))

    def last_s(self, kind: str) -> float | None:
        parts = self._parts[known(kind)]
        ends = [float(p["elapsed_s"].max()) for p in parts if len(p["elapsed_s"])]
        return max(ends, default=None)


def known(kind: str) -> str:
    """The kind itself. Raises ValueError for one that there is not."""
    if kind not in COLUMNS:
        raise ValueError(f"there is no history of {kind!r}. Use one of {KINDS}.")
    return kind


def checked(kind: str, rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same rows in the columns' order and types.

    Raises ValueError for another set of columns, for columns of several lengths, and
    for a time that is no number.
    """
    columns = COLUMNS[known(kind)]
    if set(rows) != set(columns):
        raise ValueError(
            f"{kind} have the columns {', '.join(columns)}, not {', '.join(rows)}."
        )
    table = {name: np.asarray(rows[name]).astype(t) for name, t in columns.items()}
    lengths = {name: each.shape for name, each in table.items()}
    if len(set(lengths.values())) != 1 or len(lengths["elapsed_s"]) != 1:
        raise ValueError(f"the columns of {kind} are of several shapes: {lengths}.")
    if not np.isfinite(table["elapsed_s"]).all():
        raise ValueError(f"a row of {kind} has no time. Give a finite elapsed_s.")
    return table


def joined(kind: str, parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """All parts as one table; with none, one without rows."""
    if not parts:
        return {name: np.zeros(0, each) for name, each in COLUMNS[kind].items()}
    return {
        name: np.concatenate([part[name] for part in parts]) for name in COLUMNS[kind]
    }


def within(
    table: dict[str, np.ndarray], since_s: float | None, until_s: float | None
) -> dict[str, np.ndarray]:
    """The rows from `since_s` on and before `until_s`."""
    when_s = table["elapsed_s"]
    keep = np.ones(len(when_s), bool)
    if since_s is not None:
        keep &= when_s >= since_s
    if until_s is not None:
        keep &= when_s < until_s
    return {name: each[keep] for name, each in table.items()}


def newest(kind: str, table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every row once, the last one told, in the order of time and of arrival."""
    rows = len(table["elapsed_s"])
    key = np.zeros(rows, np.int64)
    for name in KEYS[kind]:
        _, number = np.unique(table[name], return_inverse=True)
        # Numbered anew after every column, so that the product stays small.
        pair = key * (int(number.max(initial=0)) + 1) + number
        _, key = np.unique(pair, return_inverse=True)
    order = np.argsort(key, kind="stable")
    ends = np.append(key[order][1:] != key[order][:-1], True)[:rows]
    keep = np.sort(order[ends])
    keep = keep[np.argsort(table["elapsed_s"][keep], kind="stable")]
    return {name: each[keep] for name, each in table.items()}
