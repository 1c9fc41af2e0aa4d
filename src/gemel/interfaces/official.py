"""Where does this week's official export lie, and what is in the file?"""

import contextlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx

from gemel.errors import InterfaceError
from gemel.interfaces.fetching import OTHERWISE, fetch_json

OFFICIAL_HOSTS = ("data.gouv.fr", "data.anfr.fr")  # where a catalogue may send us
UNPACKED_BYTES = 1_000 * 10**6  # an archive that claims more is no such table


def export_address(catalogue: str) -> str:
    """Where a catalogue says that this week's export lies.

    catalogue:  of data.gouv.fr, which lists files, or of data.anfr.fr, which names one

    InterfaceError: as `fetch_json`, or it names no export on an official server.
    """
    said = fetch_json(catalogue)
    if isinstance(said.get("resources"), list):  # data.gouv.fr: file names are dates
        urls = [
            str(entry.get("url"))
            for entry in said["resources"]
            if isinstance(entry, dict)
        ]
        zips = [url for url in urls if url.lower().endswith(".zip")]
        found = max(zips, key=lambda url: url.rsplit("/", 1)[-1], default="")
    else:
        result = said.get("result")
        extras = result.get("extras") if isinstance(result, dict) else None
        found = next(
            (
                str(extra.get("value"))
                for extra in extras or []
                if isinstance(extra, dict) and extra.get("key") == "file_csv"
            ),
            "",
        )
    asked = httpx.URL(catalogue)
    target = httpx.URL(found)
    trusted = target.scheme == "https" and any(
        target.host == host or target.host.endswith(f".{host}")
        for host in OFFICIAL_HOSTS
    )
    if not trusted and (target.scheme, target.host) != (asked.scheme, asked.host):
        raise InterfaceError(
            f"{catalogue} names no export of ANFR that we would load ({found[:80]!r}). "
            f"Try again later, or {OTHERWISE}."
        )
    return found


@contextlib.contextmanager
def open_export(raw: Path, source: str) -> Iterator[io.TextIOBase]:
    """The export as text, unpacked on the way if it is a zip archive."""
    if not zipfile.is_zipfile(raw):
        with raw.open(encoding="utf-8-sig", newline="") as export:
            yield export
        return
    try:
        with zipfile.ZipFile(raw) as archive:
            tables = [
                m for m in archive.infolist() if m.filename.lower().endswith(".csv")
            ]
            if len(tables) != 1 or tables[0].file_size > UNPACKED_BYTES:
                raise InterfaceError(
                    f"{source} holds {len(tables)} tables, or a far too large one, "
                    f"not one export. Try again later, or {OTHERWISE}."
                )
            with io.TextIOWrapper(
                archive.open(tables[0]), encoding="utf-8-sig", newline=""
            ) as export:
                yield export
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InterfaceError(
            f"{source} is a damaged zip archive ({error}). Try again later, or "
            f"{OTHERWISE}."
        ) from None
