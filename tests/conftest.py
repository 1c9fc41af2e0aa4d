"""Under which rules does every test run?

Shapes are checked at every call, nothing is promoted in silence, and numbers are
float32 as in production.
"""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import jax
import jaxtyping
import pytest

assert "gemel" not in sys.modules, "gemel was imported before its shapes were checked"
jaxtyping.install_import_hook("gemel", "beartype.beartype")

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gemel/xla"
jax.config.update("jax_compilation_cache_dir", str(CACHE))
# Half of JAX's own threshold or less: tests compile many things of a few tenths.
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)

hypothesis.settings.register_profile(
    "gemel",
    # Values are drawn, not shapes: the first example compiles, the rest are fast.
    deadline=None,
    max_examples=25,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("gemel")


MAPS = Path("/proc/self/maps")
MOST_MAPS = 15_000  # Linux gives a process 65,530, and XLA crashes where there is none


@pytest.fixture(scope="module", autouse=True)
def few_programs() -> Iterator[None]:
    """Forgets compiled programs, each of which holds some maps of memory, in time."""
    yield
    if MAPS.exists() and MAPS.read_bytes().count(b"\n") > MOST_MAPS:
        jax.clear_caches()
        gc.collect()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real measurements, from GEMEL_DATA."""
    named = os.environ.get("GEMEL_DATA")
    if not named:
        pytest.skip("GEMEL_DATA is not set: no real measurements to compare with")
    folder = Path(named)
    if not folder.is_dir():
        pytest.skip(f"GEMEL_DATA is {named}, which is no folder")
    return folder


@pytest.fixture(scope="session")
def reference_dir(data_dir: Path) -> Path:
    """The folder of published reference numbers, which lies beside GEMEL_DATA."""
    folder = data_dir.resolve().parent / "reference"
    if not folder.is_dir():
        pytest.skip(f"{folder} is no folder: no reference numbers to compare with")
    return folder
