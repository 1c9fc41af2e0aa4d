"""Was this radio map traced here before?

A map is filed under a fingerprint of all that it depends on: the meshes of the scene,
the antenna, the grid, how rays are traced and by which version of sionna-rt. So nothing
in the cache is ever out of date; what is damaged is traced again.
"""

import hashlib
import json
import logging
import os
import tempfile
import zipfile
import zlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from gemel.errors import InterfaceError
from gemel.interfaces.downloads import cache_dir
from gemel.interfaces.maps.scenes import Scene

logger = logging.getLogger("gemel.interfaces.raytracing.cache")

SCHEMA_VERSION = 1
DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
TRACER = "sionna-rt"
Gain = Float32[np.ndarray, "level row column"]


def maps_dir() -> Path:
    """The user's folder for radio maps: $XDG_CACHE_HOME/gemel/radio-maps."""
    return cache_dir().parent / "radio-maps"


def tracer_version() -> str | None:
    """The version of sionna-rt; None where it is not installed."""
    try:
        return version(TRACER)
    except PackageNotFoundError:
        return None


def fingerprint(scene: Scene, job: dict[str, Any]) -> str:
    """SHA-256 of the scene's meshes, the job as JSON, and who traces it."""
    digest = hashlib.sha256(np.ascontiguousarray(scene.triangles_m).tobytes())
    said = {"schema_version": SCHEMA_VERSION, TRACER: tracer_version(), "job": job}
    digest.update(json.dumps(said, sort_keys=True, allow_nan=False).encode())
    return digest.hexdigest()


def path_of(folder: Path, key: str) -> Path:
    """The file of a map, whether it is there or not."""
    return folder / f"{key}.npz"


def load(folder: Path, key: str, shape: tuple[int, int, int]) -> Gain | None:
    """The map filed under `key`; None where there is none, or a damaged one."""
    path = path_of(folder, key)
    try:
        # Opened here: what is damaged would else be left open by NumPy.
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as stored:
            gain, schema = stored["gain"], int(stored["schema_version"])
            whose = str(stored["key"])
    except FileNotFoundError:
        return None
    except DAMAGED as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        logger.warning("%s is damaged (%s); it is traced again", path, reason)
        return None
    sound = gain.shape == shape and gain.dtype == np.float32 and np.isfinite(gain).all()
    if not sound or (schema, whose) != (SCHEMA_VERSION, key) or (gain < 0).any():
        logger.warning("%s holds another map than its name says; traced again", path)
        return None
    return gain


def store(folder: Path, key: str, gain: Gain) -> None:
    """File a map under `key`, whole or not at all.

    InterfaceError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=folder, prefix=".tracing-")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(
                    file,
                    schema_version=np.asarray(SCHEMA_VERSION),
                    key=np.asarray(key),
                    gain=gain,
                )
            Path(half).replace(path_of(folder, key))
        finally:
            Path(half).unlink(missing_ok=True)
    except OSError as error:
        raise InterfaceError(
            f"{folder} cannot be written: {error.strerror}. Free some space, or set "
            "XDG_CACHE_HOME to a folder of yours."
        ) from None
