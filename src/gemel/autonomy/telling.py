"""How is a decision told to the journal: aim, authority, evidence, action, outcome?"""

from typing import Any

import numpy as np

from gemel.autonomy.decision import Approved, Refused
from gemel.autonomy.intents import CONDITIONS, TARGETS, Intent
from gemel.autonomy.odds import interval
from gemel.twin.belief import Belief
from gemel.twin.forecast import Forecast


def decided(
    decision: Approved | Refused, belief: Belief, elapsed_s: float
) -> dict[str, Any]:
    """The journal's record of a verdict."""
    joint = decision.joint
    names = belief.network.cells.name
    before, after = np.asarray(joint.now.awake), np.asarray(joint.wish.awake)
    approved = isinstance(decision, Approved)
    action: dict[str, Any] = {
        "sleep": [names[i] for i in np.flatnonzero(before & ~after)],
        "wake": [names[i] for i in np.flatnonzero(~before & after)],
    }
    if approved:
        action["plan_id"] = decision.plan_id
    record = {
        "elapsed_s": elapsed_s,
        "aim": joint.aim,
        "authority": f"loop {', '.join(joint.loops)}; guard",
        "evidence": decision.evidence,
        "action": action,
        "verdict": "approved" if approved else "refused",
        "reason": "every target within its odds" if approved else decision.reason,
    }
    if isinstance(decision, Refused):
        record["objection"] = {
            "what": decision.what,
            "number": decision.number,
            "limit": decision.limit,
        }
    return record


def outcome_of(
    forecast: Forecast, told: dict[str, Any], intent: Intent
) -> tuple[dict[str, Any], str | None]:
    """What came beside what was forecast, and why to undo it, if there is a why.

    A breach is a measured value beyond the forecast's interval on the bad side.
    """
    outcome, breach = {}, None
    for target in intent.targets:
        low, mean, high = interval(forecast, target.name)
        value = float(told[target.name])
        outcome[target.name] = {
            "measured": value,
            "forecast": mean,
            "low": low,
            "high": high,
        }
        higher_helps, _ = CONDITIONS[target.condition]
        beyond = value < low if higher_helps else value > high
        if beyond and not TARGETS[target.name].per_day and breach is None:
            breach = (
                f"{target.name} was {_figure(value)}, outside the forecast "
                f"{_figure(low)} to {_figure(high)} on the bad side: rolled back"
            )
    return outcome, breach


def _figure(value: float) -> str:
    """A number as people write it: 55,722 or 3.14."""
    return f"{value:,.0f}" if abs(value) >= 1_000.0 else f"{value:.4g}"
