"""Which levels were measured where, by what phones of a trace job told?

Each record tells of the serving cell and of neighbours at one place: a row for each.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from gemel.interfaces.standards.mdt import RSRP_INFINITE, MdtRecord, rsrp_dbm
from gemel.interfaces.tables.points_frame import Frame
from gemel.twin.calibration.measured import Points


def points_of_records(
    records: Sequence[MdtRecord], cell_of: Mapping[str, int], frame: Frame
) -> Points:
    """All levels of all records; cells that `cell_of` does not name are left out.

    cell_of:  distinguished name of the NRCellDU → number of the cell

    InterfaceError where the frame has no place on Earth.
    """
    degrees = np.array([(r.latitude_deg, r.longitude_deg) for r in records])
    latitude_deg, longitude_deg = degrees.reshape(-1, 2).T
    place_m = frame.from_degrees(latitude_deg, longitude_deg, "the MDT records")
    rows = [
        (cell_of[name], number, rsrp_dbm(level))
        for number, record in enumerate(records)
        for name, level in ((record.serving, record.rsrp), *record.neighbours)
        if name in cell_of and level != RSRP_INFINITE
    ]
    told = np.array(rows, np.float64).reshape(-1, 3)
    x_m, y_m = place_m[told[:, 1].astype(int)].T
    unknown = np.full(len(told), np.nan)
    return Points(
        cell=told[:, 0].astype(np.int64),
        x_m=x_m,
        y_m=y_m,
        rsrp_dbm=told[:, 2],
        altitude_m=unknown,
        building_height_m=unknown,
        clutter=np.zeros(len(told), np.int64),
    )
