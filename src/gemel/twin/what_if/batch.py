"""What would each of many changes do to the network, cell by cell, and how sure is it?

Every member of the belief answers with the step that the whole house uses, once under
the controls of now and once under every wish, with the same people wanting the same:
what differs is the wish. Loads start from those of now, and where antennas are turned
the same cells are heard anew through them.
"""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.network.association import associate
from gemel.network.controls import Controls
from gemel.network.counters import Counters, measurements
from gemel.network.own_layer import OwnLayer, own_layer
from gemel.network.retuned import (
    changed_cells,
    directions,
    retuned,
    touched_by,
    touched_users,
)
from gemel.network.simulator import (
    Felt,
    Network,
    Settled,
    Users,
    carry_parts,
    user_factor,
)
from gemel.twin.belief import (
    ERROR_IN_POINTS,
    Belief,
    as_heard,
    demand_bps,
    judged,
    member_state,
)
from gemel.twin.forecast import FLOOR_DBM, LEAST_CELLS, Thresholds

CELL_EDGE = 0.05  # of users, who get least: the 5th percentile of TR 36.814
HALVINGS = 24  # of the logarithm of throughput: a millionth of its range
SETTLED = 1e-3  # of load, the largest cell
# What is left to settle now would be taken for a wish's doing, in all cells at once.
SETTLED_NOW = 1e-5
FEWEST_ROOM = 256  # for users whom a wish touches
LEAST_BPS, MOST_BPS = 1.0, 1e12


class Wish(eqx.Module):
    """What somebody would have done, or what might happen; or many, one a row.

    A failed cell is one that does not send; `failed` says that it draws no power.

    place_m, reach_m: where a crowd gathers
    factor:           how much more is wanted there; 1 where there is no crowd
    """

    controls: Controls
    failed: Bool[Array, "*wish cell"]
    place_m: Float[Array, "*wish 2"]
    reach_m: Float[Array, "*wish"]
    factor: Float[Array, "*wish"]


def wish_of(
    controls: Controls,
    failed: Bool[Array, " cell"] | None = None,
    place_m: tuple[float, float] = (0.0, 0.0),
    reach_m: float = 0.0,
    factor: float = 1.0,
) -> Wish:
    """One wish; a cell that fails is off the air, whatever the controls say."""
    broken = jnp.zeros(controls.awake.shape, bool) if failed is None else failed
    on_air = eqx.tree_at(lambda c: c.awake, controls, controls.awake & ~broken)
    return Wish(
        on_air,
        broken,
        jnp.asarray(place_m, jnp.float32),
        jnp.asarray(reach_m, jnp.float32),
        jnp.asarray(factor, jnp.float32),
    )


def stacked(wishes: list[Wish]) -> Wish:
    """Many as one, in this order."""
    return jax.tree.map(lambda *rows: jnp.stack(rows), *wishes)


class Period(eqx.Module):
    """A period as the members expect it; leading axes `*wish member`.

    reported:     TS 28.552 name -> value of every cell
    kpis:         name -> value, corrected for the errors seen lately
    edge_bps:     what 95 of 100 users get more than, while downloading
    below_floor:  share of users whose SS-RSRP is below the coverage floor
    residual:     how far the loads are from settled, largest cell
    """

    reported: dict[str, Float[Array, "*wish member cell"]]
    kpis: dict[str, Float[Array, "*wish member"]]
    edge_bps: Float[Array, "*wish member"]
    below_floor: Float[Array, "*wish member"]
    residual: Float[Array, "*wish member"]


class WhatIfs(eqx.Module):
    """Compare member by member: `before` has no axis of wishes."""

    before: Period
    after: Period

    def change(self, name: str) -> Float[Array, "wish member"]:
        """Of a KPI, by every wish in every member."""
        return self.after.kpis[name] - self.before.kpis[name][None]

    def cell_change(self, name: str) -> Float[Array, "wish member cell"]:
        """Of what every cell reports."""
        return self.after.reported[name] - self.before.reported[name][None]


