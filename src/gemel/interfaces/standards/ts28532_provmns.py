"""How does a URL of ProvMnS (TS 28.532 clause 12.1) say which objects are meant?

Names are TS 32.158's: the path ends in `Class=id/Class=id…`, the query has `scope`
(as scopeType and scopeLevel, or as one JSON object), `filter`, `attributes` and
`fields`. Of filters gemel knows comparisons joined by `and`:
`attributes/nrPci > 10 and attributes/userLabel = "A"`.
"""

import dataclasses
import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from gemel.interfaces.standards.problem import BAD_NAME, SCHEMA, TREE, refusal

SCOPES = ("BASE_ONLY", "BASE_NTH_LEVEL", "BASE_SUBTREE", "BASE_ALL")
MISSING = object()
_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_TERM = re.compile(r'\s*([\w/]+)\s*(<=|>=|!=|=|<|>)\s*("(?:[^"\\]|\\.)*"|[^\s"]+)\s*')
_RDN = re.compile(r"[A-Za-z]\w*=[^,/=]+")


def dn_of_path(path: str) -> str:
    """`SubNetwork=1/ManagedElement=gnb1` as the DN with commas. Raises Refusal."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    for part in parts:
        if not _RDN.fullmatch(part):
            raise refusal(
                TREE,
                path,
                f"{part!r} is not of the form Class=id. "
                "Name objects as in SubNetwork=1/ManagedElement=gnb1.",
                BAD_NAME,
                404,
            )
    return ",".join(parts)


@dataclasses.dataclass(frozen=True)
class Scope:
    """Which objects below the base: its type, and the level where that matters."""

    type: str = "BASE_ONLY"
    level: int = 0

    def takes(self, depth: int) -> bool:
        """Whether an object so many levels below the base is meant."""
        if self.type == "BASE_ALL":
            return True
        if self.type == "BASE_SUBTREE":  # with a level, only so deep
            return self.level == 0 or depth <= self.level
        return depth == (self.level if self.type == "BASE_NTH_LEVEL" else 0)


def scope_of(query: Mapping[str, str]) -> Scope:
    """What the query says of the scope. Raises Refusal."""
    said: Any = {key: query[key] for key in ("scopeType", "scopeLevel") if key in query}
    if "scope" in query:
        try:
            said = json.loads(query["scope"])
        except ValueError:
            said = None
    if not isinstance(said, dict):
        raise _unclear("scope", query["scope"], '{"scopeType": "BASE_SUBTREE"}')
    kind, level = said.get("scopeType", "BASE_ONLY"), str(said.get("scopeLevel", 0))
    if kind not in SCOPES:
        raise _unclear("scopeType", kind, ", ".join(SCOPES))
    if not level.isdecimal() or len(level) > 3:
        raise _unclear("scopeLevel", level, "a whole number from 0 to 999")
    return Scope(kind, int(level))


def filter_of(query: Mapping[str, str]) -> Callable[[dict[str, Any]], bool]:
    """Whether an object, as JSON, passes the filter of the query. Raises Refusal."""
    text = query.get("filter", "")
    terms = []
    for part in re.split(r"\s+and\s+", text) if text else ():
        found = _TERM.fullmatch(part)
        if not found:
            raise _unclear("filter", text, 'attributes/userLabel = "A" and …')
        pointer, sign, value = found.groups()
        try:
            wanted = json.loads(value)
        except ValueError:
            wanted = value  # a bare word
        terms.append((pointer, _COMPARES[sign], wanted))

    def passes(node: dict[str, Any]) -> bool:
        return all(_holds(at(node, pointer), sign, w) for pointer, sign, w in terms)

    return passes


def _holds(value: Any, compare: Callable[[Any, Any], bool], wanted: Any) -> bool:
    if compare in (operator.eq, operator.ne):
        return value is not MISSING and compare(value, wanted)
    numbers = all(type(each) in (int, float) for each in (value, wanted))
    texts = isinstance(value, str) and isinstance(wanted, str)
    return (numbers or texts) and compare(value, wanted)


def at(node: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) leads to; MISSING if to nothing."""
    for part in pointer.strip("/").split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return MISSING
    return node


def selected(attributes: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """The attributes that `attributes` and `fields` of the query ask for."""
    asked = [name for name in query.get("attributes", "").split(",") if name]
    pointers = [name.strip("/") for name in query.get("fields", "").split(",") if name]
    if not asked and not pointers:
        return attributes
    kept = {name: attributes[name] for name in asked if name in attributes}
    for pointer in pointers:
        value = at({"attributes": attributes}, pointer)
        names = pointer.split("/")[1:]
        if value is MISSING or not names:
            continue
        below = kept
        for name in names[:-1]:
            below = below.setdefault(name, {})
        below[names[-1]] = value
    return kept


def _unclear(what: str, said: Any, example: str) -> Exception:
    return refusal(
        SCHEMA, what, f"{what} {said!r} is not understood. Give {example}.", status=400
    )
