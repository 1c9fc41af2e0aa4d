"""How do a report, a forecast, a belief and the knobs become rows of a history?

And back: what a history tells of a period is an `Observation` again.
"""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gemel.network import rsrp_bins
from gemel.network.controls import Controls
from gemel.twin.belief import Belief
from gemel.twin.cell_forecast import CellForecast
from gemel.twin.forecast import Forecast
from gemel.twin.history import NETWORK
from gemel.twin.source import Measured, Observation

Rows = dict[str, np.ndarray]
Cells = tuple[str, ...]

SIGMAS = 1.6448536269514722  # standard normal: 5 % lie beyond
KNOBS = tuple(Controls.__dataclass_fields__)


def report_rows(told: Observation, cells: Cells) -> Rows:
    """One row a cell and measurement; of what is absent there is no value."""
    tables = []
    for name, measured in told.measured.items():
        present = np.asarray(measured.present)
        value = np.asarray(measured.value, np.float64)
        tables.append(
            {
                "cell": np.array(cells),
                "name": np.full(len(cells), name),
                "value": np.where(present, value, np.nan),
                "present": present,
                "age_s": np.asarray(measured.age_s, np.float64),
            }
        )
    if told.rsrp_count is not None:
        tables.append(_phones(np.asarray(told.rsrp_count, np.float64), cells))
    return _stacked(
        tables, elapsed_s=float(told.elapsed_s), period_s=float(told.period_s)
    )


def _phones(count: np.ndarray, cells: Cells) -> Rows:
    """One row a bin in which there is any phone."""
    cell, number = np.nonzero(count)
    return {
        "cell": np.array(cells)[cell],
        "name": np.array(rsrp_bins.NAMES)[number],
        "value": count[cell, number],
        "present": np.ones(len(cell), bool),
        "age_s": np.zeros(len(cell)),
    }


def cell_forecast_rows(said: CellForecast, cells: Cells, made_s: float) -> Rows:
    """What was said of one period, cell by cell.

    `horizon_s` counts from when it was made to the end of that period.
    """
    tables = [
        {
            "cell": np.array(cells),
            "name": np.full(len(cells), name),
            "mean": np.asarray(mean, np.float64),
            "low": np.asarray(said.low[name], np.float64),
            "high": np.asarray(said.high[name], np.float64),
        }
        for name, mean in said.mean.items()
    ]
    return _ahead(tables, made_s, float(said.elapsed_s), float(said.period_s))


def kpi_forecast_rows(said: Forecast, made_s: float, period_s: float) -> Rows:
    """What was said of the whole network's KPIs in one period."""
    names = tuple(said.mean)
    mean = np.array([float(said.mean[name]) for name in names])
    reach = SIGMAS * np.array([float(said.spread[name]) for name in names])
    table = {
        "cell": np.full(len(names), NETWORK),
        "name": np.array(names),
        "mean": mean,
        "low": np.maximum(mean - reach, 0.0),
        "high": mean + reach,
    }
    return _ahead([table], made_s, float(said.elapsed_s), period_s)


def belief_rows(belief: Belief, cells: Cells, elapsed_s: float) -> Rows:
    """Mean and standard deviation over the members, of every cell or its zone.

    The logarithms are natural ones, see `Belief`; load is in percent.
    """
    thoughts = {
        "log_demand": belief.log_demand,
        "log_rate": belief.log_rate,
        "log_guest": belief.log_guest,
        "load_percent": 100.0 * belief.load,
    }
    tables = []
    for name, by_member in thoughts.items():
        members = np.asarray(by_member, np.float64)
        tables.append(
            {
                "cell": np.array(cells),
                "name": np.full(len(cells), name),
                "mean": members.mean(0),
                "spread": members.std(0),
            }
        )
    return _stacked(tables, elapsed_s=elapsed_s)


