"""Which requests does ProvMnS (TS 28.532 clause 12.1) answer?"""

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gemel.interfaces.management.answering import Asked, answer
from gemel.interfaces.management.door import Door
from gemel.interfaces.management.tree import read
from gemel.interfaces.standards.naming import SUB_NETWORK
from gemel.interfaces.standards.problem import NOT_ALLOWED, SCHEMA, refusal
from gemel.interfaces.standards.ts28532_provmns import (
    Scope,
    dn_of_path,
    filter_of,
    scope_of,
    selected,
)
from gemel.interfaces.standards.ts28532_provmns_patch import PATCHES

ROOT = "/ProvMnS/v1"
# Classes whose objects come and go, all below the SubNetwork.
MADE = ("TraceJob", "NtfSubscriptionControl")


def get(door: Door, asked: Asked) -> Response:
    """An object, with as much below it as the query wants."""
    dn = dn_of_path(asked.path["path"])
    scope, passes = scope_of(asked.query), filter_of(asked.query)
    found = read(
        door.desk.tree,
        door.desk.now,
        door.extras(),
        dn,
        scope,
        passes,
        lambda attributes: selected(attributes, asked.query),
    )
    return JSONResponse({} if found is None else found)


def patch(door: Door, asked: Asked) -> Response:
    """Change attributes, all that are named or none."""
    dn = dn_of_path(asked.path["path"])
    if asked.media_type not in PATCHES:
        raise refusal(
            SCHEMA,
            dn,
            f"a patch of type {asked.media_type!r} is not served. "
            f"Send {', '.join(PATCHES)}.",
            status=415,
        )
    body = asked.json()
    door.desk.tree.node(dn)
    door.desk.patch(PATCHES[asked.media_type](dn, body))
    return JSONResponse(_one(door, dn))


def post(door: Door, asked: Asked) -> Response:
    """Create an object below the SubNetwork, where its class may come and go."""
    dn = dn_of_path(asked.path["path"])
    body = asked.json()
    kind = body.get("objectClass") if isinstance(body, dict) else None
    if isinstance(body, dict) and kind is None:  # {"TraceJob": [{"attributes": …}]}
        kind = next((name for name in MADE if name in body), None)
        inside = body.get(kind) if kind else None
        body = inside[0] if isinstance(inside, list) and inside else inside
    if dn != SUB_NETWORK or kind not in MADE:
        raise _unmade(dn, "created")
    attributes: dict[str, Any] = {}
    if isinstance(body, dict):
        attributes = body.get("attributes", {})
    made = (
        door.traces.add(attributes)
        if kind == "TraceJob"
        else door.subscribers.add(attributes)
    )
    name = f"{SUB_NETWORK},{kind}={made.id}"
    location = f"{asked.base_url}{ROOT}/{name.replace(',', '/')}"
    return JSONResponse(_one(door, name), 201, headers={"Location": location})


def put(door: Door, asked: Asked) -> Response:
    """Nothing can be created under a name of the consumer's choice, or replaced."""
    raise _unmade(dn_of_path(asked.path["path"]), "created or replaced")


def delete(door: Door, asked: Asked) -> Response:
    """Delete an object whose class may come and go."""
    dn = dn_of_path(asked.path["path"])
    parent, _, name = dn.rpartition(",")
    kind, _, identity = name.partition("=")
    if parent != SUB_NETWORK or kind not in MADE:
        door.desk.tree.node(dn)
        raise _unmade(dn, "deleted")
    (door.traces if kind == "TraceJob" else door.subscribers).remove(identity)
    return Response(status_code=204)


def alarms(door: Door, asked: Asked) -> Response:
    """The active alarms, at the path of older releases."""
    return JSONResponse(door.alarms.attributes()["alarmRecords"])


def _one(door: Door, dn: str) -> dict[str, Any] | None:
    return read(door.desk.tree, door.desk.now, door.extras(), dn, Scope())


def _unmade(dn: str, what: str) -> Exception:
    return refusal(
        NOT_ALLOWED,
        dn,
        f"{dn} cannot be {what}; what comes and goes is {', '.join(MADE)} below "
        f"{SUB_NETWORK}. Use PATCH to change attributes.",
    )


ROUTES = [
    Route(f"{ROOT}/{{path:path}}", answer(get), methods=["GET"]),
    Route(f"{ROOT}/{{path:path}}", answer(patch), methods=["PATCH"]),
    Route(f"{ROOT}/{{path:path}}", answer(post, changes=True), methods=["POST"]),
    Route(f"{ROOT}/{{path:path}}", answer(put), methods=["PUT"]),
    Route(f"{ROOT}/{{path:path}}", answer(delete, changes=True), methods=["DELETE"]),
    Route("/alarms", answer(alarms), methods=["GET"]),
]
