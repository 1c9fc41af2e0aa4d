"""How are forecasts of load handed on, as Parquet or CSV?

One row a forecast: `made, time, horizon_h, station, cell, mean, low, high, load`; the
interval holds nine of ten values, and `load` is empty where nothing was measured.
"""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from gemel.interfaces.tables.load_table import LoadTable
from gemel.interfaces.tables.written import write_table
from gemel.twin.season.rolling import Rolled

SCHEMA_VERSION = 1


def write_forecasts(path: Path | str, table: LoadTable, rolled: Rolled) -> int:
    """All forecasts, the hours beyond the table's end too; how many rows they are.

    path:  CSV where the name ends so, else Parquet; it appears whole or not at all

    InterfaceError: the folder does not exist or cannot be written.
    """
    path = Path(path)
    ahead, cells = rolled.mean.shape
    hour = rolled.first + np.arange(ahead)
    true = np.full((ahead, cells), np.nan)
    past = hour < len(table.load)
    true[past] = table.load[hour[past]]

    def each_hour(values: np.ndarray) -> pa.Array:
        return pa.array(np.repeat(values, cells))

    def times(hours: np.ndarray) -> pa.Array:
        # At the beginning of the table's clock, whatever zone that is in.
        stamps = [table.first + timedelta(hours=int(one)) for one in hours]
        return each_hour(np.array(stamps, "datetime64[s]"))

    def names(values: tuple[str, ...]) -> pa.Array:
        column = np.tile(np.arange(cells, dtype=np.int32), ahead)
        return pa.DictionaryArray.from_arrays(pa.array(column), pa.array(values))

    load = true.ravel()
    rows = pa.table(
        {
            "made": times(rolled.made),
            "time": times(hour),
            "horizon_h": each_hour((hour - rolled.made + 1).astype(np.int32)),
            "station": names(table.station),
            "cell": names(table.cell),
            "mean": pa.array(rolled.mean.ravel().astype(np.float32)),
            "low": pa.array(rolled.low.ravel().astype(np.float32)),
            "high": pa.array(rolled.high.ravel().astype(np.float32)),
            "load": pa.array(load.astype(np.float32), mask=~np.isfinite(load)),
        },
        metadata={"schema_version": str(SCHEMA_VERSION)},
    )
    write_table(path, rows)
    return rows.num_rows
