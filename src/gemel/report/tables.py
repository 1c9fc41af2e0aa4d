"""Which tables does a day become, for those who want to count for themselves?"""

import numpy as np
import pyarrow as pa

from gemel.report.results import DayResult

SCHEMA_VERSION = 1  # of every file of results; a change that breaks readers adds one


def _known(values: np.ndarray) -> pa.Array:
    return pa.array(values, from_pandas=True)  # NaN becomes null: missing, not zero


def _table(columns: dict[str, pa.Array], result: DayResult) -> pa.Table:
    about = {
        "schema_version": str(SCHEMA_VERSION),
        "scenario": result.scenario,
        "seed": str(result.seed),
        "period_s": str(result.period_s),
        "attribution": "\n".join(result.attribution),
    }
    return pa.table(columns).replace_schema_metadata(about)


def periods_table(result: DayResult) -> pa.Table:
    """One row a period: start in seconds, energies in kWh, cells asleep, targets.

    A target NAME fills NAME.baseline, NAME.achieved and NAME.forecast_low, _mean,
    _high, in its own unit; a second target of one name is NAME#2.
    """
    periods = np.arange(len(result.energy_autonomous_kwh))
    columns = {
        "elapsed_s": pa.array(periods * result.period_s),
        "energy_baseline_kwh": _known(result.energy_baseline_kwh),
        "energy_autonomous_kwh": _known(result.energy_autonomous_kwh),
        "overhead_kwh": _known(result.overhead_kwh),
        "cells_asleep": pa.array(result.asleep.sum(axis=1)),
    }
    for target in result.targets:
        name, again = target.name, 2
        while f"{name}.baseline" in columns:
            name, again = f"{target.name}#{again}", again + 1
        columns[f"{name}.baseline"] = _known(target.baseline)
        columns[f"{name}.achieved"] = _known(target.achieved)
        columns[f"{name}.forecast_low"] = _known(target.forecast_low)
        columns[f"{name}.forecast_mean"] = _known(target.forecast_mean)
        columns[f"{name}.forecast_high"] = _known(target.forecast_high)
    return _table(columns, result)


def cells_table(result: DayResult) -> pa.Table:
    """One row a cell: the inventory, and the share of the day (0..1) it slept."""
    cells = result.cells
    share = result.asleep.sum(axis=0) / max(len(result.asleep), 1)
    columns = {
        "cell": pa.array(cells.name, pa.string()),
        "layer": pa.array([cells.layers[index] for index in cells.layer], pa.string()),
        "x_m": _known(cells.x_m),
        "y_m": _known(cells.y_m),
        "azimuth_deg": _known(cells.azimuth_deg),
        "asleep_share": pa.array(share),
    }
    return _table(columns, result)


def cell_periods_table(result: DayResult) -> pa.Table:
    """One row a period and cell: PRB usage (0..1) in both lives and forecast, asleep.

    Rows go through all cells of the first period, then the second, and so on.
    """
    periods, cells = result.asleep.shape
    names = pa.array(result.cells.name, pa.string())
    index = pa.array(np.tile(np.arange(cells, dtype=np.int32), periods))
    columns = {
        "elapsed_s": pa.array(np.repeat(np.arange(periods) * result.period_s, cells)),
        "cell": pa.DictionaryArray.from_arrays(index, names),
        "load_baseline": _known(result.load_baseline.ravel()),
        "load_autonomous": _known(result.load_autonomous.ravel()),
        "load_forecast": _known(result.load_forecast.ravel()),
        "asleep": pa.array(result.asleep.ravel()),
    }
    return _table(columns, result)
