"""Which requests does plan management (TS 28.572) answer?"""

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gemel.interfaces.management.answering import Asked, Handler, answer
from gemel.interfaces.management.door import Door
from gemel.interfaces.management.plan_jobs import JOBS, ROOT, shown, status_of
from gemel.interfaces.management.plan_store import KINDS, REVISION
from gemel.interfaces.standards.problem import SCHEMA, refusal


def of_descriptors(kind: str) -> list[BaseRoute]:
    """POST, GET on the list; GET, PUT, DELETE on one."""

    def post(door: Door, asked: Asked) -> Response:
        made = door.store.add(kind, asked.json())
        where = f"{asked.base_url}{ROOT}/{kind}/{made['id']}"
        return JSONResponse(_linked(kind, made), 201, headers={"Location": where})

    def entries(door: Door, asked: Asked) -> Response:
        return JSONResponse(door.store.entries(kind))

    def get(door: Door, asked: Asked) -> Response:
        return JSONResponse(_linked(kind, door.store.get(kind, asked.path["id"])))

    def put(door: Door, asked: Asked) -> Response:
        made = door.store.replace(kind, asked.path["id"], asked.json())
        return JSONResponse(_linked(kind, made))

    def delete(door: Door, asked: Asked) -> Response:
        door.store.remove(kind, asked.path["id"])
        return Response(status_code=204)

    every = _routes(kind, entries, get, post, delete)
    one = f"{ROOT}/{kind}/{{id}}"
    return [*every, Route(one, answer(put, changes=True), methods=["PUT"])]


def of_jobs(kind: str) -> list[BaseRoute]:
    """The same for jobs, which are cancelled by PATCH and tell how far they are."""
    details = f"{kind.split('-')[1]}Details"

    def post(door: Door, asked: Asked) -> Response:
        made = door.jobs.add(kind, asked.json())
        where = f"{asked.base_url}{ROOT}/{kind}/{made['id']}"
        return JSONResponse(shown(made), 201, headers={"Location": where})

    def entries(door: Door, asked: Asked) -> Response:
        return JSONResponse(door.jobs.entries(kind))

    def get(door: Door, asked: Asked) -> Response:
        return JSONResponse(shown(door.jobs.get(kind, asked.path["id"])))

    def cancel(door: Door, asked: Asked) -> Response:
        body = asked.json()
        if body != {"cancelRequest": True}:
            raise refusal(
                SCHEMA,
                f"{kind}/{asked.path['id']}",
                'of a job only {"cancelRequest": true} can be patched. Send that.',
            )
        return JSONResponse(shown(door.jobs.cancel(kind, asked.path["id"])))

    def delete(door: Door, asked: Asked) -> Response:
        door.jobs.remove(kind, asked.path["id"])
        return Response(status_code=204)

    def status(door: Door, asked: Asked) -> Response:
        return JSONResponse(status_of(door.jobs.get(kind, asked.path["id"])))

    def detail(door: Door, asked: Asked) -> Response:
        return JSONResponse(door.jobs.get(kind, asked.path["id"])[details])

    one = f"{ROOT}/{kind}/{{id}}"
    parts = kind.split("-")[1]
    return [
        *_routes(kind, entries, get, post, delete),
        Route(one, answer(cancel, changes=True), methods=["PATCH"]),
        Route(f"{one}/status", answer(status), methods=["GET"]),
        Route(f"{one}/{parts}-details", answer(detail), methods=["GET"]),
    ]


def _routes(
    kind: str, entries: Handler, get: Handler, post: Handler, delete: Handler
) -> list[BaseRoute]:
    path = f"{ROOT}/{kind}"
    return [
        Route(path, answer(entries), methods=["GET"]),
        Route(path, answer(post, changes=True), methods=["POST"]),
        Route(f"{path}/{{id}}", answer(get), methods=["GET"]),
        Route(f"{path}/{{id}}", answer(delete, changes=True), methods=["DELETE"]),
    ]


def _linked(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in body.items() if name != REVISION}
    return {**shown, "_links": {"self": {"href": f"{ROOT}/{kind}/{body['id']}"}}}


ROUTES = [
    *(route for kind in KINDS for route in of_descriptors(kind)),
    *(route for kind in JOBS for route in of_jobs(kind)),
]
