"""Which distinguished names do the managed objects of a network's cells have?

One ManagedElement a site, and below it one object a cell and kind; cells of a site are
counted from 1 in the order of the inventory. What an operator calls a cell is its
userLabel.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

SUB_NETWORK = "SubNetwork=1"


@dataclasses.dataclass(frozen=True)
class LocalNames:
    """Whole distinguished names from the SubNetwork on.

    label:            of every cell, the inventory's name
    element:          the ManagedElements, one a site
    element_of_cell:  index into `element`
    cell_du, cell_cu, sector_carrier, beamforming, beam, energy_saving, vendor_data:
                      NRCellDU, NRCellCU, NRSectorCarrier of every cell, and what stands
                      below them: CommonBeamformingFunction and its one Beam,
                      CESManagementFunction, VsDataContainer
    """

    label: tuple[str, ...]
    element: tuple[str, ...]
    element_of_cell: tuple[int, ...]
    cell_du: tuple[str, ...]
    cell_cu: tuple[str, ...]
    sector_carrier: tuple[str, ...]

    @property
    def beamforming(self) -> tuple[str, ...]:
        return tuple(f"{dn},CommonBeamformingFunction=1" for dn in self.sector_carrier)

    @property
    def beam(self) -> tuple[str, ...]:
        return tuple(f"{dn},Beam=1" for dn in self.beamforming)

    @property
    def energy_saving(self) -> tuple[str, ...]:
        return tuple(f"{dn},CESManagementFunction=1" for dn in self.cell_cu)

    @property
    def vendor_data(self) -> tuple[str, ...]:
        return tuple(f"{dn},VsDataContainer=1" for dn in self.cell_cu)


def local_names(label: Sequence[str], site: Sequence[int] | np.ndarray) -> LocalNames:
    """The names of cells at these sites, which are counted from 0."""
    where = [int(each) for each in site]
    element = [
        f"{SUB_NETWORK},ManagedElement=gnb{n + 1}" for n in range(max(where) + 1)
    ]
    met: dict[int, int] = {}
    number = []
    for each in where:
        met[each] = met.get(each, 0) + 1
        number.append(met[each])
    du = [f"{element[s]},GNBDUFunction=1" for s in where]
    cu = [f"{element[s]},GNBCUCPFunction=1" for s in where]
    return LocalNames(
        label=tuple(label),
        element=tuple(element),
        element_of_cell=tuple(where),
        cell_du=tuple(f"{d},NRCellDU={n}" for d, n in zip(du, number, strict=True)),
        cell_cu=tuple(f"{c},NRCellCU={n}" for c, n in zip(cu, number, strict=True)),
        sector_carrier=tuple(
            f"{d},NRSectorCarrier={n}" for d, n in zip(du, number, strict=True)
        ),
    )
