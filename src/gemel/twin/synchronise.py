"""How does a report change what the twin believes?

An ensemble Kalman filter, one scalar a cell, in logarithms. What a cell carried speaks
of the demand of the zones it served; how many blocks that took speaks of its rates. A
member's error is corrected by K = P / (P + R), P being the members' own spread: the
surer the ensemble, the less a report moves it. What is missing moves nothing, and
between reports the members drift apart, so without data the belief grows wider. How
loudly phones hear their cells speaks of gains and places: see `whereabouts`.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from gemel.network.controls import Controls
from gemel.network.counters import measurements
from gemel.network.simulator import settle
from gemel.twin.belief import (
    ERROR_IN_POINTS,
    Belief,
    as_heard,
    demand_bps,
    habit_step,
    judged,
    member_state,
)
from gemel.twin.far import Far, come_due, far_shifted
from gemel.twin.forecast import Thresholds
from gemel.twin.levels import Levels, looked_over, moved, shifted, stacked, told
from gemel.twin.source import Observation
from gemel.twin.whereabouts import listened

FULL_PERCENT = 98.0  # of blocks; beyond, more demand shows nowhere
FARTHEST = 2.0  # natural logarithm: no belief is more than a factor of 7 off habit


class Synchroniser(eqx.Module):
    """Standard deviations, of natural logarithms.

    demand_drift:  of a zone's demand, per period
    rate_drift:    of a cell's rates, per period
    forgetting:    share of the departure from habit that is gone a period later
    volume_error:  of a reported volume as a measure of the period's demand
    load_error:    of a reported load as a measure of rates
    throughput_error: of a reported throughput as a measure of rates
    ageing:        growth of the doubt about forecasts, as a variance, per period
    lesson:        weight of the newest period in the record of forecast errors
    """

    demand_drift: float = 0.06
    rate_drift: float = 0.03
    forgetting: float = 0.02
    volume_error: float = 0.08
    load_error: float = 0.10
    throughput_error: float = 0.10
    ageing: float = 1.02
    lesson: float = 0.3

    def predict(self, belief: Belief, key: PRNGKeyArray) -> Belief:
        """One period on, without news: today returns to habit, and doubt grows."""
        shape = (3, *belief.log_demand.shape)
        demand, rate, guest = jax.random.normal(key, shape)
        kept = 1.0 - self.forgetting
        return eqx.tree_at(
            lambda b: (b.log_demand, b.log_rate, b.log_guest, b.kpi_variance),
            belief,
            (
                kept * belief.log_demand + self.demand_drift * demand,
                belief.log_rate + self.rate_drift * rate,
                belief.log_guest + self.rate_drift * guest,
                {n: self.ageing * v for n, v in belief.kpi_variance.items()},
            ),
        )

    def update(
        self,
        belief: Belief,
        observation: Observation,
        thresholds: Thresholds,
        key: PRNGKeyArray,
    ) -> Belief:
        """The belief after a report about the period that began at its elapsed_s.

        What was expected of the period before its report came is also held against
        it, KPI by KPI, so that forecasts know how far they are usually off.
        """
        controls = observation.controls
        wanted_bps = demand_bps(belief, observation.elapsed_s)

        def one_member(member):
            network, state = member_state(
                belief, wanted_bps[member], controls.awake, member
            )
            heard = as_heard(belief, controls, member)
            after, counters, felt = settle(network, state, heard, observation.period_s)
            # Shares of the blocks: demand over rate, and in one cell the same part of
            # every rate is free.
            blocks = state.users.demand_bps / jnp.maximum(felt.throughput_bps, 1.0)
            theirs = jnp.where(state.users.home == after.serving, 0.0, blocks)
            cells = after.load.size
            all_blocks = jax.ops.segment_sum(blocks, after.serving, cells)
            by_guests = jax.ops.segment_sum(theirs, after.serving, cells)
            return (
                measurements(counters),
                after.serving,
                after.load,
                by_guests / jnp.maximum(all_blocks, 1e-9),
            )

        expected, serving, load, by_guests = jax.lax.map(
            one_member, jnp.arange(belief.members)
        )
        levels, far = _own_reports(belief, expected, observation)
        belief = self._learn(belief, expected, observation, thresholds)
        keys = jax.random.split(key, 4)
        volume = observation.measured["DRB.PdcpSduVolumeDL"]
        told = volume.present & (volume.value > 0.0)
        more = self._correction(
            expected["DRB.PdcpSduVolumeDL"],
            volume.value,
            told,
            self.volume_error,
            keys[0],
        )
        # A whole-number percentage is rounded down: on average half a point is missing.
        blocks = observation.measured["RRU.PrbTotDl"]
        percent = blocks.value + 0.5
        rounding = 0.3 / percent
        # A full cell carries what it can: how much was wanted, the volume does not
        # tell; only that the blocks did not suffice.
        full = told & blocks.present & (blocks.value >= FULL_PERCENT)
        wanted = self._correction(
            expected["RRU.PrbTotDl"],
            jnp.full_like(blocks.value, 100.0),
            full,
            self.load_error,
            keys[3],
        )
        more = jnp.where(full[None], jnp.maximum(wanted, 0.0), more)
        telling = told & blocks.present & (blocks.value > 0.0) & ~full
        # More demand alone would raise the load by as much; only the rest is rate.
        faster = -self._correction(
            expected["RRU.PrbTotDl"] * jnp.exp(more),
            percent,
            telling,
            jnp.hypot(jnp.asarray(self.load_error), rounding),
            keys[1],
        )
        # Throughput is rate times what is free of the cell: d log T / d log rate is
        # 1 / (1 - load), and d log T / d log demand is -load / (1 - load).
        felt = observation.measured["DRB.UEThpDl"]
        load_now = jnp.clip(0.01 * expected["RRU.PrbTotDl"], 0.0, 0.9)
        free = 1.0 - load_now
        shifted = jnp.exp(jnp.clip((faster - load_now * more) / free, -2.0, 2.0))
        faster = faster + free * self._correction(
            expected["DRB.UEThpDl"] * shifted,
            felt.value,
            felt.present & (felt.value > 0.0) & ~full,
            self.throughput_error,
            keys[2],
        )
        log_demand = belief.log_demand + jax.vmap(_to_zones)(
            more, serving, belief.users.home, wanted_bps, belief.log_demand
        )
        return eqx.tree_at(
            lambda b: (
                b.log_demand,
                b.log_rate,
                b.log_guest,
                b.serving,
                b.load,
                b.levels,
                b.far,
                b.told_under,
            ),
            belief,
            (
                jnp.clip(log_demand, -FARTHEST, FARTHEST),
                jnp.clip(
                    belief.log_rate + (1.0 - by_guests) * faster, -FARTHEST, FARTHEST
                ),
                jnp.clip(belief.log_guest + by_guests * faster, -FARTHEST, FARTHEST),
                serving,
                load,
                levels,
                far,
                controls,
            ),
        )

    def _correction(
        self,
        expected: Float[Array, "member cell"],
        told: Float[Array, " cell"],
        present: Array,
        error: float | Float[Array, " cell"],
        key: PRNGKeyArray,
    ) -> Float[Array, "member cell"]:
        """K x (log told - log expected), with each member's own draw of the error."""
        usable = present[None] & (expected > 0.0)
        log_expected = jnp.log(jnp.where(usable, expected, 1.0))
        log_told = jnp.log(jnp.where(present, told, 1.0))
        count = jnp.maximum(usable.sum(0, dtype=log_told.dtype), 1.0)
        mean = jnp.where(usable, log_expected, 0.0).sum(0) / count
        apart = jnp.where(usable, log_expected - mean[None], 0.0)
        variance = (apart**2).sum(0) / jnp.maximum(count - 1.0, 1.0)
        sigma = jnp.broadcast_to(jnp.asarray(error), variance.shape)
        noise = sigma[None] * jax.random.normal(key, expected.shape)
        gain = variance / (variance + sigma**2)
        innovation = jnp.clip(log_told[None] + noise - log_expected, -2.0, 2.0)
        return jnp.where(usable, gain[None] * innovation, 0.0)

    def _learn(
        self,
        belief: Belief,
        expected: dict[str, Float[Array, "member cell"]],
        observation: Observation,
        thresholds: Thresholds,
    ) -> Belief:
        """Remember how far the expectation of each KPI was from what came."""
        told = reported_kpis(observation, thresholds)
        # Like with like: over the cells that told, in the report and in expectation.
        heard = _heard(observation)
        values = jax.vmap(
            lambda reported: _judged_where(
                heard, reported, observation.controls, thresholds
            )
        )(expected)
        bias, variance = {}, {}
        for name, points in ERROR_IN_POINTS.items():
            came, thought = told[name], values[name].mean()
            if points:
                off = came - thought - belief.kpi_bias[name]
            else:
                sound = (came > 0.0) & (thought > 0.0)
                off = jnp.log(jnp.where(sound, came, 1.0))
                off = off - jnp.log(jnp.where(sound, thought, 1.0))
                off = jnp.where(sound, off - belief.kpi_bias[name], 0.0)
            # `off` is what the bias known so far did not explain.
            lesson = jnp.where(heard.any(), self.lesson, 0.0)
            off = jnp.where(heard.any(), off, 0.0)
            bias[name] = belief.kpi_bias[name] + lesson * off
            variance[name] = (1.0 - lesson) * (
                belief.kpi_variance[name] + lesson * off**2
            )
        return eqx.tree_at(
            lambda b: (b.kpi_bias, b.kpi_variance), belief, (bias, variance)
        )


