"""What of a network's day goes into its history, and where does the next day go on?"""

import json
import math
from collections.abc import Callable
from typing import Any, get_args

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from gemel.autonomy.journal import AbstractJournal, plain
from gemel.errors import InterfaceError
from gemel.network.controls import Controls
from gemel.network.counters import MEASUREMENTS
from gemel.twin.belief import Belief
from gemel.twin.cell_forecast import Horizon, cell_forecast
from gemel.twin.forecast import Forecast
from gemel.twin.history import AbstractHistory
from gemel.twin.history_rows import (
    belief_rows,
    cell_forecast_rows,
    controls_at,
    inventory_rows,
    kpi_forecast_rows,
    observation_of,
    report_rows,
)
from gemel.twin.source import Observation
from gemel.world.demand import DAY_S

BEGAN = "began"  # the sort of decision that somebody started us
SURE = 0.5  # of a day's reports must be there, or it is no day
DAYS = 7  # looked back for one on which nobody slept
Guess = Callable[[list[Observation]], list[Observation]]


class Keeper:
    """Writes down period by period what one network did, and what was thought of it.

    cells:    of the inventory, in its order
    shift_s:  from the network's clock to the history's
    """

    def __init__(
        self, history: AbstractHistory, cells: tuple[str, ...], shift_s: float = 0.0
    ):
        self._history, self._cells, self._shift_s = history, cells, shift_s
        self._set: Controls | None = None
        self._told = 0  # records of the journal

    def begin(self, facts: dict[str, Any], elapsed_s: float) -> None:
        """Somebody started us, for this network."""
        self._decision(BEGAN, facts, elapsed_s)

    def report(self, told: Observation, knobs: bool = True) -> None:
        """One period as it was reported, and the knobs that were turned."""
        self._append("reports", report_rows(told, self._cells))
        if not knobs:
            return
        rows = inventory_rows(
            told.controls, self._cells, float(told.elapsed_s), self._set
        )
        self._append("inventory", rows)
        self._set = told.controls

    def forecast(
        self, belief: Belief, controls: Controls, said: Forecast, period_s: float
    ) -> None:
        """What is believed when a period begins, and expected of it and of later ones.

        said:  of the network's KPIs, which is what was decided by
        """
        now_s = float(said.elapsed_s)
        self._append("beliefs", belief_rows(belief, self._cells, now_s))
        self._append("forecasts", kpi_forecast_rows(said, now_s, period_s))
        for horizon in get_args(Horizon):
            cell = cell_forecast(belief, controls, now_s, period_s, horizon)
            self._append("forecasts", cell_forecast_rows(cell, self._cells, now_s))

    def decisions(self, journal: AbstractJournal) -> None:
        """What the journal has new."""
        records = journal.records()
        for record in records[self._told :]:
            sort = record.get("verdict", record["kind"])
            self._decision(sort, record, record["elapsed_s"])
        self._told = len(records)

    def _decision(self, sort: str, fact: dict[str, Any], elapsed_s: float) -> None:
        text = json.dumps(plain(fact), ensure_ascii=False, allow_nan=False)
        self._append(
            "decisions",
            {
                "elapsed_s": np.array([elapsed_s]),
                "decision": np.array([sort]),
                "text": np.array([text]),
            },
        )

    def _append(self, kind: str, rows: dict[str, np.ndarray]) -> None:
        for clock in ("elapsed_s", "made_s"):
            if clock in rows:
                rows[clock] = rows[clock] + self._shift_s
        self._history.append(kind, rows)


