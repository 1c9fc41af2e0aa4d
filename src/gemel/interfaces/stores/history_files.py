"""Where does a history keep its files, and how does each come whole or not at all?

A folder of this machine, or any other place that fsspec knows, such as
s3://bucket/dir. On this machine a file is written beside, synced, and renamed;
elsewhere it is put in one piece, which is how object stores take a file.
"""

import contextlib
import fcntl
import os
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from gemel.errors import InterfaceError

HALF = ".part"  # the end of a name that is still being written
LOCK = ".lock"


class Place:
    """One folder for files, anywhere.

    where:  as the user named it, for messages
    local:  whether it is of this machine
    """

    def __init__(self, where: Path | str):
        """Raises InterfaceError where nothing is known of such places."""
        from fsspec.core import url_to_fs

        self.where = str(where)
        try:
            # Asked anew every time: another process may be writing there.
            self._system, path = url_to_fs(self.where, use_listings_cache=False)
        except (ImportError, ValueError, OSError) as error:
            why = " ".join(str(error).split())
            raise InterfaceError(
                f"{self.where} is no place for a history: {why}. "
                "Give a folder, or an address that fsspec knows."
            ) from error
        protocol = self._system.protocol
        protocols = (protocol,) if isinstance(protocol, str) else tuple(protocol)
        self.local = "file" in protocols
        self._protocol = protocols[0]
        self._root = path.rstrip("/") or "/"
        self._held: IO[bytes] | None = None

    @property
    def system(self) -> Any:
        """What fsspec reaches it through."""
        return self._system

    def address(self, name: str) -> str:
        """Of a file, as DuckDB takes it."""
        path = posixpath.join(self._root, name)
        return path if self.local else f"{self._protocol}://{path}"

    def there(self) -> bool:
        """Whether the folder exists. Raises InterfaceError for a file."""
        with self._spoken("read"):
            if self._system.isfile(self._root):
                raise InterfaceError(f"{self.where} is a file. Give a folder.")
            return bool(self._system.exists(self._root))

    def make(self, *names: str) -> None:
        """The folder, and these in it."""
        with self._spoken("made"):
            for name in names:
                self._system.makedirs(posixpath.join(self._root, name), exist_ok=True)

    def names(self, folder: str = "") -> dict[str, int]:
        """What lies in a folder, and how many bytes it has; folders have none.

        Raises FileNotFoundError where there is no such folder.
        """
        with self._spoken("read"):
            found = self._system.ls(posixpath.join(self._root, folder), detail=True)
        return {
            posixpath.basename(each["name"].rstrip("/")): int(each["size"] or 0)
            for each in found
        }

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        with self._spoken("read"):
            return bool(self._system.isfile(posixpath.join(self._root, name)))

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """The file for reading."""
        with self._system.open(posixpath.join(self._root, name), "rb") as file:
            yield file

    def put(self, name: str, content: bytes) -> None:
        """The whole file, or none. Raises InterfaceError where it cannot be kept."""
        path = posixpath.join(self._root, name)
        with self._spoken("written"):
            if self.local:
                _write_whole(path, content)
            else:
                self._system.pipe_file(path, content)

    def remove(self, name: str) -> None:
        """Let go of a file; one that is gone already is no matter."""
        with self._spoken("tidied"), contextlib.suppress(FileNotFoundError):
            self._system.rm_file(posixpath.join(self._root, name))

    def hold(self) -> None:
        """Be the only one that writes, as long as this process lives.

        Raises InterfaceError where another does. Elsewhere than on this machine
        nobody can tell.
        """
        if not self.local:
            return
        with self._spoken("written"):
            held = open(posixpath.join(self._root, LOCK), "wb")  # noqa: SIM115
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.close()
            raise InterfaceError(
                f"another process is writing to {self.where}. "
                "Wait until it has ended, or give another folder."
            ) from None
        self._held = held

    def let_go(self) -> None:
        """Others may write."""
        if self._held is not None:
            self._held.close()
            self._held = None

    @contextlib.contextmanager
    def _spoken(self, doing: str) -> Iterator[None]:
        """What the system refuses, in one line."""
        try:
            yield
        except FileNotFoundError:
            if doing in ("read", "tidied"):
                raise
            gone = "has vanished" if doing == "written" else "cannot be made"
            raise InterfaceError(
                f"the history at {self.where} {gone}. Bring the folder back, or give "
                "one that you may write to; what was said to be kept is in the old one."
            ) from None
        except OSError as error:
            why = error.strerror or " ".join(str(error).split())
            raise InterfaceError(
                f"{self.where} cannot be {doing}: {why}. "
                "Make room there, or give a folder that you may write to."
            ) from error


def _write_whole(path: str, content: bytes) -> None:
    folder, name = os.path.split(path)
    beside = os.path.join(folder, f".{name}{HALF}")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        _sync(folder)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def _sync(folder: str) -> None:
    """A name is safe when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
