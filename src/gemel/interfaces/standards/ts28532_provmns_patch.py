"""Which attributes does a PATCH of ProvMnS want to change, in its four formats?

TS 32.158 clause 4.4: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902) change one
object; the 3GPP variants also change objects below it. What would create or delete is
told apart, for nothing of a stand-in can be created or deleted.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from gemel.interfaces.standards.problem import NOT_ALLOWED, SCHEMA, refusal
from gemel.interfaces.standards.ts28532_provmns import MISSING, dn_of_path

OWN = ("id", "objectClass", "objectInstance")  # of a resource, beside attributes


@dataclasses.dataclass(frozen=True)
class Wish:
    """One attribute of one object, with the value it should have.

    path:      into the attribute's value; empty for all of it
    expected:  what must be there now, else the whole patch fails (`test`)
    """

    dn: str
    name: str
    value: Any = MISSING
    path: tuple[str, ...] = ()
    expected: Any = MISSING


def merge_patch(dn: str, body: Any) -> list[Wish]:
    """RFC 7396, on one object."""
    body = _object(dn, body)
    if strangers := sorted(set(body) - {*OWN, "attributes"}):
        raise refusal(
            SCHEMA,
            dn,
            f"a merge patch of {dn} has {', '.join(strangers)}; it may have "
            "attributes. Use application/3gpp-merge-patch+json for what is below.",
        )
    return _merged(dn, body)


def merge_patch_3gpp(dn: str, body: Any) -> list[Wish]:
    """The same, with the objects below in arrays under the names of their classes."""
    body = _object(dn, body)
    wishes = _merged(dn, body)
    for kind, items in body.items():
        if kind in (*OWN, "attributes"):
            continue
        for item in items if isinstance(items, list) else [items]:
            if not isinstance(item, dict) or not isinstance(item.get("id"), str):
                raise refusal(
                    SCHEMA, dn, f"a {kind} below {dn} has no id. Say which is meant."
                )
            wishes += merge_patch_3gpp(f"{dn},{kind}={item['id']}", item)
    return wishes


def json_patch(dn: str, body: Any) -> list[Wish]:
    """RFC 6902, on one object."""
    return [
        _operation(dn, dn, change, str(change.get("path", "")))
        for change in _operations(dn, body)
    ]


def json_patch_3gpp(dn: str, body: Any) -> list[Wish]:
    """The same; a path may begin with the way to an object below, up to `#`."""
    wishes = []
    for change in _operations(dn, body):
        way, hash_, pointer = str(change.get("path", "")).partition("#")
        below = way.strip("/") if hash_ else ""
        target = f"{dn},{dn_of_path(below)}" if below else dn
        wishes.append(_operation(dn, target, change, pointer if hash_ else way))
    return wishes


# media type -> how it is read
PATCHES: dict[str, Callable[[str, Any], list[Wish]]] = {
    "application/merge-patch+json": merge_patch,
    "application/3gpp-merge-patch+json": merge_patch_3gpp,
    "application/json-patch+json": json_patch,
    "application/3gpp-json-patch+json": json_patch_3gpp,
}


def _merged(dn: str, body: dict[str, Any]) -> list[Wish]:
    attributes = body.get("attributes", {})
    if not isinstance(attributes, dict):
        raise refusal(SCHEMA, dn, f"attributes of {dn} are no object. Give an object.")
    wishes = []
    for name, value in attributes.items():
        if value is None:
            raise _never_removed(dn, name)
        if isinstance(value, dict):  # RFC 7396 goes into objects
            wishes += [Wish(dn, name, item, (key,)) for key, item in value.items()]
        else:
            wishes.append(Wish(dn, name, value))
    return wishes


def _operation(base: str, dn: str, change: dict[str, Any], pointer: str) -> Wish:
    kind = change.get("op")
    parts = [p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")]
    if parts[:2] != ["", "attributes"] or len(parts) < 3:
        raise refusal(
            SCHEMA,
            base,
            f"path {pointer!r} does not begin with /attributes/ and a name. "
            "Only attributes can be changed.",
        )
    name, path = parts[2], tuple(parts[3:])
    if kind == "remove":
        raise _never_removed(dn, name)
    if kind not in ("add", "replace", "test"):
        raise refusal(
            SCHEMA,
            base,
            f"operation {kind!r} is not served; served are add, replace, test. "
            "Write move and copy as replace.",
        )
    if "value" not in change:
        raise refusal(SCHEMA, base, f"{kind} of {pointer} has no value. Give one.")
    if kind == "test":
        return Wish(dn, name, path=path, expected=change["value"])
    return Wish(dn, name, change["value"], path)


def _operations(dn: str, body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise refusal(
            SCHEMA, dn, "a JSON patch is an array of operations. Give one, e.g. "
            '[{"op": "replace", "path": "/attributes/digitalTilt", "value": 60}].'
        )  # fmt: skip
    return body


def _object(dn: str, body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise refusal(SCHEMA, dn, f"the patch of {dn} is no object. Give an object.")
    return body


def _never_removed(dn: str, name: str) -> Exception:
    return refusal(
        NOT_ALLOWED,
        f"{dn}/attributes/{name}",
        f"{name} of {dn} cannot be removed. Give it another value instead.",
    )
