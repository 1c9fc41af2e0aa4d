"""What will the next period look like if these controls are set?

Every member answers with the same step that the whole house uses, `network.simulator`.
How unsure the answer is has two parts: how much the members differ, and how far
forecasts were from reports lately.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gemel.network.controls import Controls
from gemel.network.counters import measurements
from gemel.network.simulator import settle
from gemel.twin.belief import (
    ERROR_IN_POINTS,
    Belief,
    as_heard,
    demand_bps,
    judged,
    member_state,
)

FLOOR_DBM = -116.0  # coverage floor: SS-RSRP below it counts as badly covered


class Thresholds(eqx.Module):
    """What the ratio KPIs count against."""

    low_throughput_kbps: float = 5_000.0
    high_load_percent: float = 80.0


class Forecast(eqx.Module):
    """One period, by every member.

    reported:   TS 28.552 name -> value of every cell
    kpis:       name -> value, corrected for the errors seen lately
    spread:     name -> standard deviation, members and errors seen lately together
    below_floor: share of users whose SS-RSRP is below the coverage floor
    """

    elapsed_s: Float[Array, ""]
    reported: dict[str, Float[Array, "member cell"]]
    kpis: dict[str, Float[Array, " member"]]
    mean: dict[str, Float[Array, ""]]
    spread: dict[str, Float[Array, ""]]
    below_floor: Float[Array, " member"]
    serving: Int[Array, "member user"]
    throughput_bps: Float[Array, "member user"]


def forecast(
    belief: Belief,
    controls: Controls,
    elapsed_s: Float[Array, ""],
    period_s: Float[Array, ""],
    thresholds: Thresholds,
) -> Forecast:
    """The steady state of one period under `controls`, for every member."""
    wanted_bps = demand_bps(belief, elapsed_s)

    def one_member(member):
        network, state = member_state(
            belief, wanted_bps[member], controls.awake, member
        )
        heard = as_heard(belief, controls, member)
        after, counters, felt = settle(network, state, heard, period_s)
        reported = measurements(counters)
        values = judged(
            reported,
            controls,
            thresholds.low_throughput_kbps,
            thresholds.high_load_percent,
        )
        weight = state.users.weight
        bad = jnp.where(felt.rsrp_dbm < FLOOR_DBM, weight, 0.0)
        return (
            reported,
            values,
            bad.sum() / weight.sum(),
            after.serving,
            felt.throughput_bps,
        )

    reported, values, below_floor, serving, throughput_bps = jax.lax.map(
        one_member, jnp.arange(belief.members)
    )
    mean, spread, corrected = {}, {}, {}
    for name, value in values.items():
        bias, variance = belief.kpi_bias[name], belief.kpi_variance[name]
        if ERROR_IN_POINTS[name]:
            corrected[name] = jnp.maximum(value + bias, 0.0)
            # A share of cells goes in steps of one cell: there is always some doubt.
            variance = variance + (LEAST_CELLS * 100.0 / belief.log_rate.shape[1]) ** 2
        else:
            corrected[name] = value * jnp.exp(bias)
            variance = variance * corrected[name].mean() ** 2
        mean[name] = corrected[name].mean()
        # Errors seen lately hold all that was wrong then, what the members disagree
        # about included: the larger of the two, not their sum.
        spread[name] = jnp.sqrt(jnp.maximum(corrected[name].var(), variance))
    return Forecast(
        elapsed_s,
        reported,
        corrected,
        mean,
        spread,
        below_floor,
        serving,
        throughput_bps,
    )


forecast_jit = eqx.filter_jit(forecast)

LEAST_CELLS = 0.4  # of doubt about how many cells are this or that
CHANGE_DOUBT = 0.25  # of how far a KPI is to move


def doubted(after: Forecast, before: Forecast, unhurt: Forecast) -> Forecast:
    """The forecast of a change, which is the less sure the more it is to change.

    before:  under the controls of today
    unhurt:  with every cell awake; what a share of cells has more than there came of
             sleep, cell by cell, and scatters as a count does
    """
    one = 100.0 / after.reported["RRU.PrbTotDl"].shape[1]
    spread = {}
    for name in after.spread:
        step = CHANGE_DOUBT * (after.mean[name] - before.mean[name])
        variance = after.spread[name] ** 2 + step**2
        if ERROR_IN_POINTS[name]:
            extra = jnp.maximum(after.mean[name] - unhurt.mean[name], 0.0)
            variance = variance + one * extra
        spread[name] = jnp.sqrt(variance)
    return eqx.tree_at(lambda f: f.spread, after, spread)
