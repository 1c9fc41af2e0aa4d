"""How does something learned survive the process: arrays and facts in one file?

An `.npz` of plain arrays with a header of JSON inside; nothing in it is ever executed.
"""

import io
import json
import os
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from gemel.errors import InterfaceError

SCHEMA_VERSION = 1
HEADER = "header"


def write_model(
    path: Path | str, kind: str, arrays: dict[str, np.ndarray], facts: dict[str, Any]
) -> None:
    """The whole file, or none.

    kind:    what was learned, e.g. "propagation"; `read_model` asks for it
    arrays:  of numbers, truth values or text; by names other than "header"
    facts:   whatever JSON can say

    Raises InterfaceError where the file cannot be written.
    """
    if HEADER in arrays:
        raise ValueError(f"an array may not be called {HEADER!r}")
    if pickled := [name for name, array in arrays.items() if array.dtype.hasobject]:
        raise ValueError(f"{pickled} are arrays of objects, which only Python can read")
    header = {"schema_version": SCHEMA_VERSION, "kind": kind, "facts": facts}
    text = json.dumps(header, ensure_ascii=False, allow_nan=False).encode()
    content = io.BytesIO()
    everything: dict[str, Any] = {HEADER: np.frombuffer(text, np.uint8), **arrays}
    np.savez_compressed(content, **everything)
    path = Path(path)
    half = None
    try:
        handle, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with open(handle, "wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(half, 0o666 & ~umask)  # as any new file; mkstemp hides its own
        os.replace(half, path)
    except OSError as error:
        if half is not None:
            Path(half).unlink(missing_ok=True)
        raise InterfaceError(
            f"{path} cannot be written: {error.strerror}. "
            "Give a file in a folder that you may write to."
        ) from error
    except BaseException:
        if half is not None:
            Path(half).unlink(missing_ok=True)
        raise


def read_model(
    path: Path | str, kind: str
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and facts of a file that `write_model` wrote with this kind.

    Raises InterfaceError where there is none, where it is cut or spoilt, of another
    kind, or of another version.
    """
    try:
        # Opened here, because NumPy forgets to close what is no archive.
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            if HEADER not in file:
                raise InterfaceError(f"{path} is no model of gemel. {_REMAKE}")
            header = _header(path, file[HEADER])
            _refuse_others(path, kind, header)
            arrays = {name: file[name] for name in file.files if name != HEADER}
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be read: {error.strerror}. Give the file of a model."
        ) from error
    except _SPOILT as error:
        raise InterfaceError(
            f"{path} is cut short, spoilt, or no model of gemel. {_REMAKE}"
        ) from error
    return arrays, header["facts"]


# What NumPy and its archives raise for bytes that are not theirs; NotImplementedError
# and RuntimeError are zip's for spoilt flags, TypeError is for an array on its own.
_SPOILT = (
    ValueError,
    EOFError,
    KeyError,
    TypeError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
_REMAKE = "Give a file that a command with --out MODEL wrote, or make it anew."


def _header(path: Path | str, text: np.ndarray) -> dict[str, Any]:
    """What the file says it is; ValueError where that cannot be understood."""
    header = json.loads(text.tobytes())
    if not isinstance(header, dict) or "schema_version" not in header:
        raise InterfaceError(f"{path} is no model of gemel. {_REMAKE}")
    return header


def _refuse_others(path: Path | str, kind: str, header: dict[str, Any]) -> None:
    version = header["schema_version"]
    if version != SCHEMA_VERSION:
        raise InterfaceError(
            f"{path} has schema_version {version!r}; this gemel reads "
            f"{SCHEMA_VERSION}. Use the gemel that wrote it, or make the model anew."
        )
    if header["kind"] != kind:
        raise InterfaceError(
            f"{path} is a model of {header['kind']!r}; one of {kind!r} is needed. "
            f"{_REMAKE}"
        )
