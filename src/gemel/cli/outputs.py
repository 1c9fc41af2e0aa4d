"""Where may a command write, and how do a file and its page appear together?"""

import os
import shlex
import sys
from pathlib import Path

from gemel.errors import InterfaceError


def refuse_outputs(*paths: Path | None) -> None:
    """InterfaceError before any work, where a file could not be written after it.

    Nothing is overwritten, and no two outputs are one file.
    """
    given = [path for path in paths if path is not None]
    for number, path in enumerate(given):
        folder = path.absolute().parent
        if path.exists() or path.is_symlink():
            raise InterfaceError(
                f"{path} is there already; nothing is overwritten. Choose another name."
            )
        if not folder.is_dir():
            raise InterfaceError(
                f"{path} cannot be written: there is no folder {path.parent}. Make it, "
                "or give another."
            )
        if not os.access(folder, os.W_OK):
            raise InterfaceError(
                f"{path} cannot be written: {folder} is not yours to write in. "
                "Choose another place."
            )
        if path.absolute() in [other.absolute() for other in given[:number]]:
            raise InterfaceError(
                f"{path} is to be two files at once. Give the second another name."
            )


def write_page_with(out: Path, report: Path | None, page: str | None) -> None:
    """The page beside a file that was just written: both or, with an error, neither."""
    if report is None or page is None:
        return
    from gemel.report.parts import write_page

    try:
        write_page(report, page)
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def typed(command: str) -> str:
    """What the user typed; the bare command where gemel was called by code."""
    words = sys.argv[1:]
    return shlex.join(["gemel", *(words if command in words else [command])])
