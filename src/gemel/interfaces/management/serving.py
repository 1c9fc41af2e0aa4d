"""How is the door put on a port of this machine, and taken off again?"""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from gemel.errors import InterfaceError
from gemel.interfaces.management import routes_files, routes_nrm, routes_plans
from gemel.interfaces.management.answering import of_bug, of_http
from gemel.interfaces.management.door import Door

HOST = "127.0.0.1"  # nobody is asked who they are, so nobody from outside gets in
LAST_WORDS_S = 3  # for requests that are being answered when we stop


def application(door: Door) -> Starlette:
    """The door as an ASGI application."""
    app = Starlette(
        routes=[*routes_nrm.ROUTES, *routes_plans.ROUTES, *routes_files.ROUTES],
        exception_handlers={HTTPException: of_http, 500: of_bug},
    )
    app.state.door = door
    return app


def listening(port: int) -> socket.socket:
    """A socket on that port, 0 for any that is free. Raises InterfaceError."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        raise InterfaceError(
            f"port {port} of {HOST} cannot be served: {error.strerror}. "
            "Give another with --port."
        ) from error
    return bound


class _Server(uvicorn.Server):
    """One that says when it is ready, and ends when its network does."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]):
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        door: Door = self.config.app.state.door  # type: ignore[union-attr]
        if door.broken() is not None:
            self.should_exit = True
        return await super().on_tick(counter)


@contextlib.contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """SIGTERM, which ends services, is heard as Ctrl-C, so that nothing is left."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def serve(door: Door, bound: socket.socket, ready: Callable[[str], None]) -> None:
    """Live and answer until KeyboardInterrupt, which is passed on when all is stopped.

    ready:  is told the address once it can be asked
    """
    port = bound.getsockname()[1]
    door.base_url = f"http://{HOST}:{port}"

    def begin() -> None:
        door.start()
        ready(door.base_url)

    config = uvicorn.Config(
        application(door),
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=LAST_WORDS_S,
        ws="none",
    )
    try:
        with _ended_like_ctrl_c():
            _Server(config, begin).run([bound])
    finally:
        door.close()
        bound.close()
    if (error := door.broken()) is not None:
        raise error
