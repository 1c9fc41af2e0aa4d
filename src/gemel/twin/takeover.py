"""If one cell went to sleep, who would take its users, at what price?

First order, for every cell at once: each user looks for the best other cell that is
awake, with the association rules of the network, and the rate there at today's loads.
A ranking, not a forecast: what a set of sleeping cells really does is for `forecast`.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from gemel.network.association import PRIORITY_STEP_DB, per_element_db
from gemel.network.controls import Controls
from gemel.network.energy import ALWAYS_ON_SYMBOLS, power_w
from gemel.network.simulator import Network, State, settle
from gemel.twin.belief import Belief, as_heard, demand_bps, member_state
from gemel.twin.forecast import FLOOR_DBM
from gemel.units import BIT_PER_KBIT, mw_from_dbm

FULLEST = 0.95  # a cell beyond this takes nobody gladly


class Takeover(eqx.Module):
    """What putting each cell to sleep costs and saves, alone.

    lost:     loss of volume times throughput, bit/s squared, over the whole network;
              for a cell asleep already, what its users lose by that
    saved_w:  watts saved, with what the others must spend more
    dropped:  share of all users who would fall below the coverage floor
    slowed:   how many more cells would be below the low throughput; below zero where
              the cell itself is one of them
    """

    lost: Float[Array, " cell"]
    saved_w: Float[Array, " cell"]
    dropped: Float[Array, " cell"]
    slowed: Float[Array, " cell"]


def takeover(
    network: Network, state: State, controls: Controls, low_throughput_kbps: float
) -> Takeover:
    """For one world, true or imagined. `controls.awake` is who could take over."""
    cells, carriers, users = network.cells, network.cells.carriers, state.users
    everyone = eqx.tree_at(lambda c: c.awake, controls, jnp.ones_like(controls.awake))
    # What each user would have if all were awake, and under the present controls.
    at_best, _, felt = settle(network, state, everyone, jnp.asarray(1.0), 1e-2)
    load = jnp.where(controls.awake, state.load, 0.0)
    home, best_bps = at_best.serving, felt.throughput_bps
    activity = jnp.where(
        controls.awake, ALWAYS_ON_SYMBOLS + (1.0 - ALWAYS_ON_SYMBOLS) * load, 0.0
    )
    radio = jax.tree.map(lambda leaf: leaf[cells.layer], carriers)
    width_hz = (
        radio.bandwidth_hz
        * radio.downlink_share
        * (1.0 - ALWAYS_ON_SYMBOLS)
        * network.guest_factor  # whoever is taken over is a guest
    )
    level_db = controls.power_dbm + controls.individual_offset_db
    level_db = level_db + per_element_db(cells)
    layers = carriers.priority.size
    size = jax.ops.segment_sum(jnp.ones_like(load), cells.layer, layers)
    usual = jax.ops.segment_sum(activity, cells.layer, layers) / jnp.maximum(size, 1.0)

    def one_user(cell, gain_db, tail_mw, home):
        power_mw = mw_from_dbm(controls.power_dbm[cell] + gain_db)
        busy_mw = activity[cell] * jnp.where(cell == home, 0.0, power_mw)
        dbm = gain_db + level_db[cell]
        score = dbm + jnp.where(
            dbm >= carriers.entry_dbm[:, None],
            PRIORITY_STEP_DB * carriers.priority[:, None],
            0.0,
        )
        usable = controls.awake[cell] & (cell != home) & (gain_db > -300.0)
        best = jnp.argmax(jnp.where(usable, score, -jnp.inf).reshape(-1))
        layer, other = best // cell.shape[1], cell.reshape(-1)[best]
        others_mw = busy_mw[layer].sum() - busy_mw.reshape(-1)[best]
        others_mw = jnp.maximum(others_mw, 0.0) + usual[layer] * tail_mw[layer]
        noise_mw = carriers.noise_mw[layer] + carriers.spill[layer] * others_mw
        sinr = power_mw.reshape(-1)[best] / noise_mw
        efficiency = cells.link_rate.spectral_efficiency(sinr, carriers.streams[layer])
        rate_bps = width_hz[other] * efficiency
        found = usable.any()
        falls = ~found | (dbm.reshape(-1)[best] < FLOOR_DBM)
        return other, jnp.where(found, rate_bps, 0.0), falls

    candidates = users.candidates
    other, rate_bps, falls = jax.vmap(one_user)(
        candidates.cell, candidates.gain_db, candidates.tail_mw, home
    )
    rate_bps = jnp.maximum(rate_bps, 1e3)
    wanted_bps = users.demand_bps
    more_load = jnp.minimum(wanted_bps / rate_bps, 1.0)
    free = jnp.maximum(1.0 - load, 1.0 - FULLEST)
    own = wanted_bps * (best_bps - rate_bps * free[other])
    count = load.size
    volume_bps = jax.ops.segment_sum(wanted_bps, state.serving, count)
    # T_c = V_c (1 - load) / load, so incumbents lose V T more_load / (1 - load).
    incumbent = volume_bps**2 / jnp.maximum(load, 0.01)
    theirs = incumbent[other] * more_load
    slope_w = power_w(radio, jnp.ones_like(load), jnp.ones_like(controls.awake))
    idle_w = power_w(radio, jnp.zeros_like(load), jnp.ones_like(controls.awake))
    asleep_w = power_w(radio, jnp.zeros_like(load), jnp.zeros_like(controls.awake))
    slope_w = slope_w - idle_w
    lost = jax.ops.segment_sum(own + theirs, home, count)
    extra_w = jax.ops.segment_sum(slope_w[other] * more_load, home, count)
    saved_w = idle_w + slope_w * at_best.load - asleep_w - extra_w
    falls = falls & (felt.rsrp_dbm >= FLOOR_DBM)
    dropped = jax.ops.segment_sum(jnp.where(falls, users.weight, 0.0), home, count)
    slowed = _slowed(
        volume_bps, load, home, other, more_load, low_throughput_kbps * BIT_PER_KBIT
    )
    return Takeover(lost, saved_w, dropped / users.weight.sum(), slowed)


def _slowed(
    volume_bps: Float[Array, " cell"],
    load: Float[Array, " cell"],
    home: Int[Array, " user"],
    other: Int[Array, " user"],
    more_load: Float[Array, " user"],
    low_bps: float | Float[Array, ""],
) -> Float[Array, " cell"]:
    """As if all of a cell went to where most of it goes: T = V (1 - rho) / rho."""
    count = load.size
    most = jax.ops.segment_max(more_load, home, count)
    towards = jnp.where(more_load >= most[home], other, -1)
    main = jnp.maximum(jax.ops.segment_max(towards, home, count), 0)

    def is_low(volume_bps, load):
        throughput_bps = volume_bps * (1.0 - load) / jnp.maximum(load, 1e-6)
        return jnp.where((volume_bps > 0.0) & (throughput_bps < low_bps), 1.0, 0.0)

    now = is_low(volume_bps, load)
    extra_load = jax.ops.segment_sum(more_load, home, count)
    together = volume_bps[main] + volume_bps
    after = is_low(together, jnp.minimum(load[main] + extra_load, 0.999))
    return after - now[main] - now


@eqx.filter_jit
def expected_takeover(
    belief: Belief,
    controls: Controls,
    elapsed_s: Float[Array, ""],
    low_throughput_kbps: float,
) -> Takeover:
    """The mean over the ensemble."""
    wanted_bps = demand_bps(belief, elapsed_s)

    def one_member(member):
        network, state = member_state(
            belief, wanted_bps[member], controls.awake, member
        )
        heard = as_heard(belief, controls, member)
        return takeover(network, state, heard, low_throughput_kbps)

    each = jax.lax.map(one_member, jnp.arange(belief.members))
    return jax.tree.map(lambda leaf: leaf.mean(0), each)


def may_sleep(network: Network) -> Bool[Array, " cell"]:
    """Everything above the coverage layer, which is the lowest carrier."""
    return network.cells.layer > 0
