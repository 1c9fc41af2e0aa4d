"""Which requests does file reporting (TS 28.532 clause 12.6) answer?"""

import dataclasses

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gemel.interfaces.management.answering import Asked, answer
from gemel.interfaces.management.door import Door
from gemel.interfaces.management.subscribers import Subscription
from gemel.interfaces.standards.problem import SCHEMA, refusal
from gemel.interfaces.standards.ts28532_pm import NAMESPACES, read_pm, write_pm


def listed(door: Door, asked: Asked) -> Response:
    """Every file that a query asks for, oldest first."""
    here = asked.base_url
    infos = []
    for info in door.files.listed(asked.query):
        name = info.location.rpartition("/")[2]
        # As seen by who asks: the file was perhaps written under another port.
        infos.append(dataclasses.replace(info, location=f"{here}/files/{name}"))
    return JSONResponse({"fileInfoList": [info.as_json() for info in infos]})


def fetched(door: Door, asked: Asked) -> Response:
    """The bytes of one file, and of measurements also with the legacy root."""
    name = asked.path["name"]
    data = door.files.read(name)
    if not name.endswith(".xml"):
        return Response(data, media_type="application/x-ndjson")
    root = asked.query.get("root", "measDataFile")
    if root not in NAMESPACES:
        known = ", ".join(NAMESPACES)
        raise refusal(SCHEMA, name, f"root {root!r} is unknown. Give one of {known}.")
    if root == "measCollecFile":
        data = write_pm(read_pm(data, name), root)
    return Response(data, media_type="application/xml")


def subscribe(door: Door, asked: Asked) -> Response:
    """Be told of what happens."""
    made = door.subscribers.add(asked.json())
    where = f"{asked.base_url}/subscriptions/{made.id}"
    return JSONResponse(_shown(made), 201, headers={"Location": where})


def subscriptions(door: Door, asked: Asked) -> Response:
    """Who is told."""
    return JSONResponse([_shown(one) for one in door.subscribers.all()])


def subscription(door: Door, asked: Asked) -> Response:
    """One of them."""
    return JSONResponse(_shown(door.subscribers.get(asked.path["id"])))


def unsubscribe(door: Door, asked: Asked) -> Response:
    """Be told no more."""
    door.subscribers.remove(asked.path["id"])
    return Response(status_code=204)


def _shown(one: Subscription) -> dict:
    return {"id": one.id, "consumerReference": one.address, **one.attributes()}


ROUTES = [
    Route("/files", answer(listed), methods=["GET"]),
    Route("/files/{name}", answer(fetched), methods=["GET"]),
    Route("/subscriptions", answer(subscriptions), methods=["GET"]),
    Route("/subscriptions", answer(subscribe, changes=True), methods=["POST"]),
    Route("/subscriptions/{id}", answer(subscription), methods=["GET"]),
    Route("/subscriptions/{id}", answer(unsubscribe, changes=True), methods=["DELETE"]),
]