def what_if_batch(
    belief: Belief,
    now: Controls,
    wishes: Wish,
    elapsed_s: Float[Array, ""],
    period_s: Float[Array, ""],
    thresholds: Thresholds,
) -> WhatIfs:
    """The period at `elapsed_s` under the controls of now and under every wish.

    wishes:  stacked, one a row; the belief's users have last been heard under `now`
    """
    most = int(_most_touched(belief, now, wishes))
    room = min(_room_for(most), belief.serving.shape[1])
    return _what_if_batch(belief, now, wishes, elapsed_s, period_s, thresholds, room)


def _room_for(most: int) -> int:
    """256, 384, 512, 768, …: few sizes, for each is compiled anew."""
    room = FEWEST_ROOM
    while room < most:
        room = room * 4 // 3 if room % 3 == 0 else room * 3 // 2
    return room


@eqx.filter_jit
def _what_if_batch(
    belief: Belief,
    now: Controls,
    wishes: Wish,
    elapsed_s: Float[Array, ""],
    period_s: Float[Array, ""],
    thresholds: Thresholds,
    room: int,
) -> WhatIfs:
    """room: for so many users whom a wish touches"""
    wanted_bps = demand_bps(belief, elapsed_s)
    changed = changed_cells(now, wishes.controls)

    def one_member(member):
        network, state = member_state(belief, wanted_bps[member], now.awake, member)
        cells, users = network.cells, state.users
        towards = directions(network.propagation, cells, users.places, users.candidates)
        louder = functools.partial(as_heard, belief, member=member)
        link = _heard(network, users, state.serving, louder(now))
        settled, counters, felt = carry_parts(
            network, (link,), state.load, now.awake, now, period_s, SETTLED_NOW
        )
        judge = functools.partial(_judged_by, thresholds=thresholds)
        before = judge(counters, wish_of(now), felt, (users.weight,), settled)
        touched = touched_users(changed, users)

        def one_wish(number_and_wish):
            number, wish = number_and_wish
            theirs = touched_by(touched, number)
            there, row = _rows_of(theirs, room)
            few, few_towards = jax.tree.map(lambda leaf: leaf[row], (users, towards))
            candidates = retuned(cells, few.candidates, few_towards, now, wish.controls)
            few = eqx.tree_at(
                lambda u: (u.candidates, u.demand_bps, u.weight),
                few,
                (
                    candidates,
                    jnp.where(there, few.demand_bps * _crowded(few, wish), 0.0),
                    jnp.where(there, few.weight, 0.0),
                ),
            )
            serving = link.served.cell[row]
            anew = _heard(network, few, serving, louder(wish.controls))
            rest = eqx.tree_at(
                lambda o: (o.demand_bps, o.connected, o.awake),
                link,
                (
                    jnp.where(theirs, 0.0, link.demand_bps * _crowded(users, wish)),
                    jnp.where(theirs, 0.0, link.connected),
                    anew.awake,
                ),
            )
            after, counters, felt = carry_parts(
                network,
                (rest, anew),
                settled.load,
                now.awake,
                wish.controls,
                period_s,
                SETTLED,
            )
            weights = jnp.where(theirs, 0.0, users.weight), few.weight
            return judge(counters, wish, felt, weights, after)

        numbers = jnp.arange(wishes.factor.shape[0])
        return before, jax.lax.map(one_wish, (numbers, wishes))

    before, after = jax.lax.map(one_member, jnp.arange(belief.members))
    after = jax.tree.map(lambda leaf: jnp.swapaxes(leaf, 0, 1), after)
    return WhatIfs(_corrected(belief, before), _corrected(belief, after))


def _heard(
    network: Network,
    users: Users,
    serving: Int[Array, " user"],
    controls: Controls,
) -> OwnLayer:
    """Who serves these users, and what they hear on its layer."""
    served = associate(network.cells, users.candidates, controls, serving)
    # A guest is whose own cell sleeps. Who goes elsewhere by choice is at home there.
    home = jnp.where(controls.awake[users.home], served.cell, users.home)
    return own_layer(
        network.cells,
        users.candidates,
        served,
        controls,
        users.demand_bps,
        users.weight,
        user_factor(network, eqx.tree_at(lambda u: u.home, users, home), served),
    )


def _rows_of(
    theirs: Bool[Array, " user"], room: int
) -> tuple[Bool[Array, " few"], Int[Array, " few"]]:
    """Which users these are; what is too much room repeats the last user, and is not
    there."""
    users = theirs.shape[0]
    (row,) = jnp.nonzero(theirs, size=room, fill_value=users)
    return row < users, jnp.minimum(row, users - 1)


