"""What does the twin think, and how unsure is it?

An ensemble. Every member has its own imagined users (places, shadows and walls drawn
anew), its own demand for every zone and its own idea of how well every cell turns
signal into bits. A zone is the set of users that one cell serves while all are awake:
demand belongs to places, so it stays where it is when a cell goes to sleep.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.network.controls import Controls
from gemel.network.kpi import kpis
from gemel.network.simulator import Network, State, Users
from gemel.twin.far import Far
from gemel.twin.levels import Levels
from gemel.twin.wanting import asked
from gemel.world.demand import DAY_S

# A share of cells may be zero, where no ratio of forecast and report exists.
ERROR_IN_POINTS = {
    "AveDLRANUEThpt": False,
    "LowDLRANUEThptRatio": True,
    "AveDLPrbLoad": True,
    "HighDLPrbLoadRatio": True,
    "RANEnergyConsumption": False,
}


OWN_HABIT = 0.3  # of a zone, where it departs from all


class Belief(eqx.Module):
    """Leading axis `member` throughout; `slot` is the period of the day.

    share:        of its home zone's demand that an imagined user stands for
    habit_bps:    demand of every zone over a usual day
    log_demand:   how far today is from the habit, natural logarithm
    log_rate:     how far a cell's rates are from the model's for its own users
    log_guest:    the same for users of other zones, whose own cell sleeps
    kpi_bias, kpi_variance: how far forecasts of each KPI were off lately; in points for
                  the KPIs in percent, else natural logarithm (see `ERROR_IN_POINTS`)
    gain_db:      how much louder a cell is heard than inventory and map say
    gain_luck:    which side of what is heard a member believes, standard normal
    wanting:      what an imagined user asks for, as a part of what it would where rates
                  are high, see `wanting`
    first_share:  `share` as it was imagined, before phones told how loud cells are
    heard:        what phones told lately, see `whereabouts`
    levels:       what the cells' own reports say of their next one
    far:          the same for the next "hour" and "day"
    told_under:   the controls of the last report
    """

    network: Network
    users: Users
    share: Float[Array, "member user"]
    habit_bps: Float[Array, "slot zone"]
    log_demand: Float[Array, "member zone"]
    log_rate: Float[Array, "member cell"]
    log_guest: Float[Array, "member cell"]
    serving: Int[Array, "member user"]
    load: Float[Array, "member cell"]
    kpi_bias: dict[str, Float[Array, ""]]
    kpi_variance: dict[str, Float[Array, ""]]
    gain_db: Float[Array, "member cell"]
    gain_luck: Float[Array, "member cell"]
    wanting: Float[Array, "member user"]
    first_share: Float[Array, "member user"]
    heard: Float[Array, "cell bin"]
    levels: Levels
    far: dict[str, Far]
    told_under: Controls

    @property
    def members(self) -> int:
        """How many guesses the ensemble holds."""
        return self.log_rate.shape[0]


def demand_bps(
    belief: Belief, elapsed_s: Float[Array, ""]
) -> Float[Array, "member user"]:
    """What every imagined user wants in the period that begins at `elapsed_s`."""
    slots = belief.habit_bps.shape[0]
    slot = jnp.floor(jnp.mod(elapsed_s, DAY_S) * (slots / DAY_S) + 0.5)
    usual_bps = belief.habit_bps[jnp.mod(slot.astype(jnp.int32), slots)]
    zone_bps = usual_bps[None] * jnp.exp(belief.log_demand)
    home = belief.users.home
    theirs = asked(belief.share, belief.wanting, home, zone_bps.shape[1])
    return jnp.take_along_axis(zone_bps, home, 1) * theirs


def member_state(
    belief: Belief, wanted_bps: Float[Array, " user"], awake: Array, member: int | Array
) -> tuple[Network, State]:
    """One member's network and state, ready for `settle`."""
    network = eqx.tree_at(
        lambda n: (n.rate_factor, n.guest_factor),
        belief.network,
        (jnp.exp(belief.log_rate[member]), jnp.exp(belief.log_guest[member])),
    )
    users = jax.tree.map(lambda leaf: leaf[member], belief.users)
    users = eqx.tree_at(lambda u: u.demand_bps, users, wanted_bps)
    return network, State(users, belief.serving[member], belief.load[member], awake)


def as_heard(belief: Belief, controls: Controls, member: int | Array) -> Controls:
    """The controls of one member, whose cells are as loud as it believes."""
    louder_dbm = controls.power_dbm + belief.gain_db[member]
    return eqx.tree_at(lambda c: c.power_dbm, controls, louder_dbm)


def habit_step(
    belief: Belief, from_s: Float[Array, ""], to_s: Float[Array, ""]
) -> Float[Array, " zone"]:
    """How much more is usually wanted at one time than at another, logarithm.

    One day of one zone is noisy, so most of it is what all zones do together.
    """

    def usual_bps(when_s):
        slots = belief.habit_bps.shape[0]
        slot = jnp.floor(jnp.mod(when_s, DAY_S) * (slots / DAY_S) + 0.5)
        return belief.habit_bps[jnp.mod(slot.astype(jnp.int32), slots)]

    before, after = usual_bps(from_s), usual_bps(to_s)
    own = jnp.log(jnp.maximum(after, 1.0)) - jnp.log(jnp.maximum(before, 1.0))
    everywhere = jnp.log(jnp.maximum(after.sum(), 1.0) / jnp.maximum(before.sum(), 1.0))
    return everywhere + OWN_HABIT * (own - everywhere)


def judged(
    reported: dict[str, Float[Array, " cell"]],
    controls: Controls,
    low_throughput_kbps: float,
    high_load_percent: float,
) -> dict[str, Float[Array, ""]]:
    """The KPIs of one period from its TS 28.552 measurements."""
    return kpis(
        reported["DRB.PdcpSduVolumeDL"],
        reported["DRB.UEThpDl"],
        reported["RRU.PrbTotDl"] / 100.0,
        reported["PEE.Energy"],
        controls.awake,
        low_throughput_kbps,
        high_load_percent,
    )