def inventory_rows(
    now: Controls, cells: Cells, elapsed_s: float, before: Controls | None = None
) -> Rows:
    """What every knob is set to; after `before`, only those that have changed."""
    tables = []
    for knob in KNOBS:
        value = np.asarray(getattr(now, knob), np.float64)
        turned = np.ones(len(cells), bool)
        if before is not None:
            turned = value != np.asarray(getattr(before, knob), np.float64)
        tables.append(
            {
                "cell": np.array(cells)[turned],
                "name": np.full(int(turned.sum()), knob),
                "value": value[turned],
            }
        )
    return _stacked(tables, elapsed_s=elapsed_s)


def observation_of(
    rows: Mapping[str, np.ndarray],
    names: tuple[str, ...],
    cells: Cells,
    controls: Controls,
    elapsed_s: float,
    period_s: float,
) -> Observation:
    """One period's report again, from the rows of that period.

    Of a cell or name without a row nothing is present; rows of other cells and names
    are left out.
    """
    place = {cell: number for number, cell in enumerate(cells)}
    at = np.array([place.get(cell, -1) for cell in rows["cell"].tolist()], np.int64)
    measured = {}
    for name in names:
        own = (rows["name"] == name) & (at >= 0)
        value, age_s = np.full(len(cells), np.nan), np.zeros(len(cells))
        there = rows["present"][own]
        value[at[own]] = np.where(there, rows["value"][own], np.nan)
        age_s[at[own]] = rows["age_s"][own]
        present = np.isfinite(value)
        measured[name] = Measured(
            jnp.asarray(np.where(present, value, 0.0), jnp.float32),
            jnp.asarray(present),
            jnp.asarray(age_s, jnp.float32),
        )
    return Observation(
        jnp.asarray(elapsed_s, jnp.float32),
        jnp.asarray(period_s, jnp.float32),
        measured,
        controls,
        _rsrp_count(rows, at, len(cells)),
    )


def _rsrp_count(
    rows: Mapping[str, np.ndarray], at: np.ndarray, cells: int
) -> Float[Array, "cell bin"] | None:
    own = np.char.startswith(rows["name"], rsrp_bins.NAME) & (at >= 0)
    own &= np.nan_to_num(rows["value"]) > 0.0
    if not own.any():
        return None
    place = {name: number for number, name in enumerate(rsrp_bins.NAMES)}
    number = np.array([place.get(n, -1) for n in rows["name"][own].tolist()])
    known = number >= 0
    count = np.zeros((cells, rsrp_bins.BINS), np.float32)
    np.add.at(count, (at[own][known], number[known]), rows["value"][own][known])
    return jnp.asarray(count)


def controls_at(
    rows: Mapping[str, np.ndarray], cells: Cells, usual: Controls
) -> Controls:
    """What was set last, by rows of inventory in the order of time.

    usual:  of knobs and cells that no row speaks of
    """
    place = {cell: number for number, cell in enumerate(cells)}
    set_to: dict[str, np.ndarray] = {
        knob: np.array(getattr(usual, knob)) for knob in KNOBS
    }
    for cell, knob, value in zip(
        rows["cell"].tolist(),
        rows["name"].tolist(),
        rows["value"].tolist(),
        strict=True,
    ):
        if knob in set_to and cell in place:
            set_to[knob][place[cell]] = value
    return Controls(**{knob: jnp.asarray(value) for knob, value in set_to.items()})


def _ahead(tables: list[Rows], made_s: float, began_s: float, period_s: float) -> Rows:
    horizon_s = began_s + period_s - made_s
    return _stacked(tables, made_s=made_s, elapsed_s=began_s, horizon_s=horizon_s)


def _stacked(tables: list[Rows], **everywhere: Any) -> Rows:
    """The tables one below the other, and what is the same in every row."""
    rows = {
        name: np.concatenate([table[name] for table in tables]) for name in tables[0]
    }
    count = len(next(iter(rows.values())))
    return {name: np.full(count, value) for name, value in everywhere.items()} | rows
