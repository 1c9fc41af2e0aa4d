"""How does a what-if become an NDTReport of TS 28.561, with intervals?

Of every number the report gives `mean`, and `low` and `high` between which 98 of 100
outcomes lie: before, after, and of the change itself, which is surer than either since
both share one luck.
"""

import dataclasses
import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from gemel.autonomy.intents import TARGETS, Intent, Target
from gemel.autonomy.odds import BAD_SIDE, violation_odds
from gemel.interfaces.standards.naming import SUB_NETWORK, LocalNames
from gemel.interfaces.standards.ts28561_nrm import (
    FUNCTION,
    NDTJob,
    NDTOutputDataPoint,
    NDTOutputDescription,
    NDTReport,
)
from gemel.network.counters import MEASUREMENTS
from gemel.scenarios.asking import EDGE, TOLD_OF_CELLS
from gemel.scenarios.ndt.changes import Setting
from gemel.scenarios.ndt.events import Happening
from gemel.twin.belief import Belief
from gemel.twin.forecast import CHANGE_DOUBT
from gemel.twin.what_if.batch import WhatIfs, spread_of
from gemel.twin.what_if.limits import limits
from gemel.units import BIT_PER_KBIT

MOST_ODDS = 0.01  # of missing a target, as the guard has it
DIGITS = 6  # that a number has; a twin knows no more


@dataclasses.dataclass(frozen=True)
class Tried:
    """One thing that was tried."""

    settings: tuple[Setting, ...]
    happening: Happening


def answered(
    job: NDTJob,
    tried: tuple[Tried, ...],
    both: WhatIfs,
    belief: Belief,
    scope: np.ndarray,
    names: LocalNames,
    intent: Intent | None,
) -> NDTReport:
    """One NDTOutputDataPoint a thing tried, in the order of the job.

    intent:  whose targets tell what is risky; None where nobody asks
    """
    cells = np.flatnonzero(scope).tolist()
    points = []
    for number, one in enumerate(tried):
        observed = [
            NDTOutputDescription(
                f"{number}-kpis", SUB_NETWORK, _kpis(both, number, belief)
            )
        ]
        if intent is not None:
            risk = _risk(both, number, belief, intent)
            observed.append(NDTOutputDescription(f"{number}-risk", SUB_NETWORK, risk))
        for cell in cells:
            told = tuple(_cell(both, number, cell, name) for name in TOLD_OF_CELLS)
            observed.append(
                NDTOutputDescription(
                    f"{number}-observed-{cell}",
                    names.cell_du[cell],
                    ({"userLabel": names.label[cell]}, *told),
                )
            )
        points.append(
            NDTOutputDataPoint(
                state=_state(number, one, both, cells, names),
                configuration=_configuration(number, one),
                observations=tuple(observed),
            )
        )
    return NDTReport(
        id=job.id,
        instance=f"{FUNCTION},NDTReport={job.id}",
        output=tuple(points),
        job_ref=job.instance,
    )


def _state(
    number: int, one: Tried, both: WhatIfs, cells: list[int], names: LocalNames
) -> tuple[NDTOutputDescription, ...]:
    """Before anything is tried, but for what fails: that is the event's doing."""
    load = np.asarray(both.before.reported["RRU.PrbTotDl"], np.float64).mean(0)
    return tuple(
        NDTOutputDescription(
            f"{number}-state-{cell}",
            names.cell_du[cell],
            (
                {
                    "userLabel": names.label[cell],
                    "operationalState": (
                        "DISABLED" if one.happening.failed[cell] else "ENABLED"
                    ),
                    "RRU.PrbTotDl": _figures(load[cell]),
                },
            ),
        )
        for cell in cells
    )


def _configuration(number: int, one: Tried) -> tuple[NDTOutputDescription, ...]:
    return tuple(
        NDTOutputDescription(
            f"{number}-set-{at}", setting.instance, ({setting.name: setting.value},)
        )
        for at, setting in enumerate(one.settings)
    )


