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
from gemel.world.demand import DAY_S

# A share of cells may be zero, where no ratio of forecast and report exists.
ERROR_IN_POINTS = {
    "AveDLRANUEThpt": False,
    "LowDLRANUEThptRatio": True,
    "AveDLPrbLoad": True,
    "HighDLPrbLoadRatio": True,
    "RANEnergyConsumption": False,
}


class Belief(eqx.Module):
    """Leading axis `member` throughout; `slot` is the period of the day.

    share:        of its home zone's demand that an imagined user stands for
    habit_bps:    demand of every zone over a usual day
    log_demand:   how far today is from the habit, natural logarithm
    log_rate:     how far a cell's rates are from the model's for its own users
    log_guest:    the same for users of other zones, whose own cell sleeps
    kpi_bias, kpi_variance: how far forecasts of each KPI were off lately; in points for
                  the KPIs in percent, else natural logarithm (see `ERROR_IN_POINTS`)
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
    return jnp.take_along_axis(zone_bps, belief.users.home, 1) * belief.share


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
