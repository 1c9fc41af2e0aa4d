"""Which measurements do we speak, of which object, in which unit?

The table is `ts28552.csv`; its value column holds the object class and whether the
number is an integer or real. A measurement with subcounters (`.QoS`, `.Bin3`) is listed
by the name before them. Names that begin with VS are our own, since the standard has
none: `VS.Energy` is a cell's part of what its ManagedElement reports as PEE.Energy, and
`VS.HO.PingPong` counts handovers straight back within the system, for which TS 28.552
knows only those between systems.
"""

import csv
import dataclasses
import functools
from collections.abc import Mapping
from datetime import datetime
from importlib import resources

import numpy as np
from jaxtyping import Float

from gemel.errors import InterfaceError
from gemel.interfaces.standards.naming import SUB_NETWORK, LocalNames
from gemel.interfaces.standards.pm_file import MeasData, MeasFile, MeasInfo, Value

ENERGY, CELL_ENERGY = "PEE.Energy", "VS.Energy"


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One name of TS 28.552, or of ours.

    object_class:  that it is measured at: NRCellDU, NRCellCU, ManagedElement or Beam
    whole:         an integer in files
    source:        document and clause
    """

    name: str
    unit: str
    object_class: str
    whole: bool
    source: str


@functools.cache
def measurements_known() -> dict[str, Measurement]:
    """Every row of the table, by name."""
    path = resources.files("gemel.interfaces.standards").joinpath("ts28552.csv")
    known = {}
    for row in csv.DictReader(path.read_text("utf-8").splitlines()):
        object_class, kind = row["value"].split()
        known[row["name"]] = Measurement(
            row["name"], row["unit"], object_class, kind == "integer", row["source"]
        )
    return known


def measurement(name: str) -> Measurement:
    """What the table says of a name, with or without subcounters.

    Raises InterfaceError for a name that is not in it.
    """
    known = measurements_known()
    shorter = name
    while shorter not in known and "." in shorter:
        shorter = shorter.rpartition(".")[0]
    if shorter not in known:
        raise InterfaceError(
            f"there is no measurement {name!r} among the {len(known)} that are known. "
            "Use a name of TS 28.552 that ts28552.csv lists, or add a row."
        )
    return known[shorter]


def meas_file(
    measured: Mapping[str, Float[np.ndarray, " cell"]],
    names: LocalNames,
    begin: datetime,
    end: datetime,
    granularity_s: int,
    job_id: str = "1",
    suspect: frozenset[int] = frozenset(),
) -> MeasFile:
    """One period of all cells, each number at the object that measures it.

    measured:  by name, one value a cell; NaN where there is nothing to say.
               PEE.Energy is the cell's part: it becomes VS.Energy of the cell, and
               their sum PEE.Energy of the ManagedElement
    suspect:   cells whose numbers are not to be trusted
    """
    told = dict(measured)
    if ENERGY in told:
        told[CELL_ENERGY] = told[ENERGY]
    where = {
        "NRCellDU": names.cell_du,
        "NRCellCU": names.cell_cu,
        "Beam": names.beam,
    }
    by_class: dict[str, list[str]] = {kind: [] for kind in where}
    for name in sorted(told):
        known = measurement(name)
        if known.object_class == "ManagedElement":
            if name != ENERGY:
                raise InterfaceError(
                    f"{name} is of a ManagedElement and is no sum over cells. "
                    "Leave it out."
                )
        else:
            by_class[known.object_class].append(name)
    rows = {
        kind: list(zip(*(_values(n, told[n]) for n in group), strict=True))
        for kind, group in by_class.items()
        if group
    }
    members: dict[int, list[int]] = {index: [] for index in range(len(names.element))}
    for cell, element in enumerate(names.element_of_cell):
        members[element].append(cell)
    elements = []
    for element, cells in members.items():
        dn = names.element[element]
        infos = []
        for kind, values in rows.items():
            ldn = {cell: where[kind][cell].removeprefix(f"{dn},") for cell in cells}
            infos.append(
                MeasInfo(
                    kind,
                    job_id,
                    tuple(by_class[kind]),
                    {ldn[cell]: values[cell] for cell in cells},
                    frozenset(ldn[cell] for cell in cells if cell in suspect),
                )
            )
        if ENERGY in told:
            sum_kwh = float(np.asarray(told[ENERGY], np.float64)[cells].sum())
            own = dn.rpartition(",")[2]
            energy = {own: (sum_kwh if np.isfinite(sum_kwh) else None,)}
            infos.append(MeasInfo("ManagedElement", job_id, (ENERGY,), energy))
        elements.append(MeasData(dn, "", tuple(infos)))
    return MeasFile(SUB_NETWORK, begin, end, granularity_s, tuple(elements))


def _values(name: str, cells: Float[np.ndarray, " cell"]) -> list[Value]:
    """As the file has them: whole numbers are rounded down, as of RRU.PrbTotDl."""
    whole = measurement(name).whole
    values: list[Value] = []
    for value in np.asarray(cells, np.float64).tolist():
        if not np.isfinite(value):
            values.append(None)
        else:
            values.append(int(value // 1) if whole else value)
    return values
