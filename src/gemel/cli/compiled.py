"""Where does compiled code wait for the next run?"""

import logging
import os

log = logging.getLogger("gemel.cli.compiled")

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
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", WORTH_KEEPING_S)
