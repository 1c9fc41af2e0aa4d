"""What happens in one step of network life, at the tempo of flows?

Users move, candidates follow, each user finds its cell, loads settle, and what was
served, drawn and felt is counted. Pure: nothing is kept between calls but the state.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from gemel.network.association import Served, associate
from gemel.network.candidates import Candidates, Places, Propagation
from gemel.network.cells import Cells
from gemel.network.controls import Controls
from gemel.network.counters import Counters
from gemel.network.coupling import RESIDUAL, settle_load
from gemel.network.energy import ALWAYS_ON_SYMBOLS, power_w, transition_j
from gemel.network.link_rate import spectral_efficiency
from gemel.network.surroundings import AbstractSurroundings
from gemel.units import mw_from_dbm


class Network(eqx.Module):
    """What stays while we watch.

    rate_factor:  how much better (above 1) each cell turns signal into bits than
                  `spectral_efficiency` says, for its own users; a twin learns it
    guest_factor: the same, for users whom another cell would serve if it were awake
    """

    cells: Cells
    propagation: Propagation
    surroundings: AbstractSurroundings
    rate_factor: Float[Array, " cell"]
    guest_factor: Float[Array, " cell"]


class Users(eqx.Module):
    """Who is where, wanting how much.

    weight: how many people one entry stands for; 1 in the stand-in
    home:   who serves it while every cell is awake; -1 where nobody keeps books
    """

    places: Places
    candidates: Candidates
    demand_bps: Float[Array, " user"]
    weight: Float[Array, " user"]
    home: Int[Array, " user"]


class State(eqx.Module):
    """What changes."""

    users: Users
    serving: Int[Array, " user"]
    load: Float[Array, " cell"]
    awake: Bool[Array, " cell"]


class Felt(eqx.Module):
    """What users got in a step.

    throughput_bps: while downloading; zero without coverage
    rsrp_dbm:       of the serving cell
    """

    throughput_bps: Float[Array, " user"]
    rsrp_dbm: Float[Array, " user"]


def step(
    network: Network,
    state: State,
    controls: Controls,
    key: PRNGKeyArray,
    elapsed_s: Float[Array, ""],
    step_s: Float[Array, ""],
) -> tuple[State, Counters, Felt]:
    """One step of network life, `step_s` long, beginning at `elapsed_s`."""
    users = network.surroundings.move(
        network, state.users, controls, key, elapsed_s, step_s
    )
    return settle(
        network, eqx.tree_at(lambda s: s.users, state, users), controls, step_s
    )


def settle(
    network: Network,
    state: State,
    controls: Controls,
    step_s: Float[Array, ""],
    residual: float = RESIDUAL,
) -> tuple[State, Counters, Felt]:
    """Association, load, throughput, energy and counters for users who stand still."""
    cells, users = network.cells, state.users
    served = associate(cells, users.candidates, controls, state.serving)
    link = _link(network, users, served, controls)
    load = settle_load(link.next_load, state.load, residual)
    rate_bps = link.rate_bps(load)
    raw_load, connected = link.blocks(rate_bps), link.per_cell(link.connected)
    free = jnp.maximum(1.0 - load, 1.0 / jnp.maximum(connected, 1.0))
    throughput_bps = rate_bps * free[served.cell]
    served_bps = link.demand_bps / jnp.maximum(raw_load, 1.0)[served.cell]
    waiting = served_bps / jnp.maximum(throughput_bps, 1.0)
    radio = jax.tree.map(lambda leaf: leaf[cells.layer], cells.carriers)
    slept = state.awake & ~controls.awake
    energy_j = power_w(radio, load, controls.awake) * step_s
    energy_j = energy_j + jnp.where(slept, transition_j(radio), 0.0)
    counted = Counters(
        elapsed_s=step_s,
        prb_s=load * step_s,
        volume_bit=link.per_cell(served_bps) * step_s,
        active_s=link.per_cell(waiting) * step_s,
        users_s=connected * step_s,
        energy_j=energy_j,
    )
    after = State(users, served.cell, load, controls.awake)
    return after, counted, Felt(throughput_bps, served.rsrp_dbm)


class _Link(eqx.Module):
    """All that the fixed point needs, gathered once: every user's own layer."""

    cell: Int[Array, "user k"]
    power_mw: Float[Array, "user k"]
    signal_mw: Float[Array, " user"]
    floor_mw: Float[Array, " user"]
    tail_mw: Float[Array, " user"]
    spill: Float[Array, " user"]
    width_hz: Float[Array, " user"]
    streams: Float[Array, " user"]
    demand_bps: Float[Array, " user"]
    connected: Float[Array, " user"]
    served: Served
    layer_of_cell: Int[Array, " cell"]
    awake: Float[Array, " cell"]
    layers: int = eqx.field(static=True)

    def per_cell(self, value: Float[Array, " user"]) -> Float[Array, " cell"]:
        return jax.ops.segment_sum(value, self.served.cell, self.awake.size)

    def activity(self, load: Float[Array, " cell"]) -> Float[Array, " cell"]:
        """Share of time and band in which a cell sends, broadcast included."""
        return self.awake * (ALWAYS_ON_SYMBOLS + (1.0 - ALWAYS_ON_SYMBOLS) * load)

    def rate_bps(self, load: Float[Array, " cell"]) -> Float[Array, " user"]:
        activity = self.activity(load)
        summed = jax.ops.segment_sum(activity, self.layer_of_cell, self.layers)
        count = jax.ops.segment_sum(
            jnp.ones_like(activity), self.layer_of_cell, self.layers
        )
        usual = (summed / jnp.maximum(count, 1.0))[self.served.layer]
        interference_mw = (activity[self.cell] * self.power_mw).sum(1)
        others_mw = interference_mw + usual * self.tail_mw
        sinr = self.signal_mw / (self.floor_mw + self.spill * others_mw)
        return self.width_hz * spectral_efficiency(sinr, self.streams)

    def blocks(self, rate_bps: Float[Array, " user"]) -> Float[Array, " cell"]:
        """Share of blocks that serving everything would take; may exceed one."""
        reached = rate_bps > 0.0
        share = jnp.where(
            reached, self.demand_bps / jnp.where(reached, rate_bps, 1.0), 0.0
        )
        return self.per_cell(share)

    def next_load(self, load: Float[Array, " cell"]) -> Float[Array, " cell"]:
        return jnp.minimum(self.blocks(self.rate_bps(load)), 1.0)


