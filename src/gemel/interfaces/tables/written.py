"""How is a table written so that it appears whole or not at all?"""

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from gemel.errors import InterfaceError


def write_table(path: Path, table: pa.Table) -> None:
    """Parquet, or CSV where the name ends so.

    InterfaceError: its folder does not exist or cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(
            dir=path.parent, prefix=".writing-"
        ) as scratch:
            half = Path(scratch) / "table"
            if path.suffix.lower() == ".csv":
                pa_csv.write_csv(table, half)
            else:
                pq.write_table(table, half)
            os.replace(half, path)
    except OSError as error:
        raise InterfaceError(
            f"{path} cannot be written: {error.strerror or error}. Give an --out in a "
            "folder that exists and is yours."
        ) from None
