"""Which cells should sleep in the coming period?

Rank every cell that may sleep by what its users would lose for each watt saved; then
look, on the twin, how far down that list one may go before any target of the intent
becomes too likely to be missed. Tomorrow's list starts from where today's ended, and a
cell asleep is a little dearer to wake than an equal one to put to sleep.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from gemel.autonomy.decision import Proposal
from gemel.autonomy.intents import TARGETS, Intent
from gemel.autonomy.loops.base import AbstractLoop
from gemel.autonomy.odds import rise_below_floor, violation_odds
from gemel.network.controls import Controls
from gemel.twin.belief import Belief
from gemel.twin.forecast import Forecast, Thresholds, forecast_jit
from gemel.twin.takeover import expected_takeover, may_sleep


@dataclasses.dataclass(frozen=True)
class EnergySaving(AbstractLoop):
    """Puts capacity cells to sleep and wakes them; the coverage layer stays awake.

    intent:         whose targets to keep, all but those of energy
    thresholds:     what its ratios count against
    period_s:       how long a proposal is to hold
    most_odds:      of missing any target in the period; below the guard's own limit
    floor_rise:     of the share of users below the coverage floor, against all awake
    stickiness:     how much cheaper a cell counts that sleeps already
    most_new:       share of all cells put to sleep in one change; below the guard's
    members:        how many of the ensemble are asked while searching
    looks:          how many sets are tried at the most
    """

    intent: Intent
    thresholds: Thresholds
    period_s: float = 900.0
    most_odds: float = 0.002
    floor_rise: float = 0.0015
    stickiness: float = 0.5
    most_new: float = 0.15
    members: int = 8
    looks: int = 6

    def propose(
        self, belief: Belief, controls: Controls, elapsed_s: float
    ) -> Proposal | None:
        now_s = jnp.asarray(elapsed_s, jnp.float32)
        order = self._ranking(belief, controls, now_s)
        few = _thinned(belief, self.members)
        awake = np.asarray(controls.awake)
        everyone = eqx.tree_at(
            lambda c: c.awake, controls, jnp.ones_like(controls.awake)
        )
        unhurt = self._look(few, everyone, now_s)

        def sleeping(count: int) -> Controls:
            mask = np.ones(awake.size, bool)
            mask[order[:count]] = False
            return eqx.tree_at(lambda c: c.awake, controls, jnp.asarray(mask))

        drawn_kwh: dict[int, float] = {}

        def good(count: int) -> bool:
            """Safe, and no shorter list that is safe saves as much."""
            look = self._look(few, sleeping(count), now_s)
            kwh = float(look.mean["RANEnergyConsumption"])
            dearer = any(kwh >= less for n, less in drawn_kwh.items() if n < count)
            if not self._good(look, unhurt):
                return False
            drawn_kwh[count] = kwh
            return not dearer

        today = min(int((~awake).sum()), len(order))
        new = np.cumsum(awake[order])
        reach = int(np.searchsorted(new, self.most_new * awake.size, side="right"))
        count = self._search(good, min(today, reach), reach)
        wish = sleeping(count)
        if np.array_equal(np.asarray(wish.awake), awake):
            return None
        change = np.asarray(wish.awake).astype(int) - awake.astype(int)
        aim = (
            f"{count} of {len(order)} capacity cells asleep: "
            f"{int((change < 0).sum())} to sleep, {int((change > 0).sum())} to wake"
        )
        return Proposal("energy_saving", aim, wish, ("awake",))

    def _ranking(
        self, belief: Belief, controls: Controls, now_s: jax.Array
    ) -> np.ndarray:
        """Cells worth putting to sleep, cheapest loss per watt first."""
        price = expected_takeover(belief, controls, now_s)
        lost, saved_w = np.asarray(price.lost), np.asarray(price.saved_w)
        able = np.asarray(may_sleep(belief.network)) & (saved_w > 0.0)
        each_watt = lost / np.maximum(saved_w, 1e-3)
        asleep = ~np.asarray(controls.awake)
        sticky = np.where(asleep & (each_watt > 0), self.stickiness, 1.0)
        ranked = np.argsort(each_watt * sticky, kind="stable")
        ranked = ranked[able[ranked]]
        return ranked[self._within_reach(np.asarray(price.dropped)[ranked])]

    def _within_reach(self, dropped: np.ndarray) -> np.ndarray:
        """Which of a list to keep so that the coverage floor's allowance lasts.

        A cell that would use up a tenth of the allowance alone is passed over; one that
        overdraws it with those before it too.
        """
        kept = np.zeros(len(dropped), bool)
        spent = 0.0
        for index, share in enumerate(dropped):
            if share <= 0.1 * self.floor_rise and spent + share <= self.floor_rise:
                kept[index] = True
                spent += share
        return kept

    def _search(self, good, today: int, most: int) -> int:
        """The longest good prefix within a few looks, starting from today's length."""
        stride = max(4, most // 8)
        low, high = -1, most + 1  # good up to low, bad from high
        count = today
        for _ in range(self.looks):
            if good(count):
                low = count
                if high > most and low == most:
                    break
                count = min(most, low + stride) if high > most else (low + high) // 2
            else:
                high = count
                if low < 0:
                    count = max(0, high - stride)
                    stride *= 2
                else:
                    count = (low + high) // 2
            if high - low <= 1 or count in (low, high):
                break
        return max(low, 0)

    def _look(self, belief: Belief, controls: Controls, now_s: jax.Array) -> Forecast:
        period_s = jnp.asarray(self.period_s, jnp.float32)
        return forecast_jit(belief, controls, now_s, period_s, self.thresholds)

    def _good(self, forecast: Forecast, unhurt: Forecast) -> bool:
        if rise_below_floor(forecast, unhurt) > self.floor_rise:
            return False
        for target in self.intent.targets:
            if TARGETS[target.name].per_day:
                continue
            mean, spread = forecast.mean[target.name], forecast.spread[target.name]
            if violation_odds(target, float(mean), float(spread)) > self.most_odds:
                return False
        return True


def _thinned(belief: Belief, members: int) -> Belief:
    """The first few members, which are as good as any other few."""
    return eqx.tree_at(
        lambda b: (
            b.users,
            b.share,
            b.log_demand,
            b.log_rate,
            b.log_guest,
            b.serving,
            b.load,
        ),
        belief,
        jax.tree.map(
            lambda leaf: leaf[:members],
            (
                belief.users,
                belief.share,
                belief.log_demand,
                belief.log_rate,
                belief.log_guest,
                belief.serving,
                belief.load,
            ),
        ),
    )