def _kpis(both: WhatIfs, number: int, belief: Belief) -> tuple[dict[str, Any], ...]:
    told = []
    for name, kind in TARGETS.items():
        before, after = _members(both, number, name)
        told.append(
            {
                "kpiName": name,
                "unit": kind.unit,
                "before": _band(before, _spread(belief, name, before)),
                "after": _band(after, _spread(belief, name, after)),
                "change": _change(after - before),
            }
        )
    for name, unit, scale, field in (
        (EDGE, "kbit/s", 1.0 / BIT_PER_KBIT, "edge_bps"),
        ("UsersBelowCoverageFloor", "%", 100.0, "below_floor"),
    ):
        before = scale * np.asarray(getattr(both.before, field), np.float64)
        after = scale * np.asarray(getattr(both.after, field)[number], np.float64)
        change = after - before
        told.append(
            {
                "kpiName": name,
                "unit": unit,
                "before": _band(before, float(before.std())),
                "after": _band(after, float(after.std())),
                "change": _change(change),
            }
        )
    return tuple(told)


def _risk(
    both: WhatIfs, number: int, belief: Belief, intent: Intent
) -> tuple[dict[str, Any], ...]:
    """How likely every target is missed in the period, with the change and without."""
    told, reasons = [], []
    for target in intent.targets:
        if TARGETS[target.name].per_day:
            continue  # one period does not decide it
        before, after = _members(both, number, target.name)
        doubt = CHANGE_DOUBT * float(after.mean() - before.mean())
        usual = violation_odds(
            target, float(before.mean()), _spread(belief, target.name, before)
        )
        spread = float(np.hypot(_spread(belief, target.name, after), doubt))
        odds = violation_odds(target, float(after.mean()), spread)
        risky = odds > MOST_ODDS and odds > usual
        told.append(_target(target, usual, odds, risky))
        if risky:
            reasons.append(f"{target.name} is missed in {100 * odds:.2g} % of outcomes")
    verdict = {"risky": bool(reasons), "reason": "; ".join(reasons) or "none"}
    return (verdict, *told)


def _target(target: Target, usual: float, odds: float, risky: bool) -> dict[str, Any]:
    return {
        "targetName": target.name,
        "targetCondition": target.condition,
        "targetValueRange": target.threshold,
        "probabilityMissedBefore": round(usual, DIGITS),
        "probabilityMissedAfter": round(odds, DIGITS),
        "risky": risky,
    }


def _cell(both: WhatIfs, number: int, cell: int, name: str) -> dict[str, Any]:
    before = np.asarray(both.before.reported[name][:, cell], np.float64)
    after = np.asarray(both.after.reported[name][number, :, cell], np.float64)
    change = after - before
    unit = MEASUREMENTS[name][0]
    return {
        "measurement": name,
        "unit": unit,
        "before": _band(before, float(before.std())),
        "after": _band(after, float(after.std())),
        "change": _change(change),
    }


def _members(both: WhatIfs, number: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    before = np.asarray(both.before.kpis[name], np.float64)
    return before, np.asarray(both.after.kpis[name][number], np.float64)


def _spread(belief: Belief, name: str, members: np.ndarray) -> float:
    return float(spread_of(belief, name, jnp.asarray(members, jnp.float32)))


def _band(members: np.ndarray, spread: float) -> dict[str, float | None]:
    mean = float(members.mean())
    low, high = max(mean - BAD_SIDE * spread, 0.0), mean + BAD_SIDE * spread
    return {"mean": _figures(mean), "low": _figures(low), "high": _figures(high)}


def _change(members: np.ndarray) -> dict[str, float | None]:
    """Of a change that is to be lived once."""
    low, high = limits(members, normal=BAD_SIDE)
    mean = float(members.mean())
    ends = _figures(float(low)), _figures(float(high))
    return {"mean": _figures(mean), "low": ends[0], "high": ends[1]}


def _figures(value: float) -> float | None:
    """As many as a twin knows; null for what is no number."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