def refuse_others(
    history: AbstractHistory, cells: tuple[str, ...], facts: dict[str, Any]
) -> None:
    """Raises InterfaceError where the history is of another network.

    facts:  what `Keeper.begin` is told, and must have been told before
    """
    known = set(np.unique(history.read("inventory")["cell"]).tolist())
    if known and known != set(cells):
        other = min(known ^ set(cells))
        whose = "the history knows" if other in known else "the network has"
        raise InterfaceError(
            f"the history is of another network: only {whose} a cell {other!r}. "
            "Give --store another folder."
        )
    decisions = history.read("decisions")
    for text in decisions["text"][decisions["decision"] == BEGAN].tolist():
        before = json.loads(text)
        for name, value in facts.items():
            if before.get(name, value) != value:
                raise InterfaceError(
                    f"the history is of {name} {before[name]!r}, not {value!r}. "
                    "Give --store another folder."
                )


def next_day_s(history: AbstractHistory, first_s: float) -> float:
    """The midnight from which on nothing is known yet; `first_s` of a new history."""
    ended_s = ended(history)
    if ended_s is None:
        return first_s
    return max(first_s, DAY_S * math.ceil(ended_s / DAY_S - 1e-6))


def ended(history: AbstractHistory) -> float | None:
    """When the last period ended that was reported; None of a new history."""
    last_s = history.last_s("reports")
    if last_s is None:
        return None
    return last_s + float(history.read("reports", last_s)["period_s"].max(initial=0.0))


def day_before(
    history: AbstractHistory,
    cells: tuple[str, ...],
    usual: Controls,
    until_s: float,
    period_s: float,
    shift_s: float = 0.0,
    guess: Guess = lambda told: told,
) -> list[Observation] | None:
    """A day of reports that ends then, oldest first; None where too few are known.

    Where cells slept, habits do not show. So every period is told as it was on the
    last day on which all were awake then, of a week; else as it was last.

    until_s, and what is told:  by the network's own clock
    usual:                      what was set where the history does not say
    guess:                      who else slept, of a day's reports
    """
    count = round(DAY_S / period_s)
    yesterday: list[Observation] = []
    last: list[Observation | None] = [None] * count
    awake: list[Observation | None] = [None] * count
    for back in range(DAYS):
        end_s = until_s + shift_s - back * DAY_S
        began_s = end_s - count * period_s
        rows = history.read("reports", began_s - period_s / 2, end_s)
        if back and not len(rows["elapsed_s"]):
            continue
        knobs = history.read("inventory", until_s=end_s)
        told = guess(_one_day(rows, knobs, cells, usual, began_s, period_s))
        yesterday = yesterday or told
        for slot, report in enumerate(told):
            if not any(bool(m.present.any()) for m in report.measured.values()):
                continue
            last[slot] = last[slot] or report
            if bool(report.controls.awake.all()):
                awake[slot] = awake[slot] or report
        if all(awake):
            break
    chosen = [one or other for one, other in zip(awake, last, strict=True)]
    if sum(report is not None for report in chosen) < SURE * count:
        return None
    return [
        eqx.tree_at(
            lambda o: o.elapsed_s,
            report or silent,
            jnp.asarray(until_s + (slot - count) * period_s, jnp.float32),
        )
        for slot, (report, silent) in enumerate(zip(chosen, yesterday, strict=True))
    ]


def _one_day(
    reports: dict[str, np.ndarray],
    knobs: dict[str, np.ndarray],
    cells: tuple[str, ...],
    usual: Controls,
    began_s: float,
    period_s: float,
) -> list[Observation]:
    """By the history's clock; of periods without rows nothing is present."""
    slot = np.rint((reports["elapsed_s"] - began_s) / period_s).astype(np.int64)
    told = []
    for number in range(round(DAY_S / period_s)):
        when_s = began_s + number * period_s
        own = (slot == number) & (reports["period_s"] == period_s)
        before = knobs["elapsed_s"] <= when_s + period_s / 2
        set_then = {name: column[before] for name, column in knobs.items()}
        told.append(
            observation_of(
                {name: column[own] for name, column in reports.items()},
                tuple(MEASUREMENTS),
                cells,
                controls_at(set_then, cells, usual),
                when_s,
                period_s,
            )
        )
    return told
