"""Which cells should sleep in the coming period?

If today's sleepers are too many for what is coming, wake the dearest until all is well.
Then try to add sleepers, a block at a time, cheapest first, and keep a block only if
the twin says that every target of the intent still holds. A block that fails is halved
and tried again; last, the dearest sleepers may change places with cheaper ones. All
that for a limited number of looks: what is missed now is found in the next period. The
price list is shaken a little each time, lest the same few cells stand in the way.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from gemel.autonomy.decision import Proposal
from gemel.autonomy.intents import TARGETS, Intent, headroom
from gemel.autonomy.loops.base import AbstractLoop
from gemel.autonomy.loops.price import price_per_watt
from gemel.autonomy.odds import BAD_SIDE, rise_below_floor, violation_odds
from gemel.network.controls import Controls
from gemel.twin.belief import Belief, demand_bps
from gemel.twin.forecast import Forecast, Thresholds, doubted, forecast_jit
from gemel.twin.takeover import expected_takeover, may_sleep

ENERGY = "RANEnergyConsumption"
SLOW_CELLS = "LowDLRANUEThptRatio"


@dataclasses.dataclass(frozen=True)
class EnergySaving(AbstractLoop):
    """Puts capacity cells to sleep and wakes them; the coverage layer stays awake.

    intent:         whose targets to keep, all but those of energy
    thresholds:     what its ratios count against
    period_s:       how long a proposal is to hold
    most_odds:      of missing any target in the period; below the guard's own limit
    floor_rise:     of the share of users below the coverage floor, against all awake
    most_new:       share of all cells put to sleep in one change; below the guard's
    block:          how many cells are tried at once, as a share of those that may sleep
    shake:          of the price list, natural logarithm
    fullest:        mean PRB load, %, beyond which sleep may drive but few cells
    members:        how many of the ensemble are asked while searching
    looks:          how many sets are tried at the most, for waking and for sleeping
    """

    intent: Intent
    thresholds: Thresholds
    period_s: float = 900.0
    most_odds: float = 0.001
    floor_rise: float = 0.0013
    most_new: float = 0.08
    block: float = 0.05
    shake: float = 0.3
    fullest: float = 75.0
    members: int = 8
    looks: int = 9

    def propose(
        self, belief: Belief, controls: Controls, elapsed_s: float
    ) -> Proposal | None:
        search = _Search(self, belief, controls, elapsed_s)
        search.wake()
        search.sleep()
        search.swap()
        before, after = np.asarray(controls.awake), search.awake
        if np.array_equal(before, after):
            return None
        able = int(np.asarray(may_sleep(belief.network)).sum())
        aim = (
            f"{int((~after).sum())} of {able} capacity cells asleep: "
            f"{int((before & ~after).sum())} to sleep, "
            f"{int((~before & after).sum())} to wake"
        )
        return Proposal("energy_saving", aim, _with(controls, after), ("awake",))


class _Search:
    """One search; `awake` is the best set so far."""

    def __init__(
        self,
        loop: EnergySaving,
        belief: Belief,
        controls: Controls,
        elapsed_s: float,
    ):
        self._loop, self._controls = loop, controls
        self._belief = _thinned(belief, loop.members)
        self._now_s = jnp.asarray(elapsed_s, jnp.float32)
        self._before = np.asarray(controls.awake)
        self.awake = self._before.copy()
        self._left = loop.looks
        self._first = self._forecast(self.awake)  # of the controls as they are
        self._unhurt = self._forecast(np.ones_like(self.awake))
        self._today = doubted(self._first, self._first, self._unhurt)
        self._prices(elapsed_s)

    def _prices(self, elapsed_s: float) -> None:
        loop, belief = self._loop, self._belief
        sleep = expected_takeover(
            belief,
            self._controls,
            self._now_s,
            loop.thresholds.low_throughput_kbps,
        )
        room = {}
        for target in loop.intent.targets:
            mean, spread = _told(self._today, target.name)
            room[target.name] = headroom(target, mean) - BAD_SIDE * spread
        volume_bps = float(demand_bps(belief, self._now_s).sum()) / belief.members
        price = price_per_watt(sleep, room, volume_bps)
        rng = np.random.default_rng(round(elapsed_s))
        price = price * np.exp(rng.normal(0.0, loop.shake, price.size))
        able = np.asarray(may_sleep(belief.network)) & (np.asarray(sleep.saved_w) > 0)
        self._order = [cell for cell in np.argsort(price, kind="stable") if able[cell]]
        self._dropped = np.asarray(sleep.dropped)

    def wake(self) -> None:
        """Wake the dearest sleepers until the set is good, or nobody sleeps."""
        if self._good(self._today):
            return
        asleep = [cell for cell in self._order if not self.awake[cell]][::-1]
        asleep += [c for c in np.flatnonzero(~self.awake) if c not in set(asleep)]
        count = max(2, round(self._loop.block * len(self._order)))
        for _ in range(self._loop.looks):
            trial = self._before.copy()
            trial[asleep[:count]] = True
            look = self._look(trial)
            self.awake, self._today = trial, look
            if count >= len(asleep) or self._good(look):
                return
            count *= 2
        self.awake = np.ones_like(self.awake)
        self._today = self._unhurt

    def sleep(self) -> None:
        """Add blocks of sleepers, as long as looks last."""
        if not self._good(self._today):
            return
        loop = self._loop
        block = max(2, round(loop.block * len(self._order)))
        queue = self._affordable()
        while queue and self._left:
            chosen, queue = queue[:block], queue[block:]
            trial = self.awake.copy()
            trial[chosen] = False
            if self._adopted(trial):
                block = round(1.5 * block)
            elif len(chosen) > 2:
                block = len(chosen) // 2
                queue = chosen + queue
            elif self._left <= loop.looks // 2:
                return  # pairs fail one after the other: leave looks for swapping

    def swap(self) -> None:
        """Let the dearest sleepers change places with twice as many cheap ones."""
        if not self._good(self._today):
            return
        block = max(2, round(self._loop.block * len(self._order)))
        while self._left and block >= 2:
            dear = [cell for cell in self._order[::-1] if not self.awake[cell]]
            cheap = self._affordable()
            if not dear or not cheap:
                return
            trial = self.awake.copy()
            trial[dear[:block]] = True
            trial[cheap[: 2 * block]] = False
            if not self._adopted(trial):
                block //= 2

    def _adopted(self, trial: np.ndarray) -> bool:
        """Take a set if it is safe, saves, and puts not too many to sleep at once."""
        new = np.count_nonzero(self._before & ~trial)
        if new > self._loop.most_new * trial.size:
            return False
        self._left -= 1
        look = self._look(trial)
        less = _told(look, ENERGY)[0] < _told(self._today, ENERGY)[0]
        if not (less and self._good(look)):
            return False
        self.awake, self._today = trial, look
        return True

    def _affordable(self) -> list[int]:
        """Who is awake, cheapest first, as far as the coverage floor's allowance goes.

        Who would use up a tenth of the allowance alone is passed over.
        """
        allowance = self._loop.floor_rise
        spent = max(rise_below_floor(self._today, self._unhurt), 0.0)
        chosen = []
        for cell in self._order:
            share = float(self._dropped[cell])
            fits = share <= 0.1 * allowance and spent + share <= allowance
            if self.awake[cell] and fits:
                chosen.append(int(cell))
                spent += share
        return chosen

    def _look(self, awake: np.ndarray) -> Forecast:
        return doubted(self._forecast(awake), self._first, self._unhurt)

    def _forecast(self, awake: np.ndarray) -> Forecast:
        return forecast_jit(
            self._belief,
            _with(self._controls, awake),
            self._now_s,
            jnp.asarray(self._loop.period_s, jnp.float32),
            self._loop.thresholds,
        )

    def _good(self, look: Forecast) -> bool:
        if rise_below_floor(look, self._unhurt) > self._loop.floor_rise:
            return False
        if self._full(look) - self._full(self._unhurt) > self._may_be_full():
            return False
        return all(
            TARGETS[target.name].per_day
            or violation_odds(target, *_told(look, target.name)) <= self._loop.most_odds
            for target in self._loop.intent.targets
        )

    def _full(self, look: Forecast) -> int:
        """How many cells are expected to be fuller than they should."""
        load = np.asarray(look.reported["RRU.PrbTotDl"]).mean(0)
        return int(np.count_nonzero(load > self._loop.fullest))

    def _may_be_full(self) -> float:
        """How many more cells may be that full: each could turn out to be slow, so half
        as many as the target about slow cells leaves room for."""
        for target in self._loop.intent.targets:
            if target.name == SLOW_CELLS:
                points = headroom(target, _told(self._unhurt, SLOW_CELLS)[0])
                return max(0.5 * points / 100.0 * self.awake.size, 0.0)
        return float("inf")


def _with(controls: Controls, awake: np.ndarray) -> Controls:
    return eqx.tree_at(lambda c: c.awake, controls, jnp.asarray(awake))


def _told(look: Forecast, name: str) -> tuple[float, float]:
    return float(look.mean[name]), float(look.spread[name])


def _thinned(belief: Belief, members: int) -> Belief:
    """The first few members, which are as good as any other few."""
    return eqx.tree_at(
        lambda b: (
            b.users,
            b.share,
            b.wanting,
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
                belief.wanting,
                belief.log_demand,
                belief.log_rate,
                belief.log_guest,
                belief.serving,
                belief.load,
            ),
        ),
    )
