"""How does one ask a management system over HTTP, and what is said when it fails?"""

import json
import re
from typing import Any

import httpx

from gemel.errors import InterfaceError

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
NEXT_MOVE = "Check the address, and that the network's management runs there."


class Refused(InterfaceError):
    """It was understood and not done: the status is 4xx or 5xx."""


class Door:
    """One management system; every failure is one clear line.

    transport:  another way there than the net, for tests
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None):
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            parsed = httpx.URL("")
        sound = re.fullmatch(r"[\w.:-]+", parsed.host)
        if parsed.scheme not in ("http", "https") or not sound:
            raise InterfaceError(
                f"{url!r} is no address of a network. "
                "Give one such as http://127.0.0.1:8081."
            )
        self.url = url.rstrip("/")
        self.host = parsed.host
        self._client = httpx.Client(
            base_url=self.url,
            transport=transport,
            timeout=TIMEOUT,
            follow_redirects=True,
            headers={"User-Agent": "gemel", "Accept": "application/json, */*"},
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def knock(self) -> None:
        """See that somebody is there: raises InterfaceError where nobody is."""
        self.get("/files", fileDataType="Performance")

    def get(self, path: str, **query: str) -> Any:
        """The JSON that lies there."""
        return self._json(self._send("GET", path, params=query), path)

    def get_bytes(self, path: str) -> bytes:
        """Whatever lies there."""
        return self._send("GET", path).content

    def post(self, path: str, body: dict[str, Any]) -> tuple[Any, str]:
        """What was made there, and its id: in it, or at the end of where it lies."""
        answer = self._send("POST", path, json=body)
        made = self._json(answer, path) if answer.content else {}
        name = str(made.get("id") or "") if isinstance(made, dict) else ""
        name = name or answer.headers.get("Location", "").rstrip("/").rpartition("/")[2]
        return made, name

    def delete(self, path: str) -> None:
        """Remove what lies there."""
        self._send("DELETE", path)

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **more)
        except httpx.TimeoutException:
            raise InterfaceError(
                f"{self.url} did not answer {method} {path} in time. {NEXT_MOVE}"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise InterfaceError(
                f"cannot reach {self.url} for {method} {path}: {why}. {NEXT_MOVE}"
            ) from None
        if answer.is_success:
            return answer
        raise Refused(
            f"{self.url} refused {method} {path} with {answer.status_code}"
            f"{_reason(answer)}"
        )

    def _json(self, answer: httpx.Response, path: str) -> Any:
        try:
            return answer.json()
        except (ValueError, RecursionError):
            raise InterfaceError(
                f"{self.url} answered {path} with no JSON. {NEXT_MOVE}"
            ) from None


def _reason(answer: httpx.Response) -> str:
    """What application/problem+json says, on one line."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return f". {NEXT_MOVE}"
    said = body.get("detail") or body.get("title") or body.get("type") or ""
    kind = body.get("type") or ""
    text = " ".join(str(said).split())[:400]
    return f" ({str(kind)[:60]}): {text}" if kind and kind != text else f": {text}"
