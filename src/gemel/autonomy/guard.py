"""Is this change safe, by the twin's own forecast and its own doubts?

The guard asks the whole ensemble twice, with the change and without, and holds every
target of the intent, the coverage floor, the cost of switching and people's
reservations against it. Where a target is missed anyway, a change that makes that no
likelier may pass: nobody should be kept from mending. A guard never tires: it knows
nothing of how often it refused.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from gemel.autonomy.decision import Approved, Joint, Refused
from gemel.autonomy.intents import TARGETS, Intent, headroom
from gemel.autonomy.odds import interval, rise_below_floor, violation_odds
from gemel.network.controls import Controls, fingerprint
from gemel.network.energy import transition_j
from gemel.twin.belief import Belief
from gemel.twin.forecast import Forecast, Thresholds, doubted, forecast_jit
from gemel.units import JOULE_PER_KWH


@dataclasses.dataclass(frozen=True)
class Outlook:
    """Where the day stands.

    elapsed_s:   now
    spent_kwh:   measured since the day began
    usual_kwh:   what the forecast of the day without autonomy had until the end of
                 the coming period
    rest_kwh:    what it has for after the coming period
    """

    elapsed_s: float
    spent_kwh: float
    usual_kwh: float
    rest_kwh: float


@dataclasses.dataclass(frozen=True)
class Guard:
    """The rules, set by people.

    most_odds:    of missing a target in the coming period
    floor_rise:   of the share of served users below the coverage floor, against
                  every cell awake
    reserved:     cells that only people may touch, by name
    most_switched: cells that may go to sleep in one change, as a share of all
    valid_s:      how long an approval may wait
    """

    intent: Intent
    thresholds: Thresholds
    period_s: float = 900.0
    most_odds: float = 0.01
    floor_rise: float = 0.002
    reserved: frozenset[str] = frozenset()
    most_switched: float = 0.25
    valid_s: float = 60.0

    def review(
        self, joint: Joint, belief: Belief, outlook: Outlook
    ) -> Approved | Refused:
        """The verdict, with the numbers that it rests on."""
        before = self.forecast(belief, joint.now, outlook.elapsed_s)
        after = self.forecast(belief, joint.wish, outlook.elapsed_s)
        unhurt = self.forecast(belief, _all_awake(joint.now), outlook.elapsed_s)
        after = doubted(after, before, unhurt)
        evidence = _evidence(after, before)
        objections = (
            self._reserved(joint, belief)
            or self._too_many(joint)
            or self._thin_air(after, before, unhurt)
            or self._not_worth_it(joint, belief, after, before)
            or self._misses(joint, after, before, outlook)
        )
        if objections:
            what, number, limit, reason = objections
            return Refused(joint, what, number, limit, reason, evidence)
        awake = jnp.logical_or(joint.now.awake, joint.wish.awake)
        plan_id = f"plan-{round(outlook.elapsed_s)}-{fingerprint(joint.wish)}"
        return Approved(
            plan_id=plan_id,
            fingerprint=fingerprint(joint.now),
            expires_s=outlook.elapsed_s + self.valid_s,
            controls=joint.wish,
            # Going back never puts anything to sleep: what was woken stays awake.
            fallback=eqx.tree_at(lambda c: c.awake, joint.now, awake),
            joint=joint,
            forecast=after,
            evidence=evidence,
        )

    def forecast(
        self, belief: Belief, controls: Controls, elapsed_s: float
    ) -> Forecast:
        """What the whole ensemble expects of the period that begins now."""
        return forecast_jit(
            belief,
            controls,
            jnp.asarray(elapsed_s, jnp.float32),
            jnp.asarray(self.period_s, jnp.float32),
            self.thresholds,
        )

    def _reserved(self, joint: Joint, belief: Belief):
        names = belief.network.cells.name
        touched = np.zeros(len(names), bool)
        for knob in Controls.__dataclass_fields__:
            touched |= np.asarray(getattr(joint.now, knob)) != np.asarray(
                getattr(joint.wish, knob)
            )
        theirs = [
            names[i] for i in np.flatnonzero(touched) if names[i] in self.reserved
        ]
        if not theirs:
            return None
        return (
            "reserved cells",
            float(len(theirs)),
            0.0,
            f"only people may touch {', '.join(theirs[:3])}",
        )

    def _too_many(self, joint: Joint):
        slept = np.asarray(joint.now.awake) & ~np.asarray(joint.wish.awake)
        share = float(slept.mean())
        if share <= self.most_switched:
            return None
        return (
            "rate of change",
            share,
            self.most_switched,
            f"{share:.0%} of all cells would go to sleep at once",
        )

    def _thin_air(self, after: Forecast, before: Forecast, unhurt: Forecast):
        rise = rise_below_floor(after, unhurt)
        # Against every cell awake, so that small steps do not add up unseen.
        if rise <= self.floor_rise or rise <= rise_below_floor(before, unhurt):
            return None
        return (
            "coverage floor",
            100.0 * rise,
            100.0 * self.floor_rise,
            f"{100 * rise:.2f} % more users below the coverage floor",
        )

    def _not_worth_it(
        self, joint: Joint, belief: Belief, after: Forecast, before: Forecast
    ):
        """A change that only switches must earn its switching within the period."""
        if np.any(~np.asarray(joint.now.awake) & np.asarray(joint.wish.awake)):
            return None  # waking is for users, not for energy
        slept = np.asarray(joint.now.awake) & ~np.asarray(joint.wish.awake)
        if not slept.any():
            return None
        cells = belief.network.cells
        each_j = np.asarray(transition_j(cells.carriers))[np.asarray(cells.layer)]
        cost_kwh = float(each_j[slept].sum()) / JOULE_PER_KWH
        gain_kwh = float(
            before.mean["RANEnergyConsumption"] - after.mean["RANEnergyConsumption"]
        )
        if gain_kwh > cost_kwh:
            return None
        return (
            "transition cost",
            gain_kwh,
            cost_kwh,
            f"saves {gain_kwh:.3f} kWh, switching costs {cost_kwh:.3f} kWh",
        )

    def _misses(
        self, joint: Joint, after: Forecast, before: Forecast, outlook: Outlook
    ):
        """The first target that the change makes too likely to be missed."""
        now, wish = np.asarray(joint.now.awake), np.asarray(joint.wish.awake)
        helps = False
        for target in self.intent.targets:
            if TARGETS[target.name].per_day:
                continue
            odds = self._odds(target, after, outlook)
            today = self._odds(target, before, outlook)
            helps |= today > self.most_odds
            if np.all(wish | ~now):
                continue  # only waking goes back to the network as it was handed over
            # Where both are certain to miss, the odds cannot tell which misses by more.
            room = headroom(target, float(after.mean[target.name]))
            room_today = headroom(target, float(before.mean[target.name]))
            worse = odds > today or (odds == today and not room >= room_today)
            if odds > self.most_odds and worse:
                return (
                    target.name,
                    odds,
                    self.most_odds,
                    f"{target.name} would be missed with probability {odds:.1%}",
                )
        for target in self.intent.targets:
            if not TARGETS[target.name].per_day:
                continue
            odds = self._odds(target, after, outlook)
            today = self._odds(target, before, outlook)
            # Users come first: energy may be spent where it mends another target.
            if odds > max(self.most_odds, today) and not helps:
                return (
                    target.name,
                    odds,
                    self.most_odds,
                    f"{target.name} of the day would be missed with probability "
                    f"{odds:.1%}",
                )
        return None

    def _odds(self, target, forecast: Forecast, outlook: Outlook) -> float:
        mean = float(forecast.mean[target.name])
        spread = float(forecast.spread[target.name])
        if TARGETS[target.name].per_day:
            mean, spread = projected(mean, spread, outlook)
        return violation_odds(target, mean, spread)


def projected(
    period_kwh: float, spread_kwh: float, outlook: Outlook
) -> tuple[float, float]:
    """The day's energy, if the rest of it saves as much as its part so far did.

    Doubt about the rest grows with its length: a fifth of what is still to be saved.
    """
    rest = outlook.rest_kwh
    done = outlook.spent_kwh + period_kwh
    usual_done = outlook.usual_kwh
    ratio = min(done / usual_done, 1.0) if usual_done > 0 else 1.0
    spread = float(np.hypot(spread_kwh, 0.2 * rest * (1.0 - ratio)))
    return done + rest * ratio, spread


def _all_awake(controls: Controls) -> Controls:
    return eqx.tree_at(lambda c: c.awake, controls, jnp.ones_like(controls.awake))


def _evidence(after: Forecast, before: Forecast) -> dict[str, Any]:
    names = list(after.mean)
    told = {}
    for name in names:
        low, mean, high = interval(after, name)
        told[name] = {
            "forecast": mean,
            "low": low,
            "high": high,
            "without_change": float(before.mean[name]),
        }
    told["users_below_coverage_floor_percent"] = {
        "forecast": 100.0 * float(np.mean(np.asarray(after.below_floor))),
        "without_change": 100.0 * float(np.mean(np.asarray(before.below_floor))),
    }
    return told
