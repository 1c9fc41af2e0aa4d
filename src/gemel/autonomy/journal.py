"""What was decided, on what grounds, and what came of it?

A journal only grows. What becomes known later is a further record that names its
decision; nothing written is ever touched again. Keeping it on disk is the business of
`interfaces/stores/`.

Every record is a dictionary that JSON can hold, with schema_version, kind and decision
(the number of the decision it is about), and by kind:

decision   elapsed_s, aim, authority, evidence (a dictionary), action (with the cell
           names to sleep and to wake), verdict (approved or refused), reason
outcome    elapsed_s, outcome (a dictionary)
abort      elapsed_s, abort (why, in words)
"""

import abc
import copy
import math
from collections.abc import Iterable, Mapping
from typing import Any

import jax
import numpy as np

SCHEMA_VERSION = 1

# kind -> what a record must carry besides schema_version, kind and decision
KINDS = {
    "decision": (
        "elapsed_s",
        "aim",
        "authority",
        "evidence",
        "action",
        "verdict",
        "reason",
    ),
    "outcome": ("elapsed_s", "outcome"),
    "abort": ("elapsed_s", "abort"),
}
VERDICTS = ("approved", "refused")


class AbstractJournal(abc.ABC):
    """Somewhere to write down what was decided."""

    @abc.abstractmethod
    def append(self, entry: Mapping[str, Any]) -> int:
        """Write one record and return the number of the decision it is about.

        A decision that brings no number gets the next one; a decision may carry
        outcome and abort as None, meaning that they are not known yet. Raises
        ValueError for a record that is incomplete, repeats a decision, or speaks of
        one that was never made.
        """

    @abc.abstractmethod
    def records(self) -> tuple[dict[str, Any], ...]:
        """All records, in the order of writing; changing them changes no journal."""

    def stories(self) -> tuple[dict[str, Any], ...]:
        """One dictionary a decision, for display; see the function `stories`."""
        return stories(self.records())


class Journal(AbstractJournal):
    """A journal that lives as long as the process."""

    def __init__(self):
        self._records: list[dict[str, Any]] = []
        self._told: set[tuple[str, int]] = set()  # (kind, decision)
        self._next = 0

    def complete(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """The record that `append` would write; nothing is written yet."""
        record = {"schema_version": SCHEMA_VERSION, "kind": "decision"}
        record |= plain(entry)
        kind = record["kind"]
        if kind not in KINDS:
            raise ValueError(f"kind is {kind!r}. Use one of {', '.join(KINDS)}.")
        if kind == "decision":
            record.setdefault("decision", self._next)
            for later in ("outcome", "abort"):
                if record.pop(later, None) is not None:
                    raise ValueError(
                        f"a decision cannot know its {later} yet. "
                        f"Append a record of kind {later!r} when it is known."
                    )
        if missing := [n for n in ("decision", *KINDS[kind]) if n not in record]:
            raise ValueError(f"a record of kind {kind!r} lacks {missing}. Add them.")
        number = record["decision"]
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise ValueError(f"decision is {number!r}. Give a whole number from 0 on.")
        if kind == "decision" and record["verdict"] not in VERDICTS:
            raise ValueError(
                f"verdict is {record['verdict']!r}. Use one of {VERDICTS}."
            )
        if kind != "decision" and ("decision", number) not in self._told:
            raise ValueError(
                f"{kind} of decision {number!r}, which was never made. "
                "Append the decision first."
            )
        if (kind, number) in self._told:
            raise ValueError(
                f"the {kind} of decision {number} is written already, and a journal "
                "only grows. Append a new decision instead."
            )
        return record

    def append(self, entry: Mapping[str, Any]) -> int:
        record = self.complete(entry)
        self._records.append(record)
        self._told.add((record["kind"], record["decision"]))
        self._next = max(self._next, record["decision"] + 1)
        return record["decision"]

    def records(self) -> tuple[dict[str, Any], ...]:
        return tuple(copy.deepcopy(self._records))


def stories(records: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """One dictionary a decision, with what became known of it merged in.

    outcome and abort are None where nothing became known; outcome_elapsed_s and
    abort_elapsed_s say when it did.
    """
    told: dict[int, dict[str, Any]] = {}
    for record in records:
        number, kind = record["decision"], record["kind"]
        if kind == "decision":
            told[number] = {**record, "outcome": None, "abort": None}
            del told[number]["kind"]
        else:
            told[number][kind] = record[kind]
            told[number][f"{kind}_elapsed_s"] = record["elapsed_s"]
    return tuple(copy.deepcopy(list(told.values())))


def plain(value: Any) -> Any:
    """The value as JSON can hold it: arrays become lists, NaN and infinity None.

    Raises TypeError for what has no such form.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, (np.generic, np.ndarray, jax.Array)):
        return plain(np.asarray(value).tolist())
    raise TypeError(
        f"a journal cannot hold {type(value).__name__}. "
        "Give numbers, texts, lists or dictionaries."
    )