def _own_reports(
    belief: Belief,
    expected: dict[str, Float[Array, "member cell"]],
    observation: Observation,
) -> tuple[Levels, dict[str, Far]]:
    """What cells told before, as if these had been the controls already, and the news.

    What turned knobs do is for physics to say: by it reports of before are shifted.
    """
    controls, when_s = observation.controls, observation.elapsed_s
    step = habit_step(belief, when_s - observation.period_s, when_s)
    alike = jax.tree.map(lambda a, b: (a == b).all(), controls, belief.told_under)
    by = jax.lax.cond(
        jnp.stack(jax.tree.leaves(alike)).all(),
        lambda: jnp.zeros(belief.levels.lasting.shape),
        lambda: turned(
            belief,
            stacked(expected).mean(1),
            when_s,
            observation.period_s,
            controls,
        ),
    )
    levels = shifted(belief.levels, by)
    levels = told(levels, observation.measured, controls.awake, step)
    value, there = looked_over(observation.measured, controls.awake)
    far = {}
    for name, one in belief.far.items():
        later_s = when_s + one.ahead * observation.period_s
        season = habit_step(belief, when_s, later_s)
        far[name] = come_due(far_shifted(one, by), levels, value, there, season)
    return levels, far


def turned(
    belief: Belief,
    now: Float[Array, "name cell"],
    elapsed_s: Float[Array, ""],
    period_s: Float[Array, ""],
    controls: Controls,
) -> Float[Array, "name cell"]:
    """What reports of now have more than under the controls of the last report.

    Of a cell asleep then or now nothing: it goes on where it was when it fell asleep.
    """
    wanted_bps = demand_bps(belief, elapsed_s)

    def one_member(member):
        awake = belief.told_under.awake
        network, state = member_state(belief, wanted_bps[member], awake, member)
        heard = as_heard(belief, belief.told_under, member)
        _, counters, _ = settle(network, state, heard, period_s)
        return stacked(measurements(counters))

    before = jax.lax.map(one_member, jnp.arange(belief.members)).mean(0)
    both = controls.awake & belief.told_under.awake
    return jnp.where(both[None], moved(belief.levels.mean[-1], before, now), 0.0)


