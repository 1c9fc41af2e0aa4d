"""What do the PM files of a folder tell, in whatever state they were kept?"""

import gzip
import math
import zlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import numpy as np

from gemel.errors import InterfaceError
from gemel.interfaces.networks.arrivals import Arrivals
from gemel.interfaces.networks.live_reports import monday_of
from gemel.interfaces.networks.recorded_rows import Key, Recording, rows_of
from gemel.interfaces.standards.naming import LocalNames
from gemel.interfaces.standards.pm_file import MeasFile, object_dn
from gemel.interfaces.standards.ts28532_pm_read import LARGEST_BYTES, read_pm
from gemel.interfaces.standards.ts28552 import CELL_ENERGY, ENERGY
from gemel.network import rsrp_bins

GZIP = b"\x1f\x8b"
SUFFIXES = (".xml", ".xml.gz", ".pm", ".gz")
BEAMS = ("Beam", "CommonBeamformingFunction")
ELEMENTS = ("ManagedElement", "MeContext", "SubNetwork")


def read_pm_files(paths: Iterable[Path]) -> Recording | None:
    """All that can be read of these files; None where nothing can.

    The files count in the order of their names, which is how they were sent.
    """
    arrivals, files = Arrivals(), []
    for path in paths:
        try:
            files.append((path.name, read_pm(_unpacked(path), str(path))))
        except InterfaceError as error:
            arrivals.count("corrupt", path.name, str(error))
    if not files:
        return None if not arrivals.counts else Recording(None, arrivals)
    period_s, phase_s = _grid([file for _, file in files])
    monday = monday_of(min(file.begin for _, file in files))
    values: dict[Key, float] = {}
    slots: set[int] = set()
    for name, file in files:
        span_s = (file.end - file.begin).total_seconds()
        if span_s != period_s:
            why = f"it covers {span_s:g} s, the others {period_s:g} s"
            arrivals.count("stranger", name, why)
            continue
        began_s = (file.begin - monday).total_seconds()
        slot = round((began_s - phase_s) / period_s)
        on_grid_s = phase_s + slot * period_s
        told = {
            (on_grid_s, cell, what): value
            for (cell, what), value in cell_values(file).items()
        }
        if abs(began_s - on_grid_s) >= 1.0:
            arrivals.count("skewed", name, f"off by {began_s - on_grid_s:+g} s")
        arrivals.count(*_fate(name, told, values, slot, slots))
        values.update(told)
        slots.add(slot)
    for slot in sorted(set(range(min(slots), max(slots) + 1)) - slots):
        when = datetime.fromtimestamp(
            monday.timestamp() + phase_s + slot * period_s, monday.tzinfo
        )
        arrivals.count("missing", f"the report of {when:%Y-%m-%d %H:%M:%S}")
    return Recording(monday, arrivals, rows_of(values, period_s))


def _fate(
    name: str,
    told: dict[Key, float],
    known: dict[Key, float],
    slot: int,
    slots: set[int],
) -> tuple[str, str, str]:
    """Of one file, when it comes after those that are known."""
    before = [key for key in told if key in known]
    changed = [key for key in before if not _same(told[key], known[key])]
    if changed:
        (_, cell, what), number = changed[0], len(changed)
        return "corrected", name, f"{number} values, such as {what} of {cell}"
    if told and len(before) == len(told):
        return "again", name, ""
    if slots and slot < max(slots):
        return "reordered", name, ""
    return "whole", name, ""


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _unpacked(path: Path) -> bytes:
    """The bytes of a file, which may be compressed, within reason."""
    try:
        content = path.read_bytes()
        if not content.startswith(GZIP):
            return content
        with gzip.open(path) as file:
            unpacked = file.read(LARGEST_BYTES + 1)  # no more of a bomb than this
    except (OSError, EOFError, zlib.error) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise InterfaceError(
            f"{path} cannot be read whole: {why}. Fetch it again."
        ) from error
    return unpacked


def _grid(files: list[MeasFile]) -> tuple[float, float]:
    """The commonest period, and where it begins after a Monday's midnight."""
    monday = monday_of(min(file.begin for file in files))
    spans = Counter((file.end - file.begin).total_seconds() for file in files)
    period_s = spans.most_common(1)[0][0]
    phases = Counter(
        (file.begin - monday).total_seconds() % period_s
        for file in files
        if (file.end - file.begin).total_seconds() == period_s
    )
    return period_s, phases.most_common(1)[0][0]


def cell_values(file: MeasFile) -> dict[tuple[str, str], float]:
    """(cell, measurement) -> value; NaN where the file is not sure.

    A cell's energy is VS.Energy where a file has that; else every cell of the
    ManagedElement is taken to have used as much as the next.
    """
    told: dict[tuple[str, str], float] = {}
    shared: dict[str, float] = {}
    for element in file.elements:
        for info in element.infos:
            for ldn, row in info.values.items():
                cell, whole = cell_named(object_dn(element.entity_dn, ldn))
                for name, value in zip(info.names, row, strict=True):
                    sure = value is not None and ldn not in info.suspect
                    number = float(value) if value is not None and sure else np.nan
                    if whole and name == ENERGY:
                        shared[cell] = number
                    elif name in rsrp_bins.NAMES:  # counted at each of a cell's beams
                        told[cell, name] = told.get((cell, name), 0.0) + number
                    else:
                        told[cell, ENERGY if name == CELL_ENERGY else name] = number
    for element, kwh in shared.items():
        cells = sorted({c for c, _ in told if c.startswith(f"{element}/")})
        if not cells:
            told[element, ENERGY] = kwh
        for cell in cells:
            told.setdefault((cell, ENERGY), kwh / len(cells))
    return told


def cell_named(dn: str) -> tuple[str, bool]:
    """A short name for a measured object, and whether it is an element as a whole.

    NRCellDU=2 and NRCellCU=2 of ManagedElement=gnb7 are both the cell gnb7/2. Beams
    are their carrier's, gnb7/NRSectorCarrier=2: whose that is, its name does not say.
    """
    parts = [part.partition("=") for part in dn.split(",") if part]
    if parts and parts[-1][0] == "Beam":
        parts = [part for part in parts if part[0] not in BEAMS]
    element = next(
        (value for kind in ELEMENTS for key, _, value in parts if key == kind), ""
    )
    if not parts:
        return dn, True
    key, _, value = parts[-1]
    if key in ELEMENTS or key == dn:
        return value or key, True
    own = value if "Cell" in key else f"{key}={value}"
    return (f"{element}/{own}" if element else own), False


def called_by(names: LocalNames) -> dict[str, str]:
    """What cells are called in files -> what the inventory calls them."""
    return {
        cell_named(dn)[0]: label
        for objects in (names.cell_du, names.beam)
        for dn, label in zip(objects, names.label, strict=True)
    }
