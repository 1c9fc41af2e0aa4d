"""What survives when the process is killed, and how is it read again?

One file, written whole or not at all: the arrays of the network's state, and a document
of everything else. The files of reports lie beside it.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gemel.errors import InterfaceError, ScenarioError
from gemel.interfaces.management.files import write_whole

SCHEMA_VERSION = 1
FILE = "checkpoint.npz"
DOCUMENT = "document"


class Memory:
    """The checkpoint of one folder.

    world:  what the network was built from; another one is refused
    """

    def __init__(self, folder: Path, world: Mapping[str, Any]):
        self._path = folder / FILE
        self._world = json.loads(json.dumps(world))

    def save(self, arrays: Mapping[str, np.ndarray], document: dict[str, Any]) -> None:
        """Replace what was kept before. Raises OSError."""
        whole = {
            "schema_version": SCHEMA_VERSION,
            "world": self._world,
            "document": document,
        }
        text = np.frombuffer(json.dumps(whole).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{**arrays, DOCUMENT: text})
        write_whole(self._path, buffer.getvalue())

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """What was kept, or None where nothing was.

        ScenarioError: it is of another world. InterfaceError: it is no checkpoint.
        """
        if not self._path.exists():
            return None
        try:
            with np.load(self._path, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
            whole = json.loads(arrays.pop(DOCUMENT).tobytes())
            version, world = whole["schema_version"], whole["world"]
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InterfaceError(
                f"{self._path} is no checkpoint of gemel. "
                "Give --state a folder of its own, or remove that file."
            ) from error
        if version != SCHEMA_VERSION:
            raise InterfaceError(
                f"{self._path} has schema_version {version}, and this gemel reads "
                f"{SCHEMA_VERSION}. Start anew in another folder."
            )
        if world != self._world:
            names = sorted(
                n for n in {*world, *self._world} if world.get(n) != self._world.get(n)
            )
            then = ", ".join(f"{name} {world.get(name)}" for name in names)
            raise ScenarioError(
                f"{self._path} was made with {then}. "
                "Start with the same, or give --state another folder."
            )
        return arrays, whole["document"]
