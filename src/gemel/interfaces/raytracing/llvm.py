"""Is there an LLVM on this machine that rays can be traced with?

sionna-rt compiles its kernels with the LLVM that DRJIT_LIBLLVM_PATH names, else with
one it finds. LLVM 15 gives up on some of these kernels and takes the whole process
with it, on processors with wide vectors at least; older ones are refused by sionna-rt
itself. So nobody imports it before an LLVM was asked how old it is, in a process that
may die.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from gemel.errors import InterfaceError

OLDEST = 16  # also the first that has LLVMGetVersion
NAMED_BY = "DRJIT_LIBLLVM_PATH"
FOLDERS = (
    "/usr/lib/*-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/usr/lib/llvm-*/lib",
    "/opt/homebrew/opt/llvm*/lib",
    "/usr/local/opt/llvm*/lib",
)
NAMES = ("libLLVM*.so*", "libLLVM*.dylib")
ASK = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
version = [ctypes.c_uint() for _ in range(3)]
library.LLVMGetVersion(*map(ctypes.byref, version))
print(version[0].value)
"""
ASK_S = 60.0
NEXT_MOVE = (
    f"Install one (Debian: apt-get install libllvm19) or name its file in {NAMED_BY}."
)


def find_llvm() -> Path:
    """The newest LLVM here that is new enough; the one DRJIT_LIBLLVM_PATH names, if so.

    InterfaceError: none, or only older ones.
    """
    named = os.environ.get(NAMED_BY)
    found = [Path(named)] if named else _installed()
    for path in found:
        version = llvm_version(path)
        if version is not None and version >= OLDEST:
            return path
    if named:
        said = f"{NAMED_BY} names {named}, which is no such library."
    elif found:
        said = f"There is {found[0]}, which can end the process."
    else:
        said = "There is none."
    raise InterfaceError(
        f"tracing rays needs LLVM {OLDEST} or newer. {said} {NEXT_MOVE}"
    )


def llvm_version(path: Path) -> int | None:
    """The major version; None where the library is older than 16, or none at all."""
    try:
        told = subprocess.run(
            [sys.executable, "-I", "-c", ASK, str(path)],
            capture_output=True,
            text=True,
            timeout=ASK_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    number = told.stdout.strip()
    return int(number) if told.returncode == 0 and number.isdecimal() else None


def _installed() -> list[Path]:
    """Every LLVM in the usual folders, what claims to be newest first."""
    root = Path("/")
    folders = [Path(sys.prefix, "lib")]  # where conda puts it
    for pattern in FOLDERS:
        folders += sorted(root.glob(pattern.lstrip("/")))
    return newest_first(
        path for folder in folders for name in NAMES for path in folder.glob(name)
    )


def newest_first(paths: Iterable[Path]) -> list[Path]:
    """By the version in the file's name; one file under several names counts once."""
    files = {path.resolve(): None for path in paths if path.is_file()}
    return sorted(files, key=lambda path: _claimed(path.name), reverse=True)


def _claimed(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))
