"""Who of all users has which kind of traffic?"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree

from gemel.emulator.traffic.base import AbstractTraffic, Arrivals
from gemel.emulator.traffic.families import TRAFFIC
from gemel.emulator.traffic.five_qi import five_qi
from gemel.errors import ScenarioError

# A mixture of our own in which every family has somebody, by share of users.
MIXED = {
    "ftp3": 0.15,
    "web": 0.40,
    "video": 0.05,
    "voice": 0.20,
    "sensor": 0.15,
    "control": 0.05,
}


class Quality(eqx.Module):
    """What is promised to every user's flow, TS 23.501 table 5.7.4-1.

    guaranteed_*:    0 where the 5QI keeps no rate
    delay_critical:  what is later than the budget counts as lost
    """

    five_qi: Int[Array, " user"]
    priority: Int[Array, " user"]
    delay_budget_ms: Float[Array, " user"]
    error_rate: Float[Array, " user"]
    delay_critical: Bool[Array, " user"]
    guaranteed_down_bps: Float[Array, " user"]
    guaranteed_up_bps: Float[Array, " user"]


class TrafficMix(eqx.Module):
    """All users, each of one family.

    families:     those that have anybody
    members:      who, one array a family
    family:       the other way round: number of a user's family
    place:        where a user stands when the families stand one after the other
    slice:        0 eMBB, 1 URLLC, 2 MIoT
    greedy:       whose queues are topped up instead of filled, see `taken`
    nominal_bps:  mean downlink rate where families run at their own
    """

    families: tuple[AbstractTraffic, ...]
    members: tuple[Int[Array, "_"], ...]
    family: Int[Array, " user"]
    place: Int[Array, " user"]
    slice: Int[Array, " user"]
    greedy: Bool[Array, " user"]
    nominal_bps: Float[Array, " user"]
    quality: Quality
    names: tuple[str, ...] = eqx.field(static=True)

    def begin(self, key: PRNGKeyArray) -> tuple[PyTree, ...]:
        """The state of all families."""
        return tuple(
            family.begin(member.shape[0], jax.random.fold_in(key, number))
            for number, (family, member) in enumerate(self._each())
        )

    def arrivals(
        self,
        state: tuple[PyTree, ...],
        wanted_bps: Float[Array, " user"],
        key: PRNGKeyArray,
        began_ms: Int[Array, ""],
        tick_ms: int,
    ) -> tuple[tuple[PyTree, ...], Arrivals, Arrivals]:
        """What comes down and goes up for everybody within a tick."""
        after, down, up = [], [], []
        for number, (family, member) in enumerate(self._each()):
            own, own_down, own_up = family.arrivals(
                state[number],
                wanted_bps[member],
                jax.random.fold_in(key, number),
                began_ms,
                tick_ms,
            )
            after.append(own)
            down.append(own_down)
            up.append(own_up)
        return tuple(after), self._in_order(down), self._in_order(up)

    def taken(self, arrivals: Arrivals, free_byte: Int[Array, " user"]) -> Arrivals:
        """What queues with so much room take: all of it, but of the greedy the room.

        What a greedy user leaves out never existed: neither offered nor lost.
        """
        room = jnp.where(self.greedy, free_byte, jnp.iinfo(jnp.int32).max)
        first = jnp.minimum(arrivals.size_byte[0], room)
        return eqx.tree_at(
            lambda a: a.size_byte, arrivals, arrivals.size_byte.at[0].set(first)
        )

    def _each(self) -> list[tuple[AbstractTraffic, Int[Array, "_"]]]:
        return list(zip(self.families, self.members, strict=True))

    def _in_order(self, parts: list[Arrivals]) -> Arrivals:
        """From families one after the other to users by number."""

        def together(*leaves: Array) -> Array:
            return jnp.concatenate(leaves, axis=-1)[..., self.place]

        return jax.tree.map(together, *parts)


def draw_mix(
    shares: dict[str, float], users: int, rng: np.random.Generator
) -> TrafficMix:
    """Users dealt to families by chance; how many each has is as near as can be.

    Raises ScenarioError if a family is unknown or the shares do not make a whole.
    """
    if unknown := shares.keys() - TRAFFIC.keys():
        raise ScenarioError(
            f"there is no traffic {sorted(unknown)}; there are {', '.join(TRAFFIC)}."
        )
    total = sum(shares.values())
    if min(shares.values(), default=-1.0) < 0 or abs(total - 1.0) > 1e-6:
        raise ScenarioError(
            f"the shares of traffic {shares} make {total:g}; give each 0 or more, and "
            "1 together."
        )
    if users < 1:
        raise ScenarioError(f"{users} users have no traffic; give one at least.")
    # Cut the line of users at the running sums, so that no rounding adds up.
    edges = np.rint(np.cumsum([0.0, *shares.values()]) * users).astype(int)
    edges[-1] = users
    order = rng.permutation(users)
    dealt = {
        name: np.sort(order[low:high])
        for name, low, high in zip(shares, edges[:-1], edges[1:], strict=True)
        if high > low
    }
    return _mix_of(dealt, users)


def _mix_of(dealt: dict[str, np.ndarray], users: int) -> TrafficMix:
    families = tuple(TRAFFIC[name]() for name in dealt)
    line = np.concatenate(list(dealt.values()))
    lengths = [len(member) for member in dealt.values()]
    family = np.empty(users, np.int32)
    family[line] = np.repeat(np.arange(len(families)), lengths)

    def each(values: list, dtype: type) -> Array:
        return jnp.asarray(np.asarray(values, dtype)[family])

    rows = [five_qi(one.five_qi) for one in families]
    quality = Quality(
        each([row.number for row in rows], np.int32),
        each([row.priority for row in rows], np.int32),
        each([row.delay_budget_ms for row in rows], np.float32),
        each([row.error_rate for row in rows], np.float32),
        each([row.delay_critical for row in rows], bool),
        each([one.guaranteed_bps[0] for one in families], np.float32),
        each([one.guaranteed_bps[1] for one in families], np.float32),
    )
    return TrafficMix(
        families,
        tuple(jnp.asarray(member, jnp.int32) for member in dealt.values()),
        jnp.asarray(family),
        jnp.asarray(np.argsort(line), jnp.int32),
        each([one.sst - 1 for one in families], np.int32),
        each([one.greedy for one in families], bool),
        each([one.nominal_bps for one in families], np.float32),
        quality,
        tuple(dealt),
    )
