"""How does a table of points go back to its owner with levels beside every point?"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from gemel.errors import InterfaceError
from gemel.interfaces.tables.points_columns import Columns
from gemel.interfaces.tables.written import write_table

ADDED = ("rsrp_dbm_mean", "rsrp_dbm_p10", "rsrp_dbm_p90")


def refuse_taken(columns: Columns) -> None:
    """InterfaceError if the table already has a column that we would add."""
    if taken := [name for name in ADDED if name in columns.table.column_names]:
        raise InterfaceError(
            f"{columns.path} already has a column {taken[0]}, which we would write. "
            "Rename or remove it."
        )


def write_points(
    path: Path | str, columns: Columns, row: np.ndarray, added: dict[str, np.ndarray]
) -> None:
    """The table as it was read, with columns at its end; null in other rows than `row`.

    Parquet, or CSV where the name ends so. The file appears whole or not at all.

    InterfaceError: its folder does not exist or cannot be written.
    """
    path = Path(path)
    table = columns.table
    for name, values in added.items():
        whole = np.full(len(columns), np.nan, np.float32)
        whole[row] = values
        absent = np.ones(len(columns), bool)
        absent[row] = ~np.isfinite(values)
        table = table.append_column(name, pa.array(whole, mask=absent))
    write_table(path, table)