def _to_zones(
    more: Float[Array, " cell"],
    serving: Array,
    zone: Array,
    wanted_bps: Float[Array, " user"],
    log_demand: Float[Array, " zone"],
) -> Float[Array, " zone"]:
    """A cell's surplus belongs to the zones of its users, by what they wanted."""
    zones = log_demand.size
    weighed = jax.ops.segment_sum(wanted_bps * more[serving], zone, zones)
    total = jax.ops.segment_sum(wanted_bps, zone, zones)
    return weighed / jnp.maximum(total, 1.0)


def reported_kpis(
    observation: Observation, thresholds: Thresholds
) -> dict[str, Float[Array, ""]]:
    """The KPIs that the report itself amounts to; NaN where no cell reported."""
    heard = _heard(observation)
    values = {name: m.value for name, m in observation.measured.items()}
    told = _judged_where(heard, values, observation.controls, thresholds)
    return {name: jnp.where(heard.any(), kpi, jnp.nan) for name, kpi in told.items()}


def _heard(observation: Observation) -> Bool[Array, " cell"]:
    """Whose report is whole; who carried nothing has no throughput to tell of."""
    volume = observation.measured["DRB.PdcpSduVolumeDL"]
    idle = volume.present & (volume.value <= 0.0)
    present = {name: m.present for name, m in observation.measured.items()}
    present["DRB.UEThpDl"] = present["DRB.UEThpDl"] | idle
    return jnp.stack(list(present.values())).all(0)


def _judged_where(
    heard: Bool[Array, " cell"],
    reported: dict[str, Float[Array, " cell"]],
    controls: Controls,
    thresholds: Thresholds,
) -> dict[str, Float[Array, ""]]:
    """The KPIs as if only these cells had been on air."""
    return judged(
        {name: jnp.where(heard, value, 0.0) for name, value in reported.items()},
        eqx.tree_at(lambda c: c.awake, controls, controls.awake & heard),
        thresholds.low_throughput_kbps,
        thresholds.high_load_percent,
    )


@eqx.filter_jit
def follow(
    synchroniser: Synchroniser,
    belief: Belief,
    observation: Observation,
    thresholds: Thresholds,
    key: PRNGKeyArray,
) -> Belief:
    """One period on, and then the news."""
    one, two = jax.random.split(key)
    belief = synchroniser.predict(belief, one)
    belief = synchroniser.update(belief, observation, thresholds, two)
    if observation.rsrp_count is None:
        return belief
    told = observation.rsrp_count
    return listened(belief, told, observation.controls, observation.period_s)