@eqx.filter_jit
def _most_touched(belief: Belief, now: Controls, wishes: Wish) -> Int[Array, ""]:
    """How many users of a member the most far-reaching wish touches."""
    changed = changed_cells(now, wishes.controls)
    numbers = jnp.arange(wishes.factor.shape[0])

    def one_member(member):
        users = jax.tree.map(lambda leaf: leaf[member], belief.users)
        touched = touched_users(changed, users)
        return jax.vmap(lambda n: touched_by(touched, n).sum())(numbers).max()

    return jax.lax.map(one_member, jnp.arange(belief.members)).max()


def _crowded(users: Users, wish: Wish) -> Float[Array, " user"]:
    """How much more everybody wants for being where the crowd is."""
    away_m = users.places.position_m[:, :2] - wish.place_m[None]
    inside = (away_m**2).sum(1) <= wish.reach_m**2
    return jnp.where(inside, wish.factor, 1.0)


def _judged_by(
    counters: Counters,
    wish: Wish,
    felt: tuple[Felt, ...],
    weights: tuple[Float[Array, " _"], ...],
    settled: Settled,
    thresholds: Thresholds,
) -> dict[str, Any]:
    """What is told of a period in which users came in parts."""
    reported = measurements(counters)
    reported["PEE.Energy"] = jnp.where(wish.failed, 0.0, reported["PEE.Energy"])
    values = judged(
        reported,
        wish.controls,
        thresholds.low_throughput_kbps,
        thresholds.high_load_percent,
    )
    throughput_bps = jnp.concatenate([part.throughput_bps for part in felt])
    rsrp_dbm = jnp.concatenate([part.rsrp_dbm for part in felt])
    weight = jnp.concatenate(weights)
    bad = jnp.where(rsrp_dbm < FLOOR_DBM, weight, 0.0)
    return {
        "reported": reported,
        "kpis": values,
        "edge_bps": edge_bps(throughput_bps, weight),
        "below_floor": bad.sum() / weight.sum(),
        "residual": settled.residual,
    }


def edge_bps(
    throughput_bps: Float[Array, "user *wish"], weight: Float[Array, " user"]
) -> Float[Array, "*wish"]:
    """The throughput that CELL_EDGE of all people stay below, found by halving."""
    level = jnp.log(jnp.clip(throughput_bps, LEAST_BPS, MOST_BPS))
    weight = weight.reshape(-1, *[1] * (level.ndim - 1))
    wanted = CELL_EDGE * weight.sum(0)
    low = jnp.full(level.shape[1:], jnp.log(LEAST_BPS))
    high = jnp.full(level.shape[1:], jnp.log(MOST_BPS))

    def halve(_, limits):
        low, high = limits
        middle = 0.5 * (low + high)
        below = jnp.where(level <= middle[None], weight, 0.0).sum(0)
        enough = below >= wanted
        return jnp.where(enough, low, middle), jnp.where(enough, middle, high)

    low, high = jax.lax.fori_loop(0, HALVINGS, halve, (low, high))
    return jnp.exp(high)


def _corrected(belief: Belief, told: dict[str, Any]) -> Period:
    """As `forecast` corrects the KPIs by the errors seen lately."""
    kpis = {}
    for name, value in told["kpis"].items():
        bias = belief.kpi_bias[name]
        if ERROR_IN_POINTS[name]:
            kpis[name] = jnp.maximum(value + bias, 0.0)
        else:
            kpis[name] = value * jnp.exp(bias)
    return Period(
        told["reported"],
        kpis,
        told["edge_bps"],
        told["below_floor"],
        told["residual"],
    )


def spread_of(
    belief: Belief, name: str, value: Float[Array, " member"]
) -> Float[Array, ""]:
    """How unsure a KPI of one period is, as `forecast` has it: the members' own
    differences or the errors seen lately, whichever is larger."""
    variance = belief.kpi_variance[name]
    if ERROR_IN_POINTS[name]:
        variance = variance + (LEAST_CELLS * 100.0 / belief.log_rate.shape[1]) ** 2
    else:
        variance = variance * value.mean() ** 2
    return jnp.sqrt(jnp.maximum(value.var(), variance))
