"""Where is a real data set on this machine, and how does it get here?"""

import dataclasses
import datetime
import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path

from gemel.errors import InterfaceError
from gemel.interfaces.fetching import OTHERWISE, Progress, fetch
from gemel.interfaces.official import export_address, open_export
from gemel.interfaces.tables.anfr import ATTRIBUTION
from gemel.interfaces.tables.anfr_export import write_sites

logger = logging.getLogger("gemel.interfaces.downloads")

SCHEMA_VERSION = 1
# The zipped export has some 20 MB, the plain one 182 MB (2026); double is plenty.
LIMIT_BYTES = 400 * 10**6


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set that the project does not carry.

    file:         its table, inside a folder that is called as the data set
    department:   of France, the part of the official export that is kept
    catalogues:   official addresses that say where this week's export lies, in the
                  order in which they are asked
    attribution:  the line that the licence asks for
    """

    file: str
    department: str
    catalogues: tuple[str, ...]
    attribution: str


# Both catalogues are as public readers of them describe them; neither has been called
# by us. The first lists weekly zip files (seen so in October 2026), the second names
# the plain file in `extras` as `file_csv` (seen so in September 2026).
ANFR_CATALOGUES = (
    "https://www.data.gouv.fr/api/1/datasets/donnees-sur-les-reseaux-mobiles/",
    "https://data.anfr.fr/d4c/api/datasets/2.0/DATASETID/id=observatoire_2g_3g_4g",
)
DATASETS = {
    "paris": Dataset("paris_sites.csv", "75", ANFR_CATALOGUES, ATTRIBUTION),
}


def find_dataset(name: str, data_dir: Path | None = None) -> Path:
    """The table of a data set on this machine.

    Looked for in `data_dir`, which must have it if given, then in the folder that the
    environment variable GEMEL_DATA names, then in the cache: as NAME/FILE or as FILE.

    InterfaceError: an unknown name, or it is nowhere.
    """
    dataset = _dataset(name)
    if data_dir is not None:
        found = _inside(data_dir, name, dataset)
        if found is None:
            raise InterfaceError(
                f"{data_dir} has neither {name}/{dataset.file} nor {dataset.file}. "
                f"Give the folder that has one, or load it: gemel data get {name}"
            )
        return found
    folders = [cache_dir()]
    if named := os.environ.get("GEMEL_DATA"):
        folders.insert(0, Path(named))
    for folder in folders:
        if (found := _inside(folder, name, dataset)) is not None:
            return found
    raise InterfaceError(
        f"{name}/{dataset.file} is not in {' nor in '.join(map(str, folders))}. "
        f"Load it with: gemel data get {name}, or {OTHERWISE}."
    )


def get_dataset(
    name: str,
    cache: Path | None = None,
    url: str | None = None,
    *,
    catalogues: tuple[str, ...] | None = None,
    limit_bytes: int = LIMIT_BYTES,
    refresh: bool = False,
    progress: Progress | None = None,
) -> Path:
    """The table of a data set, loaded from its official source unless it is here.

    cache:       the folder to keep it in; the user's cache folder if None
    url:         of the official export itself (CSV or zip), past the catalogues
    catalogues:  to ask instead of the official ones
    refresh:     load it again though it is here

    Beside the table lies NAME.source.json: where it came from, when, SHA-256 of what
    was loaded and of the table, and the attribution. An interrupted download leaves
    nothing behind.

    InterfaceError: an unknown name, no way to the source, or the source sends
    something else than it should.
    """
    dataset = _dataset(name)
    folder = (cache_dir() if cache is None else cache) / name
    table = folder / dataset.file
    if not refresh and _intact(table):
        return table
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".loading-") as scratch:
            return _load(
                dataset, table, Path(scratch), url, catalogues, limit_bytes, progress
            )
    except OSError as error:
        raise InterfaceError(
            f"{folder} cannot be written: {error.strerror}. Free some space, or set "
            "XDG_CACHE_HOME to a folder of yours."
        ) from None


def cache_dir() -> Path:
    """The user's folder for loaded data: $XDG_CACHE_HOME/gemel/data."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "gemel" / "data"


def _dataset(name: str) -> Dataset:
    if name not in DATASETS:
        raise InterfaceError(
            f"there is no data set {name!r}. There are: {', '.join(sorted(DATASETS))}."
        )
    return DATASETS[name]


def _inside(folder: Path, name: str, dataset: Dataset) -> Path | None:
    places = (folder / name / dataset.file, folder / dataset.file)
    return next((place for place in places if place.is_file()), None)


def _record_path(table: Path) -> Path:
    return table.with_suffix(".source.json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _intact(table: Path) -> bool:
    if not (table.is_file() and _record_path(table).is_file()):
        return False
    try:
        record = json.loads(_record_path(table).read_text("utf-8"))
    except ValueError:  # a damaged record vouches for nothing: load again
        return False
    return isinstance(record, dict) and record.get("table_sha256") == _sha256(table)


def _load(
    dataset: Dataset,
    table: Path,
    scratch: Path,
    url: str | None,
    catalogues: tuple[str, ...] | None,
    limit_bytes: int,
    progress: Progress | None,
) -> Path:
    """Loads from the first source that works; the last one's error if none does."""
    sources = [url] if url else list(catalogues or dataset.catalogues)
    for source, following in zip(sources, [*sources[1:], None], strict=True):
        try:
            address = source if url else export_address(source)
            return _load_from(address, dataset, table, scratch, limit_bytes, progress)
        except InterfaceError as error:
            if following is None:
                raise
            logger.warning("%s Asking %s instead.", error, following)
    raise InterfaceError("no catalogue was given. Give at least one address.")


def _load_from(
    address: str,
    dataset: Dataset,
    table: Path,
    scratch: Path,
    limit_bytes: int,
    progress: Progress | None,
) -> Path:
    raw, sites = scratch / "export", scratch / dataset.file
    raw_sha256 = fetch(address, raw, limit_bytes, progress)
    with (
        open_export(raw, address) as export,
        sites.open("w", encoding="utf-8", newline="") as out,
    ):
        count = write_sites(export, out, dataset.department, address)
    record = {
        "schema_version": SCHEMA_VERSION,
        "url": address,
        "loaded": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "source_sha256": raw_sha256,
        "table_sha256": _sha256(sites),
        "rows": count,
        "attribution": dataset.attribution,
    }
    note = scratch / "record"
    note.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")
    # The record first: a table without its record is loaded again, never believed.
    note.replace(_record_path(table))
    sites.replace(table)
    logger.info(
        "%s has %d rows from %s (%s)", table, count, address, dataset.attribution
    )
    return table
