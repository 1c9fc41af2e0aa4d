"""Where does compiled code wait for the next run?"""

import logging
import os
import warnings
import zlib
from pathlib import Path

log = logging.getLogger("gemel.cli.compiled")

ENTRY, ZLIB = "-cache", b"\x78"  # how names of entries end, and how they begin
CHECKED = ".checked"  # entries that are older were looked at
WORTH_KEEPING_S = 0.2  # of compiling; a day needs many things of a few tenths


def keep_compiled() -> None:
    """From now on, what JAX compiles is kept in the user's cache folder.

    Does nothing where JAX was told a folder already (JAX_COMPILATION_CACHE_DIR), or
    where ours cannot be written: then everything is compiled anew.
    """
    import jax

    from gemel.interfaces.downloads import cache_dir

    told = jax.config.jax_compilation_cache_dir  # type: ignore[attr-defined]
    if told is not None:
        return
    folder = cache_dir().parent / "xla"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.info("nothing compiled is kept: %s: %s", folder, error.strerror)
        return
    if not os.access(folder, os.W_OK):
        log.info("nothing compiled is kept: %s cannot be written", folder)
        return
    drop_spoilt(folder)
    # Another process may be writing what we read: then it is compiled anew, unasked.
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation")
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", WORTH_KEEPING_S)


def drop_spoilt(folder: Path) -> None:
    """Forget what a process that was killed did not write to its end.

    JAX itself never would: it warns at every start, and never writes it anew.
    """
    checked = folder / CHECKED
    try:
        since_s = checked.stat().st_mtime if checked.exists() else 0.0
        new = [
            Path(entry.path)
            for entry in os.scandir(folder)
            if entry.name.endswith(ENTRY) and entry.stat().st_mtime >= since_s
        ]
        checked.touch()  # before looking: what is written meanwhile is looked at again
        for path in new:
            if not _whole(path.read_bytes()):
                path.unlink(missing_ok=True)
    except OSError as error:  # somebody else tidies up at the same time
        log.info("what is compiled was not looked at: %s", error)


def _whole(packed: bytes) -> bool:
    if not packed.startswith(ZLIB):
        return bool(packed)  # another packing, which tells itself
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed)
    except zlib.error:
        return False
    return unpacking.eof
