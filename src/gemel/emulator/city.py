"""How do the stand-in's people move, and how much do they really want?"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from gemel.network.candidates import refresh
from gemel.network.controls import Controls
from gemel.network.simulator import Network, Users
from gemel.network.surroundings import AbstractSurroundings
from gemel.world.demand import HOUR_S, activity
from gemel.world.movement import Commute


class City(AbstractSurroundings):
    """People and their wishes; movers are the first rows of all users.

    base_bps:      what each user wants on average in the busy hour
    zone:          whose surroundings the user lives in, for mood and busy hour
    shift_s:       how much later than usual the day runs there
    mood_rad_per_s, mood_phase, mood: slow waves of demand, and their size
    minute:        size of the noise from step to step
    refreshes:     how many movers get new candidates in a step
    """

    commute: Commute
    base_bps: Float[Array, " user"]
    zone: Int[Array, " user"]
    shift_s: Float[Array, " zone"]
    mood_rad_per_s: Float[Array, "zone wave"]
    mood_phase: Float[Array, "zone wave"]
    mood: Float[Array, ""]
    minute: Float[Array, ""]
    refreshes: int = eqx.field(static=True)

    def move(
        self,
        network: Network,
        users: Users,
        controls: Controls,
        key: PRNGKeyArray,
        elapsed_s: Float[Array, ""],
        step_s: Float[Array, ""],
    ) -> Users:
        """Everybody half a step on, so that a step sees its own middle."""
        middle_s = elapsed_s + 0.5 * step_s
        movers = self.commute.phase.size
        places = users.places
        if movers:
            moved_m = places.position_m.at[:movers].set(
                self.commute.position_m(middle_s)
            )
            places = eqx.tree_at(lambda p: p.position_m, places, moved_m)
        candidates = users.candidates
        if movers and self.refreshes:
            candidates = refresh(
                network.propagation,
                network.cells,
                controls,
                places,
                candidates,
                movers,
                min(self.refreshes, movers),
            )
        demand_bps = self.wanted_bps(middle_s, key)
        return Users(places, candidates, demand_bps, users.weight, users.home)

    def wanted_bps(
        self, elapsed_s: Float[Array, ""], key: PRNGKeyArray
    ) -> Float[Array, " user"]:
        """True demand at a time: habit, the mood of the place, and chance."""
        waves = self.mood_rad_per_s.shape[1]
        swing = jnp.cos(self.mood_rad_per_s * elapsed_s + self.mood_phase).sum(1)
        mood = self.mood * swing * (2.0 / waves) ** 0.5
        habit = activity(elapsed_s - self.shift_s)
        noise = self.minute * jax.random.normal(key, self.base_bps.shape)
        chance = jnp.exp(noise - 0.5 * self.minute**2)
        return self.base_bps * (habit * jnp.exp(mood))[self.zone] * chance


def slow_waves(
    key: PRNGKeyArray, zones: int, waves: int = 4
) -> tuple[Float[Array, "zone wave"], Float[Array, "zone wave"]]:
    """Angular speeds (periods of 2 to 10 hours) and phases for `City`."""
    speeds, phases = jax.random.split(key)
    period_s = HOUR_S * jax.random.uniform(speeds, (zones, waves), minval=2, maxval=10)
    return (
        2.0 * jnp.pi / period_s,
        2.0 * jnp.pi * jax.random.uniform(phases, (zones, waves)),
    )
