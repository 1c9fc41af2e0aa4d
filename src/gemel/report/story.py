"""What was decided, when, why, and how did it end?"""

import itertools
import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from gemel.report.wording import clock, figures

OPEN_ENTRIES = 12  # more decisions than these are folded away
NAMES_SHOWN = 6  # of the cells in one action; the others are behind a fold
INTERVAL = ("low", "mean", "high")
FORETOLD = {"measured", "forecast", "without_change", *INTERVAL, "unit"}

HEADS = ("Time", "Action", "Aim", "What the twin said", "Decision", "How it ended")


def story(journal: Sequence[Mapping[str, Any]]) -> str:
    """The journal as HTML; a long one is folded, what was undone stays in sight.

    An entry may lack any key: what it does not say is left blank.
    """
    if not journal:
        return "<p>No decision was made.</p>"
    if len(journal) <= OPEN_ENTRIES:
        return _entries(journal)
    undone = [entry for entry in journal if entry.get("abort")][:OPEN_ENTRIES]
    shown = (
        f"<h3>Rolled back</h3>{_entries(undone)}"
        if undone
        else f"<h3>The first {OPEN_ENTRIES}</h3>{_entries(journal[:OPEN_ENTRIES])}"
    )
    return (
        f"{shown}<details><summary>All {len(journal):,} decisions</summary>"
        f"{_entries(journal)}</details>"
    )


def _entries(journal: Sequence[Mapping[str, Any]]) -> str:
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    rows = "".join(map(_entry, journal))
    top = f"<thead><tr>{heads}</tr></thead>"
    return f'<table class="story">{top}<tbody>{rows}</tbody></table>'


def _entry(entry: Mapping[str, Any]) -> str:
    elapsed_s = entry.get("elapsed_s", math.nan)
    known = isinstance(elapsed_s, int | float) and math.isfinite(elapsed_s)
    cells = (
        clock(float(elapsed_s)) if known else "",
        _action(entry.get("action")),
        _aim(entry),
        told(entry.get("evidence")),
        _decision(entry),
        told(entry.get("outcome")),
    )
    return "".join(
        [
            "<tr>",
            *(
                f'<td data-label="{head}"><div>{cell}</div></td>'
                for head, cell in zip(HEADS, cells, strict=True)
            ),
            "</tr>",
        ]
    )


def _action(action: Any) -> str:
    if not isinstance(action, Mapping):
        return told(action)
    said = [
        f"{_words(verb)} {len(names):,}: {_names(names)}"
        if isinstance(names, list | tuple)
        else f'<span class="soft">{_words(verb)}: {told(names)}</span>'
        for verb, names in action.items()
        if names
    ]
    return "".join(f"<div>{line}</div>" for line in said) or "nothing"


def _words(key: Any) -> str:
    return escape(str(key).replace("_", " "))


def _names(names: Sequence[Any]) -> str:
    said = [escape(str(name)) for name in names]
    first, rest = ", ".join(said[:NAMES_SHOWN]), said[NAMES_SHOWN:]
    if not rest:
        return first
    return (
        f"{first} <details><summary>and {len(rest):,} more</summary>"
        f"{', '.join(rest)}</details>"
    )


def _aim(entry: Mapping[str, Any]) -> str:
    aim = escape(str(entry.get("aim") or ""))
    if authority := entry.get("authority"):
        return f'{aim}<br><span class="soft">authority: {escape(str(authority))}</span>'
    return aim


def _decision(entry: Mapping[str, Any]) -> str:
    verdict = str(entry.get("verdict") or "")
    look = {"approved": "good", "refused": "bad"}.get(verdict, "plain")
    marks = f'<span class="mark {look}">{escape(verdict)}</span>' if verdict else ""
    if abort := entry.get("abort"):
        marks += ' <span class="mark bad">rolled back</span>'
        return f"{marks}<br>{escape(str(abort))}"
    reason = escape(str(entry.get("reason") or ""))
    return f"{marks}<br>{reason}" if marks and reason else marks + reason


def told(value: Any) -> str:
    """Anything a journal may hold, as HTML: numbers short, intervals as intervals."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        if {"low", "high"} <= set(value) <= {*INTERVAL, "unit"}:
            return _interval(value)
        if "forecast" in value and set(value) <= FORETOLD:
            return _foretold(value)
        pairs = "".join(
            f"<dt>{_words(key)}</dt><dd>{told(inner)}</dd>"
            for key, inner in _gathered(value).items()
        )
        return f"<dl>{pairs}</dl>" if pairs else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return figures(float(value))
    if isinstance(value, list | tuple):
        return ", ".join(map(told, itertools.islice(value, 2 * NAMES_SHOWN))) + (
            " ..." if len(value) > 2 * NAMES_SHOWN else ""
        )
    return escape(str(value))


def _interval(value: Mapping[str, Any]) -> str:
    low, high = told(value["low"]), told(value["high"])
    unit = f" {escape(str(value['unit']))}" if value.get("unit") else ""
    if value.get("mean") is None:
        return f"{low} to {high}{unit}"
    return f"{told(value['mean'])} ({low} to {high}){unit}"


def _foretold(value: Mapping[str, Any]) -> str:
    """What came, if it has come, and what was forecast beside it, on one line."""
    said = told(value["forecast"])
    if {"low", "high"} <= set(value):
        said = _interval({**value, "mean": value["forecast"]})
    if "measured" in value:
        said = f"{told(value['measured'])}, forecast {said}"
    if "without_change" in value:
        said += f"; without change {told(value['without_change'])}"
    return said


def _gathered(value: Mapping[str, Any]) -> dict[str, Any]:
    """Three keys NAME_low, NAME_mean and NAME_high are one interval called NAME."""
    gathered: dict[str, Any] = {}
    for key, inner in value.items():
        name, _, end = str(key).rpartition("_")
        if end in INTERVAL and {f"{name}_low", f"{name}_high"} <= set(value):
            gathered.setdefault(name, {})[end] = inner
        else:
            gathered[str(key)] = inner
    return gathered
