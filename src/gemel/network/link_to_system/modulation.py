"""Which modulation and code rate does an MCS or CQI index stand for?

TS 38.214: MCS tables 5.1.3.1-1 to -3 (64QAM, 256QAM, 64QAM low spectral efficiency) and
CQI tables 5.2.2.1-2 to -4. The standard has no beta of the effective SINR: those of
tables 1 and 2 are as 5G-LENA and Sionna fitted them; the six lowest rates of table 3
(and their CQIs) are our extrapolation along QPSK, and the CSV says so row by row.
"""

import csv
import functools
import importlib.resources

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from gemel.errors import ScenarioError

SOURCE = "modulation_38214.csv"
TABLES = (1, 2, 3)
LOWEST_CQI = 1  # CQI 0 says "out of range" and stands for no modulation
MILLE = 1024.0  # code rates are written in parts of 1024


class ModulationTable(eqx.Module):
    """One entry an index, the most robust first.

    bits_per_symbol:  Q_m
    code_rate:        R, 0..1
    eesm_beta:        of the effective SINR
    lowest_index:     what the first entry is called: MCS 0, CQI 1
    """

    bits_per_symbol: Float[Array, " index"]
    code_rate: Float[Array, " index"]
    eesm_beta: Float[Array, " index"]
    lowest_index: int = eqx.field(static=True)

    @property
    def efficiency(self) -> Float[Array, " index"]:
        """Bits per resource element, if every block arrives."""
        return self.bits_per_symbol * self.code_rate


@functools.cache
def _rows() -> dict[str, float]:
    """The CSV, by name."""
    source = importlib.resources.files("gemel.network.link_to_system") / SOURCE
    with source.open(encoding="utf-8") as lines:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(lines)}


def _table(kind: str, number: int, lowest_index: int) -> ModulationTable:
    rows = _rows()
    if number not in TABLES:
        raise ScenarioError(
            f"there is no {kind.upper()} table {number}; TS 38.214 has {TABLES}. "
            "Give one of these."
        )
    bits, rates = [], []
    while (key := f"{kind}_{number}.{lowest_index + len(bits)}") + ".code_rate" in rows:
        bits.append(rows[key + ".bits_per_symbol"])
        rates.append(rows[key + ".code_rate"])
    betas = [rows[f"eesm_beta.{q:.0f}.{r:g}"] for q, r in zip(bits, rates, strict=True)]
    return ModulationTable(
        bits_per_symbol=jnp.asarray(bits, float),
        code_rate=jnp.asarray(rates, float) / MILLE,
        eesm_beta=jnp.asarray(betas, float),
        lowest_index=lowest_index,
    )


def mcs_table(number: int) -> ModulationTable:
    """TS 38.214 table 5.1.3.1-1, -2 or -3, without the reserved rows.

    Raises ScenarioError for any other number.
    """
    return _table("mcs", number, 0)


def cqi_table(number: int) -> ModulationTable:
    """TS 38.214 table 5.2.2.1-2, -3 or -4 as number 1, 2 or 3; CQI 1 comes first.

    Raises ScenarioError for any other number.
    """
    return _table("cqi", number, LOWEST_CQI)
