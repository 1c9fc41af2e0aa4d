"""How does the stand-in network live a period, in one life or in several with one luck?

Lives share people, weather and luck; they differ only by what was done to the network.
So whatever a life with autonomy gains over one without is gained by autonomy. Where two
lives have the same antennas (they differ by sleep alone), people move and candidates
are found once for both.
"""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from gemel.network.candidates import find_candidates
from gemel.network.controls import Controls
from gemel.network.counters import Counters
from gemel.network.simulator import Network, State, Users, settle

# One program for a network's first candidates and for those after new antennas.
heard = eqx.filter_jit(find_candidates)


class Lived(eqx.Module):
    """What a few steps left behind in one life.

    counters:       every leaf [time] or [time cell], one row a step
    throughput_bps: of every user at every step
    controls:       what was set while it was lived
    """

    counters: Counters
    throughput_bps: Float[Array, "time user"]
    controls: Controls

    def counted(self) -> Counters:
        """The sums over all steps."""
        return jax.tree.map(lambda leaf: leaf.sum(0), self.counters)


@dataclasses.dataclass(frozen=True)
class Life:
    """One life's own things between two periods."""

    state: State
    controls: Controls
    last: Lived | None = None


@eqx.filter_jit
def _live(
    network: Network,
    users: Users,
    states: list[State],
    controls: list[Controls],
    key: PRNGKeyArray,
    elapsed_s: Float[Array, ""],
    step_s: Float[Array, ""],
    steps: int,
) -> tuple[list[State], list[Lived]]:
    """`steps` steps of all these lives; users are shared, states are not."""

    def once(carry, tick):
        users, states = carry
        key_now, number = tick
        users = network.surroundings.move(
            network, users, controls[0], key_now, elapsed_s + number * step_s, step_s
        )
        after, seen = [], []
        for state, control in zip(states, controls, strict=True):
            state = eqx.tree_at(lambda s: s.users, state, users)
            state, counters, felt = settle(network, state, control, step_s)
            after.append(eqx.tree_at(lambda s: s.users, state, None))
            seen.append((counters, felt.throughput_bps))
        return (users, after), seen

    bare = [eqx.tree_at(lambda s: s.users, state, None) for state in states]
    ticks = jax.random.split(key, steps), jnp.arange(steps, dtype=jnp.float32)
    (users, bare), seen = jax.lax.scan(once, (users, bare), ticks)
    lived = [
        Lived(counters, throughput_bps, control)
        for (counters, throughput_bps), control in zip(seen, controls, strict=True)
    ]
    full = [
        eqx.tree_at(lambda s: s.users, state, users, is_leaf=lambda leaf: leaf is None)
        for state in bare
    ]
    return full, lived


class StandIn:
    """A network that lives by the clock; `lives` of them side by side.

    Nothing of it is for the twin to see but what `interfaces.networks.emulated` tells.
    """

    def __init__(
        self,
        network: Network,
        state: State,
        controls: Controls,
        key: PRNGKeyArray,
        elapsed_s: float,
        lives: int = 2,
    ):
        self.network = network
        self.elapsed_s = elapsed_s
        self._key = key
        self._lives = [Life(state, controls) for _ in range(lives)]

    def controls(self, life: int) -> Controls:
        """What is really set now."""
        return self._lives[life].controls

    def lived(self, life: int) -> Lived | None:
        """The last finished period, if there was one."""
        return self._lives[life].last

    def state(self, life: int) -> State:
        """The true state; for the oracle, never for the twin."""
        return self._lives[life].state

    def turn(self, life: int, controls: Controls) -> None:
        """Set the knobs of one life; new antenna settings mean new candidates."""
        now = self._lives[life]
        state = now.state
        if _antennas(controls) != _antennas(now.controls):
            users = state.users
            candidates = heard(
                self.network.propagation, self.network.cells, controls, users.places
            )
            state = eqx.tree_at(lambda s: s.users.candidates, state, candidates)
        self._lives[life] = dataclasses.replace(now, controls=controls, state=state)

    def advance(self, steps: int, step_s: float) -> None:
        """Live so many steps in all lives."""
        # The key depends on the time alone: the same minute has the same luck.
        key = jax.random.fold_in(self._key, round(self.elapsed_s) & 0x7FFFFFFF)
        groups: dict[bytes, list[int]] = {}
        for index, life in enumerate(self._lives):
            groups.setdefault(_antennas(life.controls), []).append(index)
        for members in groups.values():
            lives = [self._lives[index] for index in members]
            states, lived = _live(
                self.network,
                lives[0].state.users,
                [life.state for life in lives],
                [life.controls for life in lives],
                key,
                jnp.asarray(self.elapsed_s, jnp.float32),
                jnp.asarray(step_s, jnp.float32),
                steps,
            )
            for index, state, last in zip(members, states, lived, strict=True):
                self._lives[index] = Life(state, self._lives[index].controls, last)
        self.elapsed_s += steps * step_s


def _antennas(controls: Controls) -> bytes:
    """Everything that changes who hears whom how loudly."""
    parts = (controls.power_dbm, controls.tilt_deg, controls.azimuth_turn_deg)
    return b"".join(np.asarray(part).tobytes() for part in parts)