def _link(network: Network, users: Users, served: Served, controls: Controls) -> _Link:
    cells, carriers = network.cells, network.cells.carriers
    candidates = users.candidates
    layer = served.layer
    pick = layer[:, None, None]
    cell = jnp.take_along_axis(candidates.cell, pick, 1)[:, 0]
    gain_db = jnp.take_along_axis(candidates.gain_db, pick, 1)[:, 0]
    power_mw = mw_from_dbm(controls.power_dbm[cell] + gain_db)
    others_mw = jnp.where(cell == served.cell[:, None], 0.0, power_mw)
    signal_mw = mw_from_dbm(controls.power_dbm[served.cell] + served.gain_db)
    signal_mw = jnp.where(served.covered, signal_mw, 0.0)
    floor_mw = carriers.noise_mw[layer]
    within_reach = signal_mw > 0.1 * floor_mw
    demand_bps = jnp.where(within_reach, users.demand_bps, 0.0)
    overhead = carriers.downlink_share[layer] * (1.0 - ALWAYS_ON_SYMBOLS)
    factor = jnp.where(
        users.home == served.cell,
        network.rate_factor[served.cell],
        network.guest_factor[served.cell],
    )
    return _Link(
        cell=cell,
        power_mw=others_mw,
        signal_mw=signal_mw,
        floor_mw=floor_mw,
        tail_mw=jnp.take_along_axis(candidates.tail_mw, layer[:, None], 1)[:, 0],
        spill=carriers.spill[layer],
        width_hz=carriers.bandwidth_hz[layer] * overhead * factor,
        streams=carriers.streams[layer],
        demand_bps=demand_bps,
        connected=jnp.where(demand_bps > 0.0, users.weight, 0.0),
        served=served,
        layer_of_cell=cells.layer,
        awake=jnp.where(controls.awake, 1.0, 0.0),
        layers=len(carriers.label),
    )
