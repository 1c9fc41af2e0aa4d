"""Which coefficients does a Recommendation list in its tables?

They lie in CSV files beside this module, one number a row, with the table and row of
the document that each comes from.
"""

import csv
import functools
from importlib import resources

import numpy as np
from jaxtyping import Float


@functools.cache
def listed(file: str) -> dict[str, float]:
    """Every number of one of our CSV files, by its name, in the order of the file."""
    path = resources.files("gemel.radio.attenuation").joinpath(file)
    rows = csv.DictReader(path.read_text("utf-8").splitlines())
    return {row["name"]: float(row["value"]) for row in rows}


@functools.cache
def column(file: str, name: str) -> Float[np.ndarray, " row"]:
    """The numbers called `name.1`, `name.2` … in float64, in the order of the file."""
    found = [
        value for key, value in listed(file).items() if key.rpartition(".")[0] == name
    ]
    return np.array(found, dtype=np.float64)
