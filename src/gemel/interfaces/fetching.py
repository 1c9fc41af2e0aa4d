"""How does a file come from an address to this machine, whole or not at all?"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx

from gemel.errors import InterfaceError

TIMEOUT_S = httpx.Timeout(60.0, connect=10.0)  # between two pieces, not for the whole
AGENT = {"User-Agent": "gemel"}  # public data services want to know who asks
OTHERWISE = "give a folder that has the data with --data DIR or GEMEL_DATA"
SMALL_BYTES = 16 * 2**20  # of an answer that is kept in memory

# Called with the bytes so far and, where the server says it, all bytes.
Progress = Callable[[int, int | None], None]


def fetch(
    url: str, into: Path, limit_bytes: int, progress: Progress | None = None
) -> str:
    """Writes what lies at `url` to the file `into`; returns its SHA-256.

    `into` is left behind half-written on failure: name one that is thrown away.

    InterfaceError: no way there, an answer other than 200, an answer that breaks off,
    or more than `limit_bytes`.
    """
    digest = hashlib.sha256()
    got_bytes = 0
    try:
        with (
            into.open("wb") as file,
            httpx.stream(
                "GET", url, timeout=TIMEOUT_S, headers=AGENT, follow_redirects=True
            ) as answer,
        ):
            _check_status(answer, url)
            said = answer.headers.get("Content-Length", "")
            all_bytes = int(said) if said.isdecimal() else None
            if all_bytes is not None and all_bytes > limit_bytes:
                raise _too_large(url, all_bytes, limit_bytes)
            for piece in answer.iter_bytes():
                got_bytes += len(piece)
                if got_bytes > limit_bytes:
                    raise _too_large(url, got_bytes, limit_bytes)
                digest.update(piece)
                file.write(piece)
                if progress is not None:
                    progress(answer.num_bytes_downloaded, all_bytes)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _explained(error, url, got_bytes) from None
    return digest.hexdigest()


def fetch_json(url: str) -> dict:
    """The JSON object at `url`; InterfaceError as `fetch`, or if it is no object."""
    try:
        answer = httpx.get(url, timeout=TIMEOUT_S, headers=AGENT, follow_redirects=True)
        _check_status(answer, url)
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _explained(error, url, 0) from None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise InterfaceError(
            f"{url} did not answer with a JSON object; the service may have moved. "
            f"Try again later, or {OTHERWISE}."
        )
    return said


def _check_status(answer: httpx.Response, url: str) -> None:
    if answer.status_code != httpx.codes.OK:
        raise InterfaceError(
            f"{url} answered {answer.status_code} {answer.reason_phrase}; it may have "
            f"moved. Try again later, or {OTHERWISE}."
        )


def _too_large(url: str, size_bytes: int, limit_bytes: int) -> InterfaceError:
    return InterfaceError(
        f"{url} has {size_bytes:,} bytes or more, above the {limit_bytes:,} expected; "
        f"nothing was kept. Check the address, or {OTHERWISE}."
    )


def _explained(error: Exception, url: str, got_bytes: int) -> InterfaceError:
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return InterfaceError(
            f"cannot reach {httpx.URL(url).host} ({reason}); this machine may be "
            f"offline. Connect it and run the command again, or {OTHERWISE}."
        )
    return InterfaceError(
        f"{url} broke off after {got_bytes:,} bytes ({reason}); nothing was kept. Run "
        f"the command again, or {OTHERWISE}."
    )
