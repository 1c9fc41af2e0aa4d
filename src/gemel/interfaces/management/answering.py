"""How does a request become a call of one function, and its result or refusal HTTP?"""

import dataclasses
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from gemel.interfaces.management.door import Door
from gemel.interfaces.management.equipment import EquipmentError
from gemel.interfaces.standards.problem import (
    APPLICATION,
    MEDIA_TYPE,
    NOT_ALLOWED,
    OTHER,
    SCHEMA,
    SERVER,
    TREE,
    ErrorDetail,
    Refusal,
    refusal,
)

MOST_BYTES = 32 * 2**20  # of a request; a plan for ten thousand cells has some 5 MB


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a request says."""

    path: dict[str, str]
    query: dict[str, str]
    media_type: str
    body: bytes
    base_url: str

    def json(self) -> Any:
        """The body. Raises Refusal where it is no JSON."""
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            why = " ".join(str(error).split()) or "it is nested too deeply"
            raise refusal(
                SCHEMA, "body", f"the body is no JSON: {why}. Send a JSON object."
            ) from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


Handler = Callable[[Door, Asked], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def answer(handler: Handler, changes: bool = False) -> Endpoint:
    """An endpoint of Starlette.

    changes:  what the handler did must survive a crash before it is answered
    """

    async def endpoint(request: Request) -> Response:
        door: Door = request.app.state.door
        try:
            body = await _body(request)
            asked = Asked(
                dict(request.path_params),
                dict(request.query_params),
                request.headers.get("content-type", "").partition(";")[0].strip(),
                body,
                str(request.base_url).rstrip("/"),
            )
            # In a thread: turning the network waits for the chunk that is lived.
            return await run_in_threadpool(_call, handler, changes, door, asked)
        except Refusal as refused:
            return problem(refused)
        except ClientDisconnect:
            return Response(status_code=400)

    return endpoint


def _call(handler: Handler, changes: bool, door: Door, asked: Asked) -> Response:
    try:
        answered = handler(door, asked)
        if changes:
            with door.desk.turnstile.visit():
                door.keep()
    except EquipmentError as error:
        raise refusal(
            SERVER, "SubNetwork=1", f"the equipment could not be turned back: {error}."
        ) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise refusal(SERVER, "SubNetwork=1", f"this machine failed: {why}.") from error
    return answered


async def _body(request: Request) -> bytes:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MOST_BYTES:
            raise refusal(
                APPLICATION,
                "body",
                f"the body has more than {MOST_BYTES // 2**20} MiB. Send less at once.",
                status=413,
            )
    return bytes(read)


def problem(refused: Refusal) -> Response:
    """A refusal as application/problem+json."""
    return JSONResponse(refused.as_json(), refused.status, media_type=MEDIA_TYPE)


async def of_http(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown paths and methods."""
    status = getattr(error, "status_code", 500)
    headers = getattr(error, "headers", None)
    kind = {404: TREE, 405: NOT_ALLOWED}.get(status, OTHER)
    path = request.url.path
    detail = f"{request.method} {path} is not served here."
    body = Refusal(ErrorDetail(kind, path, detail), status=status).as_json()
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


async def of_bug(request: Request, error: Exception) -> Response:
    """A mistake of ours, which the log has in full."""
    body = Refusal(
        ErrorDetail(SERVER, request.url.path, "this is a bug; see the server's log.")
    ).as_json()
    return JSONResponse(body, 500, media_type=MEDIA_TYPE)
