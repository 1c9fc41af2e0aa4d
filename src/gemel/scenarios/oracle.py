"""How much could have been saved by somebody who knew everything?

A greedy search, period by period, on the true state of the network: true angles,
shadows, people and wishes, without the noise of single minutes. Cells go to sleep in
the order of what their users lose for each watt; whatever misses a target of the
intent, or drops more users below the coverage floor than the guard would allow, is
taken back. What it finds is then lived through like any other life, and that energy is
what counts.
"""

import dataclasses
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from gemel.autonomy.guard import Guard
from gemel.autonomy.intents import CONDITIONS, TARGETS, Target, headroom
from gemel.autonomy.loops.price import price_per_watt
from gemel.emulator.city import City
from gemel.interfaces.networks.emulated import EmulatedSource
from gemel.network.controls import Controls
from gemel.network.counters import measurements
from gemel.network.simulator import Network, State, Users, settle
from gemel.scenarios.record import LifeRecord
from gemel.twin.belief import judged
from gemel.twin.forecast import FLOOR_DBM, Thresholds
from gemel.twin.takeover import Takeover, may_sleep, takeover

if TYPE_CHECKING:
    from gemel.scenarios.trial import DayOptions, Prepared, Progress

BLOCK = 16  # so many cells are tried at once, and halves of them where that fails
PATIENCE = 24  # after so many single cells in a row were taken back, nobody else fits


@eqx.filter_jit
def _snapshot(
    network: Network, users: Users, controls: Controls, elapsed_s: Float[Array, ""]
) -> Users:
    """Everybody where they are at a time, wanting what they want on average then."""
    blank = jnp.zeros(())
    return network.surroundings.move(
        network, users, controls, jax.random.key(0), elapsed_s, blank
    )


@eqx.filter_jit
def _look(
    network: Network, state: State, controls: Controls, thresholds: Thresholds
) -> tuple[dict[str, Float[Array, ""]], Float[Array, ""]]:
    """The KPIs of a second, and the share of users below the coverage floor."""
    _, counters, felt = settle(network, state, controls, jnp.asarray(1.0))
    values = judged(
        measurements(counters),
        controls,
        thresholds.low_throughput_kbps,
        thresholds.high_load_percent,
    )
    return values, (felt.rsrp_dbm < FLOOR_DBM).mean(dtype=felt.rsrp_dbm.dtype)


@eqx.filter_jit
def _prices(
    network: Network, state: State, controls: Controls, low_throughput_kbps: float
) -> Takeover:
    return takeover(network, state, controls, low_throughput_kbps)


class _Period:
    """The search in one period."""

    def __init__(
        self,
        ready: "Prepared",
        network: Network,
        state: State,
        everyone: Controls,
        usual: dict[str, float],
    ):
        self._ready, self._network = ready, network
        self._state, self._everyone = state, everyone
        values, self._floor = _look(network, state, everyone, ready.thresholds)
        self._energy = float(values["RANEnergyConsumption"])
        # A snapshot is not a period: minutes differ. What the life without autonomy
        # measured says by how much.
        self._scale = {n: usual[n] / max(float(v), 1e-9) for n, v in values.items()}
        self._shift = {n: usual[n] - float(v) for n, v in values.items()}
        self._room = {
            target.name: headroom(target, usual[target.name])
            for target in ready.intent.targets
        }

    def search(self) -> Bool[np.ndarray, " cell"]:
        """Who stays awake."""
        network, state, everyone = self._network, self._state, self._everyone
        low_kbps = self._ready.thresholds.low_throughput_kbps
        prices = _prices(network, state, everyone, low_kbps)
        volume_bps = float(state.users.demand_bps.sum())
        each_watt = price_per_watt(prices, self._room, volume_bps)
        able = np.asarray(may_sleep(network)) & (np.asarray(prices.saved_w) > 0)
        order = np.argsort(each_watt, kind="stable")
        queue = [list(block) for block in _blocks(order[able[order]])]
        awake = np.ones(each_watt.size, bool)
        in_vain = 0
        while queue and in_vain < PATIENCE:
            block = queue.pop(0)
            awake[block] = False
            if self._holds(awake):
                in_vain = 0
                continue
            awake[block] = True
            if len(block) > 1:
                half = len(block) // 2
                queue[:0] = [block[:half], block[half:]]
            else:
                in_vain += 1
        return awake

    def _holds(self, awake: Bool[np.ndarray, " cell"]) -> bool:
        controls = eqx.tree_at(lambda c: c.awake, self._everyone, jnp.asarray(awake))
        ready = self._ready
        values, floor = _look(self._network, self._state, controls, ready.thresholds)
        energy = float(values["RANEnergyConsumption"])
        if energy >= self._energy or float(floor - self._floor) > Guard.floor_rise:
            return False
        for target in ready.intent.targets:
            if not TARGETS[target.name].per_day and not self._met(target, values):
                return False
        self._energy = energy
        return True

    def _met(self, target: Target, values: dict[str, Array]) -> bool:
        name, value = target.name, float(values[target.name])
        if TARGETS[name].ratio:
            value += self._shift[name]
        else:
            value *= self._scale[name]
        higher_helps, _ = CONDITIONS[target.condition]
        return value > target.threshold if higher_helps else value < target.threshold


def _blocks(order: np.ndarray) -> list[np.ndarray]:
    return [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]


def live_the_oracle(
    ready: "Prepared",
    options: "DayOptions",
    baseline: LifeRecord,
    progress: "Progress",
) -> LifeRecord:
    """The life of somebody who knew everything; same luck as the other two."""
    from gemel.scenarios.trial import stand_in_by

    stand_in = stand_in_by(ready.facts, options, options.today_s, 1)
    source = EmulatedSource(stand_in, 0, options.period_s)
    network, everyone = stand_in.network, ready.facts.controls
    city = network.surroundings
    assert isinstance(city, City)
    # Every mover gets candidates of the moment, and nobody rolls dice.
    calm = dataclasses.replace(
        city, minute=jnp.zeros(()), refreshes=city.commute.phase.size
    )
    known = eqx.tree_at(lambda n: n.surroundings, network, calm)
    record = LifeRecord()
    for number in range(options.periods):
        progress("asking the oracle", number / options.periods)
        middle_s = jnp.asarray(stand_in.elapsed_s + options.period_s / 2, jnp.float32)
        state = stand_in.state(0)
        users = _snapshot(known, state.users, everyone, middle_s)
        state = eqx.tree_at(
            lambda s: (s.users, s.awake), state, (users, everyone.awake)
        )
        search = _Period(ready, known, state, everyone, baseline.kpis[number])
        awake = jnp.asarray(search.search())
        stand_in.turn(0, eqx.tree_at(lambda c: c.awake, everyone, awake))
        stand_in.advance(options.steps, options.step_s)
        lived = stand_in.lived(0)
        assert lived is not None
        record.keep(source.observe(), lived, ready.thresholds)
    return record
